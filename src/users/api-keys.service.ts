import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { Authenticator, type Principal } from '../platform/http/authenticator.js';
import { AuditService } from '../privacy/audit.service.js';
import { isKey, keyIn, newKey } from './api-key-text.js';
import { anyKey, type ApiKeyRow, findKeyByPrefix, insertKey, listKeys, lockKeys, revokeKey, touchKey } from './api-keys.queries.js';

// "Last used" is for people who tidy up: to the minute is enough, and spares a write per request.
const TOUCH_EVERY_MS = 60_000;

/** Keys that may call the API. The key itself is shown once; only its hash is kept. */
@Injectable()
export class ApiKeysService extends Authenticator {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {
    super();
  }

  /** Who holds the key of this Authorization header; undefined for none, an unknown or a revoked one. */
  async authenticate(authorization: string | undefined): Promise<Principal | undefined> {
    const given = keyIn(authorization);
    if (!given) return undefined;
    const row = await findKeyByPrefix(this.sql, given.prefix);
    if (!row || !isKey(given.text, row.key_hash)) return undefined;
    const now = this.clock.now();
    if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() >= TOUCH_EVERY_MS) await touchKey(this.sql, row.key_id, now);
    return { name: row.name, scopes: row.scopes };
  }

  /** Makes a key. Whoever makes it can hand out only what he may do himself; `granter` undefined is the operator at the machine. */
  async create(input: { name: string; scopes: readonly string[] }, actor: string, granter?: readonly string[]): Promise<Result<{ key: string; row: ApiKeyRow }, { kind: 'scope_not_held'; scopes: string[] }>> {
    const beyond = granter === undefined || granter.includes('*') ? [] : input.scopes.filter((scope) => !granter.includes(scope));
    if (beyond.length > 0) return err({ kind: 'scope_not_held', scopes: beyond });
    return ok(await this.sql.transaction((sql) => this.insert(sql, input, actor)));
  }

  /** A key with all scopes for an installation that has none yet; undefined where there is one, revoked or not. */
  async ensureFirstKey(): Promise<string | undefined> {
    if (await anyKey(this.sql)) return undefined;
    return this.sql.transaction(async (sql) => {
      await lockKeys(sql);
      if (await anyKey(sql)) return undefined;
      return (await this.insert(sql, { name: 'first key', scopes: ['*'] }, 'system')).key;
    });
  }

  list(after: number, limit: number): Promise<ApiKeyRow[]> {
    return listKeys(this.sql, after, limit);
  }

  /** From here on the key answers 401. Undefined when there is no such key. */
  async revoke(keyId: number, actor: string): Promise<ApiKeyRow | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const row = await revokeKey(sql, keyId, now);
      if (row) await this.audit.record(sql, { actor, action: 'api_key.revoked', subjectType: 'api_key', subjectId: String(keyId), details: { name: row.name } }, now);
      return row;
    });
  }

  private async insert(sql: Sql, input: { name: string; scopes: readonly string[] }, actor: string): Promise<{ key: string; row: ApiKeyRow }> {
    const now = this.clock.now();
    const key = newKey();
    const row = await insertKey(sql, { name: input.name, scopes: input.scopes, prefix: key.prefix, hash: key.hash }, now);
    await this.audit.record(sql, { actor, action: 'api_key.created', subjectType: 'api_key', subjectId: String(row.key_id), details: { name: row.name, scopes: row.scopes } }, now);
    return { key: key.text, row };
  }
}
