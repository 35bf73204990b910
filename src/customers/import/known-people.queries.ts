import type { Sql } from '../../platform/database/sql.js';
import { boundsOf, type Chunk, IDENTITY_JOINS, rowsOf } from './contact-chunk.queries.js';
import type { Staging } from './staging.queries.js';

/**
 * Finds, once for the whole file, the contacts that rows are about: one pass over the identities (a lookup for every row
 * of every chunk took a quarter of the import). Rows about nobody known are not in the table.
 */
export async function findKnownPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.findKnownPeople',
    `insert into ${staging.known} (line, by_external_id, by_user_id, by_email, known)
     select s.line, x.contact_id, u.contact_id, e.contact_id, coalesce(x.contact_id, u.contact_id, e.contact_id) from ${staging.rows} s ${IDENTITY_JOINS}
     where coalesce(x.contact_id, u.contact_id, e.contact_id) is not null and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line`,
  );
  await sql.exec('importContacts.indexKnownPeople', `create index on ${staging.known} (line)`);
}

/** Rows about somebody who was erased because he asked: a file that still has him must not bring him back (legal.erased), however the address is spelled. */
export async function rejectErased(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectErased',
    `insert into ${staging.leftOut} (line, reason)
     select s.line, 'legal.erased: the person with this address asked to be erased' from suppressions x join ${staging.rows} s on s.address_hash = x.address_hash where x.reason = 'erased'
     on conflict (line) do update set reason = excluded.reason`,
  );
}

/** Rows that turn out to be about one contact through different identities: the last one counts. */
export async function leaveOutSameContact(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.leaveOutSameContact',
    `with sound as (select line, known from ${staging.known} k where not exists (select from ${staging.leftOut} o where o.line = k.line)),
       repeated as (select known, max(line) as line from sound group by known having count(*) > 1)
     insert into ${staging.leftOut} (line)
     select s.line from sound s join repeated r on r.known = s.known and s.line < r.line on conflict do nothing`,
  );
}

/** Why a row (s) with the contacts found for it (r) is about more than one person; null when it is not. */
const MIXED = `case
         when r.by_external_id <> r.by_email or r.by_user_id <> r.by_email then format('the address %s belongs to another contact than this external_id or user_id', s.email)
         when r.by_external_id <> r.by_user_id then format('user_id "%s" belongs to another contact than external_id "%s"', s.user_id, s.external_id)
         when s.external_id is not null and r.by_external_id is null and exists (select from identities i where i.contact_id = r.known and i.kind = 'external_id')
           then format('%s belongs to a contact that has another external_id than "%s": one address is one person', coalesce(s.email, s.user_id), s.external_id)
         when s.user_id is not null and r.by_user_id is null and r.by_external_id is null and exists (select from identities i where i.contact_id = r.known and i.kind = 'user_id')
           then format('%s belongs to a contact that has another user_id than "%s": one address is one person', s.email, s.user_id)
       end`;

/** Rows whose identities belong to different people, and rows that would give a person a second external id. */
export async function rejectMixedPeople(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectMixedPeople',
    `insert into ${staging.leftOut} (line, reason)
     select line, reason from (select r.line, ${MIXED} as reason from ${staging.known} r join ${staging.rows} s on s.line = r.line) judged where reason is not null
     on conflict do nothing`,
  );
}

/** The same for one chunk, whose people were looked up again. */
export async function rejectMixedRows(sql: Sql, chunk: Chunk): Promise<void> {
  await sql.exec(
    'importContacts.rejectMixedRows',
    `with judged as (select r.line, ${MIXED} as reason from ${rowsOf(chunk)} where r.known is not null),
       gone as (delete from import_chunk r using judged j where j.line = r.line and j.reason is not null returning j.line, j.reason)
     insert into ${chunk.staging.leftOut} (line, reason) select line, reason from gone on conflict do nothing`,
    boundsOf(chunk),
  );
}
