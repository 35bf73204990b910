import type { Sql } from '../../src/platform/database/sql.js';

/** Works until everything written so far has been taken in: other tests write to the same server, and what they have not committed holds the cursor back. */
export async function settled(sql: Sql, work: () => Promise<unknown>): Promise<void> {
  const { xid } = await sql.one<{ xid: number }>('test.xid', 'select pg_current_xact_id()::text::bigint as xid');
  do await work();
  while ((await sql.one<{ cursor_xid: number }>('test.cursor', 'select cursor_xid from event_history')).cursor_xid <= xid);
}
