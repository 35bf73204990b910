import type { Sql } from '../platform/database/sql.js';

/** Takes the domain's row until the transaction ends: who leases its mail comes one after the other, so that no limit is passed. A statement of its own; counts are read after it. */
export async function lockSendingDomain(sql: Sql, domain: string): Promise<void> {
  await sql.exec('decisions.lockSendingDomain', 'select from sending_domains where domain = $1 for update', [domain]);
}

/** How much was leased from the beginning of the day and of the hour. */
export function readSendingCounts(sql: Sql, domain: string, day: Date, hour: Date): Promise<{ today: number; this_hour: number }> {
  return sql.one(
    'decisions.readSendingCounts',
    `select coalesce(sum(leased), 0)::int as today, coalesce(sum(leased) filter (where hour >= $3), 0)::int as this_hour from sending_counts where domain = $1 and hour >= $2`,
    [domain, day, hour],
  );
}

export async function addSendingCount(sql: Sql, domain: string, hour: Date, leased: number): Promise<void> {
  await sql.exec(
    'decisions.addSendingCount',
    'insert into sending_counts (domain, hour, leased) values ($1, $2, $3) on conflict (domain, hour) do update set leased = sending_counts.leased + excluded.leased',
    [domain, hour, leased],
  );
}
