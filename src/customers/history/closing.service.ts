import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_PORTFOLIO_POLICY, portfolioPolicy } from '../../core/account/portfolio-policy.js';
import type { ComputedAttribute } from '../../core/attribute/compile-computation.js';
import { DAY } from '../../core/rule/bounds.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import * as queries from './closing.queries.js';
import { lockHistory, noteLast, readComputed, rollUp, waitForHistory } from './history.queries.js';
import { HistoryService } from './history.service.js';
import { joinMerged, keepMergedDays, partMerged } from './merged-history.queries.js';

const MONTHS_AHEAD = 12;

/**
 * Raw events go after some months; what was made of them stays: the roll-up by day as it is, and for each computed attribute without a window
 * what the events gave to it. A rule about events asks the raw ones: "ever" reaches back as far as they do. From then on the time before is closed: an event that arrives for it later is stored, counted nowhere, and goes the next night.
 */
@Injectable()
export class ClosingService {
  constructor(
    private readonly sql: Sql,
    private readonly history: HistoryService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'eventRetentionMonths'>,
  ) {}

  async prepareMonths(now: Date): Promise<void> {
    const until = monthStart(now, MONTHS_AHEAD);
    await this.sql.transaction((sql) => queries.createEventMonths(sql, now, until));
    await this.sql.transaction((sql) => queries.createDecisionMonths(sql, now, until));
  }

  /** How many events would go now. */
  async countOld(now: Date): Promise<number> {
    return this.config.eventRetentionMonths === 0 ? 0 : queries.countBefore(this.sql, this.momentFor(now, await readComputed(this.sql)));
  }

  /** Closes the months that are over their time. Everything in one transaction: there is no moment at which a value lacks what went. `went` is told how many events, in it. */
  async closeOldMonths(now: Date, went: (sql: Sql, events: number) => Promise<void> = () => Promise.resolve()): Promise<{ dropped: string[]; closedBefore: Date | undefined }> {
    if (this.config.eventRetentionMonths === 0) return { dropped: [], closedBefore: undefined };
    return this.sql.transaction(async (sql) => {
      await waitForHistory(sql);
      const computed = await readComputed(sql);
      const before = this.momentFor(now, computed);
      const months = await queries.listExpired(sql, before);
      if (months.length === 0 && !(await queries.anyBefore(sql, before))) return { dropped: [], closedBefore: undefined };
      await queries.lockMonths(sql, months);
      await this.history.takeInLocked(sql, now);
      const history = await lockHistory(sql);
      // Whoever wrote to these months is done, but a slow transaction elsewhere may hold the cursor back: the rest of them is counted here.
      const rest = { from: history.cursor_xid, to: undefined, table: `(select * from events where occurred_at < '${before.toISOString()}'::timestamptz)` };
      await rollUp(sql, rest, history);
      await noteLast(sql, rest);
      await queries.markMembers(sql, before);
      await keepMergedDays(sql, history, before);
      await partMerged(sql, months, before);
      for (const attribute of computed) if (attribute.computation.withinDays === undefined) await queries.keepResidues(sql, attribute, history.closed_before, before);
      const orders = (await queries.readOrderPolicy(sql)) ?? DEFAULT_PORTFOLIO_POLICY.orders;
      await queries.keepOrders(sql, portfolioPolicy.shape.orders.parse(orders), history.closed_before, before);
      await joinMerged(sql, before);
      if (before > history.closed_before) await queries.closeHistory(sql, before);
      await went(sql, await queries.countBefore(sql, before));
      await queries.dropMonths(sql, months);
      await queries.deleteStragglers(sql, before);
      return { dropped: months, closedBefore: before };
    });
  }

  private momentFor(now: Date, computed: readonly ComputedAttribute[]): Date {
    return closingMoment(now, this.config.eventRetentionMonths, Math.max(0, ...computed.map(({ computation }) => computation.withinDays ?? 0)));
  }
}

/** The beginning of the month (UTC, as the tables are cut) before which nothing is needed: not by the retention, and not by the longest window. */
export function closingMoment(now: Date, months: number, longestWindowDays: number): Date {
  const byRetention = monthStart(now, -months);
  const byWindow = monthStart(new Date(now.getTime() - (longestWindowDays + 1) * DAY), 0);
  return byWindow < byRetention ? byWindow : byRetention;
}

function monthStart(moment: Date, months: number): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + months, 1));
}
