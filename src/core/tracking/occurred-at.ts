import { err, ok, type Result } from '../shared/result.js';

/** What a message says about time, and when it came in. Moments that could not be read are undefined. */
export interface StatedTimes {
  /** The sender's clock when it happened. */
  readonly timestamp?: Date | undefined;
  /** What a relay calls the sender's clock, once it has put its own correction into `timestamp`. */
  readonly originalTimestamp?: Date | undefined;
  /** The sender's clock when it sent. */
  readonly sentAt?: Date | undefined;
  readonly receivedAt: Date;
}

export type MomentProblem = 'in_the_future' | 'before_1970';

// A clock without its zone is up to 14 hours ahead: that happened just now. More is a mistake that must not trigger anything.
const AHEAD_MS = 24 * 3_600_000;

/**
 * When it happened, by our clock: receivedAt − (sentAt − timestamp) when the sender tells both, so that a clock that is wrong is wrong by
 * nothing. A little ahead is now.
 */
export function occurredAt({ timestamp, originalTimestamp, sentAt, receivedAt }: StatedTimes): Result<Date, MomentProblem> {
  const corrected = timestamp !== undefined && originalTimestamp !== undefined && timestamp.getTime() !== originalTimestamp.getTime();
  const stated = timestamp ?? originalTimestamp;
  if (stated === undefined) return ok(receivedAt);
  const moment = sentAt === undefined || corrected ? stated.getTime() : receivedAt.getTime() - (sentAt.getTime() - stated.getTime());
  if (moment > receivedAt.getTime() + AHEAD_MS) return err('in_the_future');
  if (moment < 0) return err('before_1970');
  return ok(new Date(Math.min(moment, receivedAt.getTime())));
}
