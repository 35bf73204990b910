import { type AccountStageFacts, lookAtStage } from '../../core/account/account-stage.js';
import { engagementOf, fitOf, nextChange, type ScoredPerson, wholePoints } from '../../core/account/score.js';
import type { ScorePolicy } from '../../core/account/score-policy.js';
import type { AccountToScore, NewStageChange, PersonSum, ScoredAccount } from './account-scores.queries.js';

export interface Judgement {
  readonly scored: readonly ScoredAccount[];
  readonly changes: readonly NewStageChange[];
}

/** What is known of a batch of accounts, made into fit, engagement and stage. `fit`: keys of the conditions that hold, by account. */
export function judgeAccounts(rows: readonly AccountToScore[], sums: readonly PersonSum[], fit: ReadonlyMap<number, readonly string[]>, policy: ScorePolicy, epoch: Date, now: Date): Judgement {
  const people = peopleOf(sums);
  const judged = rows.map((row) => judge(row, people.get(row.account_id) ?? [], fit.get(row.account_id) ?? [], policy, epoch, now));
  return { scored: judged.map(({ scored }) => scored), changes: judged.flatMap(({ change }) => (change ? [change] : [])) };
}

function judge(row: AccountToScore, people: readonly ScoredPerson[], met: readonly string[], policy: ScorePolicy, epoch: Date, now: Date): { scored: ScoredAccount; change?: NewStageChange } {
  const fit = fitOf(met, policy.fit);
  const engagement = engagementOf(people, policy.engagement, epoch, now);
  const facts: AccountStageFacts = {
    fit: fit.grade, engagement: engagement.score, roles: engagement.roles.length, openDeal: row.open_opportunities > 0, customer: customerOf(row.lifecycle_stage), trouble: row.trouble,
    lastOrderAt: row.last_won_on === null ? null : new Date(row.last_won_on),
  };
  const before = row.account_stage === null || row.account_stage_since === null ? undefined : { stage: row.account_stage, since: row.account_stage_since, qualifyingSince: row.qualifying_since };
  const look = lookAtStage(before, facts, policy.stages, now);
  const moments = [nextChange(people, policy.engagement, epoch, now), look.nextAt].filter((moment) => moment !== undefined);
  const scored: ScoredAccount = {
    accountId: row.account_id,
    fitScore: fit.score,
    fitGrade: fit.grade,
    fitMet: met,
    engagement: engagement.score,
    points: wholePoints(engagement.score),
    weightedSum: engagement.weightedSum,
    people: engagement.people,
    roles: engagement.roles,
    stage: look.state.stage,
    stageSince: look.state.since,
    qualifyingSince: look.state.qualifyingSince,
    nextLookAt: moments.length === 0 ? null : new Date(Math.min(...moments.map(Number))),
  };
  if (before && !look.move) return { scored };
  const cause = { because: look.move?.because ?? (['placed'] as const), fit: fit.grade, engagement: Math.round(engagement.score * 10) / 10, roles: engagement.roles, openDeal: facts.openDeal, trouble: facts.trouble };
  return { scored, change: { accountId: row.account_id, from: before?.stage ?? null, to: look.state.stage, cause } };
}

/** Rows of one person stand together. */
function peopleOf(sums: readonly PersonSum[]): Map<number, ScoredPerson[]> {
  const byAccount = new Map<number, Map<number, { sums: { halfLifeDays: number; sum: number }[]; roles: PersonSum['roles'] }>>();
  for (const { account_id: account, contact_id: contact, half_life_days: halfLifeDays, sum, roles } of sums) {
    const people = byAccount.get(account) ?? new Map<number, { sums: { halfLifeDays: number; sum: number }[]; roles: PersonSum['roles'] }>();
    byAccount.set(account, people);
    const person = people.get(contact) ?? { sums: [], roles };
    people.set(contact, person);
    person.sums.push({ halfLifeDays, sum });
  }
  return new Map([...byAccount].map(([account, people]) => [account, [...people.values()]]));
}

function customerOf(stage: string | null): AccountStageFacts['customer'] {
  return stage === 'new_customer' || stage === 'loyal_customer' || stage === 'former_customer' ? stage : null;
}
