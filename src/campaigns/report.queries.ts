import type { EnrollmentState } from '../core/campaign/transition.js';
import { REASONS } from '../core/decision/reasons.js';
import type { Sql } from '../platform/database/sql.js';

export interface OutcomeRow {
  readonly step: number;
  readonly verdict: number;
  readonly primary_reason: number | null;
  /** Of the message, where there is one. */
  readonly state: string | null;
  /** Whether a more important message ever took its place. */
  readonly lost: boolean;
  readonly count: number;
  [column: string]: unknown;
}

/** What was decided last about each (person, step, occurrence), with what became of the message. */
export function countOutcomes(sql: Sql, campaignId: number, since: Date): Promise<OutcomeRow[]> {
  return sql.many<OutcomeRow>(
    'report.countOutcomes',
    `select d.step, d.verdict, d.reasons[1] as primary_reason, m.state, coalesce(d.lost, false) as lost, count(*)::int as count
       from (
         select distinct on (contact_id, step, occurrence) contact_id, step, occurrence, verdict, reasons,
                bool_or($3::smallint = any(reasons)) over (partition by contact_id, step, occurrence) as lost
           from decisions where campaign_id = $1 and decided_at >= $2
          order by contact_id, step, occurrence, decided_at desc, batch_id desc
       ) d
       left join messages m on m.contact_id = d.contact_id and m.campaign_id = $1 and m.step = d.step and m.occurrence = d.occurrence
      group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`,
    [campaignId, since, REASONS['pressure.lost_arbitration'].number],
  );
}

export interface EnrollmentCountRow {
  readonly state: EnrollmentState;
  readonly end_reason: string | null;
  readonly count: number;
  [column: string]: unknown;
}

export function countEnrollments(sql: Sql, campaignId: number): Promise<EnrollmentCountRow[]> {
  return sql.many<EnrollmentCountRow>(
    'report.countEnrollments',
    `select state, end_reason, count(*)::int as count from enrollments where campaign_id = $1 group by 1, 2 order by 3 desc`,
    [campaignId],
  );
}
