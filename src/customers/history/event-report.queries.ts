import type { Sql } from '../../platform/database/sql.js';

export interface EventDay {
  day: string;
  events: number;
  contacts: number;
}

/** Per day, from the roll-up: how often it was done, and by how many people. Days without any are left out. */
export function readEventDays(sql: Sql, event: string, from: string, to: string): Promise<EventDay[]> {
  return sql.many<EventDay>(
    'eventReport.days',
    `select t.day, t.events, t.contacts from event_totals t join event_definitions d using (event_id)
      where d.name = $1 and t.day >= $2 and t.day < $3 and t.events > 0 order by t.day`,
    [event, from, to],
  );
}

export async function readTimeZone(sql: Sql): Promise<string> {
  const { time_zone: timeZone } = await sql.one<{ time_zone: string }>('eventReport.timeZone', 'select time_zone from event_history');
  return timeZone;
}

export function findEventName(sql: Sql, event: string): Promise<{ name: string } | undefined> {
  return sql.maybe('eventReport.find', 'select name from event_definitions where name = $1', [event]);
}
