import { compilePropertyFilter } from '../rule/compile-value.js';
import type { Parameters } from '../rule/parameters.js';
import type { EngagementKind, EngagementPolicy } from './score-policy.js';

/** Events older than this many half-lives weigh less than a millionth, and are left out. */
export const HALF_LIVES_KEPT = 20;

/** Kinds that weigh anything; the others only keep their events from counting as a later kind. */
export function weighingKinds(kinds: readonly EngagementKind[]): EngagementKind[] {
  return kinds.filter(({ weight }) => weight !== 0);
}

/** The names of events that scoring reads. */
export function engagementEvents(kinds: readonly EngagementKind[]): string[] {
  return [...new Set(weighingKinds(kinds).flatMap(({ events }) => events.map(({ event }) => event)))].sort();
}

/** Rows (kind, weight, half_life). */
function kindRows(kinds: readonly EngagementKind[], params: Parameters): string {
  const rows = weighingKinds(kinds).map(({ key, weight, halfLifeDays }) => `(${params.add(key, 'text')}, ${params.add(weight, 'double precision')}, ${params.add(halfLifeDays, 'smallint')})`);
  return rows.length > 0 ? `values ${rows.join(', ')}` : 'select null::text, null::double precision, null::smallint where false';
}

/** The first kind that fits an event; what a machine did is of none. */
function kindOf(kinds: readonly EngagementKind[], alias: string, params: Parameters): string {
  const cases = kinds.flatMap(({ key, events }) =>
    events.map(({ event, where }) => {
      const tests = [`${alias}.name = ${params.add(event, 'text')}`, ...where.map((filter) => `(${compilePropertyFilter(filter, `${alias}.properties`, params)})`)];
      return `when ${tests.join(' and ')} then ${params.add(key, 'text')}`;
    }),
  );
  return cases.length > 0 ? `case ${cases.join(' ')} end` : 'null::text';
}

export interface EngagementStatement {
  readonly policy: Pick<EngagementPolicy, 'kinds' | 'perDay'>;
  /** The events that are read, as conditions on `e`. */
  readonly extent: string;
  /** false: the extent is the narrow one. In a month of which the statistics know nothing yet, all events of these names would be read from their index. */
  readonly byName?: false;
  readonly now: Date;
  /** 'YYYY-MM-DD': what sums are expressed in. */
  readonly epoch: string;
}

/**
 * `kinds` and `fresh`: for each (contact, kind, day) how many events of the extent count and their mass Σ 2^((t − day)/h). Of people of accounts
 * who did not object to profiling (GDPR art. 21) or to processing (art. 18); what a machine did never counts.
 */
export function compileFresh({ policy, extent, byName, now }: EngagementStatement, params: Parameters): string {
  const moment = params.add(now, 'timestamptz');
  const longest = Math.max(1, ...weighingKinds(policy.kinds).map(({ halfLifeDays }) => halfLifeDays)) * HALF_LIVES_KEPT;
  return `kinds (kind, weight, half_life) as (${kindRows(policy.kinds, params)}),
    fresh as materialized (
      select f.contact_id, f.kind, f.day, count(*)::integer as count,
             sum(2 ^ (extract(epoch from f.occurred_at - f.day::timestamp at time zone 'UTC')::double precision / 86400 / k.half_life)) as mass
        from (
          select e.contact_id, e.occurred_at, (e.occurred_at at time zone 'UTC')::date as day, ${kindOf(policy.kinds, 'e', params)} as kind
            from events e join contacts c on c.contact_id = e.contact_id and c.account_id is not null and c.profiling_off_at is null and c.restricted_at is null
           where (e.name = any(${params.add(engagementEvents(policy.kinds), 'text[]')}))${byName === false ? ' is true' : ''} and ${extent}
             and e.occurred_at <= ${moment} and e.occurred_at > ${moment} - make_interval(days => ${params.add(longest, 'integer')})
             and e.properties -> 'machine' is distinct from 'true'
        ) f join kinds k using (kind)
       where f.day > (${moment} at time zone 'UTC')::date - k.half_life * ${HALF_LIVES_KEPT}
       group by f.contact_id, f.kind, f.day
    )`;
}

/** What so many events of one day with this mass add to their class. */
export function contribution(count: string, mass: string, perDay: string): string {
  return `${mass} * least(1, ${perDay}::double precision / greatest(${count}, 1))`;
}

/** 2^((day − epoch)/h). */
export function inEpoch(day: string, epoch: string, halfLife: string): string {
  return `2 ^ ((${day} - ${epoch})::double precision / ${halfLife})`;
}
