import type { BuyingGroupRole } from '../../core/account/buying-group.js';
import { standardFields } from '../../core/rule/fields.js';
import { GOT_STATES } from '../../core/rule/relation-conditions.js';
import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';

export interface ContactFactRow {
  readonly contact_id: number;
  readonly account_id: number | null;
  readonly custom: Record<string, unknown>;
  readonly [column: string]: unknown;
}

export interface AccountFactRow {
  readonly account_id: number;
  readonly parent_account_id: number | null;
  readonly custom: Record<string, unknown>;
  readonly [column: string]: unknown;
}

/** The typed columns by scope; the catalogue of standard attributes names them. */
export const STANDARD_COLUMNS: Readonly<Record<Scope, readonly string[]>> = { contact: columns('contact'), account: columns('account') };

function columns(scope: Scope): string[] {
  return standardFields().filter((field) => field.scope === scope).map(({ key }) => key);
}

export function listContactFacts(sql: Sql, contactIds: readonly number[]): Promise<ContactFactRow[]> {
  return sql.manyKept('facts.contacts', `select contact_id, account_id, attributes as custom, ${STANDARD_COLUMNS.contact.join(', ')} from contacts where contact_id = any($1::bigint[])`, [contactIds]);
}

/** Everybody whose account one of these is. */
export function listPeopleOfAccounts(sql: Sql, accountIds: readonly number[]): Promise<ContactFactRow[]> {
  return sql.manyKept(
    'facts.people',
    `select contact_id, account_id, attributes as custom, ${STANDARD_COLUMNS.contact.join(', ')} from contacts where account_id = any($1::bigint[]) order by contact_id`,
    [accountIds],
  );
}

export function listAccountFacts(sql: Sql, accountIds: readonly number[]): Promise<AccountFactRow[]> {
  return sql.manyKept('facts.accounts', `select account_id, parent_account_id, attributes as custom, ${STANDARD_COLUMNS.account.join(', ')} from accounts where account_id = any($1::bigint[])`, [accountIds]);
}

/** These accounts with all above, all below, or the whole group; `union` ends circles. */
export async function listGroupIds(sql: Sql, accountIds: readonly number[], above: boolean, below: boolean): Promise<number[]> {
  const rows = await sql.many<{ account_id: number }>(
    'facts.group',
    `with recursive up (account_id) as (
       select unnest($1::bigint[]) union select a.parent_account_id from up join accounts a on a.account_id = up.account_id where $2 and a.parent_account_id is not null
     ), down (account_id) as (
       select account_id from up union select a.account_id from down join accounts a on a.parent_account_id = down.account_id where $3
     ) select account_id from down`,
    [accountIds, above, below],
  );
  return rows.map((row) => row.account_id);
}

/** What reached these people, from this moment on (null: from the first). */
export function listMessageFacts(sql: Sql, contactIds: readonly number[], since: Date | null): Promise<{ contact_id: number; campaign: string; sent_at: Date }[]> {
  return sql.manyKept(
    'facts.messages',
    `select m.contact_id, c.key as campaign, m.sent_at from messages m join campaigns c using (campaign_id)
      where m.contact_id = any($1::bigint[]) and m.state in (${GOT_STATES.map((state) => `'${state}'`).join(', ')}) and m.sent_at >= coalesce($2::timestamptz, '-infinity')`,
    [contactIds, since],
  );
}

export interface EventFactRow {
  readonly contact_id: number;
  readonly name: string;
  readonly occurred_at: Date;
  readonly properties: Record<string, unknown> | null;
}

/** Only these names, from this moment on (null: from the first), and properties only where a rule asks for them. */
export function listEventFacts(sql: Sql, contactIds: readonly number[], names: readonly string[], since: Date | null, withProperties: readonly string[]): Promise<EventFactRow[]> {
  return sql.manyKept(
    'facts.events',
    `select contact_id, name, occurred_at, case when name = any($4::text[]) then properties end as properties
       from events where contact_id = any($1::bigint[]) and name = any($2::text[]) and occurred_at >= coalesce($3::timestamptz, '-infinity')`,
    [contactIds, names, since, withProperties],
  );
}

export interface RoleFactRow {
  readonly contact_id: number;
  readonly account_id: number;
  readonly role: BuyingGroupRole;
  readonly valid_from: Date;
  readonly valid_to: Date | null;
}

/** Parts that are played now or later. */
export function listRoleFacts(sql: Sql, contactIds: readonly number[], now: Date): Promise<RoleFactRow[]> {
  return sql.manyKept(
    'facts.roles',
    'select contact_id, account_id, role, valid_from, valid_to from buying_group_members where contact_id = any($1::bigint[]) and (valid_to is null or valid_to > $2)',
    [contactIds, now],
  );
}

/** Which of these are in which of these lists. */
export function listListFacts(sql: Sql, scope: Scope, ids: readonly number[], lists: readonly number[]): Promise<{ id: number; key: string }[]> {
  const members = scope === 'contact' ? 'segment_members' : 'segment_account_members';
  return sql.many(
    'facts.lists',
    `select m.${scope}_id as id, s.key from ${members} m join segments s using (segment_id) where m.${scope}_id = any($1::bigint[]) and m.segment_id = any($2::integer[])`,
    [ids, lists],
  );
}
