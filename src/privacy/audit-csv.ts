import { stringify } from 'csv-stringify/sync';
import type { AuditRow } from './audit.queries.js';

export function auditCsv(rows: readonly AuditRow[]): string {
  return stringify([['id', 'at', 'actor', 'action', 'subject', 'details'], ...rows.map((row) => [row.audit_id, row.at.toISOString(), row.actor, row.action, `${row.subject_type} ${row.subject_id ?? ''}`.trim(), JSON.stringify(row.details)])], { escape_formulas: true });
}
