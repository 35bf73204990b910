import type { ConsentState } from '../core/consent/fold-ledger.js';
import type { ConsentEvent } from '../core/consent/consent-event.js';
import type { LegalBasis } from '../core/consent/purpose.js';
import type { Sql } from '../platform/database/sql.js';
import type { StoredRecord } from './hash-chain.js';
import type { StoredProof } from './sealed-proof.js';

/** A ledger row as the fold and the chain's next link need it; what is sealed, and an older proof's wording, is left in the database. */
export interface EarlierRow {
  contact_id: number;
  sequence: number;
  record_id: string;
  purpose: string;
  channel: string;
  event: ConsentEvent;
  occurred_at: Date;
  valid_until: Date | null;
  legal_basis: LegalBasis;
  proof: StoredProof;
  is_sealed: boolean;
  proof_hash: Buffer;
  hash: Buffer;
}

export interface FoldedRow extends ConsentState {
  readonly contactId: number;
  readonly purpose: string;
  readonly channel: string;
}

/**
 * Takes the buckets of these people, ascending: the lock under which mail is leased for delivery.
 * So nothing is leased on the strength of a consent after its withdrawal has been committed (rules.md, property 1).
 */
export async function lockBucketsOfContacts(sql: Sql, contactIds: readonly number[]): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'consent.lockBucketsOfContacts',
    'select bucket from buckets where bucket in (select bucket from contacts where contact_id = any($1)) order by bucket for update',
    [contactIds],
  );
  return rows.map((row) => row.bucket);
}

/** One writer per chain: locks the people in id order and gives those that exist. Read the chains in a later statement: this one's snapshot is older than the lock. */
export function lockContacts(sql: Sql, contactIds: readonly number[]): Promise<{ contact_id: number; bucket: number }[]> {
  return sql.many('consent.lockContacts', 'select contact_id, bucket from contacts where contact_id = any($1) order by contact_id for no key update', [contactIds]);
}

export async function existingPurposes(sql: Sql, keys: readonly string[]): Promise<string[]> {
  const rows = await sql.many<{ purpose: string }>('consent.existingPurposes', 'select purpose from purposes where purpose = any($1)', [keys]);
  return rows.map((row) => row.purpose);
}

export function readLedgers(sql: Sql, contactIds: readonly number[]): Promise<EarlierRow[]> {
  return sql.many<EarlierRow>(
    'consent.readLedgers',
    `select contact_id, sequence, record_id, purpose, channel, event, occurred_at, valid_until, legal_basis, proof - 'wording' - 'sealed' as proof, proof ? 'sealed' as is_sealed, proof_hash, hash
     from consent_records where contact_id = any($1) order by contact_id, sequence`,
    [contactIds],
  );
}

/** The same with the proofs as they are stored, for whoever is going to open them. */
export function readWholeLedgers(sql: Sql, contactIds: readonly number[]): Promise<EarlierRow[]> {
  return sql.many<EarlierRow>(
    'consent.readWholeLedgers',
    `select contact_id, sequence, record_id, purpose, channel, event, occurred_at, valid_until, legal_basis, proof, proof ? 'sealed' as is_sealed, proof_hash, hash
     from consent_records where contact_id = any($1) order by contact_id, sequence`,
    [contactIds],
  );
}

/** Moments go as ISO text: pg's own writing of a Date costs more than the rest of the row. */
export async function insertRecords(sql: Sql, records: readonly StoredRecord[]): Promise<void> {
  await sql.exec(
    'consent.insertRecords',
    `insert into consent_records (contact_id, sequence, record_id, purpose, channel, event, occurred_at, recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash)
     select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::jsonb[], $12::bytea[], $13::bytea[], $14::bytea[])`,
    [
      records.map((record) => record.contactId),
      records.map((record) => record.sequence),
      records.map((record) => record.recordId),
      records.map((record) => record.purpose),
      records.map((record) => record.channel),
      records.map((record) => record.event),
      records.map((record) => record.occurredAt.toISOString()),
      records.map((record) => record.recordedAt.toISOString()),
      records.map((record) => record.validUntil?.toISOString() ?? null),
      records.map((record) => record.legalBasis),
      records.map((record) => JSON.stringify(record.proof)),
      records.map((record) => record.proofHash),
      records.map((record) => record.previousHash),
      records.map((record) => record.hash),
    ],
  );
}

export async function upsertConsents(sql: Sql, rows: readonly FoldedRow[]): Promise<void> {
  await sql.exec(
    'consent.upsertConsents',
    `insert into consents (contact_id, purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until, evidence_complete, sequence)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::int[])
     on conflict (contact_id, purpose, channel) do update set
       state = excluded.state, legal_basis = excluded.legal_basis, given_at = excluded.given_at, confirmed_at = excluded.confirmed_at, ended_at = excluded.ended_at,
       valid_until = excluded.valid_until, evidence_complete = excluded.evidence_complete, sequence = excluded.sequence`,
    [
      rows.map((row) => row.contactId),
      rows.map((row) => row.purpose),
      rows.map((row) => row.channel),
      rows.map((row) => row.state),
      rows.map((row) => row.legalBasis),
      rows.map((row) => row.givenAt?.toISOString() ?? null),
      rows.map((row) => row.confirmedAt?.toISOString() ?? null),
      rows.map((row) => row.endedAt?.toISOString() ?? null),
      rows.map((row) => row.validUntil?.toISOString() ?? null),
      rows.map((row) => row.evidenceComplete),
      rows.map((row) => row.sequence),
    ],
  );
}

export interface TimelineRow {
  sequence: number;
  record_id: string;
  purpose: string;
  channel: string;
  event: ConsentEvent;
  occurred_at: Date;
  recorded_at: Date;
  valid_until: Date | null;
  legal_basis: LegalBasis;
  proof: StoredProof;
  hash: Buffer;
}

/** One person's ledger, newest written first, below the given sequence. */
export function readTimeline(sql: Sql, contactId: number, before: number, limit: number): Promise<TimelineRow[]> {
  return sql.many<TimelineRow>(
    'consent.readTimeline',
    `select sequence, record_id, purpose, channel, event, occurred_at, recorded_at, valid_until, legal_basis, proof, hash
     from consent_records where contact_id = $1 and sequence < $2 order by sequence desc limit $3`,
    [contactId, before, limit],
  );
}

export interface ConsentRow {
  purpose: string;
  channel: string;
  state: ConsentState['state'];
  legal_basis: LegalBasis;
  given_at: Date | null;
  confirmed_at: Date | null;
  ended_at: Date | null;
  valid_until: Date | null;
  evidence_complete: boolean;
  sequence: number;
}

export function readConsents(sql: Sql, contactId: number): Promise<ConsentRow[]> {
  return sql.many<ConsentRow>(
    'consent.readConsents',
    'select purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until, evidence_complete, sequence from consents where contact_id = $1 order by purpose, channel',
    [contactId],
  );
}
