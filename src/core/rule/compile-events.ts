import { type Bound, boundsOf, isOrdered, type Moment } from './bounds.js';
import { type Asked, eventRows, idsOf, type Rows } from './compile-rows.js';
import type { Parameters } from './parameters.js';
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

/**
 * Only numbers are added up. That is said of what they are not: of "= 'number'" the planner expects one event in 200, and then looks up what else is
 * asked person by person (least order, and no form: 3.6 s; so: 1.1 s, of 200,000 people). Alone, with nothing to join, too few is what makes it sort
 * in parallel (500,000 orders of a year: 2.7 s, most of it to fetch them); with the right estimate it hashes alone (5 s).
 */
export function askValue(rule: EventValueCondition, { params, alias: newAlias, moment }: EventCompilation): Asked {
  const alias = newAlias();
  const rows = eventRows(rule, alias, params, moment);
  const property = `${alias}.properties -> ${params.add(rule.property, 'text')}`;
  const numbers = (type: string): Rows => ({ ...rows, where: [...rows.where, `jsonb_typeof(${property}) ${type}`] });
  const test = aggregateTest(rule.aggregate, `(${property})::numeric`, rule.is, params);
  // Whoever has no such event has spent nothing, and so is meant by "at most 100": those are listed who spent more.
  const reversed = sumOfNoneFits(rule);
  const asked = { test: reversed ? `not (${test})` : test, reversed };
  return { ...asked, rows: numbers(`not in ('string', 'boolean', 'array', 'object', 'null')`), alone: idsOf({ ...asked, rows: numbers(`= 'number'`) }) };
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
 * "Last before 1 May" is an event before then and none since. For everybody that is an anti join of the two (1,000,000 events, first in the last
 * 30 days: 0.6 s; grouped, all of them must be read: 2.7 s); for one person (`ofOne`) his events are gone through once.
 */
export function askTime(rule: EventTimeCondition, { params, alias: newAlias, moment }: EventCompilation, ofOne: boolean): Asked {
  const alias = newAlias();
  const rows = eventRows(rule, alias, params, moment);
  if (!isOrdered(rule)) return { rows, reversed: rule.operator === 'not_set' };
  const last = rule.which === 'last';
  const bounds = boundsOf(rule, 'timestamp', moment);
  const compared = (time: string, { operator, value }: Bound): string => `${time} ${operator} ${params.add(value, 'timestamptz')}`;
  // Of the last time, an end below only says where to begin to read, and that an event is there; so does an end above of the first.
  const [far] = bounds.filter(({ operator }) => operator.startsWith('<') === last);
  const near = bounds.filter((bound) => bound !== far).map((bound) => compared(`${alias}.occurred_at`, bound));
  if (!far) return { rows: { ...rows, where: [...rows.where, ...near] }, reversed: false };
  if (ofOne) return { rows: { ...rows, where: [...rows.where, ...near] }, test: compared(`${last ? 'max' : 'min'}(${alias}.occurred_at)`, far), reversed: false };
  const other = newAlias();
  const others = eventRows(rule, other, params, moment);
  const beyond = compared(`${other}.occurred_at`, { ...far, operator: BEYOND[far.operator] });
  const none = `not exists (select from ${others.from} where ${[`${others.key} = ${rows.key}`, ...others.where, beyond].join(' and ')})`;
  const those = [...rows.where, ...near, compared(`${alias}.occurred_at`, far)];
  // By itself it is one list less another (500,000 orders of a year: a third less time than the anti join, whose rows are grouped after it).
  const listed = `select contact_id from (select ${rows.key} from ${rows.from} where ${those.join(' and ')} except select ${others.key} from ${others.from} where ${[...others.where, beyond].join(' and ')}) ${newAlias()}`;
  return { rows: { ...rows, where: [...those, none] }, reversed: false, listed };
}

const BEYOND = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
