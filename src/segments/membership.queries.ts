import type { CompiledRule } from '../core/rule/compile-rule.js';
import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';

/**
 * Prepares a transaction that runs a marketer's rule: it cannot write, ends by itself, may sort and hash in memory, and reads as a role that
 * knows only what rules are about (migration 0006), where there is that role and we may take it.
 * JIT compilation costs more than it saves on statements of this length.
 */
export async function limitReading(sql: Sql, timeoutMs: number): Promise<void> {
  await sql.exec(
    'segments.limitReading',
    `select set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true), set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
       (select set_config('role', rolname, true) from pg_roles
         where rolname = 'tactful_reader' and pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) and has_table_privilege(oid, 'soft_opt_in_proofs', 'select'))`,
    [String(timeoutMs)],
  );
}

export async function countMembers(sql: Sql, compiled: CompiledRule): Promise<number> {
  const { count } = await sql.one<{ count: number }>('segments.count', `select count(*) as count from (${compiled.text}) member`, compiled.params);
  return count;
}

/** Ids of one page, in order. */
export async function listMemberIds(sql: Sql, compiled: CompiledRule, scope: Scope, after: number, limit: number): Promise<number[]> {
  const first = compiled.params.length + 1;
  const rows = await sql.many<{ id: number }>(
    'segments.listMemberIds',
    `select ${scope}_id as id from (${compiled.text}) member where ${scope}_id > $${first}::bigint order by ${scope}_id limit $${first + 1}::int`,
    [...compiled.params, after, limit],
  );
  return rows.map((row) => row.id);
}

export interface ContactCard {
  readonly id: number;
  readonly name: string | null;
  readonly email: string | null;
  readonly account: string | null;
}

export function listContactCards(sql: Sql, ids: readonly number[]): Promise<ContactCard[]> {
  return sql.many(
    'segments.listContactCards',
    `select c.contact_id as id, nullif(concat_ws(' ', c.first_name, c.last_name), '') as name, c.email, a.name as account
       from contacts c left join accounts a on a.account_id = c.account_id where c.contact_id = any($1::bigint[]) order by c.contact_id`,
    [ids],
  );
}

export interface AccountCard {
  readonly id: number;
  readonly name: string;
  readonly sector: string | null;
  readonly country: string | null;
}

export function listAccountCards(sql: Sql, ids: readonly number[]): Promise<AccountCard[]> {
  return sql.many('segments.listAccountCards', `select account_id as id, name, sector, country from accounts where account_id = any($1::bigint[]) order by account_id`, [ids]);
}

/**
 * Which of the ids that a statement was compiled with (`only`) are members. Needs a transaction. Planning would take most of its
 * time (events have a partition a month: 2 ms of 3), so the connection keeps one plan for all values.
 */
export async function listMembersAmong(sql: Sql, compiled: CompiledRule, scope: Scope): Promise<number[]> {
  await sql.exec('segments.keepPlan', `select set_config('plan_cache_mode', 'force_generic_plan', true)`);
  const rows = await sql.manyKept<{ id: number }>('segments.listMembersAmong', `select ${scope}_id as id from (${compiled.text}) member`, compiled.params);
  return rows.map((row) => row.id);
}
