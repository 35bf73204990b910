import type { AccountStage, StageGuard } from '../../core/account/account-stage.js';
import type { BuyingGroupRole } from '../../core/account/buying-group.js';
import type { FitCondition, FitGrade } from '../../core/account/score-policy.js';
import { compileRule, type CompileOptions } from '../../core/rule/compile-rule.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';

export interface AccountToScore {
  account_id: number;
  lifecycle_stage: string | null;
  open_opportunities: number;
  last_won_on: string | null;
  trouble: boolean;
  account_stage: AccountStage | null;
  account_stage_since: Date | null;
  qualifying_since: Date | null;
}

/** Severe matters and unhappy deciders hold the whole account: tasks/holds puts them there. */
const TROUBLE = `exists (select from account_holds h where h.account_id = a.account_id and h.kind in ('complaint', 'ticket', 'detractor') and h.closed_at is null and h.retracted_at is null and (h.ends_at is null or h.ends_at > $2))`;

/** Locked when they are going to be written. */
export function readAccountsToScore(sql: Sql, accountIds: readonly number[], now: Date, purpose: 'writing' | 'reading' = 'writing'): Promise<AccountToScore[]> {
  return sql.many<AccountToScore & Record<string, unknown>>(
    'scores.readAccounts',
    `select a.account_id, a.lifecycle_stage, a.open_opportunities, a.last_won_on, ${TROUBLE} as trouble, a.account_stage, a.account_stage_since, s.qualifying_since
       from accounts a left join account_scores s using (account_id) where a.account_id = any($1) order by a.account_id ${purpose === 'writing' ? 'for update of a' : ''}`,
    [accountIds, now],
  );
}

export interface PersonSum {
  account_id: number;
  contact_id: number;
  half_life_days: number;
  sum: number;
  roles: BuyingGroupRole[];
}

/** What the people of these accounts did, with the parts they play now. */
export function readPeopleSums(sql: Sql, accountIds: readonly number[], now: Date): Promise<PersonSum[]> {
  return sql.many<PersonSum & Record<string, unknown>>(
    'scores.readPeople',
    `select c.account_id, c.contact_id, s.half_life_days, s.sum,
            array(select distinct b.role from buying_group_members b where b.contact_id = c.contact_id and b.account_id = c.account_id and b.valid_from <= $2 and (b.valid_to is null or b.valid_to > $2)) as roles
       from contacts c join contact_engagement s using (contact_id) where c.account_id = any($1) order by c.account_id, c.contact_id, s.half_life_days`,
    [accountIds, now],
  );
}

/** Which conditions of fit hold for which of these accounts; without ids: for all. One statement, each condition as a rule compiles. */
export async function readFit(sql: Sql, conditions: readonly FitCondition[], options: Omit<CompileOptions, 'scope' | 'params'>): Promise<{ account_id: number; met: string[] }[]> {
  const params = new Parameters();
  const selects = conditions.flatMap(({ key, rule }) => {
    const compiled = compileRule(rule, { ...options, scope: 'account', params });
    return compiled.ok ? [`select account_id, ${params.add(key, 'text')} as key from (${compiled.value.text}) holds`] : [];
  });
  if (selects.length === 0) return [];
  return sql.many('scores.readFit', `select account_id, array_agg(key order by key) as met from (${selects.join(' union all ')}) met group by account_id`, params.values);
}

/**
 * The oldest of those to look at, and of those whose time has come; taken first and read after. Taken up to the last of them, not one by one: of a queue that was
 * empty when the statistics were made the planner would read all for each that it takes (0.7 s for 500 while 2,000 events a second came in).
 */
export async function takeAccounts(sql: Sql, now: Date, limit: number): Promise<number[]> {
  const queued = await sql.many<{ account_id: number }>(
    'scores.takeQueued',
    `with taken as (delete from account_score_queue where queue_id <= (select max(queue_id) from (select queue_id from account_score_queue order by queue_id limit $1) oldest) returning account_id) select distinct account_id from taken`,
    [limit],
  );
  const due = await sql.many<{ account_id: number }>('scores.takeDue', 'select account_id from account_scores where next_look_at <= $1 order by next_look_at limit $2', [now, limit]);
  return [...new Set([...queued, ...due].map((row) => row.account_id))];
}

