import type { Sql } from '../platform/database/sql.js';

export interface ApiKeyRow {
  key_id: number;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = 'key_id, name, prefix, scopes, created_at, last_used_at, revoked_at';

export function findKeyByPrefix(sql: Sql, prefix: string): Promise<{ key_id: number; name: string; key_hash: Buffer; scopes: string[]; last_used_at: Date | null } | undefined> {
  return sql.maybe('users.findKeyByPrefix', 'select key_id, name, key_hash, scopes, last_used_at from api_keys where prefix = $1 and revoked_at is null', [prefix]);
}

export async function touchKey(sql: Sql, keyId: number, now: Date): Promise<void> {
  await sql.exec('users.touchKey', 'update api_keys set last_used_at = $2 where key_id = $1', [keyId, now]);
}

export function insertKey(sql: Sql, key: { name: string; prefix: string; hash: Buffer; scopes: readonly string[] }, now: Date): Promise<ApiKeyRow> {
  return sql.one<ApiKeyRow>(
    'users.insertKey',
    `insert into api_keys (name, prefix, key_hash, scopes, created_at) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
    [key.name, key.prefix, key.hash, key.scopes, now],
  );
}

/** One process at a time may look whether there is a key and make the first: two that start together print one key. */
export async function lockKeys(sql: Sql): Promise<void> {
  await sql.exec('users.lockKeys', 'lock table api_keys in share row exclusive mode');
}

export async function anyKey(sql: Sql): Promise<boolean> {
  return (await sql.one<{ found: boolean }>('users.anyKey', 'select exists (select from api_keys) as found')).found;
}

export function listKeys(sql: Sql, after: number, limit: number): Promise<ApiKeyRow[]> {
  return sql.many<ApiKeyRow>('users.listKeys', `select ${COLUMNS} from api_keys where key_id > $1 order by key_id limit $2`, [after, limit]);
}

export function revokeKey(sql: Sql, keyId: number, now: Date): Promise<ApiKeyRow | undefined> {
  return sql.maybe<ApiKeyRow>('users.revokeKey', `update api_keys set revoked_at = coalesce(revoked_at, $2) where key_id = $1 returning ${COLUMNS}`, [keyId, now]);
}
