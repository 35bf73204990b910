import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Rhythms } from '../platform/schedule/rhythms.js';
import { DealsService } from './holds/deals.service.js';
import { HoldTriggersService } from './holds/hold-triggers.service.js';

/** Somebody who answers is to hear nothing more within a second. */
const EVENTS_MS = 250;
const DEALS_MS = 5_000;

/** Reads what people did, and how deals stand, for holds. */
@Injectable()
export class TasksScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly triggers: HoldTriggersService,
    private readonly deals: DealsService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(EVENTS_MS, 'reading events for holds', () => this.triggers.readEvents(this.clock.now()));
    this.rhythms.every(DEALS_MS, 'comparing deals with holds', () => this.deals.compare(this.clock.now()));
  }
}
