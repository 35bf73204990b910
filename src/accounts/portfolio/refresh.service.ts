import { Injectable } from '@nestjs/common';
import type { PortfolioPolicy } from '../../core/account/portfolio-policy.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { readHorizon } from '../../platform/database/horizon.queries.js';
import { limitTime } from '../../platform/database/limit-time.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { leavingRoom } from '../../platform/schedule/leaving-room.js';
import { AuditService } from '../../privacy/audit.service.js';
import { readState, tryLockRefresh, writeState } from './refresh.queries.js';
import { PortfolioPolicyService } from './policy.service.js';
import * as queries from './portfolio.queries.js';

/** Stretches are transactions of their own: short ones hold up nobody, and between them whoever waits has his turn. */
const STRETCH = 2_000;
const AT_ONCE = 1_000;
const PREVIEW_MS = 60_000;
const QUERY_CANCELED = '57014';

export interface RefreshReport {
  /** Rows that were written, because something about them changed. */
  readonly contacts: number;
  readonly accounts: number;
  readonly cuts: queries.RfmCuts;
}

export interface PolicyPreview {
  readonly changes: readonly queries.Change[];
  readonly cuts: queries.RfmCuts;
}

/** Works out stages and RFM of everybody from their orders, and of single people soon after they order. */
@Injectable()
export class PortfolioRefreshService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: PortfolioPolicyService,
    private readonly audit: AuditService,
  ) {}

  /** Everybody; undefined while somebody else is doing the same. */
  async refreshAll(by: string): Promise<RefreshReport | undefined> {
    // The outer transaction only holds the lock; it takes no snapshot that outlives a statement.
    return this.sql.transaction(async (holder) => {
      if (!(await tryLockRefresh(holder))) return undefined;
      const [policy, now] = [await this.policies.current(), this.clock.now()];
      const cursor = await readHorizon(this.sql);
      const cuts = await queries.readCuts(this.sql, policy, now);
      // Accounts first: people who never ordered themselves take the stage of their account.
      const accounts = await retryConflicts(() => queries.refreshAccounts(this.sql, policy, now));
      const contacts = await this.refreshStretches(policy, cuts, now);
      await writeState(this.sql, { cuts, cursor, refreshedAt: now.toISOString() }, now);
      if (by !== 'system') await this.audit.record(this.sql, { actor: by, action: 'portfolio.refreshed', subjectType: 'portfolio', details: { contacts, accounts } }, now);
      return { contacts, accounts, cuts };
    });
  }

  /** Those who ordered or showed interest since the last time, by the quintiles of the last refresh; everybody when that was before `dueSince`, or never. */
  async refreshRecent(dueSince: Date): Promise<{ contacts: number; everybody: boolean }> {
    const state = await readState(this.sql);
    if (!state || new Date(state.refreshedAt) < dueSince) {
      const report = await this.refreshAll('system');
      return { contacts: report?.contacts ?? 0, everybody: true };
    }
    return this.sql.transaction(async (holder) => {
      if (!(await tryLockRefresh(holder))) return { contacts: 0, everybody: false };
      const [policy, now, horizon] = [await this.policies.current(), this.clock.now(), await readHorizon(this.sql)];
      const names = [...new Set([...policy.orders.events, ...policy.contacts.lead.events])];
      const active = await queries.listActive(this.sql, names, state.cursor, horizon);
      let contacts = 0;
      for (let start = 0; start < active.length; start += AT_ONCE) {
        const contactIds = active.slice(start, start + AT_ONCE);
        contacts += await leavingRoom(() => retryConflicts(() => queries.refreshContacts(this.sql, policy, state.cuts, { contactIds }, now)));
      }
      if (horizon !== state.cursor) await writeState(this.sql, { ...state, cursor: horizon }, now);
      return { contacts, everybody: false };
    });
  }

  /** What would change under this policy, in numbers; writes nothing. */
  async preview(policy: PortfolioPolicy): Promise<Result<PolicyPreview, { readonly kind: 'preview_slow'; readonly seconds: number }>> {
    try {
      return ok(
        await this.sql.transaction(async (sql) => {
          await limitTime(sql, PREVIEW_MS);
          const now = this.clock.now();
          const cuts = await queries.readCuts(sql, policy, now);
          return { changes: await queries.previewChanges(sql, policy, cuts, now), cuts };
        }),
      );
    } catch (error) {
      if ((error as { code?: string }).code !== QUERY_CANCELED) throw error;
      return err({ kind: 'preview_slow', seconds: PREVIEW_MS / 1_000 });
    }
  }

  private async refreshStretches(policy: PortfolioPolicy, cuts: queries.RfmCuts, now: Date): Promise<number> {
    let changed = 0;
    for (let after = 0; ; ) {
      const upTo = await queries.stretchEnd(this.sql, after, STRETCH);
      if (upTo === undefined) return changed;
      const extent = { after, upTo };
      changed += await leavingRoom(() => retryConflicts(() => queries.refreshContacts(this.sql, policy, cuts, extent, now)));
      after = upTo;
    }
  }
}
