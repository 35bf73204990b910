import type { PortfolioPolicy } from '../../core/account/portfolio-policy.js';
import type { Sql } from '../../platform/database/sql.js';

export interface StoredPolicy {
  value: unknown;
  version: number;
}

export function readPolicy(sql: Sql): Promise<StoredPolicy | undefined> {
  return sql.maybe<StoredPolicy>('portfolio.readPolicy', `select value, version from settings where key = 'portfolio_policy'`);
}

export async function writePolicy(sql: Sql, policy: PortfolioPolicy, actor: string, now: Date): Promise<void> {
  await sql.exec(
    'portfolio.writePolicy',
    `insert into settings (key, value, updated_at, updated_by) values ('portfolio_policy', $1::jsonb, $2, $3)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [JSON.stringify(policy), now, actor],
  );
}
