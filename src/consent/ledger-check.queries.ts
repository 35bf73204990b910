import type { Sql } from '../platform/database/sql.js';
import type { ConsentEvent } from '../core/consent/consent-event.js';
import type { LegalBasis } from '../core/consent/purpose.js';
import type { ConsentRow } from './ledger.queries.js';
import type { StoredProof } from './sealed-proof.js';

export interface StoredRow {
  contact_id: number;
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
  proof_hash: Buffer;
  previous_hash: Buffer;
  hash: Buffer;
}

/** Everything read from here on in this transaction shows the same moment. */
export async function readOneSnapshot(sql: Sql): Promise<void> {
  await sql.exec('consent.readOneSnapshot', 'set transaction isolation level repeatable read, read only');
}

/** Whole chains of the next people after the given id, in order. */
export function readChains(sql: Sql, afterContact: number, people: number): Promise<StoredRow[]> {
  return sql.many<StoredRow>(
    'consent.readChains',
    `select contact_id, sequence, record_id, purpose, channel, event, occurred_at, recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash
     from consent_records
     where contact_id > $1
       and contact_id <= (select max(contact_id) from (select distinct contact_id from consent_records where contact_id > $1 order by contact_id limit $2) as page)
     order by contact_id, sequence`,
    [afterContact, people],
  );
}

export function readStates(sql: Sql, contactIds: readonly number[]): Promise<(ConsentRow & { contact_id: number })[]> {
  return sql.many<ConsentRow & { contact_id: number }>(
    'consent.readStates',
    `select contact_id, purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until, evidence_complete, sequence
     from consents where contact_id = any($1)`,
    [contactIds],
  );
}

/** States that rest on no ledger at all: every record of the person is gone, or the state was written past the ledger. */
export function readStatesWithoutLedger(sql: Sql, limit: number): Promise<{ contact_id: number; sequence: number }[]> {
  return sql.many(
    'consent.readStatesWithoutLedger',
    `select contact_id, max(sequence) as sequence from consents
     where not exists (select from consent_records where consent_records.contact_id = consents.contact_id)
     group by contact_id order by contact_id limit $1`,
    [limit],
  );
}

/** Since when every proof is sealed. */
export async function readSealedSince(sql: Sql): Promise<Date> {
  return (await sql.one<{ since: Date }>('consent.readSealedSince', `select (value #>> '{}')::timestamptz as since from settings where key = 'consent/sealed-since'`)).since;
}
