import type { Sql } from './sql.js';

/** `owner`: whose setting it is, as its statements are named; `key`: under which it is kept. */
export interface Setting {
  readonly owner: string;
  readonly key: string;
}

/** What somebody chose: null for nothing, where the defaults hold. */
export async function readSetting(sql: Sql, { owner, key }: Setting): Promise<unknown> {
  const row = await sql.maybe<{ value: unknown }>(`${owner}.readSetting`, 'select value from settings where key = $1', [key]);
  return row?.value ?? null;
}

/** A choice of somebody, which makes a new version of it. */
export async function writeSetting(sql: Sql, { owner, key }: Setting, value: object, actor: string, now: Date): Promise<void> {
  await sql.exec(
    `${owner}.writeSetting`,
    `insert into settings (key, value, updated_at, updated_by) values ($1, $2::jsonb, $3, $4)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [key, JSON.stringify(value), now, actor],
  );
}
