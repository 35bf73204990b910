import { Injectable } from '@nestjs/common';
import { Sql } from '../platform/database/sql.js';
import { type AuditFilter, type AuditRow, insertAuditEntries, listAuditEntries } from './audit.queries.js';

/** Who did what to whom. Ids and keys only, never addresses or names: the trail outlives the people in it. */
export interface AuditEntry {
  /** 'key:<name>', 'operator', 'self' (the person, through a link), 'system'. */
  readonly actor: string;
  /** '<subject>.<what happened>', e.g. 'purpose.changed'. */
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId?: string | undefined;
  readonly details?: Record<string, unknown> | undefined;
}

@Injectable()
export class AuditService {
  constructor(private readonly sql: Sql) {}

  /** Writes in the caller's transaction: what is undone leaves no trace, and nothing done lacks one. */
  async record(sql: Sql, entry: AuditEntry | readonly AuditEntry[], now: Date): Promise<void> {
    const entries = Array.isArray(entry) ? (entry as readonly AuditEntry[]) : [entry as AuditEntry];
    if (entries.length === 0) return;
    await insertAuditEntries(sql, entries.map((one) => ({ ...one, subjectId: one.subjectId ?? null, details: one.details ?? {} })), now);
  }

  list(filter: AuditFilter, before: number, limit: number): Promise<AuditRow[]> {
    return listAuditEntries(this.sql, filter, before, limit);
  }
}
