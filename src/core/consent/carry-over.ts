import { type ConsentEntry, type ConsentProof, hasCompleteEvidence } from './consent-event.js';
import { type ConsentState, foldLedger } from './fold-ledger.js';
import type { ConsentEvent } from './consent-event.js';
import type { LegalBasis } from './purpose.js';

/** A record of a ledger, with all that is needed to write it again elsewhere. */
export interface LedgerFact {
  readonly contactId: number;
  readonly sequence: number;
  readonly recordId: string;
  readonly purpose: string;
  readonly channel: string;
  readonly event: ConsentEvent;
  readonly occurredAt: Date;
  readonly validUntil: Date | null;
  readonly legalBasis: LegalBasis;
  readonly proof: ConsentProof;
}

// A no of the person. "expired" is no act of anybody, and a newer yes may follow it.
const NO: Partial<Record<string, number>> = { refused: 1, withdrawn: 2, objected: 3 };
const CONFIRMS: ReadonlySet<ConsentEvent> = new Set(['confirmed', 're_confirmed']);

/**
 * What is written to the ledger of the one who stays when two contacts become one: every fact of the other, dated as it was, with a
 * proof that names its origin; and where either of them had said no, a no that holds, whatever the dates say: the stricter wins.
 * With different addresses a confirmation is not carried: it was somebody's second step for another mailbox.
 */
export function carryOver(merged: readonly LedgerFact[], survivor: readonly LedgerFact[], survivorId: number, sameAddress: boolean): ConsentEntry[] {
  const carried = merged
    .filter((fact) => fact.proof.carriedFrom?.contactId !== survivorId)
    .filter((fact) => sameAddress || fact.channel !== 'email' || !CONFIRMS.has(fact.event))
    .map((fact) => entryOf(fact, survivorId));
  const added = carried.map((entry, index) => ({ ...factOf(entry), sequence: Number.MAX_SAFE_INTEGER - carried.length + index }));
  return [...carried, ...holdNo([...merged, ...survivor], [...survivor, ...added], survivorId)];
}

/**
 * The no's that must be added to somebody's ledger (`of`) so that it is nowhere less strict than `from`. `from` may hold the ledgers of
 * several contacts: each is looked at by itself.
 */
export function holdNo(from: readonly LedgerFact[], of: readonly LedgerFact[], contactId: number): ConsentEntry[] {
  const strictest = new Map<string, { strength: number; fact: LedgerFact; state: ConsentState['state'] }>();
  for (const [subject, state] of states(from, (fact) => `${fact.contactId} ${subjectOf(fact)}`)) {
    const strength = NO[state.state] ?? 0;
    const fact = from.find((one) => `${one.contactId} ${subjectOf(one)}` === subject && one.sequence === state.sequence);
    if (strength === 0 || !fact) continue;
    const known = strictest.get(subjectOf(fact));
    if (!known || strength > known.strength) strictest.set(subjectOf(fact), { strength, fact, state: state.state });
  }
  const now = states(of, subjectOf);
  return [...strictest].flatMap(([subject, { strength, fact, state }]) => {
    const standing = now.get(subject)?.state;
    if ((NO[standing ?? ''] ?? 0) >= strength) return [];
    const { occurredAt: _, validUntil: __, ...entry } = entryOf(fact, contactId);
    return [{ ...entry, event: state, proof: { ...entry.proof, method: 'contact_merge' } }];
  });
}

/** The yes's of somebody's ledger that rest on facts carried from `mergedId`: when the merge is undone they are no longer his. */
export function endCarried(ledger: readonly LedgerFact[], mergedId: number, contactId: number): ConsentEntry[] {
  const own = states(ledger.filter((fact) => fact.proof.carriedFrom?.contactId !== mergedId), subjectOf);
  return [...states(ledger, subjectOf)].flatMap(([subject, state]) => {
    if (!isYes(state.state) || own.get(subject)?.state === state.state) return [];
    const fact = ledger.find((one) => subjectOf(one) === subject && one.sequence === state.sequence);
    if (!fact) return [];
    const { occurredAt: _, validUntil: __, ...entry } = entryOf(fact, contactId);
    return [{ ...entry, event: 'expired', proof: { ...entry.proof, method: 'contact_unmerge' } }];
  });
}

function states(facts: readonly LedgerFact[], subject: (fact: LedgerFact) => string): Map<string, ConsentState> {
  const bySubject = Map.groupBy(facts, subject);
  return new Map(
    [...bySubject].flatMap(([key, records]) => {
      const state = foldLedger(records.map((fact) => ({ ...fact, evidenceComplete: hasCompleteEvidence(fact.event, fact.legalBasis, fact.proof) })));
      return state ? [[key, state] as const] : [];
    }),
  );
}

function entryOf(fact: LedgerFact, contactId: number): ConsentEntry {
  const { carriedFrom = { contactId: fact.contactId, sequence: fact.sequence, recordId: fact.recordId }, ...proof } = fact.proof;
  return {
    contactId,
    purpose: fact.purpose,
    channel: fact.channel,
    event: fact.event,
    occurredAt: fact.occurredAt,
    validUntil: fact.validUntil,
    legalBasis: fact.legalBasis,
    proof: { ...proof, carriedFrom },
  };
}

function factOf(entry: ConsentEntry): LedgerFact {
  const { contactId, purpose, event, legalBasis, proof } = entry;
  return { contactId, purpose, event, legalBasis, proof, channel: entry.channel ?? 'email', occurredAt: entry.occurredAt ?? new Date(0), validUntil: entry.validUntil ?? null, sequence: 0, recordId: '' };
}

function subjectOf({ purpose, channel }: LedgerFact): string {
  return `${purpose} ${channel}`;
}

function isYes(state: ConsentState['state']): boolean {
  return state === 'given' || state === 'confirmed';
}
