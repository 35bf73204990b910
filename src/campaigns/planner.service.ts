import { Inject, Injectable } from '@nestjs/common';
import type { Taking } from '../decisions/buckets.queries.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { finishCampaigns } from './campaigns.queries.js';
import { CampaignProblemsService } from './campaign-problems.service.js';
import { packBuckets } from './pack-buckets.js';
import { type BatchReport, PlanBatchService } from './plan-batch.service.js';
import { findNextDue, listDueBuckets, listRunning } from './planner.queries.js';

/** What planning did, in enrollments. */
export interface PlanReport {
  readonly people: number;
  readonly queued: number;
  readonly deferred: number;
  readonly review: number;
  readonly denied: number;
  /** Transactions that lost against another one and were done again. */
  readonly retries: number;
}

const CONFLICT_ATTEMPTS = 8;

/** Plans what is due: who gets the mail of their step, who later, who not. */
@Injectable()
export class PlannerService {
  constructor(
    private readonly sql: Sql,
    private readonly batches: PlanBatchService,
    private readonly problems: CampaignProblemsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Plans everything that is due, or about `limit` people of it; also what becomes due by it at the same moment. */
  async planDue(now: Date, options: { readonly limit?: number } = {}): Promise<PlanReport> {
    const total = new Total();
    const enough = (): boolean => total.people >= (options.limit ?? Infinity);
    for (;;) {
      const before = total.people;
      const held: number[] = [];
      for (const buckets of await this.duePacks(now)) {
        held.push(...(await this.planFree(buckets, now, total)));
        if (enough()) return total;
      }
      await this.planHeld(held, now, total);
      if (enough()) return total;
      if (total.people === before) break;
    }
    await this.finishEnded(now);
    return total;
  }

  /** Batches of buckets with due people, each of about one transaction. */
  async duePacks(now: Date): Promise<number[][]> {
    const running = await listRunning(this.sql);
    if (running.length === 0) return [];
    return packBuckets(await listDueBuckets(this.sql, running, now, this.config.batchSize), this.config.batchSize);
  }

  /** Plans these buckets, transaction by transaction, until nothing in them is due. */
  async planBuckets(buckets: readonly number[], now: Date): Promise<PlanReport> {
    const total = new Total();
    await this.planHeld(await this.planFree(buckets, now, total), now, total);
    return total;
  }

  /** Plans those of the buckets that nobody else holds, and waits for none: gives the others. */
  private async planFree(buckets: readonly number[], now: Date, total: Total): Promise<number[]> {
    let left = [...buckets];
    for (;;) {
      const batch = await this.planBatch(left, now, 'free', total);
      if (!batch.more) left = left.filter((bucket) => !batch.buckets.includes(bucket));
      if (left.length === 0 || batch.buckets.length === 0) return left;
    }
  }

  /**
   * Waits for one at a time, with nothing in its hands, and takes with it what has become free: one by one they would be a transaction each, for a
   * handful of people. Who held a bucket has often planned what was due in it.
   */
  private async planHeld(buckets: readonly number[], now: Date, total: Total): Promise<void> {
    for (let left = [...buckets]; left.length > 0; ) {
      const batch = await this.planBatch(left, now, 'first', total);
      if (!batch.more) left = left.filter((bucket) => !batch.buckets.includes(bucket));
    }
  }

  private async planBatch(buckets: readonly number[], now: Date, which: Taking, total: Total): Promise<BatchReport> {
    const batch = await retryConflicts(
      () => this.sql.transaction((sql) => this.batches.plan(sql, buckets, now, which)),
      CONFLICT_ATTEMPTS,
      () => (total.retries += 1),
    );
    total.add(batch);
    for (const [campaignId, problem] of batch.problems) await this.problems.pause(campaignId, problem, now);
    return batch;
  }

  /** Ends campaigns that have nothing more to do. */
  async finishEnded(now: Date): Promise<void> {
    await finishCampaigns(this.sql, now);
  }

  /** When there is next anything to do, as far as it is known now; undefined when nothing is. */
  nextDueAt(): Promise<Date | undefined> {
    return findNextDue(this.sql);
  }
}

class Total implements PlanReport {
  people = 0;
  queued = 0;
  deferred = 0;
  review = 0;
  denied = 0;
  retries = 0;

  add(batch: BatchReport): void {
    this.people += batch.people;
    this.queued += batch.queued;
    this.deferred += batch.deferred;
    this.review += batch.review;
    this.denied += batch.denied;
  }
}
