import { Injectable } from '@nestjs/common';
import type { Limits } from '../core/shared/reach.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { roleMay } from '../core/shared/roles.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { Authenticator, mayUse, type Principal } from '../platform/http/authenticator.js';
import { AuditService } from '../privacy/audit.service.js';
import { isKey, keyIn, newKey } from './api-key-text.js';
import { anyKey, type ApiKeyRow, findKeyByPrefix, insertKey, isAccountWithin, isContactWithin, listKeys, lockKeys, revokeKey, touchKey } from './api-keys.queries.js';
import { findUser, type UserRow } from './users.queries.js';

// "Last used" is for people who tidy up: to the minute is enough, and spares a write per request.
const TOUCH_EVERY_MS = 60_000;

export interface KeyInput {
  readonly name: string;
  /** Left out for a colleague's key: what his role may do. */
  readonly scopes?: readonly string[] | undefined;
  /** The address of the colleague it is bound to. */
  readonly user?: string | undefined;
}

export type KeyProblem =
  | { readonly kind: 'scope_not_held'; readonly scopes: string[] }
  | { readonly kind: 'beyond_role'; readonly role: string; readonly scopes: string[] }
  | { readonly kind: 'user_unknown' };

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
    const user = row.user_id === null || row.role === null ? undefined : { id: row.user_id, role: row.role, region: row.region };
    return { name: row.name, scopes: row.scopes, ...(user && { user }) };
  }

  reaches(limits: Limits, what: 'contact' | 'account', id: number): Promise<boolean> {
    return what === 'contact' ? isContactWithin(this.sql, limits, id) : isAccountWithin(this.sql, limits, id);
  }

  /** Makes a key. Whoever makes it can hand out only what he may do himself; `granter` undefined is the operator at the machine. */
  async create({ name, scopes, user: email }: KeyInput, actor: string, granter?: Principal): Promise<Result<{ key: string; row: ApiKeyRow }, KeyProblem>> {
    const user = email === undefined ? undefined : await findUser(this.sql, email);
    if (email !== undefined && !user) return err({ kind: 'user_unknown' });
    const wanted = scopes ?? (user ? ['*'] : []);
    const beyondRole = user ? wanted.filter((scope) => scope !== '*' && !roleMay(user.role, scope)) : [];
    if (user && beyondRole.length > 0) return err({ kind: 'beyond_role', role: user.role, scopes: beyondRole });
    const beyond = granter === undefined ? [] : wanted.filter((scope) => !mayHandOut(granter, scope, user));
    if (beyond.length > 0) return err({ kind: 'scope_not_held', scopes: beyond });
    return ok(await this.sql.transaction((sql) => this.insert(sql, { name, scopes: wanted, userId: user?.user_id ?? null }, actor)));
  }

  /** A key with all scopes for an installation that has none yet; undefined where there is one, revoked or not. */
  async ensureFirstKey(): Promise<string | undefined> {
    if (await anyKey(this.sql)) return undefined;
    return this.sql.transaction(async (sql) => {
      await lockKeys(sql);
      if (await anyKey(sql)) return undefined;
      return (await this.insert(sql, { name: 'first key', scopes: ['*'], userId: null }, 'system')).key;
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

  private async insert(sql: Sql, input: { name: string; scopes: readonly string[]; userId: number | null }, actor: string): Promise<{ key: string; row: ApiKeyRow }> {
    const now = this.clock.now();
    const key = newKey();
    const row = await insertKey(sql, { ...input, prefix: key.prefix, hash: key.hash }, now);
    await this.audit.record(sql, { actor, action: 'api_key.created', subjectType: 'api_key', subjectId: String(row.key_id), details: { name: row.name, scopes: row.scopes, ...(row.user_id !== null && { userId: row.user_id }) } }, now);
    return { key: key.text, row };
  }
}

/** '*' hands out everything, so only a key of everything that no role holds back may; an administrator hands out '*' where the user's role cuts it to what he has himself. */
function mayHandOut(granter: Principal, scope: string, user: UserRow | undefined): boolean {
  if (scope !== '*') return mayUse(granter, scope);
  if (!granter.scopes.includes('*')) return false;
  return !granter.user || (granter.user.role === 'admin' && user !== undefined && user.role !== 'officer');
}
