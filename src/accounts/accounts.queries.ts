import type { OwnConditions, TableStatement } from '../core/table/compile-table.js';
import { reachCondition, type Reach } from '../core/shared/reach.js';
import { totalRows } from '../platform/database/estimate-rows.js';
import type { Sql } from '../platform/database/sql.js';

/** Fields of an account that the API writes; the names are those of rules, templates and import maps. */
export const ACCOUNT_COLUMNS = ['external_id', 'name', 'domain', 'sector', 'country', 'city', 'employees', 'revenue', 'year_established', 'vat_number', 'coc_number', 'tier', 'lifecycle_stage'] as const;
export type AccountColumn = (typeof ACCOUNT_COLUMNS)[number];

export interface AccountRow {
  account_id: number;
  external_id: string | null;
  name: string;
  name_key: string;
  domain: string | null;
  sector: string | null;
  country: string | null;
  city: string | null;
  employees: number | null;
  revenue: number | null;
  year_established: number | null;
  vat_number: string | null;
  coc_number: string | null;
  tier: string | null;
  lifecycle_stage: string | null;
  parent_account_id: number | null;
  parent_name: string | null;
  owner_id: number | null;
  owner_name: string | null;
  owner_email: string | null;
  open_opportunities: number;
  won_opportunities: number;
  won_value: number;
  last_won_on: string | null;
  fit_score: number | null;
  fit_grade: string | null;
  engagement_score: number | null;
  account_stage: string | null;
  account_stage_since: Date | null;
  attributes: Record<string, unknown>;
  source: string;
  import_id: number | null;
  created_at: Date;
  updated_at: Date;
}

const ACCOUNT = `select a.*, p.name as parent_name, u.name as owner_name, u.email as owner_email
  from accounts a left join accounts p on p.account_id = a.parent_account_id left join users u on u.user_id = a.owner_id`;

export interface AccountFilter {
  readonly nameKey?: string | undefined;
  readonly domain?: string | undefined;
  readonly parentId?: number | undefined;
  readonly ownerId?: number | undefined;
  /** Whose accounts are seen. */
  readonly reach?: Reach;
}

/** What finds accounts directly. A name finds those whose name begins with it. */
export function accountConditions({ nameKey, domain, parentId, ownerId, reach }: AccountFilter): OwnConditions {
  return (params) => [
    ...(nameKey === undefined ? [] : [`starts_with(t.name_key, ${params.add(nameKey, 'text')})`]),
    ...(domain === undefined ? [] : [`t.domain = ${params.add(domain, 'text')}`]),
    ...(parentId === undefined ? [] : [`t.parent_account_id = ${params.add(parentId, 'bigint')}`]),
    ...(ownerId === undefined ? [] : [`t.owner_id = ${params.add(ownerId, 'bigint')}`]),
    ...(reach === undefined ? [] : [reachCondition(reach, 't.account_id', (value, type) => params.add(value, type))]),
  ];
}

export function pageOfAccounts(sql: Sql, { text, params }: TableStatement): Promise<{ id: number; sort_value: string | null }[]> {
  return sql.many('accounts.page', text, params);
}

export function estimateAccounts(sql: Sql, statement: TableStatement): Promise<{ value: number; exact: boolean }> {
  return totalRows(sql, 'accounts.estimate', statement);
}

/** In the order of the ids. */
export function readAccounts(sql: Sql, accountIds: readonly number[]): Promise<AccountRow[]> {
  return sql.many<AccountRow>('accounts.readMany', `${ACCOUNT} where a.account_id = any($1) order by array_position($1::bigint[], a.account_id)`, [accountIds]);
}

export function readAccount(sql: Sql, accountId: number): Promise<AccountRow | undefined> {
  return sql.maybe<AccountRow>('accounts.read', `${ACCOUNT} where a.account_id = $1`, [accountId]);
}

export function lockAccount(sql: Sql, accountId: number): Promise<AccountRow | undefined> {
  return sql.maybe<AccountRow>('accounts.lock', `${ACCOUNT} where a.account_id = $1 for update of a`, [accountId]);
}

