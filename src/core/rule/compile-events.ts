import { boundsOf, isOrdered, type Moment } from './bounds.js';
import { type Asked, eventRows, type Rows } from './compile-rows.js';
import type { Parameters } from './compile-value.js';
import type { Aggregate, EventTimeCondition, EventValueCondition, NumberTest } from './event-conditions.js';
import { sumOfNoneFits } from './evaluate-events.js';

/** What compiling conditions on events takes: where values go, names that are not taken yet, and the moment. */
export interface EventCompilation {
  readonly params: Parameters;
  readonly alias: () => string;
  /** Gives a name to a set that is computed once. */
  readonly set: (select: string) => string;
  readonly moment: Moment;
}

/** Only numbers are added up; said of what the property is not, because of \"= 'number'\" the planner expects one event in 200. */
export function askValue(rule: EventValueCondition, { params, alias: newAlias, moment }: EventCompilation): Asked {
  const alias = newAlias();
  const rows = eventRows(rule, alias, params, moment);
  const property = `${alias}.properties -> ${params.add(rule.property, 'text')}`;
  const numbers: Rows = { ...rows, where: [...rows.where, `jsonb_typeof(${property}) not in ('string', 'boolean', 'array', 'object', 'null')`] };
  const test = aggregateTest(rule.aggregate, `(${property})::numeric`, rule.is, params);
  // Whoever has no such event has spent nothing, and so is meant by "at most 100": those are listed who spent more.
  const reversed = sumOfNoneFits(rule);
  return { rows: numbers, test: reversed ? `not (${test})` : test, reversed };
}

const FUNCTIONS: Record<Aggregate, string> = { sum: 'sum', average: 'sum', minimum: 'min', maximum: 'max' };
const SIGNS = { equals: '=', greater_than: '>', at_least: '>=', less_than: '<', at_most: '<=' } as const;

/** An average is not divided, but its sum compared with so many times the value: exact, as the evaluator does it. */
function aggregateTest(aggregate: Aggregate, number: string, is: NumberTest, params: Parameters): string {
  const compared = (sign: string, value: number): string => {
    const wanted = params.add(value, 'numeric');
    return `${FUNCTIONS[aggregate]}(${number}) ${sign} ${aggregate === 'average' ? `${wanted} * count(*)` : wanted}`;
  };
  return is.operator === 'between' ? `${compared('>=', is.from)} and ${compared('<', is.to)}` : compared(SIGNS[is.operator], is.value);
}

/**
 * "Last before 1 May" is an event before then and none since; so only events that may decide are read: for the last time those
 * from the lower end on, for the first those up to the upper end. The far end is asked of the outermost of them.
 */
export function askTime(rule: EventTimeCondition, { params, alias: newAlias, moment }: EventCompilation): Asked {
  const alias = newAlias();
  const rows = eventRows(rule, alias, params, moment);
  if (!isOrdered(rule)) return { rows, reversed: rule.operator === 'not_set' };
  const at = `${alias}.occurred_at`;
  const bounds = boundsOf(rule, 'timestamp', moment).map(({ operator, value }) => ({ lower: operator.startsWith('>'), text: `${operator} ${params.add(value, 'timestamptz')}` }));
  const read = bounds.filter(({ lower }) => lower === (rule.which === 'last')).map(({ text }) => `${at} ${text}`);
  const asked = bounds.filter(({ lower }) => lower !== (rule.which === 'last')).map(({ text }) => `${rule.which === 'last' ? 'max' : 'min'}(${at}) ${text}`);
  return { rows: { ...rows, where: [...rows.where, ...read] }, test: asked.length === 0 ? undefined : asked.join(' and '), reversed: false };
}
