import { startOfDay } from '../../../src/core/shared/calendar-day.js';
import { person, rule, contextWith } from './people.js';
import { evaluateRule } from '../../../src/core/rule/evaluate-rule.js';

const DAY = 86_400_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const leap = (year: number): boolean => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;

/** The day on which a day of some year is celebrated in another: 29 February on the 28th where there is none. */
const celebrated = (month: number, day: number, year: number): number => Date.UTC(year, month, month === 1 && day === 29 && !leap(year) ? 28 : day);

/** Said from the other side than the code says it: some year's celebration lies so near. */
function expected(day: string, today: number, days: number): boolean {
  const [month, date] = [Number(day.slice(5, 7)) - 1, Number(day.slice(8))];
  const year = new Date(today).getUTCFullYear();
  return [year - 1, year, year + 1].some((one) => Math.abs(celebrated(month, date, one) - today) <= days * DAY);
}

/** All days of a leap year, and today at the ends of February and of the year, in years with a 29th and without. */
const BIRTHDAYS = Array.from({ length: 366 }, (_, index) => dayOf(Date.UTC(1980, 0, 1) + index * DAY));
const TODAYS = [2026, 2027, 2028, 2100].flatMap((year) => ['02-25', '02-26', '02-27', '02-28', ...(leap(year) ? ['02-29'] : []), '03-01', '03-02', '12-29', '12-31', '01-01', '01-03', '06-30'].map((day) => `${year}-${day}`));

describe('an anniversary', () => {
  it.each([0, 3, 180])('within %d days is found for every day of the year, whatever today is', (days) => {
    const condition = rule({ kind: 'attribute', attribute: 'birth_date', operator: 'anniversary', days });
    const wrong: string[] = [];
    for (const today of TODAYS) {
      const context = { ...contextWith(), now: new Date(startOfDay(today, 'Europe/Amsterdam').getTime() + 3_600_000) };
      for (const born of BIRTHDAYS) {
        if (evaluateRule(condition, person({ birth_date: born }), context) !== expected(born, Date.parse(today), days)) wrong.push(`${born} on ${today}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
