import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const NIGHT_LOCK = 7_417_009;

/** Whether this transaction may do the night's work; one at a time, also over several processes. Without a parameter: a statement with one leaves its portal open, and a snapshot all night. */
export async function tryLockNight(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('nightly.tryLock', `select pg_try_advisory_xact_lock(${NIGHT_LOCK}, 0) as locked`);
  return locked;
}

/** The last night whose work was done to the end. */
export function lastNight(sql: Sql): Promise<{ day: string; finished_at: Date } | undefined> {
  return sql.maybe('nightly.last', 'select day, finished_at from nightly_runs where finished_at is not null order by day desc limit 1');
}

/** A night that broke off is begun again. */
export async function beginNight(sql: Sql, day: string, now: Date): Promise<void> {
  await sql.exec('nightly.begin', 'insert into nightly_runs (day, started_at) values ($1, $2) on conflict (day) do update set started_at = $2, finished_at = null', [day, now]);
}

export async function finishNight(sql: Sql, day: string, now: Date, report: Record<string, unknown>): Promise<void> {
  await sql.exec('nightly.finish', 'update nightly_runs set finished_at = $2, report = $3 where day = $1', [day, now, JSON.stringify(report)]);
}
