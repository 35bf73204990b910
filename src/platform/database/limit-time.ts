import type { Sql } from './sql.js';

/** Ends statements of this transaction that run too long for somebody who waits. */
export async function limitTime(sql: Sql, milliseconds: number): Promise<void> {
  await sql.exec('platform.limitTime', `select set_config('statement_timeout', $1, true)`, [String(milliseconds)]);
}
