import type { Sql } from './sql.js';

/** Up to so many rows are counted: that takes less than a person notices. */
const COUNTED = 20_000;

interface Plan {
  'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }];
}

/** How many rows a statement gives: as the planner estimates it (a few milliseconds, whatever the size), counted where `table` is small. */
export async function estimateRows(sql: Sql, name: string, table: string, statement: { readonly text: string; readonly params: readonly unknown[] }): Promise<{ value: number; exact: boolean }> {
  const { rows } = await sql.one<{ rows: number }>(`${name}.size`, 'select pg_relation_size($1::regclass) / 150 as rows', [table]); // never analysed, a table would say -1
  if (rows <= COUNTED) {
    const { count } = await sql.one<{ count: number }>(`${name}.count`, `select count(*) from (${statement.text}) rows`, statement.params);
    return { value: count, exact: true };
  }
  const plan = await sql.one<Plan>(`${name}.explain`, `explain (format json) ${statement.text}`, statement.params);
  return { value: plan['QUERY PLAN'][0].Plan['Plan Rows'], exact: false };
}
