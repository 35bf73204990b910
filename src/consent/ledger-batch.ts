import { randomUUID } from 'node:crypto';
import { type ConsentEntry, type ConsentProof, hasCompleteEvidence } from '../core/consent/consent-event.js';
import { foldLedger, type LedgerRecord } from '../core/consent/fold-ledger.js';
import { CHAIN_START, hashProof, hashRecord, sha256, type StoredRecord } from './hash-chain.js';
import type { EarlierRow, FoldedRow } from './ledger.queries.js';
import { partsOf, type ProofParts, sealProof, type StoredProof } from './sealed-proof.js';

export type EntryProblem =
  | 'contact_missing'
  | 'purpose_unknown'
  /** It is said to have happened after now: no consent can. */
  | 'in_future'
  /** It ran out before it was given. */
  | 'validity_over'
  /** The wording is not the one its hash was taken of. */
  | 'wording_hash_mismatch'
  /** The ledger holds exactly this already; an import that runs twice changes nothing. */
  | 'repeated';

type Link = Pick<StoredRecord, 'sequence' | 'hash'>;
interface Proven {
  readonly proof: ConsentProof;
  readonly parts: ProofParts;
  /** As it was stored before proofs were sealed: known only where a ledger of the batch holds such proofs. */
  readonly plainHash: Buffer | undefined;
}

/** The ledgers of a batch's people while the batch is written. */
export class LedgerBatch {
  readonly added: StoredRecord[] = [];
  private readonly last = new Map<number, Link>();
  private readonly folds = new Map<string, { contactId: number; purpose: string; channel: string; records: LedgerRecord[]; changed: boolean }>();
  private readonly written = new Set<string>();
  private readonly proofs = new Map<ConsentProof, Proven | undefined>();
  private readonly anyPlain: boolean;

  constructor(
    earlier: readonly EarlierRow[],
    private readonly keys: ReadonlyMap<number, Buffer>,
    private readonly now: Date,
  ) {
    this.anyPlain = earlier.some((row) => !row.is_sealed);
    for (const row of earlier) {
      this.last.set(row.contact_id, row);
      this.foldOf(row.contact_id, row.purpose, row.channel).records.push(ledgerRecord(row.sequence, row.event, row.occurred_at, row.valid_until, row.legal_basis, row.proof));
      this.written.add(identity(row.contact_id, row.purpose, row.channel, row.event, row.occurred_at, row.proof_hash));
    }
  }

  add(entry: ConsentEntry): StoredRecord | EntryProblem {
    const channel = entry.channel ?? 'email';
    const fold = this.foldOf(entry.contactId, entry.purpose, channel);
    const occurredAt = entry.occurredAt ?? justNow(fold.records, this.now);
    const validUntil = entry.validUntil ?? null;
    if (entry.occurredAt && entry.occurredAt > this.now) return 'in_future';
    if (validUntil && validUntil <= occurredAt) return 'validity_over';
    const proven = this.prove(entry.proof);
    if (proven === undefined) return 'wording_hash_mismatch';
    const bound = { purpose: entry.purpose, channel, event: entry.event, occurredAt, validUntil, legalBasis: entry.legalBasis };
    const { proof, proofHash } = sealProof(proven.parts, bound, this.keyOf(entry.contactId));
    const sameWith = (hash: Buffer): string => identity(entry.contactId, entry.purpose, channel, entry.event, occurredAt, hash);
    const same = sameWith(proofHash);
    if (this.written.has(same) || (proven.plainHash && this.written.has(sameWith(proven.plainHash)))) return 'repeated';
    const previous = this.last.get(entry.contactId);
    const body = {
      contactId: entry.contactId,
      sequence: (previous?.sequence ?? 0) + 1,
      recordId: randomUUID(),
      purpose: entry.purpose,
      channel,
      event: entry.event,
      occurredAt,
      recordedAt: this.now,
      validUntil,
      legalBasis: entry.legalBasis,
      proofHash,
    };
    const previousHash = previous?.hash ?? CHAIN_START;
    const record: StoredRecord = { ...body, proof, previousHash, hash: hashRecord(previousHash, body) };
    this.added.push(record);
    this.written.add(same);
    this.last.set(entry.contactId, record);
    fold.records.push(ledgerRecord(record.sequence, entry.event, occurredAt, validUntil, entry.legalBasis, proven.proof));
    fold.changed = true;
    return record;
  }

  changedStates(): FoldedRow[] {
    return [...this.folds.values()]
      .filter((fold) => fold.changed)
      .flatMap(({ contactId, purpose, channel, records }) => {
        const state = foldLedger(records);
        return state ? [{ contactId, purpose, channel, ...state }] : [];
      });
  }

  /** The proof made ready for sealing. A batch of an import gives the same proof for everybody: it is split once. */
  private prove(given: ConsentProof): Proven | undefined {
    if (this.proofs.has(given)) return this.proofs.get(given);
    const proof = withWordingHash(given);
    const proven = proof && { proof, parts: partsOf(proof), plainHash: this.anyPlain ? hashProof(proof) : undefined };
    this.proofs.set(given, proven);
    return proven;
  }

  private keyOf(contactId: number): Buffer {
    const key = this.keys.get(contactId);
    if (!key) throw new Error('Everybody of a batch has a key.');
    return key;
  }

  private foldOf(contactId: number, purpose: string, channel: string): { records: LedgerRecord[]; changed: boolean } {
    const key = `${contactId} ${purpose} ${channel}`;
    let fold = this.folds.get(key);
    if (!fold) this.folds.set(key, (fold = { contactId, purpose, channel, records: [], changed: false }));
    return fold;
  }
}

export function ledgerRecord(
  sequence: number,
  event: LedgerRecord['event'],
  occurredAt: Date,
  validUntil: Date | null,
  legalBasis: LedgerRecord['legalBasis'],
  proof: StoredProof,
): LedgerRecord {
  return { sequence, event, occurredAt, validUntil, legalBasis, evidenceComplete: hasCompleteEvidence(event, legalBasis, proof) };
}

/** An act of this moment comes after everything the ledger holds, also when the clock went back since. */
function justNow(records: readonly LedgerRecord[], now: Date): Date {
  const latest = records.reduce((most, record) => Math.max(most, record.occurredAt.getTime()), 0);
  return latest < now.getTime() ? now : new Date(latest + 1);
}

function withWordingHash(proof: ConsentProof): ConsentProof | undefined {
  if (proof.wording === undefined) return proof;
  const wordingHash = sha256(proof.wording).toString('hex');
  return proof.wordingHash === undefined || proof.wordingHash === wordingHash ? { ...proof, wordingHash } : undefined;
}

function identity(contactId: number, purpose: string, channel: string, event: string, occurredAt: Date, proofHash: Buffer): string {
  return `${contactId} ${purpose} ${channel} ${event} ${occurredAt.getTime()} ${proofHash.toString('base64')}`;
}
