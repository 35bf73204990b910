import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { MatchingService } from './matching.service.js';

const TICK_MS = 2_000;
/** Longer runs in one go would hold up the shutdown of a process. */
const LONGEST_MS = 10_000;
/** A new account or domain may be that of people who found none before. */
const EVERYBODY_AFTER_MS = 24 * 3_600_000;

/** Looks for the accounts of people who came in without one, whichever way they came. */
@Injectable()
export class MatchingScheduler implements OnApplicationBootstrap {
  private everybodyAt = performance.now() + EVERYBODY_AFTER_MS;

  constructor(
    private readonly rhythms: Rhythms,
    private readonly matching: MatchingService,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'matching contacts to accounts', () => this.match());
  }

  private async match(): Promise<void> {
    if (performance.now() >= this.everybodyAt) {
      this.everybodyAt = performance.now() + EVERYBODY_AFTER_MS;
      await this.matching.queueEverybody();
    }
    await this.matching.matchQueued(performance.now() + LONGEST_MS);
  }
}
