import { Injectable } from '@nestjs/common';
import type { AccountStage } from '../../core/account/account-stage.js';
import { STAGE_REASONS } from '../../core/account/account-stage-words.js';
import { roleWeight, scoreOfSums } from '../../core/account/score.js';
import { describeRule } from '../../core/rule/describe-rule.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { type PersonSum, readPeopleSums } from './account-scores.queries.js';
import { readState } from './engagement.queries.js';
import { ScorePolicyService } from './score-policy.service.js';
import * as queries from './scores-view.queries.js';

/** Those who weigh most; the sum is of all. */
const MOST_PEOPLE = 20;
const FORMULA = {
  person: 'S = sum of weight * 2^(-age / half-life) over what the person did, at most so many of a kind a day',
  account: '100 * (1 - exp(-k * sum of r(role) * min(S, cap))) over its people',
} as const;

interface Placed {
  readonly account_id: number;
  readonly fit_score: number | null;
  readonly fit_grade: string | null;
  readonly account_stage: string | null;
  readonly account_stage_since: Date | null;
}

/** What an account scores and where it stands, with everything it was worked out from. */
@Injectable()
export class ScoresViewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: ScorePolicyService,
  ) {}

  /** Null where the account was not looked at yet. */
  async of(account: Placed): Promise<unknown> {
    const { account_id: accountId } = account;
    const row = await queries.readAccountScore(this.sql, accountId);
    if (!row) return null;
    const { usable, fields } = await this.policies.inForce();
    const conditions = usable.fit.conditions.map(({ key, points, rule }) => ({
      key, points, counted: row.fit_met.includes(key), nl: describeRule(rule, 'nl', fields, 'account'), en: describeRule(rule, 'en', fields, 'account'),
    }));
    const { k, cap, perDay, engagedAt } = usable.engagement;
    const [change] = await queries.listStageChanges(this.sql, accountId, Number.MAX_SAFE_INTEGER, 1);
    return {
      fit: { score: account.fit_score, grade: account.fit_grade, base: usable.fit.base, conditions },
      engagement: {
        score: Math.round(row.engagement * 10) / 10, weightedSum: round(row.weighted_sum), engagedPeople: row.people, engagedRoles: row.roles,
        formula: { ...FORMULA, k, cap, perDay, engagedAt }, people: await this.people(accountId),
      },
      stage: { stage: account.account_stage, since: account.account_stage_since, ...(change && changeView(change)), qualifyingSince: row.qualifying_since },
      lookedAt: row.looked_at,
      nextLookAt: row.next_look_at,
    };
  }

  history(accountId: number, before: number, limit: number): Promise<queries.StageChangeRow[]> {
    return queries.listStageChanges(this.sql, accountId, before, limit);
  }

  mostEngaged(stage: AccountStage | null, limit: number): Promise<queries.ScoreLine[]> {
    return queries.listMostEngaged(this.sql, stage, limit);
  }

  async stages(limit: number): Promise<{ counts: Record<string, number>; latest: queries.StageChangeRow[] }> {
    const counts = await queries.countStages(this.sql);
    return { counts: Object.fromEntries(counts.map((row) => [row.account_stage, row.accounts])), latest: await queries.listLatestChanges(this.sql, limit) };
  }

  /** Who weighs how much, and by what they did; as of now, where the score itself is of the last look. */
  private async people(accountId: number): Promise<unknown[]> {
    const now = this.clock.now();
    const { usable } = await this.policies.inForce();
    const epoch = new Date((await readState(this.sql)).epoch);
    const byPerson = Map.groupBy(await readPeopleSums(this.sql, [accountId], now), (sum: PersonSum) => sum.contact_id);
    const people = [...byPerson].map(([contactId, sums]) => {
      const roles = sums[0]?.roles ?? [];
      const score = scoreOfSums(sums.map(({ half_life_days: halfLifeDays, sum }) => ({ halfLifeDays, sum })), epoch, now);
      return { contactId, roles, score: round(score), weight: roleWeight(roles, usable.engagement.roles), counts: round(roleWeight(roles, usable.engagement.roles) * Math.min(score, usable.engagement.cap)) };
    });
    const heaviest = people.sort((a, b) => b.counts - a.counts || a.contactId - b.contactId).slice(0, MOST_PEOPLE);
    const did = Map.groupBy(await queries.readKindDays(this.sql, heaviest.map(({ contactId }) => contactId)), (row) => row.contact_id);
    return heaviest.map((person) => ({ ...person, did: (did.get(person.contactId) ?? []).map(({ kind, events, last_day: lastDay }) => ({ kind, events, lastDay })) }));
  }
}

/** A change with its reason in words. */
export function changeView({ at, from_stage: from, to_stage: to, cause }: queries.StageChangeRow): Record<string, unknown> {
  const reasons = cause.because.map((guard) => STAGE_REASONS[guard]);
  return { at, from, to, because: { nl: reasons.map(({ nl }) => nl).join(', '), en: reasons.map(({ en }) => en).join(', ') }, cause };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
