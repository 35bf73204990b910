import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { DataRetentionService } from './data-retention.service.js';

/** Looks every few minutes whether the night's work is due. */
@Injectable()
export class RetentionScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly retention: DataRetentionService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(300_000, 'letting go of old data', () => this.retention.runIfDue(this.clock.now()));
  }
}
