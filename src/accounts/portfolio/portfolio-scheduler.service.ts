import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { PortfolioRefreshService } from './refresh.service.js';

const TICK_MS = 30_000;
/** UTC: night where most of our marketers live. */
const NIGHTLY_HOUR = 2;
const NAME = 'accounts.portfolio';

/** Refreshes everybody at night, and in between those who ordered. */
@Injectable()
export class PortfolioScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('scheduler');
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly refresher: PortfolioRefreshService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.includes('scheduler')) this.registry.addInterval(NAME, setInterval(() => this.tick(), TICK_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.registry.doesExist('interval', NAME)) this.registry.deleteInterval(NAME);
    await this.running;
  }

  private tick(): void {
    if (this.running) return;
    this.running = this.refresher
      .refreshRecent(lastNight(this.clock.now()))
      .then(() => {
        this.failing = false;
      })
      .catch((error: unknown) => {
        if (!this.failing) this.logger.error(error, 'refreshing the portfolio failed; it is tried again');
        this.failing = true;
      })
      .finally(() => {
        this.running = undefined;
      });
  }
}

/** The last time it was night: today at two, or yesterday while it is not yet two. */
export function lastNight(now: Date): Date {
  const night = new Date(now);
  night.setUTCHours(NIGHTLY_HOUR, 0, 0, 0);
  if (night > now) night.setUTCDate(night.getUTCDate() - 1);
  return night;
}
