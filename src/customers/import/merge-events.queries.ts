import type { Sql } from '../../platform/database/sql.js';
import type { Provenance } from './merge-contacts.queries.js';
import type { Staging } from './staging.queries.js';

/** Events seen for the first time may be used for what this import was collected for. Gives their names. */
export async function defineEvents(sql: Sql, staging: Staging, provenance: Provenance): Promise<string[]> {
  const rows = await sql.many<{ name: string }>(
    'importEvents.define',
    `insert into event_definitions (name, purposes, source, created_at) select distinct name, $1::text[], $2, $3::timestamptz from ${staging.rows} on conflict do nothing returning name`,
    [provenance.purposes, provenance.source, provenance.now],
  );
  return rows.map((row) => row.name);
}

export async function openChunk(sql: Sql, staging: Staging, after: number, upTo: number): Promise<void> {
  await sql.exec('importEvents.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importEvents.createChunk',
    `create temporary table import_chunk on commit drop as
     select s.*, null::bigint as by_external_id, null::bigint as by_user_id, null::bigint as by_email, null::bigint as contact_id from ${staging.rows} s with no data`,
  );
  await sql.exec(
    'importEvents.fillChunk',
    `insert into import_chunk
     select s.*, x.contact_id, u.contact_id, e.contact_id, coalesce(x.contact_id, u.contact_id, e.contact_id)
     from ${staging.rows} s
     left join identities x on x.kind = 'external_id' and x.value = s.external_id
     left join identities u on u.kind = 'user_id' and u.value = s.user_id
     left join identities e on e.kind = 'email' and e.value = s.email
     where s.line > $1 and s.line <= $2`,
    [after, upTo],
  );
}

/** Events of people who are not here, or of two people at once. */
export async function rejectUnknownPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importEvents.rejectUnknownPeople',
    `with gone as (
       delete from import_chunk where contact_id is null or by_external_id <> by_email or by_user_id <> by_email or by_external_id <> by_user_id
       returning line, contact_id, coalesce(external_id, user_id, email) as named
     )
     insert into ${staging.leftOut} (line, reason)
     select line, case when contact_id is null then format('no contact is known as "%s": import the contacts first', named)
       else format('"%s" and the other identities of this row belong to different contacts', named) end
     from gone on conflict do nothing`,
  );
}

/** Stores what is new; gives how many of the chunk's events were there already, and how many are new. */
export async function insertEvents(sql: Sql, provenance: Provenance): Promise<{ inserted: number; unchanged: number }> {
  return sql.one(
    'importEvents.insert',
    `with stored as (
       insert into events (contact_id, occurred_at, idempotency_key, name, properties, source, received_at)
       select contact_id, occurred_at, idempotency_key, name, coalesce(properties, '{}'), $1, $2 from import_chunk
       order by contact_id, occurred_at
       on conflict do nothing returning 1
     )
     select (select count(*) from stored) as inserted, (select count(*) from import_chunk) - (select count(*) from stored) as unchanged`,
    [provenance.source, provenance.now],
  );
}
