import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { MatchingService } from './matching.service.js';

const TICK_MS = 2_000;
/** Longer runs in one go would hold up the shutdown of a process. */
const LONGEST_MS = 10_000;
/** A new account or domain may be that of people who found none before. */
const EVERYBODY_AFTER_MS = 24 * 3_600_000;
const NAME = 'accounts.matching';

/** Looks for the accounts of people who came in without one, whichever way they came. */
@Injectable()
export class MatchingScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('scheduler');
  private running: Promise<void> | undefined;
  private failing = false;
  private everybodyAt = performance.now() + EVERYBODY_AFTER_MS;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly matching: MatchingService,
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
    this.running = this.match()
      .then(() => {
        this.failing = false;
      })
      .catch((error: unknown) => {
        if (!this.failing) this.logger.error(error, 'matching contacts to accounts failed; it is tried again');
        this.failing = true;
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  private async match(): Promise<void> {
    if (performance.now() >= this.everybodyAt) {
      this.everybodyAt = performance.now() + EVERYBODY_AFTER_MS;
      await this.matching.queueEverybody();
    }
    await this.matching.matchQueued(performance.now() + LONGEST_MS);
  }
}
