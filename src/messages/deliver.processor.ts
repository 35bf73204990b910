import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Queues } from '../platform/queue/queues.js';
import { DeliveryService } from './delivery.service.js';

/** Delivers the buckets that a wake-up names. */
@Injectable()
export class DeliverProcessor implements OnApplicationBootstrap {
  constructor(
    private readonly queues: Queues,
    private readonly delivery: DeliveryService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.roles.includes('worker')) return;
    await this.queues.consume('deliver', 1, async ({ buckets }) => {
      await this.delivery.deliverDue(this.clock.now(), { buckets });
    });
  }
}
