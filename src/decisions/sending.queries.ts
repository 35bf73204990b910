import { FIRST_CLASSES, type MessageClass } from '../core/decision/message-class.js';
import type { Sql } from '../platform/database/sql.js';

// Written out, as in the index messages_first: of a parameter the planner cannot tell that the index covers it.
const FIRST = FIRST_CLASSES.map((one) => `'${one}'`).join(', ');

/** Takes the domain's row until the transaction ends: who leases its mail comes one after the other, so that no limit is passed. A statement of its own; counts are read after it. */
export async function lockSendingDomain(sql: Sql, domain: string): Promise<void> {
  await sql.exec('decisions.lockSendingDomain', 'select from sending_domains where domain = $1 for update', [domain]);
}

/**
 * How much was leased from the beginning of the day and of the hour, and how much of the classes that go `before` is due and not leased yet, counted
 * up to `most`. Of mail that went into neither: paused campaigns keep no place.
 */
export function readSendingCounts(sql: Sql, domain: string, day: Date, hour: Date, before: readonly MessageClass[], now: Date, most: number): Promise<{ today: number; this_hour: number; waiting: number }> {
  return sql.one(
    'decisions.readSendingCounts',
    `select coalesce(sum(leased), 0)::int as today, coalesce(sum(leased) filter (where hour >= $3), 0)::int as this_hour,
       (select count(*)::int from (
         select from messages m join campaigns c using (campaign_id)
          where m.state = 'queued' and m.class in (${FIRST}) and m.class = any($4) and m.due_at <= $5 and (m.leased_until is null or m.leased_until < now()) and c.state in ('running', 'finished') limit $6
       ) waits) as waiting
     from sending_counts where domain = $1 and hour >= $2`,
    [domain, day, hour, before, now, most],
  );
}

export async function addSendingCount(sql: Sql, domain: string, hour: Date, leased: number): Promise<void> {
  await sql.exec(
    'decisions.addSendingCount',
    'insert into sending_counts (domain, hour, leased) values ($1, $2, $3) on conflict (domain, hour) do update set leased = sending_counts.leased + excluded.leased',
    [domain, hour, leased],
  );
}
