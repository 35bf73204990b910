import type { Sql } from '../../platform/database/sql.js';
import { IDENTITY_JOINS } from './contact-chunk.queries.js';
import type { Provenance } from './provenance.js';
import type { Staging } from './staging.queries.js';

/** So many kinds of events one source may bring, and so many there may be in all, as in ../attributes.queries.ts. */
const MOST_NAMES = { ofSource: 500, inAll: 5_000 };

/** Events seen for the first time may be used for what this import was collected for. Gives their names. Rows of kinds that are one too many are left out. */
export async function defineEvents(sql: Sql, staging: Staging, provenance: Provenance): Promise<string[]> {
  const rows = await sql.many<{ name: string }>(
    'importEvents.define',
    `insert into event_definitions (name, purposes, source, created_at)
     select name, $1::text[], $2, $3::timestamptz from (select distinct name from ${staging.rows}) s where not exists (select from event_definitions d where d.name = s.name) order by name
     limit greatest(0, (select least($4 - count(*) filter (where source = $2), $5 - count(*)) from event_definitions))
     on conflict do nothing returning name`,
    [provenance.purposes, provenance.source, provenance.now, MOST_NAMES.ofSource, MOST_NAMES.inAll],
  );
  await sql.exec(
    'importEvents.leaveOutUndefined',
    `insert into ${staging.leftOut} (line, reason)
     select line, format('"%s" would be one kind of event too many: a source may bring %s different names', left(name, 100), $1::integer)
       from ${staging.rows} s where not exists (select from event_definitions d where d.name = s.name) on conflict do nothing`,
    [MOST_NAMES.ofSource],
  );
  return rows.map((row) => row.name);
}

/** Whom each row of the chunk is about: a narrow temporary table of the caller's transaction. */
export async function openChunk(sql: Sql, staging: Staging, after: number, upTo: number): Promise<void> {
  await sql.exec('importEvents.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec('importEvents.createChunk', 'create temporary table import_chunk (line integer, contact_id bigint, mixed boolean) on commit drop');
  await sql.exec(
    'importEvents.fillChunk',
    `insert into import_chunk
     select s.line, coalesce(x.contact_id, u.contact_id, e.contact_id), coalesce(x.contact_id <> e.contact_id or u.contact_id <> e.contact_id or x.contact_id <> u.contact_id, false)
     from ${staging.rows} s ${IDENTITY_JOINS}
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)`,
    [after, upTo],
  );
}

/** Events of people who are not here, or of two people at once. */
export async function rejectUnknownPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importEvents.rejectUnknownPeople',
    `with gone as (
       delete from import_chunk r using ${staging.rows} s where (r.contact_id is null or r.mixed) and s.line = r.line
       returning r.line, r.contact_id, coalesce(s.external_id, s.user_id, s.email) as named
     )
     insert into ${staging.leftOut} (line, reason)
     select line, case when contact_id is null then format('no contact is known as "%s": import the contacts first', named)
       else format('"%s" and the other identities of this row belong to different contacts', named) end
     from gone on conflict do nothing`,
  );
}

/** Stores what is new; gives how many of the chunk's events are new, and how many were there already. */
export async function insertEvents(sql: Sql, staging: Staging, after: number, upTo: number, provenance: Provenance): Promise<{ inserted: number; unchanged: number }> {
  return sql.one(
    'importEvents.insert',
    `with stored as (
       insert into events (contact_id, occurred_at, idempotency_key, name, properties, source, received_at)
       select r.contact_id, s.occurred_at, s.idempotency_key, s.name, coalesce(s.properties, '{}'), $3, $4
       from import_chunk r join ${staging.rows} s on s.line = r.line and s.line > $1 and s.line <= $2
       order by r.contact_id, s.occurred_at
       on conflict do nothing returning 1
     )
     select (select count(*) from stored) as inserted, (select count(*) from import_chunk) - (select count(*) from stored) as unchanged`,
    [after, upTo, provenance.source, provenance.now],
  );
}
