import type { Sql } from '../../platform/database/sql.js';
import type { RfmCuts } from './portfolio.queries.js';

/** What the last refresh left behind: where the quintiles begin, when it was, and up to where events have been looked at since. */
export interface PortfolioState {
  readonly cuts: RfmCuts;
  readonly refreshedAt: string;
  readonly cursor: number;
}

export async function readState(sql: Sql): Promise<PortfolioState | undefined> {
  const row = await sql.maybe<{ value: PortfolioState }>('portfolio.readState', `select value from settings where key = 'portfolio_state'`);
  return row?.value;
}

export async function writeState(sql: Sql, state: PortfolioState, now: Date): Promise<void> {
  await sql.exec(
    'portfolio.writeState',
    `insert into settings (key, value, updated_at) values ('portfolio_state', $1::jsonb, $2)
     on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`,
    [JSON.stringify(state), now],
  );
}

/** Any number that no other advisory lock of this database begins with. */
const REFRESH_LOCK = 7_417_011;

/** Whether this transaction may refresh: one at a time, over all processes. */
export async function tryLockRefresh(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('portfolio.tryLockRefresh', 'select pg_try_advisory_xact_lock($1) as locked', [REFRESH_LOCK]);
  return locked;
}
