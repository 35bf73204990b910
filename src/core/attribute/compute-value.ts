import { DAY } from '../rule/bounds.js';
import { propertyHolds } from '../rule/evaluate-value.js';
import { assertNever } from '../shared/assert-never.js';
import { type Computation, DECIMALS, LARGEST_NUMBER, LONGEST_TEXT, valueTypeOf } from './computation.js';

export interface ComputedEvent {
  readonly name: string;
  readonly occurredAt: Date;
  readonly key: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface ComputedValue {
  /** Undefined: no event that fits. */
  readonly value: string | number | boolean | undefined;
  /** When the clock alone will change it, without any new event; undefined: never. */
  readonly dueAt: Date | undefined;
}

interface Fact {
  readonly at: number;
  readonly key: string;
  readonly value: string | number | boolean;
}

/** What a contact's events, given in any order, make of a computed attribute at a moment. compile-computation.ts says the same in SQL. */
export function computeValue(computation: Computation, events: readonly ComputedEvent[], now: Date): ComputedValue {
  const window = computation.withinDays === undefined ? undefined : computation.withinDays * DAY;
  const from = window === undefined ? -Infinity : now.getTime() - window;
  const facts = events.flatMap((event) => factOf(computation, event)).filter((fact) => fact.at >= from);
  const happened = facts.filter((fact) => fact.at <= now.getTime());
  const turns = facts.flatMap(({ at }) => (at > now.getTime() ? [at] : window === undefined ? [] : [at + window + 1]));
  return { value: happened.length === 0 ? undefined : aggregate(computation, happened), dueAt: turns.length === 0 ? undefined : new Date(Math.min(...turns)) };
}

function factOf(computation: Computation, event: ComputedEvent): Fact[] {
  if (event.name !== computation.event || !(computation.where ?? []).every((filter) => propertyHolds(filter, event.properties))) return [];
  const value = 'property' in computation ? readValue(computation, event.properties) : event.occurredAt.toISOString();
  return value === undefined ? [] : [{ at: event.occurredAt.getTime(), key: event.key, value }];
}

function readValue(computation: Computation & { property: string }, properties: Readonly<Record<string, unknown>>): string | number | boolean | undefined {
  const value = Object.hasOwn(properties, computation.property) ? properties[computation.property] : undefined;
  switch (valueTypeOf(computation)) {
    case 'number':
      return typeof value === 'number' && Math.abs(value) <= LARGEST_NUMBER ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return typeof value === 'string' && value !== '' && Array.from(value).length <= LONGEST_TEXT ? value : undefined;
  }
}

function aggregate(computation: Computation, facts: readonly Fact[]): string | number | boolean {
  const numbers = (): number[] => facts.map(({ value }) => value as number);
  switch (computation.aggregate) {
    case 'count':
      return facts.length;
    case 'sum':
      return quotient(numbers(), 1);
    case 'average':
      return quotient(numbers(), facts.length);
    case 'minimum':
      return numbers().reduce((least, value) => Math.min(least, value));
    case 'maximum':
      return numbers().reduce((most, value) => Math.max(most, value));
    case 'first':
      return facts.reduce((first, fact) => (isBefore(fact, first) ? fact : first)).value;
    case 'last':
      return facts.reduce((last, fact) => (isBefore(last, fact) ? fact : last)).value;
    case 'most_frequent':
      return mostFrequent(facts);
    default:
      return assertNever(computation);
  }
}

function isBefore(a: Fact, b: Fact): boolean {
  return a.at === b.at ? byCodePoints(a.key, b.key) < 0 : a.at < b.at;
}

function mostFrequent(facts: readonly Fact[]): Fact['value'] {
  const seen = new Map<Fact['value'], { count: number; last: Fact }>();
  for (const fact of facts) {
    const before = seen.get(fact.value);
    seen.set(fact.value, { count: (before?.count ?? 0) + 1, last: before === undefined || isBefore(before.last, fact) ? fact : before.last });
  }
  return [...seen.values()].reduce((most, one) => (one.count > most.count || (one.count === most.count && isBefore(most.last, one.last)) ? one : most)).last.value;
}

/** As PostgreSQL's collation "C" orders UTF-8; JavaScript's own order differs above U+FFFF. */
function byCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The sum divided, as exact decimals: 0.1 + 0.2 is 0.3, in whatever order. */
function quotient(numbers: readonly number[], by: number): number {
  const decimals = numbers.map(decimalOf);
  const scale = Math.max(DECIMALS, ...decimals.map((one) => one.scale));
  const sum = decimals.reduce((total, one) => total + one.digits * 10n ** BigInt(scale - one.scale), 0n);
  const divisor = 10n ** BigInt(scale - DECIMALS) * BigInt(by);
  const size = sum < 0n ? -sum : sum;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return Number(`${sum < 0n && rounded > 0n ? '-' : ''}${rounded}e-${DECIMALS}`); // there is no minus zero in PostgreSQL
}

function decimalOf(number: number): { digits: bigint; scale: number } {
  const [mantissa = '0', exponent = '0'] = String(number).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}
