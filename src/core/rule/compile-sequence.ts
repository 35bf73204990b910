import { type Bound, DAY, eventBounds, HOUR } from './bounds.js';
import type { EventCompilation } from './compile-events.js';
import { type Asked, eventRows, type Rows } from './compile-rows.js';
import type { Parameters } from './parameters.js';
import type { EventStep, SequenceCondition } from './event-conditions.js';
import type { EventWindow } from './rule-parts.js';

/**
 * Everybody's chains, from the end: those events of each step that the rest follows, found by one semi join with those of the next step.
 * A single next step is asked in place (250,000 events, 125,000, and none of 125,000 after: 0.4 s; as a set 0.7). Several are sets, because where
 * tables are small or without statistics the planner makes loops in loops of them (300 events, four steps: 7 s). Window functions would read
 * everything in order (three steps over 1,900,000 events: 28 s; so: 1 s). The window bounds every step, so that partitions are left out.
 */
export function askSequence(rule: SequenceCondition, compilation: EventCompilation): Asked {
  const { params } = compilation;
  const [first, ...then] = stepsOf(rule, compilation);
  let next: string[] = neverAfter(rule, [first, ...then].at(-1) ?? first, compilation);
  for (const { rows, withinDays, before } of then.map((step, index) => ({ ...step, before: then[index - 1] ?? first })).reverse()) {
    const where = [...rows.where, ...next];
    const set = then.length === 1 ? undefined : compilation.set(`select ${rows.key}, ${timeOf(rows)} as at from ${rows.from} where ${where.join(' and ')}`);
    const [key, at] = set === undefined ? [rows.key, timeOf(rows)] : [`${set}.contact_id`, `${set}.at`];
    const follows = [`${key} = ${before.rows.key}`, ...after(at, timeOf(before.rows), withinDays, params), ...(set === undefined ? where : [])];
    next = [`exists (select from ${set ?? rows.from} where ${follows.join(' and ')})`];
  }
  return { rows: { ...first.rows, where: [...first.rows.where, ...next] }, reversed: false };
}

/**
 * One person's chains (`id`), by one look at his events in order: which of them end a chain up to here? The latest earlier one that ends the
 * chain before decides. However many events he has, they are gone through once.
 */
export function askSequenceOfOne(rule: SequenceCondition, id: string, { params, alias: newAlias, moment }: EventCompilation): Asked {
  const event = newAlias();
  const flag = (meant: EventStep, within: EventWindow | undefined, name: string): string => `(${eventRows({ ...meant, within }, event, params, moment).where.join(' and ')}) as ${name}`;
  const steps = [rule.first, ...rule.then];
  const flags = [...steps.map((step, index) => flag(step, rule.within, `is${index}`)), ...(rule.never ? [flag(rule.never, undefined, 'not_after')] : [])];
  const names = [...new Set([...steps, ...(rule.never ? [rule.never] : [])].map((step) => step.event))];
  const bounds = [...lowerBounds(rule, moment), ...eventBounds(undefined, moment)].map((bound) => `${event}.occurred_at ${bound.operator} ${params.add(bound.value, 'timestamptz')}`);
  const where = [`${event}.contact_id = ${id}`, `${event}.name = any(${params.add(names, 'text[]')})`, ...bounds];
  let level = `select ${event}.occurred_at as at, ${flags.join(', ')} from events ${event} where ${where.join(' and ')}`;
  for (const [index, { withinDays }] of rule.then.entries()) {
    const [from, ends] = [newAlias(), index === 0 ? 'is0' : `ends${index}`];
    level = `select *, is${index + 1} and max(at) filter (where ${ends}) over (order by at groups between unbounded preceding and 1 preceding) >= at - ${hours(withinDays, params)} as ends${index + 1} from (${level}) ${from}`;
  }
  const [inner, chain] = [newAlias(), newAlias()];
  const ends = `ends${rule.then.length}`;
  const { never } = rule;
  const from = (select: string): Rows => ({ key: 'contact_id', from: `(${select}) ${chain}`, where: [ends], counted: '*', ofOne: true });
  if (!never) return { rows: from(level), reversed: false };
  if (never.withinDays === undefined) return { rows: { ...from(level), where: ['true'] }, test: `max(at) filter (where ${ends}) >= coalesce(max(at) filter (where not_after), '-infinity')`, reversed: false };
  // As many up to so many days later as up to now: none in between.
  const soFar = (until: string): string => `count(*) filter (where not_after) over (order by at range between unbounded preceding and ${until})`;
  const quiet = `select at, ${ends}, ${soFar('current row')} = ${soFar(`${hours(never.withinDays, params)} following`)} as quiet from (${level}) ${inner}`;
  const rows = from(quiet);
  return { rows: { ...rows, where: [...rows.where, 'quiet', `at <= ${daysAgo(never.withinDays, moment.now, params)}`] }, reversed: false };
}

interface Step {
  readonly rows: Rows;
  readonly withinDays: number | undefined;
}

function stepsOf({ first, then, within }: SequenceCondition, { params, alias: newAlias, moment }: EventCompilation): [Step, ...Step[]] {
  const step = (meant: EventStep): Rows => eventRows({ ...meant, within }, newAlias(), params, moment);
  return [{ rows: step(first), withinDays: undefined }, ...then.map((meant) => ({ rows: step(meant), withinDays: meant.withinDays }))];
}

function neverAfter(rule: SequenceCondition, end: Step, { params, alias: newAlias, moment }: EventCompilation): string[] {
  const { never } = rule;
  if (!never) return [];
  const rows = eventRows(never, newAlias(), params, moment);
  const began = lowerBounds(rule, moment).map((bound) => `${timeOf(rows)} ${bound.operator} ${params.add(bound.value, 'timestamptz')}`);
  const none = `not exists (select from ${rows.from} where ${[`${rows.key} = ${end.rows.key}`, ...rows.where, ...began, ...after(timeOf(rows), timeOf(end.rows), never.withinDays, params)].join(' and ')})`;
  return never.withinDays === undefined ? [none] : [`${timeOf(end.rows)} <= ${daysAgo(never.withinDays, moment.now, params)}`, none];
}

/** What comes after the beginning of the window's first event comes after the beginning of the window. */
function lowerBounds({ within }: SequenceCondition, moment: EventCompilation['moment']): Bound[] {
  return eventBounds(within, moment).filter(({ operator }) => operator === '>=');
}

/** Strictly later, and at most so many times 24 hours. */
function after(later: string, earlier: string, withinDays: number | undefined, params: Parameters): string[] {
  return [`${later} > ${earlier}`, ...(withinDays === undefined ? [] : [`${later} <= ${earlier} + ${hours(withinDays, params)}`])];
}

function hours(days: number, params: Parameters): string {
  return params.add(`${days * (DAY / HOUR)} hours`, 'interval');
}

function daysAgo(days: number, now: Date, params: Parameters): string {
  return params.add(new Date(now.getTime() - days * DAY).toISOString(), 'timestamptz');
}

function timeOf(rows: Rows): string {
  return rows.key.replace('contact_id', 'occurred_at');
}
