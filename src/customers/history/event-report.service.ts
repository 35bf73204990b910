import { Injectable } from '@nestjs/common';
import { Sql } from '../../platform/database/sql.js';
import { type EventDay, findEventName, readEventDays, readTimeZone } from './event-report.queries.js';

export interface EventReport {
  readonly event: string;
  readonly timeZone: string;
  readonly events: number;
  readonly days: readonly EventDay[];
}

@Injectable()
export class EventReportService {
  constructor(private readonly sql: Sql) {}

  /** What was done from one day (in) to another (out), also when the raw events are gone. Undefined when no such event is known. */
  async report(event: string, from: string, to: string): Promise<EventReport | undefined> {
    if (!(await findEventName(this.sql, event))) return undefined;
    const days = await readEventDays(this.sql, event, from, to);
    return { event, timeZone: await readTimeZone(this.sql), events: days.reduce((sum, day) => sum + day.events, 0), days };
  }
}
