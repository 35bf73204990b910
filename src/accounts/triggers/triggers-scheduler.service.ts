import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { WatchService } from './watch.service.js';

const EVENTS_MS = 1_000;

/** Reads what people did, for what is watched of their accounts. */
@Injectable()
export class TriggersScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly watching: WatchService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(EVENTS_MS, 'watching accounts', () => this.watching.readEvents(this.clock.now()));
  }
}
