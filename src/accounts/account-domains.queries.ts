import type { Sql } from '../platform/database/sql.js';

export interface AccountDomainRow {
  domain: string;
  source: string;
  verified_at: Date | null;
  created_at: Date;
}

export function listDomains(sql: Sql, accountId: number): Promise<AccountDomainRow[]> {
  return sql.many<AccountDomainRow>('accounts.listDomains', 'select domain, source, verified_at, created_at from account_domains where account_id = $1 order by domain', [accountId]);
}

/** Sets the whole list: what is not named goes, but for the account's own domain; a domain that is named as verified is so from now on. */
export async function setDomains(sql: Sql, accountId: number, domains: readonly { readonly domain: string; readonly verified: boolean }[], source: string, now: Date): Promise<number> {
  const gone = await sql.exec('accounts.dropDomains', `delete from account_domains where account_id = $1 and not domain = any($2) and source <> 'account'`, [accountId, domains.map(({ domain }) => domain)]);
  const set = await sql.exec(
    'accounts.setDomains',
    `insert into account_domains as d (domain, account_id, source, verified_at, created_at)
     select domain, $1, $4, case when verified then $5::timestamptz end, $5 from unnest($2::text[], $3::boolean[]) as given (domain, verified)
     on conflict (domain, account_id) do update set verified_at = case when excluded.verified_at is null then null else coalesce(d.verified_at, excluded.verified_at) end
       where (d.verified_at is null) <> (excluded.verified_at is null)`,
    [accountId, domains.map(({ domain }) => domain), domains.map(({ verified }) => verified), source, now],
  );
  return gone + set;
}
