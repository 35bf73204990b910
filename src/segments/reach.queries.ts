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
}

/** Compiles the rule into a statement that has parameters already. */
type Compile = (params: Parameters) => CompiledRule;

/** Whom a rule selects: how many, the first of them, and the people behind accounts, by one run of the rule. `compile` adds to the parameters. */
export async function reach(sql: Sql, compile: Compile, scope: Scope, sample: number): Promise<Reached> {
  const params = new Parameters();
  const { text } = compile(params);
  const { count, ids, people } = await sql.one<{ count: number; ids: number[]; people: number | null }>(
    'segments.reach',
    `with member as materialized (${text})
     select (select count(*) from member) as count,
       array(select ${scope}_id from member order by ${scope}_id limit ${params.add(sample, 'int')})::float8[] as ids,
       ${scope === 'account' ? '(select count(*) from member join contacts using (account_id))' : 'null'} as people`,
    params.values,
  );
  return { count, ids, people: people ?? count };
}

/**
 * How many of the people whom a rule selects each reason stops first; null is how many may be mailed. The rule stands in place and not in a
 * WITH: so several processes can share the work, and where the rule only looks at the people's own rows, they are read once.
 */
export async function countReasons(sql: Sql, compile: Compile, scope: Scope, terms: PermissionTerms, now: Date): Promise<{ code: ReasonCode | null; count: number }[]> {
  const params = new Parameters();
  const { text } = compile(params);
  let names = 0;
  const { joins, reason } = compilePermission(terms, now, { contact: 'person', account: 'employer', few: false, alias: (prefix) => `${prefix}_${(names += 1)}` }, params);
  const rows = await sql.many<{ reason: number | null; held: number }>(
    'segments.countReasons',
    `select ${reason} as reason, count(*) as held
       from (${text}) member join contacts person using (${scope}_id) left join accounts employer on employer.account_id = person.account_id ${joins.join(' ')}
      group by 1 order by held desc, reason`,
    params.values,
  );
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
