import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { LiveService } from './live.service.js';

/**
 * How long a change waits at most before it is noticed. Asking "is anybody marked?" costs 0.2 ms; a NOTIFY from the triggers would make all
 * writers commit one after the other, for PostgreSQL orders notifications by commit.
 */
const LOOK_MS = 50;
/** Rules and clocks change less often. */
const TICK_MS = 250;
/** One segment every so often: a thousand of them take eight hours. */
const RECONCILE_MS = 30_000;
const AFTER_FAILURE_MS = 1_000;

/** The rounds of live membership. Several processes may make them: slots and locks share the work out. */
@Injectable()
export class LiveWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('segments');
  private readonly stopping = new AbortController();
  private asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly live: LiveService,
    private readonly rhythms: Rhythms,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.includes('worker')) this.asking = this.keepAsking();
    this.rhythms.every(TICK_MS, 'building segments', () => this.tick());
    this.rhythms.every(RECONCILE_MS, 'comparing segments', () => this.live.reconcile());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.asking;
  }

  private async tick(): Promise<void> {
    await this.live.markDue();
    await this.live.build();
  }

  private async keepAsking(): Promise<void> {
    let failing = false;
    while (!this.stopping.signal.aborted) {
      try {
        await this.live.evaluateMarked();
        if (failing) this.logger.log('asking again works again; who was marked meanwhile is being asked');
        failing = false;
      } catch (error) {
        // One line when it begins, not one a second for as long as it lasts.
        if (!failing) this.logger.error(error, 'asking again failed; nothing is lost, it is tried again');
        failing = true;
      }
      await sleep(failing ? AFTER_FAILURE_MS : LOOK_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}
