import type { Sql } from '../../platform/database/sql.js';

/**
 * Who finds a contact and then stores something for its id holds this lock with others (shared); who merges contacts holds it alone. So nothing is
 * stored for an id that has just become another. One word in shared memory: a row lock on each contact would write a page for every event.
 */
export const MERGE_LOCK = 7_417_002;

export async function takeMergeLock(sql: Sql): Promise<void> {
  await sql.exec('merge.takeLock', 'select pg_advisory_xact_lock($1)', [MERGE_LOCK]);
}

/** With others: nobody merges until the transaction ends. Taken first of all locks, and not for long. */
export async function shareMergeLock(sql: Sql): Promise<void> {
  await sql.exec('merge.shareLock', 'select pg_advisory_xact_lock_shared($1)', [MERGE_LOCK]);
}

/** Alone, if nobody else is in at this moment: from shared to alone without letting go, so that what was read still holds. Waiting for it could be a circle. */
export async function tryMergeLock(sql: Sql): Promise<boolean> {
  return (await sql.one<{ taken: boolean }>('merge.tryLock', 'select pg_try_advisory_xact_lock($1) as taken', [MERGE_LOCK])).taken;
}
