import type { Sql } from './sql.js';

/** Every transaction below this number has ended: what it wrote is there to be read, or will never be. */
export async function readHorizon(sql: Sql): Promise<number> {
  const { horizon } = await sql.one<{ horizon: number }>('transactions.readHorizon', 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon');
  return horizon;
}

/** The number after the newest transaction there is. */
export async function readNextTransaction(sql: Sql): Promise<number> {
  const { next } = await sql.one<{ next: number }>('transactions.readNext', 'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next');
  return next;
}
