import { REASONS, type ReasonCode } from '../decision/reasons.js';
import type { HoldKind, HoldScope } from './holds.js';

/** The reason that decisions give while such a hold lasts. */
export function reasonOfHold(kind: HoldKind, scope: HoldScope): ReasonCode {
  switch (kind) {
    case 'complaint':
      return 'relationship.complaint_open';
    case 'ticket':
      return 'relationship.ticket_open';
    case 'detractor':
      return 'relationship.detractor';
    case 'conversation':
      return 'relationship.human_conversation';
    case 'reply':
      return scope === 'account' ? 'relationship.account_replied' : 'relationship.human_conversation';
    case 'opportunity':
      return 'relationship.open_opportunity';
    case 'meeting':
      return 'relationship.meeting_booked';
    case 'legal':
    case 'dispute':
    case 'competitor':
      return 'suppression.account';
  }
}

export type StoppedMail = 'waiting' | 'sent' | 'too_late' | 'refused' | 'handed_over';

/** What became of a mail that a hold stopped: from the latest decision on it, and its message where there is one. */
export function whatBecame(verdict: 'send' | 'defer' | 'review' | 'deny' | undefined, lastReasons: readonly number[], messageState: string | null): StoppedMail {
  if (messageState === 'draft' || (messageState === null && verdict === 'review')) return 'handed_over';
  if (messageState !== null && messageState !== 'queued' && messageState !== 'sending' && messageState !== 'denied') return 'sent';
  if (messageState === 'denied' || (messageState === null && verdict === 'deny')) return lastReasons.includes(REASONS['timing.stale'].number) ? 'too_late' : 'refused';
  return 'waiting';
}
