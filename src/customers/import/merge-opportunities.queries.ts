import type { Sql } from '../../platform/database/sql.js';
import { OWNER_ID, OWNER_JOINS } from './merge-accounts.queries.js';
import type { Provenance } from './provenance.js';
import { ACCOUNT_ID, ACCOUNT_JOINS, ACCOUNT_MATCHES } from './row-accounts.queries.js';
import type { Staging } from './staging.queries.js';

const FILLED = ['product', 'stage', 'engaged_on', 'closed_on', 'value'];

/** A row without any account is a deal that has none yet; a row that names one nobody knows is rejected. */
export async function openChunk(sql: Sql, staging: Staging, after: number, upTo: number): Promise<void> {
  await sql.exec('importOpportunities.dropChunk', 'drop table if exists pg_temp.import_chunk');
  await sql.exec(
    'importOpportunities.createChunk',
    `create temporary table import_chunk on commit drop as
     select s.*, null::bigint as account_id, 0 as account_matches, null::bigint as owner_id, false as known, null::bigint as old_account_id, false as changed from ${staging.rows} s with no data`,
  );
  await sql.exec(
    'importOpportunities.fillChunk',
    `insert into import_chunk
     select s.*, ${ACCOUNT_ID}, ${ACCOUNT_MATCHES}, ${OWNER_ID}, o.opportunity_id is not null, o.account_id, true
     from ${staging.rows} s
     ${ACCOUNT_JOINS}
     ${OWNER_JOINS}
     left join opportunities o on o.opportunity_id = s.opportunity_id
     where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} l where l.line = s.line)`,
    [after, upTo],
  );
}

const BECOMES: readonly (readonly [column: string, value: string])[] = [
  ...FILLED.map((column) => [column, `coalesce(s.${column}, o.${column})`] as const),
  ['account_id', 'coalesce(s.account_id, o.account_id)'],
  ['owner_id', 'coalesce(s.owner_id, o.owner_id)'],
];

/** Marks the rows that say nothing new. */
export async function markUnchanged(sql: Sql): Promise<void> {
  await sql.exec(
    'importOpportunities.markUnchanged',
    `update import_chunk s set changed = false from opportunities o where o.opportunity_id = s.opportunity_id
       and (${BECOMES.map(([, value]) => value).join(', ')}) is not distinct from (${BECOMES.map(([column]) => `o.${column}`).join(', ')})`,
  );
}

export async function storeOpportunities(sql: Sql, provenance: Provenance): Promise<void> {
  const columns = [...FILLED, 'account_id', 'owner_id'];
  await sql.exec(
    'importOpportunities.store',
    `insert into opportunities as o (opportunity_id, ${columns.join(', ')}, source, import_id, updated_at)
     select s.opportunity_id, ${columns.map((column) => `s.${column}`).join(', ')}, $1, $2, $3 from import_chunk s where s.changed order by s.opportunity_id
     on conflict (opportunity_id) do update set ${columns.map((column) => `${column} = coalesce(excluded.${column}, o.${column})`).join(', ')},
       import_id = excluded.import_id, updated_at = excluded.updated_at`,
    [provenance.source, provenance.importId, provenance.now],
  );
}

export function countChunk(sql: Sql): Promise<{ inserted: number; updated: number; unchanged: number }> {
  return sql.one(
    'importOpportunities.countChunk',
    `select count(*) filter (where not known) as inserted, count(*) filter (where known and changed) as updated, count(*) filter (where known and not changed) as unchanged from import_chunk`,
  );
}

/** Adds the chunk's accounts up again: those its deals belong to and those they left. Writes only what differs. */
export async function rollUpAccounts(sql: Sql, now: Date): Promise<void> {
  await sql.exec(
    'importOpportunities.rollUp',
    `with touched as (
       select distinct t.account_id from import_chunk s cross join lateral (values (s.account_id), (s.old_account_id)) as t (account_id) where s.changed and t.account_id is not null
     ), sums as (
       select t.account_id, count(*) filter (where o.stage in ('prospecting', 'engaging')) as open, count(*) filter (where o.stage = 'won') as won,
         coalesce(sum(o.value) filter (where o.stage = 'won'), 0) as won_value, max(o.closed_on) filter (where o.stage = 'won') as last_won_on
       from touched t left join opportunities o on o.account_id = t.account_id group by t.account_id
     )
     update accounts a set open_opportunities = s.open, won_opportunities = s.won, won_value = s.won_value, last_won_on = s.last_won_on, updated_at = $1
     from sums s where a.account_id = s.account_id
       and (a.open_opportunities, a.won_opportunities, a.won_value, a.last_won_on) is distinct from (s.open::integer, s.won::integer, s.won_value, s.last_won_on)`,
    [now],
  );
}

/** Accounts without an owner get the owner of their newest deal. */
export function ownAccountsByLatest(sql: Sql, now: Date): Promise<number> {
  return sql.exec(
    'importOpportunities.ownAccounts',
    `update accounts a set owner_id = latest.owner_id, updated_at = $1
     from (select distinct on (account_id) account_id, owner_id from opportunities where account_id is not null and owner_id is not null
           order by account_id, coalesce(engaged_on, closed_on) desc nulls last, opportunity_id) latest
     where a.account_id = latest.account_id and a.owner_id is null`,
    [now],
  );
}
