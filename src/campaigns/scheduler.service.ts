import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Queues } from '../platform/queue/queues.js';
import { CampaignEntriesService } from './campaign-entries.service.js';
import { PlannerService } from './planner.service.js';
import { StoppedEnrollmentsService } from './stopped-enrollments.service.js';

const TICK_MS = 1_000;
const TIDY_EVERY = 60;

/** Something done over and over, one run at a time. */
interface Rhythm {
  readonly name: string;
  readonly work: (tick: number) => Promise<void>;
  tick: number;
  running: Promise<void> | undefined;
  failing: boolean;
}

/**
 * Finds in the tables which audiences and steps are due, and wakes workers to plan them. The wake-ups are all it gives: when every job is lost, the next tick finds the
 * same work again. Several schedulers may run; entries are locked, and wake-ups for the same buckets are one.
 */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('scheduler');
  // Apart, because the entry of a million people must not hold up the planning of all other campaigns.
  private readonly rhythms: Rhythm[] = [rhythm('entries', () => this.enter()), rhythm('wake-ups', (tick) => this.wake(tick))];

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly queues: Queues,
    private readonly clock: Clock,
    private readonly entries: CampaignEntriesService,
    private readonly planner: PlannerService,
    private readonly stopped: StoppedEnrollmentsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('scheduler')) return;
    for (const each of this.rhythms) this.registry.addInterval(`campaigns.${each.name}`, setInterval(() => this.run(each), TICK_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const { name } of this.rhythms) if (this.registry.doesExist('interval', `campaigns.${name}`)) this.registry.deleteInterval(`campaigns.${name}`);
    await Promise.all(this.rhythms.map(({ running }) => running ?? Promise.resolve()));
  }

  private run(each: Rhythm): void {
    if (each.running) return;
    each.running = each
      .work(each.tick++)
      .then(() => {
        if (each.failing) this.logger.log(`${each.name}: works again; what was due meanwhile is being done`);
        each.failing = false;
      })
      .catch((error: unknown) => {
        // One line when it begins, not one a second for as long as it lasts.
        if (!each.failing) this.logger.error(error, `${each.name}: failed; nothing is lost, it is tried again every second`);
        each.failing = true;
      })
      .finally(() => {
        each.running = undefined;
      });
  }

  private async enter(): Promise<void> {
    await this.entries.enterDue(this.clock.now());
  }

  private async wake(tick: number): Promise<void> {
    const now = this.clock.now();
    // While wake-ups wait, workers have enough to do: looking again would find the same.
    if ((await this.queues.waiting('plan')) === 0) await this.queues.wake('plan', await this.planner.duePacks(now));
    await this.planner.finishEnded(now);
    if (tick % TIDY_EVERY === 0) await this.stopped.completeAll(now);
  }
}

function rhythm(name: string, work: (tick: number) => Promise<void>): Rhythm {
  return { name, work, tick: 0, running: undefined, failing: false };
}
