import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CONFIG, type Config } from '../config/config.js';

/** Something done over and over, one run at a time. */
interface Rhythm {
  readonly name: string;
  readonly work: () => Promise<unknown>;
  running: Promise<void> | undefined;
  failing: boolean;
}

/**
 * The recurring work of a process that plays the scheduler. All of it finds what is due in the tables, so a run that fails or is skipped
 * loses nothing. Several schedulers may run: each piece of work locks what it takes.
 */
@Injectable()
export class Rhythms implements OnModuleDestroy {
  private readonly logger = new Logger('scheduler');
  private readonly rhythms: Rhythm[] = [];

  constructor(
    private readonly registry: SchedulerRegistry,
    @Inject(CONFIG) private readonly config: Pick<Config, 'roles'>,
  ) {}

  /** Does this every so many milliseconds; a run that takes longer is not overtaken. The name stands in the log when it fails. */
  every(milliseconds: number, name: string, work: () => Promise<unknown>): void {
    if (!this.config.roles.includes('scheduler')) return;
    const rhythm: Rhythm = { name, work, running: undefined, failing: false };
    this.rhythms.push(rhythm);
    this.registry.addInterval(name, setInterval(() => this.run(rhythm), milliseconds));
  }

  /** Before queues and workers drain: nothing new is found while they do. */
  async onModuleDestroy(): Promise<void> {
    for (const { name } of this.rhythms) this.registry.deleteInterval(name);
    await Promise.all(this.rhythms.map(({ running }) => running ?? Promise.resolve()));
  }

  private run(rhythm: Rhythm): void {
    rhythm.running ??= rhythm
      .work()
      .then(() => {
        if (rhythm.failing) this.logger.log(`${rhythm.name}: works again; what was due meanwhile is being done`);
        rhythm.failing = false;
      })
      .catch((error: unknown) => {
        // One line when it begins, not one a second for as long as it lasts.
        if (!rhythm.failing) this.logger.error(error, `${rhythm.name}: failed; nothing is lost, it is tried again`);
        rhythm.failing = true;
      })
      .finally(() => {
        rhythm.running = undefined;
      });
  }
}
