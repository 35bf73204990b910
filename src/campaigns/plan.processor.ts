import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Queues } from '../platform/queue/queues.js';
import { PlannerService } from './planner.service.js';

/** Two planners on a process's one core: while one waits for the database the other computes. */
const PLANNERS = 2;

/** Plans the buckets that a wake-up names. */
@Injectable()
export class PlanProcessor implements OnApplicationBootstrap {
  constructor(
    private readonly queues: Queues,
    private readonly planner: PlannerService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.roles.includes('worker')) return;
    await this.queues.consume('plan', PLANNERS, async ({ buckets }) => {
      const { queued } = await this.planner.planBuckets(buckets, this.clock.now());
      // Delivery would find it at its next tick: this is sooner.
      if (queued > 0 && (await this.queues.waiting('deliver')) === 0) await this.queues.wake('deliver', [buckets]);
    });
  }
}
