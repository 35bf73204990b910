import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Rhythms } from '../platform/schedule/rhythms.js';
import { PressureFactorsService } from './pressure-factors.service.js';

const TICK_MS = 60_000;
/** UTC: night where most of our marketers live. */
const NIGHTLY_HOUR = 2;

/** Looks every night who no longer reacts; a machine that is off at night does it when it is on. */
@Injectable()
export class PressureScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly factors: PressureFactorsService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'looking for mail without reaction', () => this.factors.lookForUnanswered(lastNight(this.clock.now())));
  }
}

function lastNight(now: Date): Date {
  const night = new Date(now);
  night.setUTCHours(NIGHTLY_HOUR, 0, 0, 0);
  if (night > now) night.setUTCDate(night.getUTCDate() - 1);
  return night;
}
