import { assertNever } from '../shared/assert-never.js';
import type { ConsentEvent } from './consent-event.js';
import type { LegalBasis } from './purpose.js';

export type ConsentStanding = 'requested' | 'given' | 'confirmed' | 'refused' | 'withdrawn' | 'objected' | 'expired';
type Ending = 'refused' | 'withdrawn' | 'objected' | 'expired';

/** A ledger row as far as the fold needs it. */
export interface LedgerRecord {
  readonly sequence: number;
  readonly event: ConsentEvent;
  readonly occurredAt: Date;
  readonly validUntil: Date | null;
  readonly legalBasis: LegalBasis;
  readonly evidenceComplete: boolean;
}

/** What holds for one person, purpose and channel. */
export interface ConsentState {
  readonly state: ConsentStanding;
  readonly legalBasis: LegalBasis;
  readonly givenAt: Date | null;
  readonly confirmedAt: Date | null;
  readonly endedAt: Date | null;
  readonly validUntil: Date | null;
  readonly evidenceComplete: boolean;
  /** The ledger row this rests on: the evidence id. */
  readonly sequence: number;
  /** A question asked, or a yes repeated, that a confirmation may still answer. Lives only inside the fold. */
  readonly open: { readonly evidenceComplete: boolean } | null;
}

// The stronger ending stays: somebody who objected and then clicks "unsubscribe" in an old mail still objects.
const STRENGTH: Record<Ending, number> = { expired: 1, refused: 2, withdrawn: 3, objected: 4 };

// Within one moment a yes is read before a no, so that the no holds.
const ORDER: Record<ConsentEvent, number> = { requested: 0, given: 1, confirmed: 2, re_confirmed: 2, expired: 3, refused: 4, withdrawn: 5, objected: 6 };

/**
 * What the whole ledger of one person, purpose and channel comes to; undefined without records.
 * Records count by the time they happened, then no over yes, then the order in which they were written: it does not matter when they arrived.
 */
export function foldLedger(records: readonly LedgerRecord[]): ConsentState | undefined {
  return records
    .toSorted((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime() || ORDER[a.event] - ORDER[b.event] || a.sequence - b.sequence)
    .reduce<ConsentState | undefined>(fold, undefined);
}

/** One step of the fold: what holds after this record, given what held before it. Records come in the order of `foldLedger`. */
export function fold(state: ConsentState | undefined, record: LedgerRecord): ConsentState {
  const before = lapsed(state, record.occurredAt);
  switch (record.event) {
    case 'requested':
      return before ? { ...before, open: { evidenceComplete: record.evidenceComplete } } : { ...begin(record, 'requested'), open: { evidenceComplete: record.evidenceComplete } };
    case 'given':
      return give(before, record);
    case 'confirmed':
      return confirm(before, record);
    case 're_confirmed':
      return before?.state === 'expired' ? confirm({ ...before, open: { evidenceComplete: before.evidenceComplete } }, record) : confirm(before, record);
    case 'refused':
    case 'withdrawn':
    case 'objected':
    case 'expired':
      return end(before, record, record.event);
    default:
      return assertNever(record.event);
  }
}

function give(before: ConsentState | undefined, record: LedgerRecord): ConsentState {
  // A confirmed consent does not fall back to unconfirmed because the person ticked the box again.
  if (before?.state === 'confirmed') return { ...before, open: { evidenceComplete: record.evidenceComplete } };
  if (before?.state === 'given' && before.evidenceComplete && !record.evidenceComplete) return before;
  return { ...begin(record, 'given'), givenAt: record.occurredAt };
}

function confirm(before: ConsentState | undefined, record: LedgerRecord): ConsentState {
  // After a no, the link of an older mail confirms nothing: somebody has to have asked, or said yes, since.
  if (before && isEnded(before.state) && before.open === null) return before;
  const askedWithEvidence = before !== undefined && ((!isEnded(before.state) && before.evidenceComplete) || before.open?.evidenceComplete === true);
  return {
    ...begin(record, 'confirmed'),
    givenAt: (before && !isEnded(before.state) ? before.givenAt : null) ?? record.occurredAt,
    confirmedAt: record.occurredAt,
    validUntil: record.event === 're_confirmed' ? record.validUntil : (record.validUntil ?? (before && !isEnded(before.state) ? before.validUntil : null)),
    evidenceComplete: record.evidenceComplete || askedWithEvidence,
  };
}

function end(before: ConsentState | undefined, record: LedgerRecord, ending: Ending): ConsentState {
  if (before && isEnded(before.state) && STRENGTH[before.state] >= STRENGTH[ending]) return { ...before, open: null };
  return { ...begin(record, ending), givenAt: before?.givenAt ?? null, confirmedAt: before?.confirmedAt ?? null, endedAt: record.occurredAt };
}

function begin(record: LedgerRecord, state: ConsentStanding): ConsentState {
  return {
    state,
    legalBasis: record.legalBasis,
    givenAt: null,
    confirmedAt: null,
    endedAt: null,
    validUntil: record.validUntil,
    evidenceComplete: record.evidenceComplete,
    sequence: record.sequence,
    open: null,
  };
}

/** A consent past its validity has ended, also when nobody wrote that down. */
function lapsed(state: ConsentState | undefined, at: Date): ConsentState | undefined {
  if (!state || isEnded(state.state) || state.validUntil === null || state.validUntil > at) return state;
  return { ...state, state: 'expired', endedAt: state.validUntil, open: null };
}

export function isEnded(state: ConsentStanding): state is Ending {
  return state === 'refused' || state === 'withdrawn' || state === 'objected' || state === 'expired';
}
