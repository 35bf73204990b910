import type { Sql } from './sql.js';

/** Tells triggers that date what they note when this is by the engine's clock, until the transaction ends; where nobody does, the database's own clock rules. */
export async function sayMoment(sql: Sql, now: Date): Promise<void> {
  await sql.exec('database.sayMoment', `select set_config('tactful.moment', $1, true)`, [now.toISOString()]);
}
