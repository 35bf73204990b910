import type { Sql } from '../../platform/database/sql.js';
import { ACCOUNT_ID, ACCOUNT_JOINS, ACCOUNT_MATCHES } from './row-accounts.queries.js';
import type { Staging } from './staging.queries.js';

/** A stretch of the staged lines, stored in one transaction. Every statement about it takes its bounds as $1 and $2. */
export interface Chunk {
  readonly staging: Staging;
  readonly after: number;
  readonly upTo: number;
}

export const boundsOf = ({ after, upTo }: Chunk): [number, number] => [after, upTo];

/** The rows of the chunk (r) that are still to be stored, with what they say (s). */
export const rowsOf = ({ staging }: Chunk): string => `import_chunk r join ${staging.rows} s on s.line = r.line and s.line > $1 and s.line <= $2`;

/** The contacts that already have one of a row's identities. */
export const IDENTITY_JOINS = `left join identities x on x.kind = 'external_id' and x.value = s.external_id
     left join identities u on u.kind = 'user_id' and u.value = s.user_id
     left join identities e on e.kind = 'email' and e.value = s.email`;

/**
 * Who each row of the chunk is about, by each of its identities, and which account it names: a narrow temporary table of
 * the caller's transaction. What the row says stays in the staging table. The second time round the identities are read
 * again: somebody added some after the whole file was looked up.
 */
export async function openChunk(sql: Sql, chunk: Chunk, again: boolean): Promise<void> {
  const { staging } = chunk;
  const [x, u, e, joins] = again
    ? ['x.contact_id', 'u.contact_id', 'e.contact_id', IDENTITY_JOINS]
    : ['k.by_external_id', 'k.by_user_id', 'k.by_email', `left join ${staging.known} k on k.line = s.line and k.line > $1 and k.line <= $2`];
  await sql.exec('importContacts.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importContacts.createChunk',
    `create temporary table import_chunk (line integer, by_external_id bigint, by_user_id bigint, by_email bigint, known bigint, contact_id bigint,
       account_id bigint, account_matches integer, adds_identity boolean, old_account_id bigint, old_bucket smallint, changed boolean not null default false) on commit drop`,
  );
  await sql.exec(
    'importContacts.fillChunk',
    `insert into import_chunk (line, by_external_id, by_user_id, by_email, known, contact_id, account_id, account_matches, adds_identity)
     select s.line, ${x}, ${u}, ${e}, coalesce(${x}, ${u}, ${e}), coalesce(${x}, ${u}, ${e}, nextval(pg_get_serial_sequence('contacts', 'contact_id'))), ${ACCOUNT_ID}, ${ACCOUNT_MATCHES},
       (s.external_id is not null and ${x} is null) or (s.user_id is not null and ${u} is null) or (s.email is not null and ${e} is null)
     from ${staging.rows} s ${joins} ${ACCOUNT_JOINS}
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line`,
    boundsOf(chunk),
  );
  await sql.exec(
    'importContacts.readPlaces',
    `update import_chunk r set old_account_id = c.account_id, old_bucket = c.bucket from contacts c where c.contact_id = r.known and r.account_id is not null`,
  );
}

export function countChunk(sql: Sql): Promise<{ inserted: number; updated: number; unchanged: number }> {
  return sql.one(
    'importContacts.countChunk',
    `select count(*) filter (where known is null) as inserted, count(*) filter (where known is not null and (changed or adds_identity)) as updated,
       count(*) filter (where known is not null and not (changed or adds_identity)) as unchanged
     from import_chunk`,
  );
}
