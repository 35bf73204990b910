import type { Sql } from './sql.js';

/** Up to so many rows are counted: that takes less than a person notices. */
const COUNTED = 20_000;
/** In the planner's units, some 150 of which take a millisecond: what costs less is counted within a third of a second. */
const QUICK_COST = 50_000;

interface Plan {
  'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number; 'Total Cost': number } }];
}

/** How many rows a statement gives: as the planner estimates it (a few milliseconds, whatever the size), counted where `table` is small. */
export async function estimateRows(sql: Sql, name: string, table: string, statement: { readonly text: string; readonly params: readonly unknown[] }): Promise<{ value: number; exact: boolean }> {
  const { rows } = await sql.one<{ rows: number }>(`${name}.size`, 'select pg_relation_size($1::regclass) / 150 as rows', [table]); // never analysed, a table would say -1
  if (rows <= COUNTED) return { value: await counted(sql, name, statement), exact: true };
  return { value: (await planOf(sql, name, statement)).rows, exact: false };
}

/**
 * How many rows a statement gives, for people to read: counted wherever the planner thinks that quick, else as it estimates. Nothing tells the planner how the
 * values of an attribute without an index are spread: it took 947 people for 3.
 */
export async function totalRows(sql: Sql, name: string, statement: { readonly text: string; readonly params: readonly unknown[] }): Promise<{ value: number; exact: boolean }> {
  const { rows, cost } = await planOf(sql, name, statement);
  return cost > QUICK_COST ? { value: rows, exact: false } : { value: await counted(sql, name, statement), exact: true };
}

async function counted(sql: Sql, name: string, { text, params }: { readonly text: string; readonly params: readonly unknown[] }): Promise<number> {
  return (await sql.one<{ count: number }>(`${name}.count`, `select count(*) from (${text}) rows`, params)).count;
}

async function planOf(sql: Sql, name: string, { text, params }: { readonly text: string; readonly params: readonly unknown[] }): Promise<{ rows: number; cost: number }> {
  const { Plan: plan } = (await sql.one<Plan>(`${name}.explain`, `explain (format json) ${text}`, params))['QUERY PLAN'][0];
  return { rows: plan['Plan Rows'], cost: plan['Total Cost'] };
}
