import { addDays, addMonths, type CalendarDay } from '../shared/calendar-day.js';
import { isPublicHoliday } from '../shared/local-time.js';

/** GDPR art. 12(3): within one month of receipt; two more for a complex request, told within the first. */
const MONTHS = 1;
const MONTHS_EXTENDED = 3;

/**
 * The last day on which a request received on this day may be answered. A period of months ends on the day with the same number, or on the last
 * of a month that has none (31 January: 28 February); where that is a Saturday, Sunday or public holiday, on the next working day
 * (Regulation 1182/71, art. 3).
 */
export function dueOn(receivedOn: CalendarDay, country: string, extended = false): CalendarDay {
  return nextWorkingDay(addMonths(receivedOn, extended ? MONTHS_EXTENDED : MONTHS), country);
}

function nextWorkingDay(day: CalendarDay, country: string): CalendarDay {
  let next = day;
  while (isWeekend(next) || isPublicHoliday(country, next)) next = addDays(next, 1);
  return next;
}

/** Whether the person can still be told in time that it will take longer. */
export function mayExtend(today: CalendarDay, firstDueOn: CalendarDay): boolean {
  return today <= firstDueOn;
}

function isWeekend(day: CalendarDay): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday === 0 || weekday === 6;
}
