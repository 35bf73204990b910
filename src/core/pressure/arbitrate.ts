import type { MessageClass } from '../consent/purpose.js';

/** What a message is worth against others that want the same place. */
export interface Rank {
  readonly messageClass: MessageClass;
  /** 1 to 100, the campaign's; more is more important. */
  readonly priority: number;
  /** When it stops being worth sending: milliseconds since 1970. */
  readonly deadline: number;
  /** What the campaign's mail is expected to bring, in any unit that its marketers share. */
  readonly expectedValue: number;
  readonly campaignId: number;
  readonly step: number;
  readonly occurrence: number;
  readonly contactId: number;
}

/** What must go first: duty before service, a human's own mail before the machine's. */
const CLASS_ORDER: Readonly<Record<MessageClass, number>> = { legal_duty: 0, service: 1, opt_in_request: 2, personal: 3, survey: 4, marketing: 5 };

/** Below 0 when `a` goes before `b`. A total order: what makes a message unique (contact, campaign, step, occurrence) comes last. */
export function compareRanks(a: Rank, b: Rank): number {
  return (
    CLASS_ORDER[a.messageClass] - CLASS_ORDER[b.messageClass] ||
    b.priority - a.priority ||
    a.deadline - b.deadline ||
    b.expectedValue - a.expectedValue ||
    a.campaignId - b.campaignId ||
    a.step - b.step ||
    a.occurrence - b.occurrence ||
    a.contactId - b.contactId
  );
}

/** Whether somebody should wait for `a` who could send `b` now: only for what is more important, not for what is merely more urgent. */
export function isWorthWaitingFor(a: Rank, b: Rank): boolean {
  return (CLASS_ORDER[a.messageClass] - CLASS_ORDER[b.messageClass] || b.priority - a.priority) < 0;
}
