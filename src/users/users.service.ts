import { Injectable } from '@nestjs/common';
import type { Role } from '../core/shared/roles.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { listUsers, lockUser, storeUser, type UserRow } from './users.queries.js';

export interface UserChange {
  readonly email: string;
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly region?: string | null | undefined;
}

/** Colleagues: who owns accounts, in which region, and in which role he may do what. */
@Injectable()
export class UsersService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  list(after: number, limit: number): Promise<UserRow[]> {
    return listUsers(this.sql, after, limit);
  }

  /** Adds a colleague, or changes what is named. His keys can do what his role may from the next request on. */
  save({ email, name, role, region }: UserChange, actor: string): Promise<UserRow> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const before = await lockUser(sql, email);
      const after = await storeUser(sql, { email, name: name ?? before?.name ?? email, role: role ?? before?.role ?? 'account_manager', region: region === undefined ? (before?.region ?? null) : region }, now);
      const details = { from: before && { role: before.role, region: before.region }, to: { role: after.role, region: after.region } };
      await this.audit.record(sql, { actor, action: before ? 'user.changed' : 'user.added', subjectType: 'user', subjectId: String(after.user_id), details }, now);
      return after;
    });
  }
}
