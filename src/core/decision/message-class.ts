import type { MessageClass } from '../consent/purpose.js';

/**
 * What kind of mail this is; it decides which gates may stop it.
 * marketing · service (the contract) · legal_duty (recall, breach notice) · opt_in_request (double opt-in mail, no advertising) ·
 * survey (NPS; treated as marketing) · personal (a human's own mail, sent through Tactful).
 */
export { MESSAGE_CLASSES, type MessageClass } from '../consent/purpose.js';

/** The classes that press on people: they count against caps, and caps hold them back. */
export const PRESSING_CLASSES: readonly MessageClass[] = ['marketing', 'survey', 'personal'];

export type Channel = 'email';
