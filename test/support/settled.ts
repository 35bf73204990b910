import { readHorizon } from '../../src/platform/database/horizon.queries.js';
import type { Sql } from '../../src/platform/database/sql.js';

/** Below what a test may take. */
const LONGEST_MS = 50_000;

/** Works once everything written so far can be seen by a cursor: other tests write to the same server, and what they have not committed holds it back. */
export async function settled<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  const { xid } = await sql.one<{ xid: number }>('test.xid', 'select pg_current_xact_id()::text::bigint as xid');
  const until = Date.now() + LONGEST_MS;
  while ((await readHorizon(sql)) <= xid && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  return work();
}
