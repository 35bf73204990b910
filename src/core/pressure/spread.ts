import { hash32 } from '../shared/hash.js';

const MINUTE = 60_000;

/** An hour that opens, in milliseconds since 1970: from (included) to (excluded). */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * When mail that waited for an hour to open goes: a minute of its own for each person, spread over a window, so that not everybody's
 * mail leaves at 08:00:00. The same minute every day, whichever campaign asks. Never after the hour closes, nor after the mail's own deadline.
 */
export function releaseMoment(contactId: number, opening: Stretch, windowMinutes: number, deadline = Infinity): number {
  const last = Math.min(opening.from + windowMinutes * MINUTE, opening.to, deadline);
  const minutes = Math.floor((last - opening.from) / MINUTE);
  if (minutes <= 0) return opening.from;
  return opening.from + Math.floor((hash32(`release:${contactId}`) / 0x1_0000_0000) * minutes) * MINUTE;
}
