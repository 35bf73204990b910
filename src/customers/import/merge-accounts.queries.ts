import type { Sql } from '../../platform/database/sql.js';
import type { Provenance } from './provenance.js';
import type { Staging } from './staging.queries.js';

const FILLED = ['domain', 'sector', 'country', 'city', 'employees', 'revenue', 'year_established', 'vat_number', 'coc_number', 'tier', 'lifecycle_stage'];

/** Colleagues that rows name with an address and that are not there yet. Shared with opportunities. */
export function createMissingOwners(sql: Sql, staging: Staging, now: Date): Promise<number> {
  return sql.exec(
    'importAccounts.createMissingOwners',
    `insert into users (email, name, created_at)
     select distinct on (owner_email) owner_email, coalesce(owner, owner_email), $1 from ${staging.rows} where owner_email is not null order by owner_email, line
     on conflict do nothing`,
    [now],
  );
}

/** The owner a row names: by address, else by a name that one colleague has. */
export const OWNER_ID = `coalesce(oe.user_id, case when s.owner_email is null then oname.user_id end)`;
export const OWNER_JOINS = `left join users oe on oe.email = s.owner_email
     left join (select lower(name) as name, min(user_id) as user_id from users group by lower(name) having count(*) = 1) oname on oname.name = lower(s.owner)`;

export async function openChunk(sql: Sql, staging: Staging, after: number, upTo: number): Promise<void> {
  await sql.exec('importAccounts.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importAccounts.createChunk',
    `create temporary table import_chunk on commit drop as
     select s.*, null::bigint as by_external_id, null::bigint as by_name, null::bigint as known, null::bigint as owner_id, false as changed from ${staging.rows} s with no data`,
  );
  await sql.exec(
    'importAccounts.fillChunk',
    `insert into import_chunk
     select s.*, ax.account_id, an.account_id, coalesce(ax.account_id, an.account_id), ${OWNER_ID}, false
     from ${staging.rows} s
     left join accounts ax on ax.external_id = s.external_id
     left join accounts an on an.name_key = s.name_key
     ${OWNER_JOINS}
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)`,
    [after, upTo],
  );
}

/** Rows whose external id and name belong to different accounts. */
export async function rejectMixedAccounts(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importAccounts.rejectMixedAccounts',
    `with judged as (
       select c.line, case
         when c.by_external_id <> c.by_name then format('the name "%s" belongs to another account than external_id "%s"', c.name, c.external_id)
         when c.by_external_id is null and c.external_id is not null and a.external_id is not null then format('the account "%s" has another external_id (%s) than "%s"', c.name, a.external_id, c.external_id)
       end as reason
       from import_chunk c join accounts a on a.account_id = c.known
     ), gone as (
       delete from import_chunk c using judged j where j.line = c.line and j.reason is not null returning j.line, j.reason
     )
     insert into ${staging.leftOut} (line, reason) select line, reason from gone on conflict do nothing`,
  );
}

export function insertNewAccounts(sql: Sql, provenance: Provenance): Promise<number> {
  return sql.exec(
    'importAccounts.insert',
    `insert into accounts (external_id, name, name_key, ${FILLED.join(', ')}, owner_id, attributes, source, import_id, created_at, updated_at)
     select external_id, name, name_key, ${FILLED.join(', ')}, owner_id, coalesce(attributes, '{}'), $1, $2, $3, $3 from import_chunk where known is null`,
    [provenance.source, provenance.importId, provenance.now],
  );
}

const BECOMES: readonly (readonly [column: string, value: string])[] = [
  ...FILLED.map((column) => [column, `coalesce(s.${column}, a.${column})`] as const),
  ['external_id', 'coalesce(s.external_id, a.external_id)'],
  ['name', 's.name'],
  ['name_key', 's.name_key'],
  ['owner_id', 'coalesce(s.owner_id, a.owner_id)'],
  ['attributes', `case when s.attributes is null then a.attributes else a.attributes || s.attributes end`],
];

