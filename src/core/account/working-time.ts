import { OpeningTimes } from '../shared/local-time.js';

export interface Workplace {
  readonly timeZone: string;
  readonly country: string;
}

const OFFICE_HOURS = { from: '09:00', to: '17:00', closedWeekdays: [6, 7], publicHolidays: true };

/**
 * The same hour so many working days later, in the zone of the workspace: what comes on Friday at three is due on Tuesday at three when it has two
 * days. What comes outside working hours counts from the next working morning.
 */
export function workingDaysLater(moment: Date, days: number, { timeZone, country }: Workplace): Date {
  const times = new OpeningTimes([timeZone], country, OFFICE_HOURS);
  const next = (from: number): number => times.nextOpen(from) ?? from;
  let start = next(moment.getTime());
  const sinceMorning = start - times.at(start).from;
  let morning = times.at(start).from;
  for (let day = 0; day < days; day += 1) {
    start = next(times.at(morning).to);
    morning = times.at(start).from;
  }
  return new Date(Math.min(morning + sinceMorning, times.at(morning).to));
}
