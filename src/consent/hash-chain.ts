import { hash as digest } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A ledger row as it is hashed and checked. */
export interface ChainedRecord {
  readonly contactId: number;
  readonly sequence: number;
  readonly recordId: string;
  readonly purpose: string;
  readonly channel: string;
  readonly event: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly validUntil: Date | null;
  readonly legalBasis: string;
  readonly proofHash: Buffer;
}

export interface StoredRecord extends ChainedRecord {
  readonly proof: object;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

export type ChainDamage =
  /** The row does not hash to its own hash: something in it was changed, or it stands in another row's place. */
  | 'edited'
  /** The proof is not the one the row was written with. */
  | 'proof_edited'
  /** The proof is plain, though by then all were sealed: it was not written by this installation. */
  | 'proof_not_sealed'
  /** The sealed proof does not open with the person's key: it belongs to another act, or was made without the secret. */
  | 'proof_forged'
  /** The person is there, the key is not: the proof can no longer be read. */
  | 'key_missing'
  /** Rows are not there that later ones count on. */
  | 'missing'
  /** The row does not continue the one before it: swapped, replaced or put in. */
  | 'out_of_place';

export interface ChainFinding {
  readonly contactId: number;
  readonly sequence: number;
  readonly damage: ChainDamage;
}

/** What the first record of everybody's chain continues. */
export const CHAIN_START: Buffer = Buffer.alloc(32);

/** SHA-256 of the proof's canonical JSON (RFC 8785): the same for the same proof, however the database orders its keys. */
export function hashProof(proof: object): Buffer {
  const text = canonicalize(proof);
  if (text === undefined) throw new Error('An object always has a canonical form.');
  return sha256(text);
}

/** SHA-256(previous hash ‖ canonical JSON of the record); the proof counts through its own hash, so that it can be shredded later. */
export function hashRecord(previousHash: Buffer, record: ChainedRecord): Buffer {
  // Written in the order of the keys, JSON.stringify gives the canonical form at a fifth of the cost: strings, whole numbers and null have one spelling.
  const text = JSON.stringify({
    channel: record.channel,
    contactId: record.contactId,
    event: record.event,
    legalBasis: record.legalBasis,
    occurredAt: isoText(record.occurredAt),
    proofHash: record.proofHash.toString('hex'),
    purpose: record.purpose,
    recordId: record.recordId,
    recordedAt: isoText(record.recordedAt),
    sequence: record.sequence,
    validUntil: record.validUntil && isoText(record.validUntil),
  });
  return digest('sha256', Buffer.concat([previousHash, Buffer.from(text)]), 'buffer');
}

/** Walks one contact's records in the order of their sequence and tells where the chain does not hold. */
export function checkChain(records: readonly StoredRecord[]): ChainFinding[] {
  const findings: ChainFinding[] = [];
  let previous: StoredRecord | undefined;
  for (const record of records) {
    const find = (damage: ChainDamage, sequence = record.sequence): number => findings.push({ contactId: record.contactId, sequence, damage });
    const expected = (previous?.sequence ?? 0) + 1;
    if (record.sequence !== expected) find('missing', expected);
    else if (!record.previousHash.equals(previous?.hash ?? CHAIN_START)) find('out_of_place');
    if (!hashRecord(record.previousHash, record).equals(record.hash)) find('edited');
    if (!isProof(record.proof, record.proofHash)) find('proof_edited');
    previous = record;
  }
  return findings;
}

/** A number that JSON can hold and we never wrote, such as 1e999, has no canonical form: then it is not the proof either. */
function isProof(proof: object, hash: Buffer): boolean {
  try {
    return hashProof(proof).equals(hash);
  } catch {
    return false;
  }
}

/** PostgreSQL knows moments that a Date does not ('infinity'); we never write one, so it may hash to anything else. */
function isoText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'invalid' : date.toISOString();
}

export function sha256(text: string): Buffer {
  return digest('sha256', text, 'buffer');
}