export interface PersonRow {
  contact_id: number;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  job_title: string | null;
  roles: { role: string; source: string; confidence: number; since: string }[];
}

/** People of an account with their roles, in order of id, after the given one. */
export function listPeople(sql: Sql, accountId: number, after: number, limit: number): Promise<PersonRow[]> {
  return sql.many<PersonRow>(
    'accounts.listPeople',
    `select c.contact_id, c.first_name, c.last_name, c.email, c.job_title,
       coalesce((select jsonb_agg(jsonb_build_object('role', b.role, 'source', b.source, 'confidence', b.confidence, 'since', b.valid_from) order by b.role)
                 from buying_group_members b where b.contact_id = c.contact_id and b.account_id = $1 and b.valid_to is null), '[]') as roles
     from contacts c where c.account_id = $1 and c.contact_id > $2 order by c.contact_id limit $3`,
    [accountId, after, limit],
  );
}

export type StoredAccount = Pick<AccountRow, AccountColumn | 'name_key' | 'parent_account_id' | 'owner_id' | 'attributes' | 'source' | 'created_at' | 'updated_at'>;

const STORED = [...ACCOUNT_COLUMNS, 'name_key', 'parent_account_id', 'owner_id', 'attributes', 'source', 'created_at', 'updated_at'] as const;

export async function insertAccount(sql: Sql, account: StoredAccount): Promise<number> {
  const { account_id: accountId } = await sql.one<{ account_id: number }>(
    'accounts.insert',
    `insert into accounts (${STORED.join(', ')}) values (${STORED.map((_, index) => `$${index + 1}`).join(', ')}) returning account_id`,
    valuesOf(account),
  );
  return accountId;
}

export async function updateAccount(sql: Sql, accountId: number, account: StoredAccount): Promise<void> {
  await sql.exec('accounts.update', `update accounts set ${STORED.map((column, index) => `${column} = $${index + 2}`).join(', ')} where account_id = $1`, [accountId, ...valuesOf(account)]);
}

function valuesOf(account: StoredAccount): unknown[] {
  return STORED.map((column) => (column === 'attributes' ? JSON.stringify(account.attributes) : account[column]));
}

/** Accounts other than this one that have the name or the external id already. */
export function findNamesakes(sql: Sql, accountId: number | null, nameKey: string, externalId: string | null): Promise<{ account_id: number; same: 'name' | 'external_id' }[]> {
  return sql.many(
    'accounts.findNamesakes',
    `select account_id, case when name_key = $2 then 'name' else 'external_id' end as same from accounts
     where (name_key = $2 or external_id = $3) and account_id is distinct from $1 limit 2`,
    [accountId, nameKey, externalId],
  );
}

export function findByReference(sql: Sql, reference: { id?: number | undefined; nameKey?: string | undefined; externalId?: string | undefined }): Promise<{ account_id: number } | undefined> {
  return sql.maybe('accounts.findByReference', 'select account_id from accounts where account_id = $1 or name_key = $2 or external_id = $3', [
    reference.id ?? null,
    reference.nameKey ?? null,
    reference.externalId ?? null,
  ]);
}

/** Whether the account stands above the other one, or is it. */
export async function isAncestor(sql: Sql, accountId: number, of: number): Promise<boolean> {
  const { found } = await sql.one<{ found: boolean }>(
    'accounts.isAncestor',
    `with recursive upwards as (
       select account_id, parent_account_id, 1 as depth from accounts where account_id = $2
       union all
       select a.account_id, a.parent_account_id, u.depth + 1 from upwards u join accounts a on a.account_id = u.parent_account_id where u.depth < 100
     )
     select exists (select from upwards where account_id = $1) as found`,
    [accountId, of],
  );
  return found;
}

export function findOwner(sql: Sql, email: string): Promise<{ user_id: number } | undefined> {
  return sql.maybe('accounts.findOwner', 'select user_id from users where email = $1', [email]);
}
