import { Injectable } from '@nestjs/common';

/** The time of the domain: due times, windows, quiet hours. Leases of workers use the database's own now() instead. */
export abstract class Clock {
  abstract now(): Date;
}

@Injectable()
export class RealClock extends Clock {
  now(): Date {
    return new Date();
  }
}

/** Stands still until moved: for tests, the demo and simulations. */
export class SteppedClock extends Clock {
  constructor(private current: Date) {
    super();
  }

  now(): Date {
    return new Date(this.current);
  }

  set(moment: Date): void {
    this.current = new Date(moment);
  }

  advance(milliseconds: number): void {
    this.current = new Date(this.current.getTime() + milliseconds);
  }
}
