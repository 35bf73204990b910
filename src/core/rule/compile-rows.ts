import { eventBounds, type Moment } from './bounds.js';
import { compilePropertyFilter } from './compile-value.js';
import type { Parameters } from './parameters.js';
import type { Campaigns } from './check-rule.js';
import type { EventStep } from './event-conditions.js';
import { engagementAsEvent, GOT_STATES } from './relation-conditions.js';
import type { Count, EngagementCondition, EventWindow, ListSegment, PeopleRole, Scope } from './rule.js';

/** Rows that are counted per person or account. */
export interface Rows {
  /** Whose each row is. */
  readonly key: string;
  readonly from: string;
  readonly where: readonly string[];
  /** What is counted: rows, or people who may have several. */
  readonly counted: string;
  /** The rows are of the one who asks already: no need to compare keys. */
  readonly ofOne?: true;
  /** Nobody has more than one. */
  readonly unique?: true;
}

/** Events that are meant, up to now. */
export function eventRows(rule: EventStep & { readonly within?: EventWindow | undefined }, alias: string, params: Parameters, moment: Moment): Rows {
  return {
    key: `${alias}.contact_id`,
    from: `events ${alias}`,
    where: [
      `${alias}.name = ${params.add(rule.event, 'text')}`,
      ...eventBounds(rule.within, moment).map((bound) => `${alias}.occurred_at ${bound.operator} ${params.add(bound.value, 'timestamptz')}`),
      ...(rule.where ?? []).map((filter) => compilePropertyFilter(filter, `${alias}.properties`, params)),
    ],
    counted: '*',
  };
}

/** Messages that were got, or the events of what was done with them. */
export function engagementRows(rule: EngagementCondition, alias: string, params: Parameters, moment: Moment, campaigns: Campaigns | undefined): Rows {
  if (rule.did !== 'got') return eventRows(engagementAsEvent(rule), alias, params, moment);
  // By id: the planner knows how much mail a campaign sent, of a key it would only know the average.
  const campaign = rule.campaign === undefined ? [] : [`${alias}.campaign_id = ${params.add(campaigns?.get(rule.campaign), 'integer')}`];
  const states = GOT_STATES.map((state) => `'${state}'`).join(', ');
  const within = eventBounds(rule.within, moment).map((bound) => `${alias}.sent_at ${bound.operator} ${params.add(bound.value, 'timestamptz')}`);
  return { key: `${alias}.contact_id`, from: `messages ${alias}`, where: [...campaign, `${alias}.state in (${states})`, ...within], counted: '*' };
}

const MEMBERS: Record<Scope, string> = { contact: 'segment_members', account: 'segment_account_members' };

/** The members of a list: a lookup by key for one person, one range of an index for all. */
export function listRows({ scope, list }: ListSegment, alias: string, params: Parameters): Rows {
  return { key: `${alias}.${scope}_id`, from: `${MEMBERS[scope]} ${alias}`, where: [`${alias}.segment_id = ${params.add(list, 'integer')}`], counted: '*', unique: true };
}

/** The FROM and the conditions of people who play one of these parts now: rows of the buying group, with the people themselves as `alias`. */
export function buyingGroup(roles: readonly PeopleRole[], alias: string, member: string, params: Parameters, now: Date): { from: string; where: string[] } {
  const moment = params.add(now.toISOString(), 'timestamptz');
  return {
    // Somebody who left the account keeps the old row of its buying group, so account and row must agree. They mostly do, which the planner
    // cannot know: for a plain `=` it expects one row in a million and looks 270,000 people's events up one by one (4 s; so: 1.3 s).
    from: `buying_group_members ${member} join contacts ${alias} on ${alias}.contact_id = ${member}.contact_id and case when ${alias}.account_id = ${member}.account_id then true end`,
    where: [
      ...(roles.includes('any') ? [] : [`${member}.role = any(${params.add([...roles], 'text[]')})`]),
      `${member}.valid_from <= ${moment}`,
      `(${member}.valid_to is null or ${member}.valid_to > ${moment})`,
    ],
  };
}

/** "At most n" is "not at least n + 1", and "exactly 0" is "not at least 1": whoever has no row at all is counted in. */
export function needed(count: Count): { count: Count; reversed: boolean } {
  if (count.operator === 'at_most') return { count: { operator: 'at_least', value: count.value + 1 }, reversed: true };
  if (count.value === 0) return { count: { operator: 'at_least', value: 1 }, reversed: true };
  return { count, reversed: false };
}

export const ONCE: Count = { operator: 'at_least', value: 1 };

export function isOnce(count: Count): boolean {
  return count.operator === 'at_least' && count.value === 1;
}

/** What is asked of somebody's rows: a test of all of them together, or when left out that there is one at all. */
export interface Asked {
  readonly rows: Rows;
  /** A HAVING. Where there is no row it must not be true. */
  readonly test?: string | undefined;
  /** Those are meant for whom it does not hold, also for want of rows. */
  readonly reversed: boolean;
  /** Where the ids are wanted and nothing else: a shorter way to list them than by the rows. */
  readonly listed?: string;
  /** The same where nothing else is asked beside, so that the planner's estimate decides about nothing but this. */
  readonly alone?: string;
}

export function askCount(rows: Rows, wanted: Count, params: Parameters): Asked {
  const { count, reversed } = needed(wanted);
  return { rows, reversed, test: isOnce(count) ? undefined : compared(`count(${rows.counted})`, count, params) };
}

/** What the key is called in a result: a contact's id, or an account's in whatever part it plays. */
export function idColumn({ key }: Rows): string {
  return key.endsWith('.contact_id') ? 'contact_id' : 'account_id';
}

/** Those for whose rows this holds. */
export function idsOf({ rows, test, listed }: Asked): string {
  if (listed !== undefined) return listed;
  const { key, from, where, unique } = rows;
  const column = idColumn(rows);
  const together = unique && test === undefined ? '' : ` group by ${key}`;
  return `select ${key}${key.endsWith(`.${column}`) ? '' : ` as ${column}`} from ${from} where ${where.join(' and ')}${together}${test === undefined ? '' : ` having ${test}`}`;
}

/** `number`: an expression that counts. */
export function compared(number: string, count: Count, params: Parameters): string {
  return `${number} ${count.operator === 'exactly' ? '=' : '>='} ${params.add(count.value, 'bigint')}`;
}
