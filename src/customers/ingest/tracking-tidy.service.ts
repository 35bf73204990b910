import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { MergeService } from '../merge/merge.service.js';
import { forgetReceipts } from './ingest.queries.js';

const TICK = 'tracking.tidy';
const EVERY_MS = 60_000;
const AT_ONCE = 20_000;
/** Clients give up after hours; a month leaves room for a queue that somebody forgot. */
export const RECEIPTS_KEPT_DAYS = 30;

/** Once a minute: forgets old receipts, and moves what came in for a contact while it was being merged away. */
@Injectable()
export class TrackingTidyService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('tracking');
  private running: Promise<void> | undefined;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly merges: MergeService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'roles'>,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('scheduler')) return;
    this.registry.addInterval(TICK, setInterval(() => this.tick(), EVERY_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.registry.doesExist('interval', TICK)) this.registry.deleteInterval(TICK);
    await this.running;
  }

  async tidy(): Promise<{ receipts: number; stragglers: number }> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - RECEIPTS_KEPT_DAYS * 86_400_000);
    return { receipts: await forgetReceipts(this.sql, before, AT_ONCE), stragglers: await this.merges.sweep(now) };
  }

  private tick(): void {
    this.running ??= this.tidy()
      .then(() => undefined)
      .catch((error: unknown) => this.logger.error(error, 'tidying failed; it is tried again in a minute'))
      .finally(() => {
        this.running = undefined;
      });
  }
}
