import { readNextTransaction } from './horizon.queries.js';
import type { Sql } from './sql.js';

const AT_ONCE = 20_000;

/**
 * Events, changes of segments and consents carry the number of the transaction that wrote them, and whoever reads them goes on by that number. A dump
 * that is put back into another server brings numbers that this server has not come to: what is written next would stand below the cursors and start
 * nothing, unseen, for weeks. So its numbers are used up (some 100,000 a second) until they are past all that was brought. `onProgress` is told how
 * many are left.
 */
export async function catchUpTransactionNumbers(sql: Sql, onProgress: (left: number) => void = () => undefined): Promise<number> {
  let next = await readNextTransaction(sql);
  if ((await readCursor(sql)) <= next) return 0;
  const highest = await readHighest(sql);
  const missing = highest - next;
  for (; next <= highest; next = await readNextTransaction(sql)) {
    onProgress(highest - next);
    await useUp(sql, Math.min(AT_ONCE, highest - next + 1));
  }
  return missing;
}

/** One that goes on with every event, and costs nothing to read at each start. */
async function readCursor(sql: Sql): Promise<number> {
  return (await sql.one<{ cursor: number }>('transactions.readCursor', 'select cursor_xid as cursor from event_history')).cursor;
}

async function readHighest(sql: Sql): Promise<number> {
  const { highest } = await sql.one<{ highest: number }>(
    'transactions.readHighest',
    `select greatest((select cursor_xid from event_history), (select max(received_xid) from events), (select max(written_xid) from consent_records),
       (select max(change_xid) from segment_changes), (select max(change_xid) from segment_account_changes)) as highest`,
  );
  return highest;
}

/** Each is a transaction of its own that writes nothing, and for which no disk is waited. */
async function useUp(sql: Sql, count: number): Promise<void> {
  await sql.exec(
    'transactions.useUp',
    `do $$ begin for i in 1..${Math.trunc(count)} loop perform pg_current_xact_id(), set_config('synchronous_commit', 'off', true); commit; end loop; end $$`,
  );
}
