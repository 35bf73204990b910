import { escapeLike } from '../core/rule/escape-like.js';
import type { Sql } from '../platform/database/sql.js';

export interface AuditRow {
  audit_id: number;
  at: Date;
  actor: string;
  action: string;
  subject_type: string;
  subject_id: string | null;
  details: Record<string, unknown>;
}

export interface AuditFilter {
  readonly subjectType?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Words that stand anywhere in an entry. */
  readonly text?: string | undefined;
}

export async function insertAuditEntries(
  sql: Sql,
  entries: readonly { actor: string; action: string; subjectType: string; subjectId: string | null; details: Record<string, unknown> }[],
  now: Date,
): Promise<void> {
  await sql.exec(
    'privacy.insertAuditEntries',
    `insert into audit_entries (at, actor, action, subject_type, subject_id, details)
     select $1, actor, action, subject_type, subject_id, details
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) as entry (actor, action, subject_type, subject_id, details)`,
    [
      now,
      entries.map((entry) => entry.actor),
      entries.map((entry) => entry.action),
      entries.map((entry) => entry.subjectType),
      entries.map((entry) => entry.subjectId),
      entries.map((entry) => JSON.stringify(entry.details)),
    ],
  );
}

/** Newest first, below the given id. */
export function listAuditEntries(sql: Sql, filter: AuditFilter, before: number, limit: number): Promise<AuditRow[]> {
  return sql.many<AuditRow>(
    'privacy.listAuditEntries',
    `select audit_id, at, actor, action, subject_type, subject_id, details from audit_entries
     where audit_id < $1
       and ($2::text is null or subject_type = $2) and ($3::text is null or subject_id = $3)
       and ($4::text is null or actor = $4) and ($5::text is null or action = $5) and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
       and ($9::text is null or lower(actor || ' ' || action || ' ' || subject_type || ' ' || coalesce(subject_id, '') || ' ' || details::text) like $9)
     order by audit_id desc limit $6`,
    [before, filter.subjectType ?? null, filter.subjectId ?? null, filter.actor ?? null, filter.action ?? null, limit, filter.from ?? null, filter.until ?? null, filter.text === undefined ? null : `%${escapeLike(filter.text.toLowerCase())}%`],
  );
}
