import { SteppedClock } from '../platform/clock/clock.js';

/** Jumps from one due moment to the next while the demo runs, then goes on at the pace of the real clock. */
export class DemoClock extends SteppedClock {
  private goesOnSince: number | undefined;

  override now(): Date {
    const since = this.goesOnSince;
    return since === undefined ? super.now() : new Date(super.now().getTime() + (performance.now() - since));
  }

  goOn(): void {
    this.goesOnSince ??= performance.now();
  }
}
