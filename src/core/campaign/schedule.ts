import type { CampaignEntry } from './definition.js';

/** Reads cron expressions; the campaigns feature brings one that rests on a cron library. */
export interface CronCalendar {
  /** Why the expression or the time zone cannot be used, in plain words; undefined when it can. */
  problem(cron: string, timeZone: string): string | undefined;
  /** The first occurrence after (not at) the moment; undefined when it never comes. */
  next(cron: string, timeZone: string, after: Date): Date | undefined;
}

/**
 * When the audience of a campaign that starts at `start` is taken first: of a followed segment those who are in it already. Undefined for entries that have no time but a trigger,
 * and for a cron expression that never fires (which validateDefinition refuses).
 */
export function firstEntryAt(entry: CampaignEntry, start: Date, calendar: CronCalendar): Date | undefined {
  switch (entry.kind) {
    case 'now':
      return start;
    case 'at':
      return new Date(Math.max(Date.parse(entry.at), start.getTime()));
    case 'cron':
      return calendar.next(entry.cron, entry.timeZone, start);
    case 'segment_entered':
      return entry.includeExisting ? start : undefined;
    case 'segment_left':
    case 'event':
      return undefined;
  }
}

/**
 * When the audience is taken again after it was taken at `taken`. Occurrences that passed while nothing ran (a pause, a machine
 * that was off) are not made up for: one late newsletter is news, five at once are a nuisance.
 */
export function nextEntryAt(entry: CampaignEntry, taken: Date, calendar: CronCalendar): Date | undefined {
  return entry.kind === 'cron' ? calendar.next(entry.cron, entry.timeZone, taken) : undefined;
}

/** Whether people come in one by one, as long as the campaign runs. */
export function entersByTrigger(entry: CampaignEntry): boolean {
  return entry.kind === 'segment_entered' || entry.kind === 'segment_left' || entry.kind === 'event';
}
