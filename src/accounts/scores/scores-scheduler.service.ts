import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { lastNight } from '../portfolio/portfolio-scheduler.service.js';
import { ScoresService } from './scores.service.js';

const TICK_MS = 5_000;

/** Follows what people do within seconds, and looks at every account at night. */
@Injectable()
export class ScoresScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly scores: ScoresService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'scoring accounts', () => {
      const now = this.clock.now();
      return this.scores.work(now, lastNight(now));
    });
  }
}
