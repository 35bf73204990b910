import type { BalancingInput } from '../core/consent/balancing.js';
import type { Sql } from '../platform/database/sql.js';

export interface BalancingRow {
  purpose: string;
  version: number;
  interest: string;
  necessity: string;
  balance: string;
  safeguards: string;
  assessed_by: string;
  assessed_on: string;
  review_on: string;
  recorded_at: Date;
  recorded_by: string;
}

const COLUMNS = `purpose, version, interest, necessity, balance, safeguards, assessed_by, assessed_on::text as assessed_on, review_on::text as review_on, recorded_at, recorded_by`;

/** The next version, and what the purpose shows of it. The purpose is locked. */
export async function insertAssessment(sql: Sql, purpose: string, input: BalancingInput, text: string, by: string, now: Date): Promise<BalancingRow> {
  return sql.one<BalancingRow & Record<string, unknown>>(
    'consent.insertAssessment',
    `with shown as (update purposes set balancing_assessment = $9, updated_at = $10 where purpose = $1)
     insert into balancing_assessments (purpose, version, interest, necessity, balance, safeguards, assessed_by, assessed_on, review_on, recorded_at, recorded_by)
     values ($1, 1 + coalesce((select max(version) from balancing_assessments where purpose = $1), 0), $2, $3, $4, $5, $6, $7, $8, $10, $11) returning ${COLUMNS}`,
    [purpose, input.interest, input.necessity, input.balance, input.safeguards, input.assessedBy, input.assessedOn, input.reviewOn, text, now, by],
  );
}

export function listAssessments(sql: Sql, purpose: string): Promise<BalancingRow[]> {
  return sql.many<BalancingRow & Record<string, unknown>>('consent.listAssessments', `select ${COLUMNS} from balancing_assessments where purpose = $1 order by version desc`, [purpose]);
}
