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
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        const seen = await queries.findDraft(sql, contactId, messageId, reach);
        if (!seen) return err({ kind: 'missing' as const });
        await lockBuckets(sql, [seen.bucket]);
        const draft = await queries.findDraft(sql, contactId, messageId, reach);
        if (!draft?.waiting) return draft ? err({ kind: 'not_waiting' as const, state: draft.state }) : err({ kind: 'missing' as const });
        const now = this.clock.now();
        if (verdict === 'approved') await queries.approve(sql, draft.contact_id, messageId, actor, now);
        else await queries.drop(sql, draft.contact_id, messageId);
        await queries.wake(sql, draft, now);
        await this.wakeOthers(sql, draft, verdict, now);
        await queries.closeTask(sql, draft, verdict === 'approved' ? 'done' : 'dropped', verdict, actor, now);
        const { campaign_id: campaignId, step, contact_id: living } = draft;
        await this.audit.record(sql, { actor, action: `message.${verdict}`, subjectType: 'message', subjectId: `${living}/${messageId}`, details: { campaignId, step: step + 1, tier: draft.tier } }, now);
        return ok(undefined);
      }),
    );
  }

  /** Once the first wave is approved the rest goes; a place that becomes free in it is the next one's. */
  private async wakeOthers(sql: Sql, draft: queries.FoundDraft, verdict: Verdict, now: Date): Promise<void> {
    const rule = ruleOfTier((await this.policies.current(sql)).tiers, draft.tier);
    if (draft.tier === null || rule?.approval !== 'first_wave') return;
    if (verdict === 'dropped' || (await queries.countApproved(sql, draft, draft.tier)) >= rule.firstWaveAccounts) await queries.wakeTier(sql, draft, draft.tier, now);
  }
}
