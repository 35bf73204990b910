import type { Sql } from '../../platform/database/sql.js';
import type { Moves } from '../account-moves.queries.js';
import type { Provenance } from './provenance.js';
import type { Staging } from './staging.queries.js';

/** Accounts for names and domains that nobody here has yet, one for each. Gives how many. */
export function createMissingAccounts(sql: Sql, staging: Staging, provenance: Provenance): Promise<number> {
  return sql.exec(
    'importContacts.createMissingAccounts',
    `insert into accounts (external_id, name, name_key, domain, source, import_id, created_at, updated_at)
     select distinct on (s.account_key) s.account_external_id, s.account, s.account_key, s.account_domain, $1, $2, $3, $3
     from ${staging.rows} s
     where s.account_key is not null
       and not exists (select from accounts a where a.name_key = s.account_key)
       and not exists (select from accounts a where a.external_id = s.account_external_id)
       and not exists (select from ${staging.leftOut} o where o.line = s.line)
     order by s.account_key, s.line
     on conflict do nothing`,
    [provenance.source, provenance.importId, provenance.now],
  );
}

/** The account a row names: by external id, else by name, else by domain, whichever it fills in first. */
export const ACCOUNT_ID = `case when s.account_external_id is not null then ax.account_id when s.account_key is not null then an.account_id else ad.account_id end`;
export const ACCOUNT_MATCHES = `case when s.account_external_id is not null then num_nonnulls(ax.account_id) when s.account_key is not null then num_nonnulls(an.account_id)
       when s.account_domain is not null then coalesce(ad.matches, 0)::integer else 1 end`;
export const ACCOUNT_JOINS = `left join accounts ax on ax.external_id = s.account_external_id
     left join accounts an on an.name_key = s.account_key
     left join (select domain, min(account_id) as account_id, count(*) as matches from accounts where domain is not null group by domain) ad on ad.domain = s.account_domain`;

/** Rows whose account is not known, or not one. */
export async function rejectUnknownAccounts(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec(
    'importContacts.rejectUnknownAccounts',
    `with gone as (
       delete from import_chunk r using ${staging.rows} s where r.account_matches <> 1 and s.line = r.line
       returning r.line, r.account_matches, coalesce(s.account_external_id, s.account, s.account_domain) as named
     )
     insert into ${staging.leftOut} (line, reason)
     select line, case when account_matches = 0 then format('account "%s" is unknown: import the accounts first, or let the map say "createAccounts": true', named)
       else format('%s accounts have the domain "%s": name the account', account_matches, named) end
     from gone on conflict do nothing`,
  );
}

/** People whom the chunk gives another account. */
const MOVED = 'r.known is not null and r.account_id is not null and r.old_account_id is distinct from r.account_id';

/** The buckets that people leave and enter when this chunk gives them another account. */
export async function bucketsOfMoves(sql: Sql): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>(
    'importContacts.bucketsOfMoves',
    `select distinct bucket from import_chunk r cross join lateral (values (r.old_bucket), (bucket_of(r.known, r.account_id))) as b (bucket) where ${MOVED}`,
  );
  return rows.map((row) => row.bucket);
}

/** How many people of the chunk changed their account between reading and locking. */
export async function countMovedMeanwhile(sql: Sql): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'importContacts.countMovedMeanwhile',
    `select count(*) from import_chunk r join contacts c on c.contact_id = r.known where r.account_id is not null and c.account_id is distinct from r.old_account_id`,
  );
  return count;
}

/** The people of the chunk who go to another account. */
export const MOVES: Moves = { relation: `select r.known as contact_id, r.account_id from import_chunk r where ${MOVED}`, params: [] };
