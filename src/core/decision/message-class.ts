import type { MessageClass } from '../consent/purpose.js';

/**
 * What kind of mail this is; it decides which gates may stop it.
 * marketing · service (the contract) · legal_duty (recall, breach notice) · opt_in_request (double opt-in mail, no advertising) ·
 * survey (NPS; treated as marketing) · personal (a human's own mail, sent through Tactful).
 */
export { MESSAGE_CLASSES, type MessageClass } from '../consent/purpose.js';

/** The classes that press on people: they count against caps, and caps hold them back. */
export const PRESSING_CLASSES: readonly MessageClass[] = ['marketing', 'survey', 'personal'];

/** What goes before all other mail when not everything may leave at once: a recall before an invoice, an invoice before a newsletter. */
export const FIRST_CLASSES: readonly MessageClass[] = ['legal_duty', 'service'];

/** The classes whose mail a mail of this class leaves room for. */
export function classesBefore(messageClass: MessageClass): readonly MessageClass[] {
  const place = FIRST_CLASSES.indexOf(messageClass);
  return place === -1 ? FIRST_CLASSES : FIRST_CLASSES.slice(0, place);
}

export type Channel = 'email';
