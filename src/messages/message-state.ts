/** What a message can be in, from the outbox to what came of it (engine: draft → queued → sending → sent …). */
export const MESSAGE_STATES = ['draft', 'queued', 'sending', 'sent', 'failed', 'denied', 'uncertain', 'bounced', 'complained', 'replied'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];
