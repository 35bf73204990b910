import { boundsOf, DAY, eventBounds, HOUR, isOrdered, type Moment } from './bounds.js';
import { type Asked, eventRows, type Rows } from './compile-rows.js';
import type { Parameters } from './compile-value.js';
import type { Aggregate, EventStep, EventTimeCondition, EventValueCondition, NumberTest, SequenceCondition } from './event-conditions.js';
import { sumOfNoneFits } from './evaluate-events.js';

/** What compiling conditions on events takes: where values go, names that are not taken yet, and the moment. */
export interface EventCompilation {
  readonly params: Parameters;
  readonly alias: () => string;
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

/**
 * Each step is a semi join with the one before, the last an anti join: the planner hashes them (250,000 events with 125,000 in 14 days:
 * 0.19 s; by window functions over both, which must be sorted: 0.33 s). The window bounds every step, so that partitions are left out.
 */
export function askSequence(rule: SequenceCondition, compilation: EventCompilation): Asked {
  const { params, alias: newAlias, moment } = compilation;
  const { first, then, never, within } = rule;
  const step = (meant: EventStep): Rows & { at: string } => {
    const alias = newAlias();
    return { ...eventRows({ ...meant, within }, alias, params, moment), at: `${alias}.occurred_at` };
  };
  const [start, ...rest] = [first, ...then].map(step);
  if (!start) throw new Error('A sequence has a beginning.');
  const end = rest.at(-1) ?? start;
  const following = rest.map((rows, index) => ({ rows, before: index === 0 ? start : (rest[index - 1] ?? start), withinDays: then[index]?.withinDays }));
  let inner = never ? neverAfter(never, end, rule, compilation) : [];
  for (const { rows, before, withinDays } of following.reverse()) {
    inner = [`exists (select from ${rows.from} where ${[`${rows.key} = ${before.key}`, ...rows.where, ...after(rows.at, before.at, withinDays, params), ...inner].join(' and ')})`];
  }
  return { rows: { ...start, where: [...start.where, ...inner] }, reversed: false };
}

function neverAfter(never: NonNullable<SequenceCondition['never']>, end: { key: string; at: string }, { within }: SequenceCondition, { params, alias: newAlias, moment }: EventCompilation): string[] {
  const alias = newAlias();
  const rows = eventRows(never, alias, params, moment);
  const began = eventBounds(within, moment).filter(({ operator }) => operator === '>=').map((bound) => `${alias}.occurred_at ${bound.operator} ${params.add(bound.value, 'timestamptz')}`);
  const none = `not exists (select from ${rows.from} where ${[`${rows.key} = ${end.key}`, ...rows.where, ...began, ...after(`${alias}.occurred_at`, end.at, never.withinDays, params)].join(' and ')})`;
  if (never.withinDays === undefined) return [none];
  const over = new Date(moment.now.getTime() - never.withinDays * DAY).toISOString();
  return [`${end.at} <= ${params.add(over, 'timestamptz')}`, none];
}

/** Strictly later, and at most so many times 24 hours. */
function after(later: string, earlier: string, withinDays: number | undefined, params: Parameters): string[] {
  const latest = withinDays === undefined ? [] : [`${later} <= ${earlier} + ${params.add(`${withinDays * (DAY / HOUR)} hours`, 'interval')}`];
  return [`${later} > ${earlier}`, ...latest];
}
