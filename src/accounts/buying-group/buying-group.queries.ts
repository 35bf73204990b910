import type { BuyingGroupRole } from '../../core/account/buying-group.js';
import type { Sql } from '../../platform/database/sql.js';

export interface MemberRow {
  contact_id: number;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  job_title: string | null;
  role: BuyingGroupRole;
  source: string;
  confidence: number;
  valid_from: Date;
  valid_to: Date | null;
  colleague_email: string | null;
  colleague_name: string | null;
}

const MEMBER = `select b.contact_id, c.first_name, c.last_name, c.email, c.job_title, b.role, b.source, b.confidence, b.valid_from, b.valid_to, u.email as colleague_email, u.name as colleague_name
  from buying_group_members b join contacts c using (contact_id) left join users u on u.user_id = b.colleague_id`;

/** The parts that hold, by person. */
export function listMembers(sql: Sql, accountId: number): Promise<MemberRow[]> {
  return sql.many<MemberRow & Record<string, unknown>>('buyingGroup.listMembers', `${MEMBER} where b.account_id = $1 and b.valid_to is null order by b.contact_id, b.role`, [accountId]);
}

/** The parts that ended, newest first. */
export function listEnded(sql: Sql, accountId: number, most: number): Promise<MemberRow[]> {
  return sql.many<MemberRow & Record<string, unknown>>('buyingGroup.listEnded', `${MEMBER} where b.account_id = $1 and b.valid_to is not null order by b.valid_to desc, b.contact_id, b.role limit $2`, [accountId, most]);
}

export function lockAccount(sql: Sql, accountId: number): Promise<{ account_id: number } | undefined> {
  return sql.maybe('buyingGroup.lockAccount', 'select account_id from accounts where account_id = $1 for update', [accountId]);
}

export function findAccount(sql: Sql, accountId: number): Promise<{ account_id: number; name: string; tier: string | null } | undefined> {
  return sql.maybe('buyingGroup.findAccount', 'select account_id, name, tier from accounts where account_id = $1', [accountId]);
}

/** By id, external id or name (as accountNameKey writes it). */
export function findByKey(sql: Sql, id: number | null, externalId: string, nameKey: string): Promise<{ account_id: number } | undefined> {
  return sql.maybe('buyingGroup.findByKey', 'select account_id from accounts where account_id = $1 or external_id = $2 or name_key = $3 order by account_id = $1 desc, external_id = $2 desc limit 1', [id, externalId, nameKey]);
}

/** Those of the contacts that do not belong to the account. */
export async function strangers(sql: Sql, accountId: number, contactIds: readonly number[]): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'buyingGroup.strangers',
    `select given.contact_id from unnest($2::bigint[]) as given (contact_id)
     where not exists (select from contacts c where c.contact_id = given.contact_id and c.account_id = $1)`,
    [accountId, contactIds],
  );
  return rows.map((row) => row.contact_id);
}

export async function findColleagues(sql: Sql, emails: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql.many<{ email: string; user_id: number }>('buyingGroup.findColleagues', 'select email, user_id from users where email = any($1)', [emails]);
  return new Map(rows.map((row) => [row.email, row.user_id]));
}

export interface Member {
  readonly contactId: number;
  readonly role: BuyingGroupRole;
  readonly confidence: number;
  readonly source: string;
  readonly colleagueId: number | null;
}

const GIVEN = 'unnest($2::bigint[], $3::text[], $4::real[], $5::bigint[], $6::text[]) as given (contact_id, role, confidence, colleague_id, source)';
const given = (members: readonly Member[]): unknown[] => [
  members.map((one) => one.contactId), members.map((one) => one.role), members.map((one) => one.confidence), members.map((one) => one.colleagueId), members.map((one) => one.source),
];

/** Ends the parts that are not among the given ones, or that are given with another confidence or colleague: what was known when stays to be seen. */
export function endOtherRoles(sql: Sql, accountId: number, members: readonly Member[], now: Date): Promise<number> {
  return sql.exec(
    'buyingGroup.endOtherRoles',
    `update buying_group_members b set valid_to = $7 where b.account_id = $1 and b.valid_to is null
       and not exists (select from ${GIVEN} where given.contact_id = b.contact_id and given.role = b.role and given.confidence = b.confidence and given.colleague_id is not distinct from b.colleague_id)`,
    [accountId, ...given(members), now],
  );
}

/** Adds the parts that do not hold yet. */
export function addRoles(sql: Sql, accountId: number, members: readonly Member[], now: Date): Promise<number> {
  return sql.exec(
    'buyingGroup.addRoles',
    `insert into buying_group_members as b (contact_id, account_id, role, source, confidence, colleague_id, valid_from)
     select given.contact_id, $1, given.role, given.source, given.confidence, given.colleague_id, $7 from ${GIVEN}
     where not exists (select from buying_group_members m where m.account_id = $1 and m.contact_id = given.contact_id and m.role = given.role and m.valid_to is null)
     on conflict (contact_id, account_id, role, valid_from) do update set valid_to = null, confidence = excluded.confidence, source = excluded.source, colleague_id = excluded.colleague_id`,
    [accountId, ...given(members), now],
  );
}
