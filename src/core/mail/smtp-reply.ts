/** What a mail server's final word on one message means for us. */
export type ReplyMeaning =
  | { readonly kind: 'retry' }
  | { readonly kind: 'failed'; readonly suppress: boolean };

/**
 * 4xx: try again later. 5xx: this message is lost; and where the enhanced status (RFC 3463) says that the mailbox does not
 * exist (5.1.1, 5.1.6 moved without forwarding, 5.1.10 null MX) the address is suppressed at once. A bare 550 is not
 * enough: servers also say it when they dislike the sender.
 */
export function meaningOf(code: number, response: string): ReplyMeaning {
  if (code < 500) return { kind: 'retry' };
  return { kind: 'failed', suppress: /^5\.1\.(?:1|6|10)$/.test(enhancedStatus(response) ?? '') };
}

/** The enhanced status code of a reply line: "550 5.1.1 No such user" → "5.1.1". */
export function enhancedStatus(response: string): string | undefined {
  return /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})(?=\s|$)/.exec(response)?.[1];
}
