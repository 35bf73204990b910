import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Queues } from '../platform/queue/queues.js';
import { Rhythms } from '../platform/schedule/rhythms.js';
import { DeliveryService } from './delivery.service.js';

const TICK_MS = 250;
const RECOVER_MS = 1_000;

/** Finds mail that is due and wakes workers for it; finds what a crash left behind, also when nothing is due. */
@Injectable()
export class DeliveryScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly queues: Queues,
    private readonly delivery: DeliveryService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'finding due mail', () => this.wake());
    this.rhythms.every(RECOVER_MS, 'taking back what a crash left behind', () => this.delivery.recover());
  }

  private async wake(): Promise<void> {
    // While a wake-up waits, another would only stand behind it, with buckets that were due then: a queue of old lists is what mail would wait for.
    if ((await this.queues.waiting('deliver')) > 0) return;
    await this.queues.wake('deliver', await this.delivery.duePacks(this.clock.now()));
  }
}
