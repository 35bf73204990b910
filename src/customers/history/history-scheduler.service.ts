import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { UpkeepService } from '../values/upkeep.service.js';
import { HistoryService } from './history.service.js';
import { NightlyService } from './nightly.service.js';

/** Something done over and over, one run at a time. */
interface Rhythm {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  running: Promise<void> | undefined;
  failing: boolean;
}

/**
 * Keeps what follows from events up to date, and does the work of the night. Apart from each other: a night's work takes minutes, and computed values
 * must not wait for it. Several schedulers may run; each piece of work is locked.
 */
@Injectable()
export class HistoryScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('scheduler');
  private readonly rhythms: Rhythm[];

  constructor(
    private readonly registry: SchedulerRegistry,
    history: HistoryService,
    upkeep: UpkeepService,
    nightly: NightlyService,
    clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rhythms = [
      rhythm('history', 1_000, () => history.digest(clock.now())),
      rhythm('upkeep', 2_000, () => upkeep.work(clock.now())),
      rhythm('nightly', 60_000, () => nightly.runIfDue(clock.now())),
    ];
  }

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('scheduler')) return;
    for (const each of this.rhythms) this.registry.addInterval(`customers.${each.name}`, setInterval(() => this.run(each), each.everyMs));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const { name } of this.rhythms) if (this.registry.doesExist('interval', `customers.${name}`)) this.registry.deleteInterval(`customers.${name}`);
    await Promise.all(this.rhythms.map(({ running }) => running ?? Promise.resolve()));
  }

  private run(each: Rhythm): void {
    if (each.running) return;
    each.running = each
      .work()
      .then(() => {
        if (each.failing) this.logger.log(`${each.name}: works again; what was due meanwhile is being done`);
        each.failing = false;
      })
      .catch((error: unknown) => {
        // One line when it begins, not one a second for as long as it lasts.
        if (!each.failing) this.logger.error(error, `${each.name}: failed; nothing is lost, it is tried again`);
        each.failing = true;
      })
      .finally(() => {
        each.running = undefined;
      });
  }
}

function rhythm(name: string, everyMs: number, work: () => Promise<unknown>): Rhythm {
  return { name, everyMs, work, running: undefined, failing: false };
}
