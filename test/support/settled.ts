import type { Sql } from '../../src/platform/database/sql.js';

/** Works once everything written so far can be seen by a cursor: other tests write to the same server, and what they have not committed holds it back. */
export async function settled(sql: Sql, work: () => Promise<unknown>): Promise<void> {
  const { xid } = await sql.one<{ xid: number }>('test.xid', 'select pg_current_xact_id()::text::bigint as xid');
  for (let horizon = 0; horizon <= xid; ) ({ horizon } = await sql.one<{ horizon: number }>('test.horizon', 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon'));
  await work();
}
