import { addDays, type CalendarDay, dayAt, startOfDay } from '../shared/calendar-day.js';
import type { Moment } from './bounds.js';

/** Days of the year as 'MM-DD', both ends included. When `from` is the greater one, the stretch crosses New Year. */
export interface DaysOfYear {
  readonly from: string;
  readonly to: string;
}

/**
 * The days of the year whose anniversary lies within so many days of today. Where the last of them is 28 February of a year
 * without a 29th, that day celebrates both.
 */
export function daysOfYear(days: number, { now, timeZone }: Moment): DaysOfYear {
  const today = dayAt(now, timeZone);
  const [first, last] = [addDays(today, -days), addDays(today, days)];
  const to = last.slice(5) === '02-28' && !isLeapYear(Number(last.slice(0, 4))) ? '02-29' : last.slice(5);
  return { from: first.slice(5), to };
}

export function isAmongDays(day: CalendarDay, { from, to }: DaysOfYear): boolean {
  const ofYear = day.slice(5);
  return from <= to ? from <= ofYear && ofYear <= to : from <= ofYear || ofYear <= to;
}

export interface DaysOfMonth {
  /** 1 to 12. */
  readonly month: number;
  /** First and last day, both included; more than one when the year begins and ends in the same month. */
  readonly days: readonly { readonly from: number; readonly to: number }[];
}

/** The months that have some of those days, in order; a stretch that is all of its month goes from 1 to 31. */
export function daysByMonth({ from, to }: DaysOfYear): DaysOfMonth[] {
  const stretches = from <= to ? [{ from, to }] : [{ from: '01-01', to }, { from, to: '12-31' }];
  return Array.from({ length: 12 }, (_, index) => index + 1).flatMap((month) => {
    const [first, last] = [`${String(month).padStart(2, '0')}-01`, `${String(month).padStart(2, '0')}-31`];
    const days = stretches
      .filter((stretch) => stretch.from <= last && first <= stretch.to)
      .map((stretch) => ({ from: stretch.from > first ? dayOfMonth(stretch.from) : 1, to: stretch.to < last ? dayOfMonth(stretch.to) : 31 }));
    return days.length === 0 ? [] : [{ month, days }];
  });
}

function dayOfMonth(ofYear: string): number {
  return Number(ofYear.slice(3));
}

/** Timestamps celebrate in these years. */
const YEARS = { first: 1900, last: 2100 } as const;

const known = new Map<string, readonly string[]>();

/**
 * The moments at which those days begin and end in the zone, in turn and ascending: a timestamp lies within when an odd number of
 * them is not after it. So neither side turns timestamps into local days, about which the zone tables of the database and of Node
 * disagree before 1970. Reading a zone's rules takes 20 ms for all years, hence kept for the day.
 */
export function anniversaryMoments(days: number, moment: Moment): readonly string[] {
  const { from, to } = daysOfYear(days, moment);
  const key = `${moment.timeZone} ${from} ${to}`;
  let moments = known.get(key);
  if (!moments) {
    moments = momentsOf({ from, to }, moment.timeZone);
    if (known.size > 100) known.clear();
    known.set(key, moments);
  }
  return moments;
}

function momentsOf({ from, to }: DaysOfYear, timeZone: string): string[] {
  const moments: string[] = [];
  for (let year = YEARS.first; year <= YEARS.last; year += 1) {
    const begins = firstDay(year, from);
    const ends = addDays(lastDay(from <= to ? year : year + 1, to), 1);
    moments.push(startOfDay(begins, timeZone).toISOString(), startOfDay(ends, timeZone).toISOString());
  }
  return moments;
}

export function isAmongMoments(timestamp: string, moments: readonly string[]): boolean {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] ?? '') <= timestamp) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** The day of that year on which this day is celebrated. */
export function anniversaryIn(day: CalendarDay, year: number): CalendarDay {
  return lastDay(year, day.slice(5));
}

function firstDay(year: number, ofYear: string): CalendarDay {
  return ofYear === '02-29' && !isLeapYear(year) ? `${year}-03-01` : `${year}-${ofYear}`;
}

function lastDay(year: number, ofYear: string): CalendarDay {
  return ofYear === '02-29' && !isLeapYear(year) ? `${year}-02-28` : `${year}-${ofYear}`;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
