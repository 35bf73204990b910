import type { Sql } from '../../platform/database/sql.js';

export interface GroupAccount {
  account_id: number;
  external_id: string | null;
  name: string;
  name_key: string;
  domain: string | null;
  sector: string | null;
  country: string | null;
  city: string | null;
  employees: number | null;
  attributes: Record<string, unknown>;
}

const COLUMNS = 'account_id, external_id, name, name_key, domain, sector, country, city, employees, attributes';

/** By the groups' ids, or by name. For no key update: contacts may go on pointing at them. */
export function lockAccounts(sql: Sql, externalIds: readonly string[], nameKeys: readonly string[]): Promise<GroupAccount[]> {
  return sql.many<GroupAccount>('tracking.lockAccounts', `select ${COLUMNS} from accounts where external_id = any($1) or name_key = any($2) order by account_id for no key update`, [externalIds, nameKeys]);
}

/** Fails on a unique key when somebody else was first: then the whole group of messages is done again. */
export function insertAccounts(sql: Sql, accounts: readonly (Omit<GroupAccount, 'account_id'> & { source: string })[], now: Date): Promise<{ account_id: number; external_id: string }[]> {
  return sql.many(
    'tracking.insertAccounts',
    `insert into accounts (external_id, name, name_key, domain, sector, country, city, employees, attributes, source, created_at, updated_at)
     select external_id, name, name_key, domain, sector, country, city, employees, attributes, source, $2, $2 from jsonb_populate_recordset(null::accounts, $1::jsonb) order by external_id
     returning account_id, external_id`,
    [JSON.stringify(accounts), now],
  );
}

export async function updateAccounts(sql: Sql, accounts: readonly GroupAccount[], now: Date): Promise<void> {
  await sql.exec(
    'tracking.updateAccounts',
    `update accounts a set external_id = r.external_id, name = r.name, name_key = r.name_key, domain = r.domain, sector = r.sector, country = r.country, city = r.city, employees = r.employees,
       attributes = r.attributes, updated_at = $2
     from jsonb_populate_recordset(null::accounts, $1::jsonb) r where a.account_id = r.account_id`,
    [JSON.stringify(accounts), now],
  );
}
