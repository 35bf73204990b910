import { type ConsentState, foldLedger } from '../core/consent/fold-ledger.js';
import type { ChainFinding, StoredRecord } from './hash-chain.js';
import { ledgerRecord } from './ledger-batch.js';
import type { StoredRow } from './ledger-check.queries.js';
import type { LedgerFinding } from './ledger-check.service.js';
import type { ConsentRow } from './ledger.queries.js';
import { openProof, type StoredProof } from './sealed-proof.js';

/**
 * Whether each proof was sealed by this installation for this act. A chain can be made anew by whoever may write everything; a seal only by who has the secret.
 * After erasure there is neither contact nor key, and nothing to open.
 */
export function checkSeals(chain: readonly StoredRecord[], links: readonly ChainFinding[], key: Buffer | undefined, isKeyless: boolean, sealedSince: Date): ChainFinding[] {
  let sealedBefore = false;
  return chain.flatMap((record): ChainFinding[] => {
    const find = (damage: ChainFinding['damage']): ChainFinding[] => [{ contactId: record.contactId, sequence: record.sequence, damage }];
    const { sealed } = record.proof as StoredProof;
    if (typeof sealed !== 'string') return sealedBefore || !(record.recordedAt <= sealedSince) ? find('proof_not_sealed') : [];
    sealedBefore = true;
    if (key === undefined) return isKeyless ? find('key_missing') : [];
    if (links.some((link) => link.sequence === record.sequence && link.damage === 'proof_edited')) return []; // told already
    return openProof(record.proof, record, key) === undefined ? find('proof_forged') : [];
  });
}

export function checkStates(contactId: number, chain: readonly StoredRow[], states: readonly ConsentRow[]): LedgerFinding[] {
  const folds = Map.groupBy(chain, (row) => `${row.purpose} ${row.channel}`);
  const stored = new Map(states.map((row) => [`${row.purpose} ${row.channel}`, row]));
  const last = chain.at(-1)?.sequence ?? 0;
  return [...new Set([...folds.keys(), ...stored.keys()])].flatMap((key): LedgerFinding[] => {
    const row = stored.get(key);
    const folded = foldLedger((folds.get(key) ?? []).map((one) => ledgerRecord(one.sequence, one.event, dateOf(one.occurred_at), one.valid_until && dateOf(one.valid_until), one.legal_basis, proofOf(one))));
    if (row && folded && isSame(row, folded)) return [];
    // A state that rests on a record past the last one: the end of the chain was cut off.
    if (row && row.sequence > last) return [{ contactId, sequence: row.sequence, damage: 'missing' }];
    return [{ contactId, sequence: row?.sequence ?? folded?.sequence ?? last, damage: 'state_differs' }];
  });
}

function isSame(row: ConsentRow, folded: ConsentState): boolean {
  const times = (...dates: (Date | null)[]): string => dates.map((date) => (date === null ? '-' : dateOf(date).getTime())).join();
  return (
    row.state === folded.state &&
    row.legal_basis === folded.legalBasis &&
    row.sequence === folded.sequence &&
    row.evidence_complete === folded.evidenceComplete &&
    times(row.given_at, row.confirmed_at, row.ended_at, row.valid_until) === times(folded.givenAt, folded.confirmedAt, folded.endedAt, folded.validUntil)
  );
}

export function storedRecord(row: StoredRow): StoredRecord {
  return {
    contactId: row.contact_id,
    sequence: row.sequence,
    recordId: row.record_id,
    purpose: row.purpose,
    channel: row.channel,
    event: row.event,
    occurredAt: dateOf(row.occurred_at),
    recordedAt: dateOf(row.recorded_at),
    validUntil: row.valid_until && dateOf(row.valid_until),
    legalBasis: row.legal_basis,
    proof: proofOf(row),
    proofHash: row.proof_hash,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

// Whoever tampers does not keep to our types: the check reports what it meets and never stumbles over it.
function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(Number.NaN);
}

function proofOf(row: StoredRow): StoredRow['proof'] {
  return typeof row.proof === 'object' && row.proof !== null ? row.proof : {};
}
