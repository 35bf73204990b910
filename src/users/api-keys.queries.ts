import { reachParams, reachText, type Limits } from '../core/shared/reach.js';
import type { Role } from '../core/shared/roles.js';
import type { Sql } from '../platform/database/sql.js';

export interface ApiKeyRow {
  key_id: number;
  user_id: number | null;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = 'key_id, user_id, name, prefix, scopes, created_at, last_used_at, revoked_at';

export interface FoundKeyRow {
  key_id: number;
  name: string;
  key_hash: Buffer;
  scopes: string[];
  last_used_at: Date | null;
  user_id: number | null;
  role: Role | null;
  region: string | null;
}

/** With its user as he is now: a role or a region that changed counts from the next request on. */
export function findKeyByPrefix(sql: Sql, prefix: string): Promise<FoundKeyRow | undefined> {
  return sql.maybe<FoundKeyRow & Record<string, unknown>>(
    'users.findKeyByPrefix',
    `select k.key_id, k.name, k.key_hash, k.scopes, k.last_used_at, k.user_id, u.role, u.region
       from api_keys k left join users u using (user_id) where k.prefix = $1 and k.revoked_at is null`,
    [prefix],
  );
}

export async function isContactWithin(sql: Sql, limits: Limits, contactId: number): Promise<boolean> {
  const { found } = await sql.one<{ found: boolean }>(
    'users.isContactWithin',
    `select exists (select from contacts c where c.contact_id = living_contact($1) and ${reachText('c.account_id', '$2', '$3')}) as found`,
    [contactId, ...reachParams(limits)],
  );
  return found;
}

export async function isAccountWithin(sql: Sql, limits: Limits, accountId: number): Promise<boolean> {
  const { found } = await sql.one<{ found: boolean }>(
    'users.isAccountWithin',
    `select exists (select from accounts a where a.account_id = $1 and ${reachText('a.account_id', '$2', '$3')}) as found`,
    [accountId, ...reachParams(limits)],
  );
  return found;
}

export async function touchKey(sql: Sql, keyId: number, now: Date): Promise<void> {
  await sql.exec('users.touchKey', 'update api_keys set last_used_at = $2 where key_id = $1', [keyId, now]);
}

export function insertKey(sql: Sql, key: { name: string; prefix: string; hash: Buffer; scopes: readonly string[]; userId: number | null }, now: Date): Promise<ApiKeyRow> {
  return sql.one<ApiKeyRow>(
    'users.insertKey',
    `insert into api_keys (name, prefix, key_hash, scopes, user_id, created_at) values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    [key.name, key.prefix, key.hash, key.scopes, key.userId, now],
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