export function queueEverybody(sql: Sql): Promise<number> {
  return sql.exec('scores.queueEverybody', 'insert into account_score_queue (account_id) select account_id from accounts order by account_id');
}

export interface ScoredAccount {
  readonly accountId: number;
  readonly fitScore: number;
  readonly fitGrade: FitGrade;
  readonly fitMet: readonly string[];
  readonly engagement: number;
  readonly points: number;
  readonly weightedSum: number;
  readonly people: number;
  readonly roles: readonly string[];
  readonly stage: AccountStage;
  readonly stageSince: Date;
  readonly qualifyingSince: Date | null;
  readonly nextLookAt: Date | null;
}

export async function storeScores(sql: Sql, accounts: readonly ScoredAccount[], now: Date): Promise<void> {
  await sql.exec(
    'scores.store',
    `insert into account_scores as s (account_id, fit_met, engagement, weighted_sum, people, roles, qualifying_since, looked_at, next_look_at)
     select account_id, array(select jsonb_array_elements_text(fit_met)), engagement, weighted_sum, people, array(select jsonb_array_elements_text(roles)), qualifying_since, $2, next_look_at
       from jsonb_to_recordset($1) as row (account_id bigint, fit_met jsonb, engagement double precision, weighted_sum double precision, people integer, roles jsonb, qualifying_since timestamptz, next_look_at timestamptz)
     on conflict (account_id) do update set fit_met = excluded.fit_met, engagement = excluded.engagement, weighted_sum = excluded.weighted_sum, people = excluded.people, roles = excluded.roles,
       qualifying_since = excluded.qualifying_since, looked_at = excluded.looked_at, next_look_at = excluded.next_look_at`,
    [JSON.stringify(accounts.map((one) => ({ account_id: one.accountId, fit_met: one.fitMet, engagement: one.engagement, weighted_sum: one.weightedSum, people: one.people, roles: one.roles, qualifying_since: one.qualifyingSince, next_look_at: one.nextLookAt }))), now],
  );
}

/** What rules and tables see; only what differs, because each row written is looked at by live segments. */
export function writeAccounts(sql: Sql, accounts: readonly ScoredAccount[]): Promise<number> {
  return sql.exec(
    'scores.writeAccounts',
    `update accounts a set fit_score = n.fit_score, fit_grade = n.fit_grade, engagement_score = n.engagement_score, account_stage = n.account_stage, account_stage_since = n.since
       from unnest($1::bigint[], $2::smallint[], $3::text[], $4::smallint[], $5::text[], $6::timestamptz[]) as n (account_id, fit_score, fit_grade, engagement_score, account_stage, since)
      where a.account_id = n.account_id
        and (a.fit_score, a.fit_grade, a.engagement_score, a.account_stage, a.account_stage_since) is distinct from (n.fit_score, n.fit_grade, n.engagement_score, n.account_stage, n.since)`,
    [accounts.map((one) => one.accountId), accounts.map((one) => one.fitScore), accounts.map((one) => one.fitGrade), accounts.map((one) => one.points), accounts.map((one) => one.stage), accounts.map((one) => one.stageSince)],
  );
}

/** Why an account moved, on what was known then. */
export interface StageCause {
  readonly because: readonly (StageGuard | 'placed')[];
  readonly fit: FitGrade;
  readonly engagement: number;
  readonly roles: readonly string[];
  readonly openDeal: boolean;
  readonly trouble: boolean;
}

export interface NewStageChange {
  readonly accountId: number;
  readonly from: AccountStage | null;
  readonly to: AccountStage;
  readonly cause: StageCause;
}

export async function insertStageChanges(sql: Sql, changes: readonly NewStageChange[], now: Date): Promise<void> {
  if (changes.length === 0) return;
  await sql.exec(
    'scores.insertStageChanges',
    `insert into account_stage_changes (account_id, at, from_stage, to_stage, cause) select account_id, $5, was, becomes, cause from unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[]) as c (account_id, was, becomes, cause) order by account_id`,
    [changes.map(({ accountId }) => accountId), changes.map(({ from }) => from), changes.map(({ to }) => to), changes.map(({ cause }) => JSON.stringify(cause)), now],
  );
}
