import type { OwnConditions, TableStatement } from '../core/table/compile-table.js';
import { reachCondition, type Reach } from '../core/shared/reach.js';
import { totalRows } from '../platform/database/estimate-rows.js';
import type { Sql } from '../platform/database/sql.js';

/** Standard fields of a contact that the API writes; the names are those of rules, templates and import maps. */
export const CONTACT_COLUMNS = ['email', 'address_state', 'first_name', 'last_name', 'language', 'country', 'city', 'time_zone', 'phone', 'job_title', 'birth_date', 'lifecycle_stage'] as const;
export type ContactColumn = (typeof CONTACT_COLUMNS)[number];

export type ContactRow = Record<ContactColumn, string | null> & {
  contact_id: number;
  bucket: number;
  account_id: number | null;
  account_name: string | null;
  address_hash: Buffer | null;
  attributes: Record<string, unknown>;
  source: string | null;
  source_at: Date | null;
  notice_version: string | null;
  collected_for: string[];
  import_id: number | null;
  orders_count: number | null;
  orders_value: number | null;
  first_order_at: Date | null;
  last_order_at: Date | null;
  rfm_recency: number | null;
  rfm_frequency: number | null;
  rfm_monetary: number | null;
  rfm_class: string | null;
  restricted_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

export type IdentityKind = 'email' | 'user_id' | 'external_id' | 'anonymous_id';

export interface IdentityRow {
  kind: IdentityKind;
  value: string;
  contact_id: number;
}

export interface ContactFilter {
  readonly email?: string | undefined;
  readonly externalId?: string | undefined;
  readonly accountId?: number | undefined;
  /** Whose people are seen. */
  readonly reach?: Reach;
}

const CONTACT = 'select c.*, a.name as account_name from contacts c left join accounts a on a.account_id = c.account_id';

/** The contact behind an id, also behind one that was merged away. */
export function readContact(sql: Sql, contactId: number): Promise<ContactRow | undefined> {
  return sql.maybe<ContactRow>('customers.readContact', `${CONTACT} where c.contact_id = living_contact($1)`, [contactId]);
}

export function lockContact(sql: Sql, contactId: number): Promise<ContactRow | undefined> {
  return sql.maybe<ContactRow>('customers.lockContact', `${CONTACT} where c.contact_id = $1 for update of c`, [contactId]);
}

/** What finds a contact directly. An address finds its person under every spelling that ever was theirs. */
export function contactConditions({ email, externalId, accountId, reach }: ContactFilter): OwnConditions {
  const identity = (kind: string, value: string): string => `t.contact_id in (select contact_id from identities where kind = '${kind}' and value = ${value})`;
  return (params) => [
    ...(email === undefined ? [] : [identity('email', params.add(email, 'text'))]),
    ...(externalId === undefined ? [] : [identity('external_id', params.add(externalId, 'text'))]),
    ...(accountId === undefined ? [] : [`t.account_id = ${params.add(accountId, 'bigint')}`]),
    ...(reach === undefined ? [] : [reachCondition(reach, 't.account_id', (value, type) => params.add(value, type))]),
  ];
}

export function pageOfContacts(sql: Sql, { text, params }: TableStatement): Promise<{ id: number; sort_value: string | null }[]> {
  return sql.many('customers.pageOfContacts', text, params);
}

export function estimateContacts(sql: Sql, statement: TableStatement): Promise<{ value: number; exact: boolean }> {
  return totalRows(sql, 'customers.estimateContacts', statement);
}

/** In the order of the ids. */
export function readContacts(sql: Sql, contactIds: readonly number[]): Promise<ContactRow[]> {
  return sql.many<ContactRow>('customers.readContacts', `${CONTACT} where c.contact_id = any($1) order by array_position($1::bigint[], c.contact_id)`, [contactIds]);
}

export function findIdentities(sql: Sql, kinds: readonly string[], values: readonly string[]): Promise<IdentityRow[]> {
  return sql.many<IdentityRow>(
    'customers.findIdentities',
    'select i.kind, i.value, i.contact_id from identities i join unnest($1::text[], $2::text[]) as given (kind, value) using (kind, value)',
    [kinds, values],
  );
}

export function identitiesOf(sql: Sql, contactId: number): Promise<IdentityRow[]> {
  return sql.many<IdentityRow>('customers.identitiesOf', 'select kind, value, contact_id from identities where contact_id = $1 order by kind, created_at, value', [contactId]);
}

/** Whether the person with this mailbox was erased because he asked. */
export async function wasErased(sql: Sql, addressHash: Buffer): Promise<boolean> {
  return (await sql.one<{ erased: boolean }>('customers.wasErased', `select exists (select from suppressions where address_hash = $1 and reason = 'erased') as erased`, [addressHash])).erased;
}

/** Fails on the primary key when somebody else was first. */
export async function insertIdentities(sql: Sql, contactId: number, identities: readonly { kind: string; value: string }[], now: Date): Promise<void> {
  await sql.exec(
    'customers.insertIdentities',
    'insert into identities (kind, value, contact_id, created_at) select kind, value, $3, $4 from unnest($1::text[], $2::text[]) as given (kind, value)',
    [identities.map(({ kind }) => kind), identities.map(({ value }) => value), contactId, now],
  );
}

export interface RoleRow {
  account_id: number;
  account_name: string;
  role: string;
  source: string;
  confidence: number;
  valid_from: Date;
}

export function rolesOf(sql: Sql, contactId: number): Promise<RoleRow[]> {
  return sql.many<RoleRow>(
    'customers.rolesOf',
    `select b.account_id, a.name as account_name, b.role, b.source, b.confidence, b.valid_from from buying_group_members b join accounts a using (account_id)
     where b.contact_id = $1 and b.valid_to is null order by b.account_id, b.role`,
    [contactId],
  );
}

export interface AccountReference {
  readonly id?: number | undefined;
  readonly externalId?: string | undefined;
  readonly nameKey?: string | undefined;
  readonly domain?: string | undefined;
}

/** The accounts a reference can mean: none, one, or several with one domain. */
export async function findAccounts(sql: Sql, { id, externalId, nameKey, domain }: AccountReference): Promise<number[]> {
  const rows = await sql.many<{ account_id: number }>(
    'customers.findAccounts',
    'select account_id from accounts where account_id = $1 or external_id = $2 or name_key = $3 or domain = $4 order by account_id limit 2',
    [id ?? null, externalId ?? null, nameKey ?? null, domain ?? null],
  );
  return rows.map((row) => row.account_id);
}

export async function nextContact(sql: Sql, accountId: number | null): Promise<{ contact_id: number; bucket: number }> {
  return sql.one(
    'customers.nextContact',
    `select id as contact_id, bucket_of(id, $1::bigint) as bucket from nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id`,
    [accountId],
  );
}

export async function bucketOf(sql: Sql, contactId: number, accountId: number | null): Promise<number> {
  const { bucket } = await sql.one<{ bucket: number }>('customers.bucketOf', 'select bucket_of($1::bigint, $2::bigint) as bucket', [contactId, accountId]);
  return bucket;
}

export type StoredContact = Pick<
  ContactRow,
  ContactColumn | 'contact_id' | 'bucket' | 'account_id' | 'address_hash' | 'attributes' | 'source' | 'source_at' | 'notice_version' | 'collected_for' | 'created_at' | 'updated_at'
>;

const STORED = ['contact_id', 'bucket', 'account_id', ...CONTACT_COLUMNS, 'address_hash', 'attributes', 'source', 'source_at', 'notice_version', 'collected_for', 'created_at', 'updated_at'] as const;

export async function insertContact(sql: Sql, contact: StoredContact): Promise<void> {
  await sql.exec('customers.insertContact', `insert into contacts (${STORED.join(', ')}) values (${STORED.map((_, index) => `$${index + 1}`).join(', ')})`, valuesOf(contact));
}

export async function updateContact(sql: Sql, contact: StoredContact): Promise<void> {
  const changed = STORED.slice(1).map((column, index) => `${column} = $${index + 2}`);
  await sql.exec('customers.updateContact', `update contacts set ${changed.join(', ')} where contact_id = $1`, valuesOf(contact));
}

function valuesOf(contact: StoredContact): unknown[] {
  return STORED.map((column) => (column === 'attributes' ? JSON.stringify(contact.attributes) : contact[column]));
}
