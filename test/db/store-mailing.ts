import type { Sql } from '../../src/platform/database/sql.js';
import type { RandomMailing } from '../unit/decision/random-mailing.js';

/** Writes what decides on mail of people who are stored already; each has an address of his own by the hash, whatever the address reads. */
export async function storeMailing(sql: Sql, contactIds: readonly number[], people: readonly RandomMailing[]): Promise<void> {
  await sql.exec(
    'test.mailing',
    `update contacts c set email = row.email, address_hash = case when row.hashed then int8send(row.contact) end, address_state = row.address_state, source = row.source, source_at = row.source_at,
       notice_version = row.notice_version, collected_for = row.collected_for, restricted_at = row.restricted_at, lifecycle_stage = row.lifecycle_stage,
       obtained_from = row.obtained_from, notice_sent_at = row.notice_sent_at, controller = row.controller
     from jsonb_to_recordset($1) as row (contact bigint, email text, hashed boolean, address_state text, source text, source_at timestamptz, notice_version text, collected_for text[], restricted_at timestamptz, lifecycle_stage text,
       obtained_from text, notice_sent_at timestamptz, controller text)
     where c.contact_id = row.contact`,
    [JSON.stringify(people.map((row, index) => ({ contact: contactIds[index], ...row.columns })))],
  );
  const consents = people.flatMap((row, index) => row.consents.map((consent, sequence) => ({ contact: contactIds[index], sequence: sequence + 1, ...consent })));
  await sql.exec(
    'test.consents',
    `insert into consents (contact_id, purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until, evidence_complete, sequence)
     select contact, purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until, evidence_complete, sequence
     from jsonb_to_recordset($1) as row (contact bigint, purpose text, channel text, state text, legal_basis text, given_at timestamptz, confirmed_at timestamptz, ended_at timestamptz, valid_until timestamptz, evidence_complete boolean, sequence integer)`,
    [JSON.stringify(consents)],
  );
  await sql.exec(
    'test.records',
    `insert into consent_records (contact_id, sequence, purpose, channel, event, occurred_at, recorded_at, legal_basis, proof, proof_hash, previous_hash, hash)
     select contact, sequence, purpose, channel, 'given', now(), now(), legal_basis, proof, '', '', ''
     from jsonb_to_recordset($1) as row (contact bigint, sequence integer, purpose text, channel text, legal_basis text, proof jsonb) on conflict do nothing`,
    [JSON.stringify(consents)],
  );
  await sql.exec(
    'test.suppressions',
    `insert into suppressions (address_hash, reason, purpose, suppressed_at, ends_at, source)
     select int8send(contact), reason, purpose, now(), ends_at, 'test' from jsonb_to_recordset($1) as row (contact bigint, reason text, purpose text, ends_at timestamptz)`,
    [JSON.stringify(people.flatMap((row, index) => row.suppressions.map((one) => ({ contact: contactIds[index], ...one }))))],
  );
  await sql.exec('test.domains', `insert into suppressed_domains (domain, suppressed_at, source) values ('blocked.example', now(), 'test'), ('other.example', now(), 'test') on conflict do nothing`);
  await sql.exec(
    'test.holds',
    `insert into contact_holds (contact_id, kind, campaign_id, cause, opened_at, opened_by, ends_at)
     select contact, kind, campaign_id, gen_random_uuid()::text, now(), 'test', ends_at from jsonb_to_recordset($1) as row (contact bigint, kind text, campaign boolean, ends_at timestamptz)
       left join (select campaign_id from campaigns limit 1) any_campaign on campaign where campaign_id is not null or not campaign`,
    [JSON.stringify(people.flatMap((row, index) => row.holds.map((hold) => ({ contact: contactIds[index], ...hold }))))],
  );
}
