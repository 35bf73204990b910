/** A moment in whole seconds since 1970: facts are rounded before they are decided on, so that a stored decision can be replayed exactly. */
export type Seconds = number;

/** A day since 1970-01-01 UTC. */
export type DayNumber = number;

/** Rounds down: a validity never looks longer than it is. */
export function seconds(moment: Date): Seconds {
  return clampSeconds(Math.floor(moment.getTime() / 1_000));
}

export function secondsUp(moment: Date): Seconds {
  return clampSeconds(Math.ceil(moment.getTime() / 1_000));
}

export function dateOf(moment: Seconds): Date {
  return new Date(moment * 1_000);
}

export function dayNumber(moment: Date): DayNumber {
  return clampDay(Math.floor(moment.getTime() / 86_400_000));
}

/** Days from 1880 to 2059: what 16 bits hold. */
export function clampDay(day: number): DayNumber {
  return Math.min(32_767, Math.max(-32_768, day));
}

/** Seconds from 1970 to 2106: what 32 bits hold. 'For ever' is 2106. */
export function clampSeconds(value: number): Seconds {
  return Math.min(0xffff_ffff, Math.max(0, value));
}

/** Whether somebody born on this date is younger than the age, on the day it is in UTC. */
export function isYoungerThan(age: number, birthDate: string, now: Date): boolean {
  return birthDate > latestBirthDate(age, now);
}

/** Whoever is of this age today was born on this date (YYYY-MM-DD) or before. On 29 February of a year without one: on the 28th. */
export function latestBirthDate(age: number, now: Date): string {
  const [year = 0, month = 0, day = 0] = now.toISOString().slice(0, 10).split('-').map(Number);
  const lastOfMonth = new Date(Date.UTC(year - age, month, 0)).getUTCDate();
  return new Date(Date.UTC(year - age, month - 1, Math.min(day, lastOfMonth))).toISOString().slice(0, 10);
}

/** Of what may be so many days old, the oldest day that is not too old yet. */
export function oldestDayWithin(days: number, now: number): DayNumber {
  return Math.floor(now / 86_400_000) - days;
}
