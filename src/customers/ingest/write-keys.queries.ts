import type { Sql } from '../../platform/database/sql.js';

export interface WriteKeyRow {
  write_key_id: number;
  source: string;
  kind: 'browser' | 'server';
  prefix: string;
  purposes: string[];
  notice_version: string;
  consent_categories: Record<string, string[]>;
  consent_wording_version: string | null;
  events_per_second: number;
  allowed_origins: string[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const COLUMNS = 'write_key_id, source, kind, prefix, purposes, notice_version, consent_categories, consent_wording_version, events_per_second, allowed_origins, created_at, last_used_at, revoked_at';

export type NewWriteKey = Omit<WriteKeyRow, 'write_key_id' | 'created_at' | 'last_used_at' | 'revoked_at'> & { readonly hash: Buffer };

export function findWriteKey(sql: Sql, prefix: string): Promise<(WriteKeyRow & { key_hash: Buffer }) | undefined> {
  return sql.maybe('tracking.findWriteKey', `select ${COLUMNS}, key_hash from write_keys where prefix = $1 and revoked_at is null`, [prefix]);
}

export async function touchWriteKey(sql: Sql, writeKeyId: number, now: Date): Promise<void> {
  await sql.exec('tracking.touchWriteKey', 'update write_keys set last_used_at = $2 where write_key_id = $1', [writeKeyId, now]);
}

export function insertWriteKey(sql: Sql, key: NewWriteKey, now: Date): Promise<WriteKeyRow> {
  return sql.one<WriteKeyRow>(
    'tracking.insertWriteKey',
    `insert into write_keys (source, kind, prefix, key_hash, purposes, notice_version, consent_categories, consent_wording_version, events_per_second, allowed_origins, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${COLUMNS}`,
    [key.source, key.kind, key.prefix, key.hash, key.purposes, key.notice_version, JSON.stringify(key.consent_categories), key.consent_wording_version, key.events_per_second, key.allowed_origins, now],
  );
}

export function listWriteKeys(sql: Sql, after: number, limit: number): Promise<WriteKeyRow[]> {
  return sql.many<WriteKeyRow>('tracking.listWriteKeys', `select ${COLUMNS} from write_keys where write_key_id > $1 order by write_key_id limit $2`, [after, limit]);
}

export function revokeWriteKey(sql: Sql, writeKeyId: number, now: Date): Promise<WriteKeyRow | undefined> {
  return sql.maybe<WriteKeyRow>('tracking.revokeWriteKey', `update write_keys set revoked_at = coalesce(revoked_at, $2) where write_key_id = $1 returning ${COLUMNS}`, [writeKeyId, now]);
}
