import { compileFresh, contribution, type EngagementStatement, inEpoch } from '../../core/account/compile-engagement.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';
import type { PersonSum } from './account-scores.queries.js';

export async function accountsAfter(sql: Sql, after: number, limit: number): Promise<number[]> {
  const rows = await sql.many<{ account_id: number }>('scorePreview.accounts', 'select account_id from accounts where account_id > $1 order by account_id limit $2', [after, limit]);
  return rows.map((row) => row.account_id);
}

export interface ScoredNow {
  account_id: number;
  fit_grade: string | null;
  engagement_score: number | null;
  account_stage: string | null;
}

export function readScored(sql: Sql, accountIds: readonly number[]): Promise<ScoredNow[]> {
  return sql.many<ScoredNow & Record<string, unknown>>('scorePreview.scored', 'select account_id, fit_grade, engagement_score, account_stage from accounts where account_id = any($1)', [accountIds]);
}

/** As readPeopleSums, under other kinds: added up from the events themselves. */
export function readPeopleAnew(sql: Sql, accountIds: readonly number[], statement: Omit<EngagementStatement, 'extent'>): Promise<PersonSum[]> {
  const params = new Parameters();
  const fresh = compileFresh({ ...statement, extent: `c.account_id = any(${params.add(accountIds, 'bigint[]')})` }, params);
  const [perDay, epoch, moment] = [params.add(statement.policy.perDay, 'integer'), params.add(statement.epoch, 'date'), params.add(statement.now, 'timestamptz')];
  return sql.many<PersonSum & Record<string, unknown>>(
    'scorePreview.people',
    `with ${fresh}
     select c.account_id, c.contact_id, k.half_life as half_life_days, sum(k.weight * ${inEpoch('f.day', epoch, 'k.half_life')} * ${contribution('f.count', 'f.mass', perDay)}) as sum,
            array(select distinct b.role from buying_group_members b where b.contact_id = c.contact_id and b.account_id = c.account_id and b.valid_from <= ${moment} and (b.valid_to is null or b.valid_to > ${moment})) as roles
       from fresh f join kinds k using (kind) join contacts c using (contact_id) group by c.account_id, c.contact_id, k.half_life order by 1, 2, 3`,
    params.values,
  );
}