/** Writes what differs; gives how many. */
export function updateKnownAccounts(sql: Sql, provenance: Provenance): Promise<number> {
  return sql.exec(
    'importAccounts.update',
    `update accounts a set ${BECOMES.map(([column, value]) => `${column} = ${value}`).join(', ')}, import_id = $1, updated_at = $2
     from import_chunk s where a.account_id = s.known
       and (${BECOMES.map(([, value]) => value).join(', ')}) is distinct from (${BECOMES.map(([column]) => `a.${column}`).join(', ')})`,
    [provenance.importId, provenance.now],
  );
}

export async function countChunkRows(sql: Sql): Promise<number> {
  const { rows } = await sql.one<{ rows: number }>('importAccounts.countChunk', 'select count(*) as rows from import_chunk');
  return rows;
}

/** The parents that the file proposes, and which of them would make an account its own ancestor. */
const proposedParents = (staging: Staging): string => `recursive proposed as materialized (
       select a.account_id, p.account_id as parent_id, s.line, s.name, s.parent from ${staging.rows} s
       join accounts a on a.name_key = s.name_key join accounts p on p.name_key = s.parent_key
       where p.account_id <> a.account_id and not exists (select from ${staging.leftOut} o where o.line = s.line)
     ), upwards as (
       select account_id as start, parent_id as at, 1 as depth from proposed
       union all
       select u.start, coalesce(p.parent_id, a.parent_account_id), u.depth + 1 from upwards u
       join accounts a on a.account_id = u.at left join proposed p on p.account_id = u.at
       where u.at <> u.start and u.depth < 100
     ), circular as (select distinct start as account_id from upwards where at = start)`;

/**
 * Parents by name, after all rows are stored: a parent may stand later in the file than its subsidiary.
 * Gives how many accounts this alone changed (new and updated ones have been counted).
 */
export async function linkParents(sql: Sql, staging: Staging, provenance: Provenance): Promise<number> {
  const { updated } = await sql.one<{ updated: number }>(
    'importAccounts.linkParents',
    `with ${proposedParents(staging)}, linked as (
       update accounts a set parent_account_id = p.parent_id, import_id = $1, updated_at = $2
       from proposed p join accounts before on before.account_id = p.account_id
       where a.account_id = p.account_id and a.parent_account_id is distinct from p.parent_id and p.account_id not in (select account_id from circular)
       returning before.import_id is distinct from $1 as alone
     )
     select count(*) filter (where alone) as updated from linked`,
    [provenance.importId, provenance.now],
  );
  return updated;
}

/** Rows whose parents would lead back to themselves: they keep the parent they had. */
export function circularParents(sql: Sql, staging: Staging): Promise<{ line: number; name: string; parent: string }[]> {
  return sql.many(
    'importAccounts.circularParents',
    `with ${proposedParents(staging)} select line, name, parent from proposed where account_id in (select account_id from circular) order by line limit 201`,
  );
}

/** Rows whose parent is not there, or is the account itself: the account is stored without one. */
export function parentsNotFound(sql: Sql, staging: Staging): Promise<{ line: number; name: string; parent: string; itself: boolean }[]> {
  return sql.many(
    'importAccounts.parentsNotFound',
    `select s.line, s.name, s.parent, s.parent_key = s.name_key as itself from ${staging.rows} s
     where s.parent_key is not null and (s.parent_key = s.name_key or not exists (select from accounts p where p.name_key = s.parent_key))
       and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.line limit 201`,
  );
}

/** Owners named that are nobody here, with how often. */
export function ownersNotFound(sql: Sql, staging: Staging): Promise<{ owner: string; rows: number; line: number }[]> {
  return sql.many(
    'importAccounts.ownersNotFound',
    `select s.owner, count(*) as rows, min(s.line) as line from ${staging.rows} s ${OWNER_JOINS}
     where s.owner is not null and ${OWNER_ID} is null group by s.owner order by min(s.line) limit 201`,
  );
}
