import { assertNever } from '../shared/assert-never.js';
import { addDays, dayAt, startOfDay } from '../shared/calendar-day.js';
import { type AttributeCondition, type EventWindow, isDay } from './rule.js';

/** One end of a range. Dates are YYYY-MM-DD, timestamps toISOString(): both sort as text. */
export interface Bound {
  readonly operator: '>' | '>=' | '<' | '<=';
  readonly value: number | string;
}

/** When a rule is asked, and where its days begin. */
export interface Moment {
  readonly now: Date;
  readonly timeZone: string;
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

type OrderedCondition = Extract<AttributeCondition, { operator: 'greater_than' | 'at_least' | 'less_than' | 'at_most' | 'between' | 'in_last_days' | 'in_next_days' | 'more_than_days_ago' }>;
export type OrderedOperator = OrderedCondition['operator'];

/** An ordered comparison of whatever is compared: attribute or property. */
export type OrderedComparison = DistributiveOmit<OrderedCondition, 'kind' | 'attribute'>;

const ORDERED: ReadonlySet<string> = new Set<OrderedOperator>(['greater_than', 'at_least', 'less_than', 'at_most', 'between', 'in_last_days', 'in_next_days', 'more_than_days_ago']);

export function isOrdered<Condition extends { operator: string }>(condition: Condition): condition is Extract<Condition, { operator: OrderedOperator }> {
  return ORDERED.has(condition.operator);
}

/** The ends between which a value must lie. The only place where windows are computed: compiler and evaluator both ask here. */
export function boundsOf(condition: OrderedComparison, type: 'number' | 'date' | 'timestamp', moment: Moment): Bound[] {
  const read = (value: number | string): number | string => (type === 'timestamp' ? momentOf(String(value), moment.timeZone) : value);
  switch (condition.operator) {
    case 'greater_than':
      return [{ operator: '>', value: read(condition.value) }];
    case 'at_least':
      return [{ operator: '>=', value: read(condition.value) }];
    case 'less_than':
      return [{ operator: '<', value: read(condition.value) }];
    case 'at_most':
      return [{ operator: '<=', value: read(condition.value) }];
    case 'between':
      return [{ operator: '>=', value: read(condition.from) }, { operator: '<', value: read(condition.to) }];
    case 'in_last_days':
      return [{ operator: '>=', value: shifted(moment, type, -condition.days) }, { operator: '<=', value: shifted(moment, type, 0) }];
    case 'in_next_days':
      return [{ operator: '>', value: shifted(moment, type, 0) }, { operator: '<=', value: shifted(moment, type, condition.days) }];
    case 'more_than_days_ago':
      return [{ operator: '<', value: shifted(moment, type, -condition.days) }];
    default:
      return assertNever(condition);
  }
}

/** When the events of a condition must have happened; never after now. Without a window: at any time so far. */
export function eventBounds(window: EventWindow | undefined, moment: Moment): Bound[] {
  const untilNow: Bound = { operator: '<=', value: moment.now.toISOString() };
  if (!window) return [untilNow];
  switch (window.kind) {
    case 'last_days':
      return [{ operator: '>=', value: ago(moment, window.days * DAY) }, untilNow];
    case 'last_hours':
      return [{ operator: '>=', value: ago(moment, window.hours * HOUR) }, untilNow];
    case 'between':
      return [
        { operator: '>=', value: momentOf(window.from, moment.timeZone) },
        { operator: '<', value: momentOf(window.to, moment.timeZone) },
        untilNow,
      ];
    default:
      return assertNever(window);
  }
}

export function within(value: number | string, bounds: readonly Bound[]): boolean {
  return bounds.every(({ operator, value: end }) => {
    switch (operator) {
      case '>':
        return value > end;
      case '>=':
        return value >= end;
      case '<':
        return value < end;
      case '<=':
        return value <= end;
      default:
        return assertNever(operator);
    }
  });
}

function momentOf(value: string, timeZone: string): string {
  return (isDay(value) ? startOfDay(value, timeZone) : new Date(value)).toISOString();
}

function shifted(moment: Moment, type: 'number' | 'date' | 'timestamp', days: number): string {
  return type === 'date' ? addDays(dayAt(moment.now, moment.timeZone), days) : ago(moment, -days * DAY);
}

function ago({ now }: Moment, milliseconds: number): string {
  return new Date(now.getTime() - milliseconds).toISOString();
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
