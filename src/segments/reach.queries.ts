import { compilePermission } from '../core/decision/compile-permission.js';
import type { PermissionTerms } from '../core/decision/permission.js';
import { reasonByNumber, type ReasonCode } from '../core/decision/reasons.js';
import type { CompiledRule } from '../core/rule/compile-rule.js';
import { Parameters } from '../core/rule/compile-value.js';
import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';

export interface Reached {
  readonly count: number;
  readonly ids: number[];
  /** Of a rule over accounts: everybody in them; else the count. */
  readonly people: number;
  /** With terms: how many people each reason stops first; null is how many may be mailed. */
  readonly reasons: readonly { readonly code: ReasonCode | null; readonly count: number }[];
}

/**
 * Whom a rule selects, and how many of those people may be mailed under these terms, by one run of the rule. `compile` compiles it with
 * the parameters that the statement has already.
 */
export async function reach(sql: Sql, compile: (params: Parameters) => CompiledRule, scope: Scope, sample: number, terms: PermissionTerms | undefined, now: Date): Promise<Reached> {
  const params = new Parameters();
  const { text } = compile(params);
  const size = params.add(sample, 'int');
  const behind = scope === 'contact' ? 'member m join contacts c using (contact_id)' : 'member m join contacts c using (account_id)';
  const { count, ids, people, reasons } = await sql.one<{ count: number; ids: number[]; people: number | null; reasons: [number | null, number][] | null }>(
    'segments.reach',
    `with member as materialized (${text})
     select (select count(*) from member) as count,
       array(select ${scope}_id from member order by ${scope}_id limit ${size})::float8[] as ids,
       ${scope === 'account' ? `(select count(*) from ${behind})` : 'null'} as people,
       ${terms ? histogram(terms, behind, now, params) : 'null'} as reasons`,
    params.values,
  );
  return { count, ids, people: people ?? count, reasons: (reasons ?? []).map(([number, held]) => ({ code: number === null ? null : (reasonByNumber(number) ?? null), count: held })) };
}

function histogram(terms: PermissionTerms, behind: string, now: Date, params: Parameters): string {
  let names = 0;
  const { joins, reason } = compilePermission(terms, now, { contact: 'c', account: 'a', few: false, alias: (prefix) => `${prefix}${(names += 1)}` }, params);
  return `(select jsonb_agg(jsonb_build_array(reason, held) order by held desc, reason) from (
         select ${reason} as reason, count(*) as held from ${behind} left join accounts a on a.account_id = c.account_id ${joins.join(' ')} group by 1) told)`;
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
