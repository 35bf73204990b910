import { hostname } from 'node:os';
import type { Sql } from '../platform/database/sql.js';

const THIS_PROCESS = `${hostname()}:${process.pid}`;

/**
 * `all`: waits for each of them. `free`: those that nobody holds. `first`: waits for the lowest, and takes those of the others that nobody holds;
 * whoever waits so holds nothing, and so is never waited for in a circle.
 */
export type Taking = 'all' | 'free' | 'first';

/**
 * Takes the locks of these buckets until the transaction ends, in ascending order so that two planners never wait for each other in a
 * circle, and notes who holds them. A statement of its own: facts are read in later ones, whose snapshots are younger than the
 * lock (in one statement with the facts, 11 of 20,000 people were mailed over their cap).
 */
export async function lockBuckets(sql: Sql, buckets: readonly number[], owner = THIS_PROCESS, leaseSeconds = 120): Promise<void> {
  await sql.execKept(
    'decisions.lockBuckets',
    `with held as (select bucket from buckets where bucket = any($1) order by bucket for update)
     update buckets b set owner = $2, leased_until = now() + make_interval(secs => $3) from held where b.bucket = held.bucket`,
    [buckets, owner, leaseSeconds],
  );
}

/** Takes those of these buckets that nobody holds, and waits for none: gives which. The same rule holds: read after. */
async function lockFreeBuckets(sql: Sql, buckets: readonly number[], owner = THIS_PROCESS, leaseSeconds = 120): Promise<number[]> {
  const rows = await sql.manyKept<{ bucket: number }>(
    'decisions.lockFreeBuckets',
    `with held as (select bucket from buckets where bucket = any($1) order by bucket for update skip locked)
     update buckets b set owner = $2, leased_until = now() + make_interval(secs => $3) from held where b.bucket = held.bucket returning b.bucket`,
    [buckets, owner, leaseSeconds],
  );
  return rows.map((row) => row.bucket).sort((left, right) => left - right);
}

/** Gives the buckets that were got, ascending. */
export async function takeBuckets(sql: Sql, buckets: readonly number[], which: Taking): Promise<readonly number[]> {
  if (which === 'free') return lockFreeBuckets(sql, buckets);
  const ascending = [...buckets].sort((left, right) => left - right);
  await lockBuckets(sql, which === 'all' ? ascending : ascending.slice(0, 1));
  return which === 'all' || ascending.length < 2 ? ascending : [...ascending.slice(0, 1), ...(await lockFreeBuckets(sql, ascending.slice(1)))];
}
