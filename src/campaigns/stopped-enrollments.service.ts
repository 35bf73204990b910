import { Injectable } from '@nestjs/common';
import { lockBuckets } from '../decisions/buckets.queries.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { listHalfStopped, stopEnrollments } from './campaigns.queries.js';

const BUCKETS = 256;
const AT_ONCE = 32;

/**
 * Ends the enrollments of a stopped campaign. The stop itself is the campaign's state, which planner and delivery read; this only
 * tidies up after it, bucket by bucket under the planner's own locks, so that neither waits long for the other.
 */
@Injectable()
export class StoppedEnrollmentsService {
  constructor(private readonly sql: Sql) {}

  async complete(campaignId: number, now: Date): Promise<void> {
    for (let first = 0; first < BUCKETS; first += AT_ONCE) {
      const buckets = Array.from({ length: AT_ONCE }, (_, index) => first + index);
      await retryConflicts(() =>
        this.sql.transaction(async (sql) => {
          await lockBuckets(sql, buckets);
          await stopEnrollments(sql, campaignId, buckets, now);
        }),
      );
    }
  }

  /** Completes stops that a crash cut off. */
  async completeAll(now: Date): Promise<void> {
    for (const { campaign_id } of await listHalfStopped(this.sql)) await this.complete(campaign_id, now);
  }
}
