import type { Moment } from '../rule/bounds.js';
import { compileAttribute } from '../rule/compile-value.js';
import { escapeLike } from '../rule/escape-like.js';
import { Parameters } from '../rule/parameters.js';
import type { Scope } from '../rule/rule.js';
import { sortValue } from '../rule/sort-value.js';
import type { TableAsk } from './table-ask.js';

export interface TableStatement {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** The last row seen: its id, and what it was sorted by, as text (null: it has no value). */
export interface TablePlace {
  readonly value: string | null;
  readonly id: number;
}

/** Conditions of a feature's own, beside those of the ask. The table's alias is `t`. */
export type OwnConditions = (params: Parameters) => string[];

const TABLE: Record<Scope, string> = { contact: 'contacts', account: 'accounts' };

/**
 * One page as (id, sort_value), in two halves, because that is what an index gives: those who have a value, in its order, then those who
 * have none. Each half is one range of an index on (value, id), forwards or backwards; a `nulls last` in one statement would be sorted anew.
 */
export function compileTablePage(ask: TableAsk, own: OwnConditions, moment: Moment, half: 'valued' | 'missing', after: TablePlace | undefined, limit: number): TableStatement {
  const params = new Parameters();
  const id = `t.${ask.scope}_id`;
  const where = conditionsOf(ask, own, moment, params);
  const direction = ask.descending ? 'desc' : 'asc';
  const beyond = ask.descending ? '<' : '>';
  const value = ask.sort && sortValue(ask.sort, 't.', ask.sort.column === undefined ? params.add(ask.sort.key, 'text') : '');
  if (!value) {
    if (after) where.push(`${id} ${beyond} ${params.add(after.id, 'bigint')}`);
    return { text: `select ${id} as id, null::text as sort_value from ${TABLE[ask.scope]} t${whereText(where)} order by ${id} ${direction} limit ${params.add(limit, 'bigint')}`, params: params.values };
  }
  const { expression, type } = value;
  where.push(`${expression} is ${half === 'valued' ? 'not ' : ''}null`);
  if (after && half === 'valued' && after.value !== null) where.push(`(${expression}, ${id}) ${beyond} (${params.add(after.value, type)}, ${params.add(after.id, 'bigint')})`);
  if (after && half === 'missing' && after.value === null) where.push(`${id} ${beyond} ${params.add(after.id, 'bigint')}`);
  // Those without a value are sorted by it too, though it is always null: only so PostgreSQL sees that the index has them in order.
  return {
    text: `select ${id} as id, (${expression})::text as sort_value from ${TABLE[ask.scope]} t${whereText(where)} order by ${expression} ${direction}, ${id} ${direction} limit ${params.add(limit, 'bigint')}`,
    params: params.values,
  };
}

/** Everybody the conditions leave; to be explained, for an estimate, or counted. */
export function compileTableRows(ask: TableAsk, own: OwnConditions, moment: Moment): TableStatement {
  const params = new Parameters();
  return { text: `select from ${TABLE[ask.scope]} t${whereText(conditionsOf(ask, own, moment, params))}`, params: params.values };
}

function conditionsOf(ask: TableAsk, own: OwnConditions, moment: Moment, params: Parameters): string[] {
  const attributes = ask.conditions.map((condition) => {
    const field = ask.fields.find(ask.scope, condition.attribute);
    if (!field) throw new Error(`Attribute ${condition.attribute} was not checked.`);
    return `(${compileAttribute(condition, field, 't', params, moment)})`;
  });
  const words = ask.words.map((word) => {
    if (ask.scope === 'account') return `fold_text(t.name) like ${params.add(`%${escapeLike(word)}%`, 'text')}`;
    const begins = params.add(`${escapeLike(word)}%`, 'text');
    return word.includes('@') ? `t.email like ${begins}` : `(t.email like ${begins} or fold_text(t.first_name) like ${begins} or fold_text(t.last_name) like ${begins})`;
  });
  return [...own(params), ...attributes, ...words];
}

function whereText(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}
