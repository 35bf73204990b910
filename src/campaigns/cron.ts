import { Cron } from 'croner';
import type { CronCalendar } from '../core/campaign/schedule.js';
import { isTimeZone } from '../core/shared/local-time.js';

/**
 * Five-field cron expressions (minute, hour, day of month, month, day of week) by croner. Over a change of the clock: a time that is skipped
 * comes at the end of the gap, a time that happens twice comes once.
 */
export const cronCalendar: CronCalendar = {
  problem(cron, timeZone) {
    if (!isTimeZone(timeZone)) return `"${timeZone}" is not a time zone; give one such as Europe/Amsterdam.`;
    try {
      open(cron, timeZone);
      return undefined;
    } catch {
      return `"${cron}" is not a cron expression: give minute, hour, day of month, month and day of week, such as "0 9 * * 1" for Mondays at nine.`;
    }
  },
  next(cron, timeZone, after) {
    return open(cron, timeZone).nextRun(after) ?? undefined;
  },
};

function open(cron: string, timeZone: string): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
}
