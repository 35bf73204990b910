import type { Sql } from '../platform/database/sql.js';

export async function readPolicies(sql: Sql): Promise<unknown> {
  const row = await sql.one<{ value: unknown }>('policies.read', 'select policies_in_force() as value');
  return row.value;
}

/** Nothing is written where it is known already: this runs at every start. */
export async function saveWorkspaceName(sql: Sql, name: string, replace: boolean, now: Date): Promise<void> {
  await sql.exec(
    'policies.saveWorkspaceName',
    `insert into settings (key, value, updated_at) values ('workspace-name', to_jsonb($1::text), $3)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at where $2 and settings.value <> excluded.value`,
    [name, replace, now],
  );
}
