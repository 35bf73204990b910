import { assertNever } from '../shared/assert-never.js';
import { addDays, dayAt, startOfDay } from '../shared/calendar-day.js';
import { anniversaryIn } from './anniversary.js';
import { DAY, HOUR, type Moment } from './bounds.js';
import { type EventFact, propertiesMatch } from './evaluate-events.js';
import { type EventRule, eventsMeant, type EventStep } from './event-conditions.js';
import type { Field } from './fields.js';
import type { AttributeCondition, EventCondition, EventWindow, SequenceCondition } from './rule.js';

/** Both ends of a window are in it, so what leaves is out a millisecond later. */
export const PAST_THE_END = 1;

/** When a condition on an attribute may change its answer by the clock alone: only those that ask for a distance from now do. */
export function momentsOfAttribute(condition: AttributeCondition, field: Field | undefined, attributes: Readonly<Record<string, unknown>>, { timeZone, now }: Moment): number[] {
  if (!('days' in condition) || !field || !Object.hasOwn(attributes, field.key)) return [];
  const value = attributes[field.key];
  if (condition.operator === 'anniversary') return momentsOfAnniversary(value, field, condition.days, { timeZone, now });
  if (field.type === 'date') return typeof value === 'string' ? momentsOfDay(value, condition.days, timeZone) : [];
  const moment = value instanceof Date ? value.getTime() : typeof value === 'string' ? firstMomentFrom(value) : undefined;
  if (moment === undefined) return [];
  return [-1, 0, 1].map((side) => moment + side * condition.days * DAY).flatMap((one) => [one, one + PAST_THE_END]);
}

/** A day comes, is there and is over at midnight of the workspace's zone. */
function momentsOfDay(value: string, days: number, timeZone: string): number[] {
  const day = dayOf(firstMomentFrom(`${value}T00:00:00.000Z`));
  if (day === undefined) return [];
  return [-days, 0, 1, days, days + 1].map((distance) => startOfDay(addDays(day, distance), timeZone).getTime());
}

/** An anniversary comes and goes at midnights of the workspace's zone; looked at are those of last year until the next but one. */
function momentsOfAnniversary(value: unknown, { type }: Field, days: number, { timeZone, now }: Moment): number[] {
  const first = value instanceof Date ? value.getTime() : typeof value === 'string' ? firstMomentFrom(type === 'date' ? `${value}T00:00:00.000Z` : value) : undefined;
  if (first === undefined) return [];
  const day = type === 'date' ? new Date(first).toISOString().slice(0, 10) : dayAt(new Date(first), timeZone);
  const year = now.getUTCFullYear();
  return [year - 1, year, year + 1, year + 2].flatMap((one) => [-days, days, days + 1].map((distance) => startOfDay(addDays(anniversaryIn(day, one), distance), timeZone).getTime()));
}

const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The first moment whose text does not sort before this one. Sources hold days that do not exist, such as 2026-02-31; rules compare
 * them as texts, so for a rule that is the first of March.
 */
function firstMomentFrom(value: string): number | undefined {
  const read = new Date(value);
  if (!Number.isNaN(read.getTime()) && read.toISOString() === value) return read.getTime();
  let [before, from] = [Date.UTC(1000, 0, 1), LAST_MOMENT];
  if (new Date(from).toISOString() < value) return undefined;
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (new Date(middle).toISOString() >= value) from = middle;
    else before = middle;
  }
  return from;
}

function dayOf(moment: number | undefined): string | undefined {
  return moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 10);
}

/** Length of a rolling window in milliseconds; undefined for one that does not move. */
export function windowLength(window: EventWindow | undefined): number | undefined {
  switch (window?.kind) {
    case 'last_days':
      return window.days * DAY;
    case 'last_hours':
      return window.hours * HOUR;
    default:
      return undefined;
  }
}

/** When a condition on events may change its answer by the clock alone. */
export function momentsOfEvents(rule: EventRule, events: readonly EventFact[], now: number): number[] {
  const timesOf = (meant: EventStep): number[] => events.filter((event) => event.name === meant.event && propertiesMatch(meant.where ?? [], event.properties)).map((event) => event.occurredAt.getTime());
  const shifted = (meant: EventStep, distance: number | undefined): number[] => (distance === undefined ? [] : timesOf(meant).map((time) => time + distance));
  // What lies ahead comes in when it happens.
  const ahead = eventsMeant(rule).flatMap(timesOf).filter((time) => time > now);
  switch (rule.kind) {
    case 'event':
      return momentsOfCount(rule, shifted(rule, pastWindow(rule.within)), ahead);
    case 'event_value':
      return [...ahead, ...shifted(rule, pastWindow(rule.within))];
    case 'event_time':
      return [...ahead, ...shifted(rule, 'days' in rule ? rule.days * DAY + PAST_THE_END : undefined)];
    case 'sequence': {
      const leaving = [rule.first, ...rule.then].flatMap((step) => shifted(step, pastWindow(rule.within)));
      return [...ahead, ...leaving, ...shifted(rule.then.at(-1) ?? rule.first, quietDays(rule))];
    }
    default:
      return assertNever(rule);
  }
}

/** When the n-th newest, or the one after it, leaves a rolling window; with events ahead, every one's leaving is looked at. */
function momentsOfCount(rule: EventCondition, leaving: number[], ahead: readonly number[]): number[] {
  if (ahead.length > 0) return [...ahead, ...leaving];
  return leaving.sort((left, right) => right - left).slice(Math.max(0, rule.count.value - 1), rule.count.value + 1);
}

/** How long after an event it is out of a rolling window. */
export function pastWindow(window: EventWindow | undefined): number | undefined {
  const length = windowLength(window);
  return length === undefined ? undefined : length + PAST_THE_END;
}

/** How long after a chain's last event it is known that something did not follow. */
export function quietDays({ never }: SequenceCondition): number | undefined {
  return never?.withinDays === undefined ? undefined : never.withinDays * DAY;
}
