const DAY = 86_400_000;

/** Whole days of 24 hours later: an end that a rule states, not a calendar date. */
export function addDaysTo(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY);
}
