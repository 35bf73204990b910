import { Inject, Injectable } from '@nestjs/common';
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
}

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
    for (;;) {
      const before = total.people;
      for (const buckets of await this.duePacks(now)) {
        total.add(await this.planBuckets(buckets, now));
        if (total.people >= (options.limit ?? Infinity)) return total;
      }
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
    for (;;) {
      const batch = await retryConflicts(() => this.sql.transaction((sql) => this.batches.plan(sql, buckets, now)));
      total.add(batch);
      for (const [campaignId, problem] of batch.problems) await this.problems.pause(campaignId, problem, now);
      if (!batch.more) return total;
    }
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

  add(batch: PlanReport | BatchReport): void {
    this.people += batch.people;
    this.queued += batch.queued;
    this.deferred += batch.deferred;
    this.review += batch.review;
    this.denied += batch.denied;
  }
}
