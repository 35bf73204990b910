import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { UpkeepService } from '../values/upkeep.service.js';
import { HistoryService } from './history.service.js';
import { NightlyService } from './nightly.service.js';

/**
 * Keeps what follows from events up to date, and does the work of the night. Apart from each other: a night's work takes minutes, and computed values
 * must not wait for it.
 */
@Injectable()
export class HistoryScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly history: HistoryService,
    private readonly upkeep: UpkeepService,
    private readonly nightly: NightlyService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(1_000, 'following events', () => this.history.digest(this.clock.now()));
    this.rhythms.every(2_000, 'keeping computed attributes', () => this.upkeep.work(this.clock.now()));
    this.rhythms.every(60_000, 'nightly work', () => this.nightly.runIfDue(this.clock.now()));
  }
}
