import type { ChosenOften } from '../consent/chosen-settings.js';
import { capUsage } from './caps.js';

/** At most one mail in so many days, rolling: a month is thirty. */
export const DAYS_BETWEEN: Readonly<Record<ChosenOften, number>> = { weekly: 7, digest: 14, monthly: 30 };
export const LONGEST_DAYS_BETWEEN = Math.max(...Object.values(DAYS_BETWEEN));

/** What a person chose for one purpose, or for all mail (purpose ''). */
export interface Choice {
  readonly purpose: string;
  readonly frequency: ChosenOften | null;
  /** Seconds since 1970. */
  readonly pausedUntil: number | null;
}

export interface ChosenFrequency {
  readonly frequency: ChosenOften;
  readonly freesInMinutes: number;
}

/** Ages in whole minutes of the mails that campaigns sent to somebody, with what they were about. */
export interface SentMail {
  readonly purpose: string;
  readonly minutesAgo: number;
}

/** Of the frequencies that hold for a purpose the one that holds up longest; of those that do not, the rarest. Null: nothing was chosen. */
export function chosenFrequency(choices: readonly Choice[], purpose: string, sent: readonly SentMail[]): ChosenFrequency | null {
  let longest: ChosenFrequency | null = null;
  for (const choice of choices) {
    if (choice.frequency === null || (choice.purpose !== '' && choice.purpose !== purpose)) continue;
    const counted = choice.purpose === '' ? sent : sent.filter((mail) => mail.purpose === purpose);
    const { freesInMinutes } = capUsage(counted.map((mail) => mail.minutesAgo), { limit: 1, days: DAYS_BETWEEN[choice.frequency] });
    const found = { frequency: choice.frequency, freesInMinutes };
    if (longest === null || freesInMinutes > longest.freesInMinutes || (freesInMinutes === longest.freesInMinutes && DAYS_BETWEEN[found.frequency] > DAYS_BETWEEN[longest.frequency])) longest = found;
  }
  return longest;
}

/** Until when mail for a purpose is paused, where it still is. */
export function pausedUntil(choices: readonly Choice[], purpose: string, now: Date): number | null {
  let until: number | null = null;
  for (const choice of choices) {
    if (choice.pausedUntil === null || (choice.purpose !== '' && choice.purpose !== purpose)) continue;
    if (choice.pausedUntil * 1_000 > now.getTime() && choice.pausedUntil > (until ?? 0)) until = choice.pausedUntil;
  }
  return until;
}
