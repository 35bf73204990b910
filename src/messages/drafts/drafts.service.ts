import { Injectable } from '@nestjs/common';
import { ruleOfTier } from '../../core/account/tiers.js';
import type { Reach } from '../../core/shared/reach.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { lockBuckets } from '../../decisions/buckets.queries.js';
import { PoliciesService } from '../../decisions/policies.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import * as queries from './drafts.queries.js';

export type DraftProblem = { readonly kind: 'missing' } | { readonly kind: 'not_waiting'; readonly state: string };
export type Verdict = 'approved' | 'dropped';

/** What waits at a step of a campaign: of one account, or of all. */
export interface Wave {
  readonly campaign: string;
  /** As people count: the first is 1. */
  readonly step: number;
  readonly account?: number | undefined;
  readonly count: number;
}
export type WaveProblem = { readonly kind: 'campaign_missing' | 'account_missing' } | { readonly kind: 'too_many'; readonly most: number } | { readonly kind: 'another_count'; readonly waiting: number };

/** Their buckets are held meanwhile, and all of them stand in one entry of the trail. */
const MOST_AT_ONCE = 5_000;

/** Mail that waits for a human. Approved, it is planned like any other: the gate is asked again, and an approval answers nothing but whether somebody saw it. */
@Injectable()
export class DraftsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: PoliciesService,
    private readonly audit: AuditService,
  ) {}

  list(filter: queries.DraftFilter, reach: Reach, after: readonly [Date, number], limit: number): Promise<queries.DraftRow[]> {
    return queries.listDrafts(this.sql, filter, reach, after, limit);
  }

  /** Says what becomes of a draft; of two who say it at once the first is heard. */
  settle(contactId: number, messageId: number, verdict: Verdict, actor: string, reach: Reach): Promise<Result<undefined, DraftProblem>> {
    return this.locked(
      async (sql) => [await queries.findDraft(sql, contactId, messageId, reach)].filter((one) => one !== undefined),
      async (sql, [draft]) => {
        if (!draft) return err({ kind: 'missing' as const });
        if (!draft.waiting) return err({ kind: 'not_waiting' as const, state: draft.state });
        const now = this.clock.now();
        await this.carryOut(sql, [draft], verdict, actor, now);
        const { campaign_id: campaignId, step } = draft;
        await this.audit.record(sql, { actor, action: `message.${verdict}`, subjectType: 'message', subjectId: nameOf(draft), details: { campaignId, step: step + 1, tier: draft.tier } }, now);
        return ok(undefined);
      },
    );
  }

  /**
   * Approves all that waits at a step, as far as the approver sees it. He says how many he saw: where others came or went since, nothing is approved that
   * nobody looked at. Asked again, nothing waits and nothing happens; what was dropped stays dropped. Gives how many.
   */
  async approveWave({ campaign, step, account, count }: Wave, actor: string, reach: Reach): Promise<Result<number, WaveProblem>> {
    const place = await queries.findPlace(this.sql, campaign, account, reach);
    if (!place) return err({ kind: 'campaign_missing' });
    if (account !== undefined && place.account_id === null) return err({ kind: 'account_missing' });
    const campaignId = place.campaign_id;
    return this.locked(
      (sql) => queries.findWave(sql, { campaignId, step: step - 1, accountId: account }, reach, MOST_AT_ONCE + 1),
      async (sql, drafts) => {
        if (drafts.length > MOST_AT_ONCE) return err({ kind: 'too_many' as const, most: MOST_AT_ONCE });
        if (drafts.length === 0) return ok(0);
        if (drafts.length !== count) return err({ kind: 'another_count' as const, waiting: drafts.length });
        const now = this.clock.now();
        await this.carryOut(sql, drafts, 'approved', actor, now);
        const details = { campaignId, step, count, ...(account !== undefined && { accountId: account }), drafts: drafts.map(nameOf) };
        await this.audit.record(sql, { actor, action: 'campaign.wave_approved', subjectType: 'campaign', subjectId: campaign, details }, now);
        return ok(count);
      },
    );
  }

  /** Does something with drafts that are read again once their buckets are held: until then others may settle them. */
  private locked<T>(read: (sql: Sql) => Promise<queries.FoundDraft[]>, work: (sql: Sql, drafts: readonly queries.FoundDraft[]) => Promise<T>): Promise<T> {
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        const buckets = new Set((await read(sql)).map(({ bucket }) => bucket));
        if (buckets.size > 0) await lockBuckets(sql, [...buckets]);
        return work(sql, buckets.size === 0 ? [] : (await read(sql)).filter(({ bucket }) => buckets.has(bucket)));
      }),
    );
  }

  private async carryOut(sql: Sql, drafts: readonly queries.FoundDraft[], verdict: Verdict, actor: string, now: Date): Promise<void> {
    if (verdict === 'approved') await queries.approve(sql, drafts, actor, now);
    else await queries.drop(sql, drafts);
    await queries.wake(sql, drafts, now);
    await this.wakeOthers(sql, drafts, verdict, now);
    await queries.closeTasks(sql, drafts, verdict === 'approved' ? 'done' : 'dropped', verdict, actor, now);
  }

  /** Once the first wave is approved the rest goes; a place that becomes free in it is the next one's. */
  private async wakeOthers(sql: Sql, drafts: readonly queries.FoundDraft[], verdict: Verdict, now: Date): Promise<void> {
    const { tiers } = await this.policies.current(sql);
    const waves = new Map<string, queries.TierWave>();
    for (const { campaign_id: campaignId, step, occurrence, tier } of drafts) {
      const rule = ruleOfTier(tiers, tier);
      if (tier === null || rule?.approval !== 'first_wave') continue;
      waves.set(`${occurrence}.${tier}`, { campaignId, step, occurrence, tier, enough: verdict === 'dropped' ? 0 : rule.firstWaveAccounts });
    }
    if (waves.size > 0) await queries.wakeTiers(sql, [...waves.values()], now);
  }
}

function nameOf({ contact_id: contactId, message_id: messageId }: queries.FoundDraft): string {
  return `${contactId}/${messageId}`;
}
