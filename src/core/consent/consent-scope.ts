/** Over what mail reaches a person. */
export const MAIL_CHANNELS = ['email'] as const;

/**
 * What a person agrees to beside getting the mail, each a record of its own in the ledger, under the same purpose: being followed individually in
 * opens and in clicks (ePrivacy art. 5(3)), and the use of special categories of data (GDPR art. 9(2)(a), explicit). One says nothing about another.
 */
export const CONSENT_SCOPES = ['email_opens', 'email_clicks', 'special_category'] as const;

/** Everything a consent record's `channel` may name when people or other systems write it. */
export const CONSENT_CHANNELS = [...MAIL_CHANNELS, ...CONSENT_SCOPES] as const;

/** Whether a yes under this channel is a yes to mail. */
export function isMailChannel(channel: string): boolean {
  return (MAIL_CHANNELS as readonly string[]).includes(channel);
}

export type ConsentScope = (typeof CONSENT_SCOPES)[number];

/** Whether this channel is no way to reach anybody, but a consent of its own beside the mail. */
export function isConsentScope(channel: string): channel is ConsentScope {
  return (CONSENT_SCOPES as readonly string[]).includes(channel);
}
