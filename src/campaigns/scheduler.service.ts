import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Queues } from '../platform/queue/queues.js';
import { Rhythms } from '../platform/schedule/rhythms.js';
import { CampaignEntriesService } from './campaign-entries.service.js';
import { PlannerService } from './planner.service.js';
import { StoppedEnrollmentsService } from './stopped-enrollments.service.js';

/** Somebody who comes by a trigger waits for this at most: what follows, planning and delivery, is woken by what goes before. */
const TICK_MS = 250;
const FINISH_MS = 1_000;
const TIDY_MS = 60_000;

/**
 * Finds in the tables which audiences and steps are due, and wakes workers to plan them. The wake-ups are all it gives: when every job is lost, the next tick finds the
 * same work again. Several schedulers may run; entries are locked, and wake-ups for the same buckets are one.
 */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly queues: Queues,
    private readonly clock: Clock,
    private readonly entries: CampaignEntriesService,
    private readonly planner: PlannerService,
    private readonly stopped: StoppedEnrollmentsService,
  ) {}

  onApplicationBootstrap(): void {
    // Apart, because the entry of a million people must not hold up the planning of all other campaigns.
    this.rhythms.every(TICK_MS, 'entering campaigns', () => this.enter());
    this.rhythms.every(TICK_MS, 'planning wake-ups', () => this.wake());
    this.rhythms.every(FINISH_MS, 'finishing campaigns', () => this.planner.finishEnded(this.clock.now()));
    this.rhythms.every(TIDY_MS, 'ending stopped enrollments', () => this.stopped.completeAll(this.clock.now()));
  }

  /** Whoever came in is planned at once: for somebody who just did something, the ticks between would be most of the wait. */
  private async enter(): Promise<void> {
    const { people } = await this.entries.enterDue(this.clock.now());
    if (people > 0) await this.wake();
  }

  private async wake(): Promise<void> {
    const now = this.clock.now();
    // While wake-ups wait, workers have enough to do: looking again would find the same.
    if ((await this.queues.waiting('plan')) === 0) await this.queues.wake('plan', await this.planner.duePacks(now));
  }
}
