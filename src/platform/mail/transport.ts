export interface Envelope {
  readonly from: string;
  readonly to: string;
}

/** What became of one hand-over, as far as can be known. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly response: string }
  /** The server's own word, 4xx or 5xx, on this message: it has not taken it. */
  | { readonly kind: 'refused'; readonly code: number; readonly response: string }
  /** Trouble with the server or the way to it, before any content went out: nothing is lost, nothing can be doubled. */
  | { readonly kind: 'not_handed_over'; readonly reason: string }
  /** The content went out and no answer came back: it may or may not have arrived. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Hands finished messages to a mail server. The message is a whole MIME document with CRLF line ends and no line that begins with a dot. */
export abstract class MailTransport {
  /** How many messages it takes at the same time. */
  abstract readonly connections: number;
  abstract send(envelope: Envelope, message: Buffer): Promise<SendOutcome>;
  /** Milliseconds for which the server is left alone after it could not be reached; 0 when it may be used. */
  abstract pausedFor(): number;
  abstract close(): Promise<void>;
}
