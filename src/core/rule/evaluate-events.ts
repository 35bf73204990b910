import { assertNever } from '../shared/assert-never.js';
import { add, compare, type Decimal, decimalOf, times, ZERO } from '../shared/decimal.js';
import { type Bound, boundsOf, DAY, eventBounds, isOrdered, type Moment, within } from './bounds.js';
import { propertyHolds } from './evaluate-value.js';
import type { EventCondition, EventStep, EventTimeCondition, EventValueCondition, NumberTest, SequenceCondition } from './event-conditions.js';
import type { PropertyFilter } from './value-conditions.js';

export interface EventFact {
  readonly name: string;
  readonly occurredAt: Date;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Whether an event is one that these filters mean: all must hold. */
export function propertiesMatch(filters: readonly PropertyFilter[], properties: Readonly<Record<string, unknown>>): boolean {
  return filters.every((filter) => propertyHolds(filter, properties));
}

export function eventCount(rule: EventCondition, events: readonly EventFact[], moment: Moment): number {
  return matching(rule, eventBounds(rule.within, moment), events).length;
}

export function eventValueHolds(rule: EventValueCondition, events: readonly EventFact[], moment: Moment): boolean {
  const numbers = matching(rule, eventBounds(rule.within, moment), events).flatMap(({ properties }) => {
    const value = Object.hasOwn(properties, rule.property) ? properties[rule.property] : undefined;
    return typeof value === 'number' ? [value] : [];
  });
  switch (rule.aggregate) {
    case 'sum':
      return fits(total(numbers), rule.is);
    case 'average':
      return numbers.length > 0 && fits(total(numbers), rule.is, numbers.length);
    case 'minimum':
      return numbers.length > 0 && fits(decimalOf(numbers.reduce((least, one) => Math.min(least, one))), rule.is);
    case 'maximum':
      return numbers.length > 0 && fits(decimalOf(numbers.reduce((most, one) => Math.max(most, one))), rule.is);
    default:
      return assertNever(rule.aggregate);
  }
}

/** Whether somebody without any such event is meant. */
export function sumOfNoneFits({ aggregate, is }: EventValueCondition): boolean {
  return aggregate === 'sum' && fits(ZERO, is);
}

function total(numbers: readonly number[]): Decimal {
  return numbers.reduce((sum, one) => add(sum, decimalOf(one)), ZERO);
}

/** Whether a number is as asked; so many times the value asked for. */
function fits(number: Decimal, is: NumberTest, share = 1): boolean {
  const to = (value: number): number => compare(number, times(decimalOf(value), share));
  switch (is.operator) {
    case 'equals':
      return to(is.value) === 0;
    case 'greater_than':
      return to(is.value) > 0;
    case 'at_least':
      return to(is.value) >= 0;
    case 'less_than':
      return to(is.value) < 0;
    case 'at_most':
      return to(is.value) <= 0;
    case 'between':
      return to(is.from) >= 0 && to(is.to) < 0;
    default:
      return assertNever(is);
  }
}

export function eventTimeHolds(rule: EventTimeCondition, events: readonly EventFact[], moment: Moment): boolean {
  const moments = timesOf(rule, eventBounds(undefined, moment), events);
  const asked = rule.which === 'first' ? moments[0] : moments.at(-1);
  if (!isOrdered(rule)) return (asked !== undefined) === (rule.operator === 'is_set');
  return asked !== undefined && within(new Date(asked).toISOString(), boundsOf(rule, 'timestamp', moment));
}

/** Goes through the steps in turn: which events of each end a chain up to there? Of those before, the latest earlier one decides. */
export function sequenceHolds(rule: SequenceCondition, events: readonly EventFact[], moment: Moment): boolean {
  const bounds = eventBounds(rule.within, moment);
  let ends = timesOf(rule.first, bounds, events);
  for (const { withinDays, ...meant } of rule.then) {
    const before = neighbour(ends);
    ends = timesOf(meant, bounds, events).filter((at) => at <= before(at).earlier + withinDays * DAY);
  }
  const { never } = rule;
  if (!never) return ends.length > 0;
  const others = neighbour(timesOf(never, eventBounds(undefined, moment), events));
  const { withinDays } = never;
  if (withinDays === undefined) return ends.some((end) => others(end).later === Infinity);
  return ends.some((end) => end + withinDays * DAY <= moment.now.getTime() && others(end).later > end + withinDays * DAY);
}

/** The times just before and just after a moment, for moments asked in order; both lists are gone through once. */
function neighbour(times: readonly number[]): (at: number) => { earlier: number; later: number } {
  let [before, upTo] = [0, 0];
  return (at) => {
    while ((times[before] ?? Infinity) < at) before += 1;
    while ((times[upTo] ?? Infinity) <= at) upTo += 1;
    return { earlier: times[before - 1] ?? -Infinity, later: times[upTo] ?? Infinity };
  };
}

function matching(meant: EventStep, bounds: readonly Bound[], events: readonly EventFact[]): EventFact[] {
  return events.filter((event) => event.name === meant.event && within(event.occurredAt.toISOString(), bounds) && propertiesMatch(meant.where ?? [], event.properties));
}

/** When it happened, in order. */
function timesOf(meant: EventStep, bounds: readonly Bound[], events: readonly EventFact[]): number[] {
  return matching(meant, bounds, events).map((event) => event.occurredAt.getTime()).sort((a, b) => a - b);
}
