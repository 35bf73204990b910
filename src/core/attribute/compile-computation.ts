import { compilePropertyFilter } from '../rule/compile-value.js';
import type { Parameters } from '../rule/parameters.js';
import { DAY } from '../rule/bounds.js';
import { assertNever } from '../shared/assert-never.js';
import { type Computation, DECIMALS, LARGEST_NUMBER, LONGEST_TEXT, valueTypeOf } from './computation.js';

/** A computed attribute by its key. */
export interface ComputedAttribute {
  readonly key: string;
  readonly computation: Computation;
}

export interface ComputingMoment {
  readonly now: Date;
  /** History before it is closed: what happened then stands in computed_residues, and nothing is added to it. */
  readonly closedBefore: Date;
}

/**
 * What counts for a computation, one row a fact: (contact_id, value, number, count, at, event_key). An event that is here is a fact of
 * count 1; what events that are gone gave is a fact too, so that everything after this treats both alike. `people` and the bounds of
 * time are expressions of the caller.
 */
export function compileFacts({ key, computation }: ComputedAttribute, people: string, from: string, until: string | undefined, params: Parameters): string {
  const { value, number, sound } = valueOf(computation, params);
  const where = [
    `e.contact_id ${people}`,
    `e.name = ${params.add(computation.event, 'text')}`,
    `e.occurred_at >= ${from}`,
    ...(until === undefined ? [] : [`e.occurred_at < ${until}`]),
    ...(computation.where ?? []).map((filter) => compilePropertyFilter(filter, 'e.properties', params)),
    ...sound,
  ];
  const here = `select e.contact_id, ${value} as value, ${number} as number, 1::bigint as count, e.occurred_at as at, e.idempotency_key collate "C" as event_key from events e where ${where.join(' and ')}`;
  if (computation.withinDays !== undefined) return here;
  const gone = `select r.contact_id, r.value, r.number, r.count, r.at, r.event_key collate "C" from computed_residues r where r.contact_id ${people} and r.key = ${params.add(key, 'text')}`;
  return `${here} union all ${gone}`;
}

/** (contact_id, value jsonb, due_at) of the people asked about who have any fact; value null: no event that fits has happened yet. */
export function compileComputation(attribute: ComputedAttribute, people: string, moment: ComputingMoment, params: Parameters): string {
  const { computation } = attribute;
  const now = params.add(moment.now, 'timestamptz');
  const window = computation.withinDays;
  const from = params.add(new Date(Math.max(moment.closedBefore.getTime(), window === undefined ? -Infinity : moment.now.getTime() - window * DAY)), 'timestamptz');
  const facts = compileFacts(attribute, people, from, undefined, params);
  const turns = [`min(at) filter (where at > ${now})`, ...(window === undefined ? [] : [`min(at) filter (where at <= ${now}) + ${params.add(`${window * 24} hours`, 'interval')} + interval '1 millisecond'`])];
  const due = turns.length === 1 ? turns.join('') : `least(${turns.join(', ')})`;
  if (computation.aggregate !== 'most_frequent') return `select contact_id, ${aggregateOf(computation, `at <= ${now}`)} as value, ${due} as due_at from (${facts}) facts group by contact_id`;
  return `select contact_id, (array_agg(value order by count desc, last_at desc, last_key desc) filter (where count > 0))[1] as value, min(due_at) as due_at from (
            select contact_id, value, coalesce(sum(count) filter (where at <= ${now}), 0) as count, max(at) filter (where at <= ${now}) as last_at,
                   (array_agg(event_key order by at desc, event_key desc) filter (where at <= ${now}))[1] as last_key, ${due} as due_at
              from (${facts}) facts group by contact_id, value) valued group by contact_id`;
}

/** The facts folded to what must be kept of them when their events go: (contact_id, slot, value, number, count, at, event_key). */
export function compileResidue({ computation }: ComputedAttribute, facts: string): string {
  const select = (number: string, order: string): string =>
    `(array_agg(value order by ${order}))[1], ${number}, sum(count), (array_agg(at order by ${order}))[1], (array_agg(event_key order by ${order}))[1]`;
  const newest = 'at desc, event_key desc';
  switch (computation.aggregate) {
    case 'count':
    case 'sum':
    case 'average':
    case 'last':
      return `select contact_id, '', ${select('sum(number)', newest)} from (${facts}) facts group by contact_id`;
    case 'minimum':
      return `select contact_id, '', ${select('min(number)', newest)} from (${facts}) facts group by contact_id`;
    case 'maximum':
      return `select contact_id, '', ${select('max(number)', newest)} from (${facts}) facts group by contact_id`;
    case 'first':
      return `select contact_id, '', ${select('sum(number)', 'at, event_key')} from (${facts}) facts group by contact_id`;
    case 'most_frequent':
      return `select contact_id, value::text, ${select('sum(number)', newest)} from (${facts}) facts group by contact_id, value`;
    default:
      return assertNever(computation);
  }
}

function aggregateOf(computation: Exclude<Computation, { aggregate: 'most_frequent' }>, happened: string): string {
  const json = (number: string): string => `to_jsonb(trim_scale(${number}))`;
  switch (computation.aggregate) {
    case 'count':
      return `to_jsonb(sum(count) filter (where ${happened}))`;
    case 'sum':
      return json(`round(sum(number) filter (where ${happened}), ${DECIMALS})`);
    case 'average':
      return json(`round((sum(number) filter (where ${happened})) / (sum(count) filter (where ${happened})), ${DECIMALS})`);
    case 'minimum':
      return json(`min(number) filter (where ${happened})`);
    case 'maximum':
      return json(`max(number) filter (where ${happened})`);
    case 'first':
      return `(array_agg(value order by at, event_key) filter (where ${happened}))[1]`;
    case 'last':
      return `(array_agg(value order by at desc, event_key desc) filter (where ${happened}))[1]`;
    default:
      return assertNever(computation);
  }
}

/** How an event's value is read. Only what the case lets through is cast: PostgreSQL may ask conditions in any order. */
function valueOf(computation: Computation, params: Parameters): { value: string; number: string; sound: string[] } {
  const none = { value: 'null::jsonb', number: 'null::numeric', sound: [] };
  if (!('property' in computation)) {
    if (computation.aggregate === 'count') return none;
    return { ...none, value: `to_jsonb(to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))` };
  }
  const property = `e.properties -> ${params.add(computation.property, 'text')}`;
  const number = `case when jsonb_typeof(${property}) = 'number' then (${property})::numeric end`;
  switch (valueTypeOf(computation)) {
    case 'number':
      return { value: property, number, sound: [`abs(${number}) <= ${LARGEST_NUMBER}`] };
    case 'boolean':
      return { ...none, value: property, sound: [`jsonb_typeof(${property}) = 'boolean'`] };
    default:
      return { ...none, value: property, sound: [`jsonb_typeof(${property}) = 'string'`, `char_length(${property} #>> '{}') between 1 and ${LONGEST_TEXT}`] };
  }
}
