import { Inject, Injectable, Logger } from '@nestjs/common';
import { dayAt } from '../../core/shared/calendar-day.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { ClosingService } from './closing.service.js';
import { beginNight, finishNight, lastNight, tryLockNight } from './nightly.queries.js';

const HOUR = 3_600_000;
/** Local hours: the night's work begins at two, and is not begun by day. */
const NIGHT = { from: 2, until: 5 };
/** A machine that is off at night does it when it is on. */
const OVERDUE_HOURS = 36;

/** The work of the night, once a night over all processes: tables for the months to come. What goes at night: privacy/retention. */
@Injectable()
export class NightlyService {
  private readonly logger = new Logger('nightly');

  constructor(
    private readonly sql: Sql,
    private readonly closing: ClosingService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  /** What was done; undefined when nothing is due, or somebody else is at it. */
  async runIfDue(now: Date): Promise<Record<string, unknown> | undefined> {
    if (!(await this.isDue(now))) return undefined;
    // The outer transaction only holds the lock; the work is in transactions of its own.
    return this.sql.transaction(async (holder) => ((await tryLockNight(holder)) && (await this.isDue(now)) ? this.run(now) : undefined));
  }

  async run(now: Date): Promise<Record<string, unknown>> {
    const day = this.nightOf(now);
    await beginNight(this.sql, day, now);
    const report: Record<string, unknown> = {};
    await this.part(report, 'months', () => this.closing.prepareMonths(now));
    await finishNight(this.sql, day, now, report);
    return report;
  }

  /** One part that fails does not keep the others from being done; it is tried again the next night. */
  private async part(report: Record<string, unknown>, name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      report[name] = (await work()) ?? 'done';
    } catch (error) {
      this.logger.error(error, `${name}: not done tonight`);
      report[name] = { failed: (error as Error).message };
    }
  }

  private async isDue(now: Date): Promise<boolean> {
    const last = await lastNight(this.sql);
    if (last !== undefined && last.day >= this.nightOf(now)) return false;
    return isNight(now, this.config.defaultTimeZone) || (last !== undefined && now.getTime() - last.finished_at.getTime() > OVERDUE_HOURS * HOUR);
  }

  /** The day that began at two in the morning. */
  private nightOf(now: Date): string {
    return dayAt(new Date(now.getTime() - NIGHT.from * HOUR), this.config.defaultTimeZone);
  }
}

function isNight(now: Date, timeZone: string): boolean {
  const hour = Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(now));
  return hour >= NIGHT.from && hour < NIGHT.until;
}
