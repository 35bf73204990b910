import type { Sql } from './sql.js';

/** Up to where somebody has read events, by the number of the transaction that stored them, and everything below which is committed, or was undone. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** `reader`: whose cursor it is, as its statements are named; `key`: where it is kept among the settings. */
export interface EventCursor {
  readonly reader: string;
  readonly key: string;
}

export function readEventCursor(sql: Sql, { reader, key }: EventCursor): Promise<Stretch> {
  return sql.one(
    `${reader}.readCursor`,
    `select coalesce((select (value ->> 'cursor')::bigint from settings where key = $1), 0) as from, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as to`,
    [key],
  );
}

export async function writeEventCursor(sql: Sql, { reader, key }: EventCursor, cursor: number, now: Date): Promise<void> {
  await sql.exec(
    `${reader}.writeCursor`,
    `insert into settings (key, value, updated_at) values ($1, jsonb_build_object('cursor', $2::bigint), $3)
     on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`,
    [key, cursor, now],
  );
}
