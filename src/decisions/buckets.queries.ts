import { hostname } from 'node:os';
import type { Sql } from '../platform/database/sql.js';

const THIS_PROCESS = `${hostname()}:${process.pid}`;

/**
 * Takes the locks of these buckets until the transaction ends, in ascending order so that two planners never wait for each other in a
 * circle, and notes who holds them. A statement of its own: facts are read in later ones, whose snapshots are younger than the
 * lock (in one statement with the facts, 11 of 20,000 people were mailed over their cap).
 */
export async function lockBuckets(sql: Sql, buckets: readonly number[], owner = THIS_PROCESS, leaseSeconds = 120): Promise<void> {
  await sql.exec('decisions.lockBuckets', 'select bucket from buckets where bucket = any($1) order by bucket for update', [buckets]);
  await leaseBuckets(sql, buckets, owner, leaseSeconds);
}

/** Takes those of these buckets that nobody holds, and waits for none: gives which. The same rule holds: read after. */
export async function lockFreeBuckets(sql: Sql, buckets: readonly number[], owner = THIS_PROCESS, leaseSeconds = 120): Promise<number[]> {
  const rows = await sql.many<{ bucket: number }>('decisions.lockFreeBuckets', 'select bucket from buckets where bucket = any($1) order by bucket for update skip locked', [buckets]);
  const free = rows.map((row) => row.bucket);
  if (free.length > 0) await leaseBuckets(sql, free, owner, leaseSeconds);
  return free;
}

async function leaseBuckets(sql: Sql, buckets: readonly number[], owner: string, seconds: number): Promise<void> {
  await sql.exec('decisions.leaseBuckets', 'update buckets set owner = $2, leased_until = now() + make_interval(secs => $3) where bucket = any($1)', [buckets, owner, seconds]);
}
