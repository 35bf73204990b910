import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { PortfolioRefreshService } from './refresh.service.js';

const TICK_MS = 30_000;
/** UTC: night where most of our marketers live. */
const NIGHTLY_HOUR = 2;

/** Refreshes everybody at night, and in between those who ordered. */
@Injectable()
export class PortfolioScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly refresher: PortfolioRefreshService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'refreshing the portfolio', () => this.refresher.refreshRecent(lastNight(this.clock.now())));
  }
}

/** The last time it was night: today at two, or yesterday while it is not yet two. */
export function lastNight(now: Date): Date {
  const night = new Date(now);
  night.setUTCHours(NIGHTLY_HOUR, 0, 0, 0);
  if (night > now) night.setUTCDate(night.getUTCDate() - 1);
  return night;
}
