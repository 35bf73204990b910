import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { MergeService } from '../merge/merge.service.js';
import { forgetReceipts } from './ingest.queries.js';

const EVERY_MS = 60_000;
const AT_ONCE = 20_000;
/** Clients give up after hours; a month leaves room for a queue that somebody forgot. */
export const RECEIPTS_KEPT_DAYS = 30;

/** Once a minute: forgets old receipts, and moves what came in for a contact while it was being merged away. */
@Injectable()
export class TrackingTidyService implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly merges: MergeService,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(EVERY_MS, 'tidying up tracking', () => this.tidy());
  }

  async tidy(): Promise<{ receipts: number; stragglers: number }> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - RECEIPTS_KEPT_DAYS * 86_400_000);
    return { receipts: await forgetReceipts(this.sql, before, AT_ONCE), stragglers: await this.merges.sweep(now) };
  }
}
