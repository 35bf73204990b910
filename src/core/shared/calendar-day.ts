import { DateTime } from 'luxon';

/** A day without an hour, as YYYY-MM-DD: what the database's `date` holds. */
export type CalendarDay = string;

/** The day it is at this moment in this zone (IANA name). */
export function dayAt(moment: Date, zone: string): CalendarDay {
  return DateTime.fromJSDate(moment, { zone }).toFormat('yyyy-MM-dd');
}

/** The moment a day begins in this zone; where midnight does not exist (daylight saving), the first moment that does. */
export function startOfDay(day: CalendarDay, zone: string): Date {
  return DateTime.fromISO(day, { zone }).startOf('day').toJSDate();
}

export function addDays(day: CalendarDay, days: number): CalendarDay {
  return DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toFormat('yyyy-MM-dd');
}

/** The day with the same number so many months on; in a month that has none, its last (31 January: 28 February). */
export function addMonths(day: CalendarDay, months: number): CalendarDay {
  return DateTime.fromISO(day, { zone: 'utc' }).plus({ months }).toFormat('yyyy-MM-dd');
}
