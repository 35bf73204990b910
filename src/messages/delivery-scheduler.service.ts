import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Queues } from '../platform/queue/queues.js';
import { DeliveryService } from './delivery.service.js';

const TICK_MS = 1_000;
const NAME = 'messages.wake-ups';

/** Finds mail that is due and wakes workers for it; finds what a crash left behind, also when nothing is due. */
@Injectable()
export class DeliveryScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('scheduler');
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly queues: Queues,
    private readonly delivery: DeliveryService,
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
    this.running = this.wake()
      .then(() => {
        this.failing = false;
      })
      .catch((error: unknown) => {
        if (!this.failing) this.logger.error(error, 'finding due mail failed; it is tried again every second');
        this.failing = true;
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  private async wake(): Promise<void> {
    await this.delivery.recover();
    await this.queues.wake('deliver', await this.delivery.duePacks(this.clock.now()));
  }
}
