import { compilePermission } from '../core/decision/compile-permission.js';
import type { PermissionTerms } from '../core/decision/permission.js';
import { reasonByNumber, type ReasonCode } from '../core/decision/reasons.js';
import type { CompiledRule } from '../core/rule/compile-rule.js';
import { Parameters } from '../core/rule/parameters.js';
import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';

export interface Reached {
  readonly count: number;
  readonly ids: number[];
  /** Of a rule over accounts: everybody in them; else the count. */
  readonly people: number;
  /** Members drawn by lot, always the same; all of them where there are no more. */
  readonly drawn: number[];
}

/** Compiles the rule into a statement that has parameters already. */
export type Compile = (params: Parameters) => CompiledRule;

/** Whom a rule selects: how many, the first of them, some by lot, and the people behind accounts, by one run of the rule. `compile` adds to the parameters. */
export async function reach(sql: Sql, compile: Compile, scope: Scope, sample: number, drawn: number): Promise<Reached> {
  const params = new Parameters();
  const { text } = compile(params);
  const found = await sql.one<{ count: number; ids: number[]; drawn: number[]; people: number | null }>(
    'segments.reach',
    `with member as materialized (${text})
     select (select count(*) from member) as count,
       array(select ${scope}_id from member order by ${scope}_id limit ${params.add(sample, 'int')})::float8[] as ids,
       ${drawn === 0 ? `'{}'` : `array(select ${scope}_id from member order by hashint8(${scope}_id), ${scope}_id limit ${params.add(drawn, 'int')})`}::float8[] as drawn,
       ${scope === 'account' ? '(select count(*) from member join contacts using (account_id))' : 'null'} as people`,
    params.values,
  );
  return { ...found, people: found.people ?? found.count };
}

/**
 * Contacts or accounts by lot: numbers drawn between the first and the last id (evenly, and always the same), of which those are taken that there are.
 * Each is as likely as any other, and only they are read.
 */
export async function drawIds(sql: Sql, scope: Scope, numbers: number): Promise<number[]> {
  const rows = await sql.many<{ id: number }>(
    'segments.draw',
    `with ends as (select min(${scope}_id) as first, max(${scope}_id) as last from ${scope}s),
       number as (select first + (hashint8extended(n, 7) & 9007199254740991) % (last - first + 1) as id, min(n) as place from ends, generate_series(1, $1::int) n group by 1)
     select ${scope}_id as id from number join ${scope}s on ${scope}_id = number.id order by place`,
    [numbers],
  );
  return rows.map((row) => row.id);
}

/** How many people belong to these accounts. */
export async function countPeopleOf(sql: Sql, accountIds: readonly number[]): Promise<number> {
  const { people } = await sql.one<{ people: number }>('segments.peopleOf', 'select count(*) as people from contacts where account_id = any($1::bigint[])', [accountIds]);
  return people;
}

export interface CountedCode {
  /** Null: may be mailed. */
  readonly code: ReasonCode | null;
  readonly count: number;
}

/**
 * How many of the people whom a rule selects each reason stops first; null is how many may be mailed. The rule stands in place and not in a
 * WITH: so several processes can share the work, and where the rule only looks at the people's own rows, they are read once.
 */
export async function countReasons(sql: Sql, compile: Compile, scope: Scope, terms: PermissionTerms, now: Date): Promise<CountedCode[]> {
  const { text, params } = compileReasons(compile, scope, terms, now);
  return countedCodes(await sql.many<ReasonRow>('segments.countReasons', text, params));
}

/** The same of some contacts, or of the people of some accounts: looked up one by one. */
export async function countReasonsOf(sql: Sql, ids: readonly number[], scope: Scope, terms: PermissionTerms, now: Date): Promise<CountedCode[]> {
  const { text, params } = compileReasons((params) => ({ text: `select unnest(${params.add(ids, 'bigint[]')}) as ${scope}_id`, params: params.values }), scope, terms, now, true);
  return countedCodes(await sql.many<ReasonRow>('segments.countReasonsOf', text, params));
}

interface ReasonRow extends Record<string, unknown> {
  readonly reason: number | null;
  readonly held: number;
}

export function compileReasons(compile: Compile, scope: Scope, terms: PermissionTerms, now: Date, few = false): CompiledRule {
  const params = new Parameters();
  const { text } = compile(params);
  let names = 0;
  const { joins, reason } = compilePermission(terms, now, { contact: 'person', account: 'employer', few, alias: (prefix) => `${prefix}_${(names += 1)}` }, params);
  return {
    text: `select ${reason} as reason, count(*) as held
       from (${text}) member join contacts person using (${scope}_id) left join accounts employer on employer.account_id = person.account_id ${joins.join(' ')}
      group by 1 order by held desc, reason`,
    params: params.values,
  };
}

function countedCodes(rows: readonly ReasonRow[]): CountedCode[] {
  return rows.map((row) => ({ code: row.reason === null ? null : (reasonByNumber(row.reason) ?? null), count: row.held }));
}

export interface OverlapRow {
  readonly size: number;
  readonly both: number;
}

/** How many members each of several rules has, and how many of those the first one has too; each rule is run once. */
export async function overlap(sql: Sql, compile: (params: Parameters) => readonly CompiledRule[], scope: Scope): Promise<{ size: number; others: OverlapRow[] }> {
  const params = new Parameters();
  const [first, ...others] = compile(params);
  if (!first) throw new Error('No rule to compare.');
  const id = `${scope}_id`;
  const sets = others.map(({ text }, index) => `other${index} as materialized (${text})`);
  const counted = others.map((_, index) => `select ${index} as place, (select count(*) from other${index}) as size, (select count(*) from other${index} join member using (${id})) as both`);
  const rows = await sql.many<{ place: number } & OverlapRow & Record<string, unknown>>(
    'segments.overlap',
    `with ${[`member as materialized (${first.text})`, ...sets].join(', ')}
     ${[`select -1 as place, (select count(*) from member) as size, 0::bigint as both`, ...counted].join(' union all ')} order by place`,
    params.values,
  );
  return { size: rows[0]?.size ?? 0, others: rows.slice(1).map(({ size, both }) => ({ size, both })) };
}

/** What the planner expects of a rule, without running it. */
export async function explainCost(sql: Sql, { text, params }: CompiledRule): Promise<{ rows: number; cost: number }> {
  const row = await sql.one<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number; 'Total Cost': number } }] }>('segments.explain', `explain (format json) ${text}`, params);
  const { Plan: plan } = row['QUERY PLAN'][0];
  return { rows: plan['Plan Rows'], cost: plan['Total Cost'] };
}
