import type { AccountStage } from '../../core/account/account-stage.js';
import type { FitGrade } from '../../core/account/score-policy.js';
import type { Sql } from '../../platform/database/sql.js';
import type { StageCause } from './account-scores.queries.js';

export interface AccountScoreRow {
  fit_met: string[];
  engagement: number;
  weighted_sum: number;
  people: number;
  roles: string[];
  qualifying_since: Date | null;
  looked_at: Date;
  next_look_at: Date | null;
}

export function readAccountScore(sql: Sql, accountId: number): Promise<AccountScoreRow | undefined> {
  return sql.maybe<AccountScoreRow & Record<string, unknown>>('scoresView.read', 'select fit_met, engagement, weighted_sum, people, roles, qualifying_since, looked_at, next_look_at from account_scores where account_id = $1', [accountId]);
}

export interface StageChangeRow {
  change_id: number;
  account_id: number;
  account_name: string | null;
  at: Date;
  from_stage: AccountStage | null;
  to_stage: AccountStage;
  cause: StageCause;
}

const CHANGE = 'select h.change_id, h.account_id, a.name as account_name, h.at, h.from_stage, h.to_stage, h.cause from account_stage_changes h left join accounts a using (account_id)';

/** Newest first, below the given id. */
export function listStageChanges(sql: Sql, accountId: number, before: number, limit: number): Promise<StageChangeRow[]> {
  return sql.many<StageChangeRow & Record<string, unknown>>('scoresView.stageChanges', `${CHANGE} where h.account_id = $1 and h.change_id < $2 order by h.change_id desc limit $3`, [accountId, before, limit]);
}

/** What happened last, of any account that is there. */
export function listLatestChanges(sql: Sql, limit: number): Promise<StageChangeRow[]> {
  return sql.many<StageChangeRow & Record<string, unknown>>('scoresView.latestChanges', `${CHANGE} where a.account_id is not null and h.from_stage is not null order by h.at desc, h.change_id desc limit $1`, [limit]);
}

export function countStages(sql: Sql): Promise<{ account_stage: AccountStage; accounts: number }[]> {
  return sql.many('scoresView.countStages', 'select account_stage, count(*) as accounts from accounts where account_stage is not null group by 1');
}

export interface ScoreLine {
  account_id: number;
  name: string;
  fit_score: number | null;
  fit_grade: FitGrade | null;
  engagement_score: number | null;
  account_stage: AccountStage | null;
  account_stage_since: Date | null;
}

/** Those who are engaged most, in one stage or any. */
export function listMostEngaged(sql: Sql, stage: AccountStage | null, limit: number): Promise<ScoreLine[]> {
  return sql.many<ScoreLine & Record<string, unknown>>(
    'scoresView.mostEngaged',
    `select account_id, name, fit_score, fit_grade, engagement_score, account_stage, account_stage_since from accounts where engagement_score is not null and ($1::text is null or account_stage = $1)
      order by engagement_score desc, fit_score desc, account_id limit $2`,
    [stage, limit],
  );
}

export interface KindDays {
  contact_id: number;
  kind: string;
  events: number;
  last_day: string;
}

/** What counted of these people, by kind. */
export function readKindDays(sql: Sql, contactIds: readonly number[]): Promise<KindDays[]> {
  return sql.many<KindDays & Record<string, unknown>>(
    'scoresView.kindDays',
    'select contact_id, kind, sum(count)::integer as events, max(day)::text as last_day from engagement_days where contact_id = any($1) group by 1, 2 order by 1, 2',
    [contactIds],
  );
}
