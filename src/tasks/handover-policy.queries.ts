import type { HandoverPolicy } from '../core/account/handover-policy.js';
import type { Workplace } from '../core/account/working-time.js';
import type { Sql } from '../platform/database/sql.js';

export interface StoredHandover {
  policy: unknown;
  workplace: Partial<Workplace> | null;
}

/** The workspace's own rules, and where it is (the restraint policies say that). */
export function readHandover(sql: Sql): Promise<StoredHandover> {
  return sql.one(
    'tasks.readHandover',
    `select (select value from settings where key = 'handover_policy') as policy, (select value -> 'workspace' from settings where key = 'policies') as workplace`,
  );
}

export async function writeHandover(sql: Sql, policy: HandoverPolicy, actor: string, now: Date): Promise<void> {
  await sql.exec(
    'tasks.writeHandover',
    `insert into settings (key, value, updated_at, updated_by) values ('handover_policy', $1::jsonb, $2, $3)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [JSON.stringify(policy), now, actor],
  );
}
