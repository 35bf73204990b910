import { anniversaryMoments, daysByMonth, daysOfYear } from './anniversary.js';
import type { Moment } from './bounds.js';
import type { Parameters } from './parameters.js';

/**
 * A date's month and day are read as numbers, which is quicker than to write them as MM-DD and compare the text (200,000 people: a rule with a birthday took 1.42
 * times what it takes by hand, and so 0.95). First the month, which few have; then, of a month that is not meant as a whole, the day.
 */
export function compileCelebratedDay(days: number, column: string, params: Parameters, moment: Moment): string {
  const months = daysByMonth(daysOfYear(days, moment));
  const [month, day] = [`date_part('month', ${column})`, `date_part('day', ${column})`];
  const number = (value: number): string => params.add(value, 'float8');
  const among = `${month} = any(${params.add(months.map((one) => one.month), 'float8[]')})`;
  const parts = months.filter((one) => !one.days.some(isWhole)).map((one) => `when ${number(one.month)} then ${one.days.map(({ from, to }) => `${day} between ${number(from)} and ${number(to)}`).join(' or ')}`);
  return parts.length === 0 ? among : `(${among} and case ${month} ${parts.join(' ')} else true end)`;
}

function isWhole({ from, to }: { readonly from: number; readonly to: number }): boolean {
  return from === 1 && to === 31;
}

/** `ofYear`: an expression that gives MM-DD. */
export function compileCelebratedText(days: number, ofYear: string, params: Parameters, moment: Moment): string {
  const { from, to } = daysOfYear(days, moment);
  const [begins, ends] = [`${ofYear} >= ${params.add(from, 'text')}`, `${ofYear} <= ${params.add(to, 'text')}`];
  return from <= to ? `(${begins} and ${ends})` : `(${begins} or ${ends})`;
}

/** width_bucket finds by halving how many of the moments are not after the value. */
export function compileCelebratedMoments(days: number, value: string, type: 'timestamptz' | 'text', params: Parameters, moment: Moment): string {
  return `width_bucket(${value}, ${params.add(anniversaryMoments(days, moment), `${type}[]`)}) % 2 = 1`;
}
