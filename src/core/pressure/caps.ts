/** At most `limit` in any rolling window of `days`. */
export interface Cap {
  readonly limit: number;
  readonly days: number;
}

/** How full a cap is before one more: `freesInMinutes` is 0 while there is room, else the minutes until there is. */
export interface CapUsage {
  readonly count: number;
  readonly freesInMinutes: number;
}

export const UNUSED: CapUsage = { count: 0, freesInMinutes: 0 };

const MINUTES_A_DAY = 1_440;
const MOST_MINUTES = 0xffff; // stored in 16 bits

/** Whole minutes that have to pass, rounded up: a wait is never cut short. */
function wait(minutes: number): number {
  return Math.min(MOST_MINUTES, Math.max(0, Math.ceil(minutes)));
}

/** The age of a touch (seconds since 1970) as caps count it: rounded down; what still waits counts as of now at the earliest, and a plan at most a week ahead. */
export function ageInMinutes(touchedAt: number, waiting: boolean, now: Date): number {
  const age = Math.floor((now.getTime() - touchedAt * 1_000) / 60_000);
  return Math.max(-7 * MINUTES_A_DAY, waiting ? Math.min(0, age) : age);
}

/**
 * What earlier touches leave of a cap. Touches are ages in whole minutes, rounded down, so that a touch never looks older
 * than it is; a negative age is mail that is planned for later. A window is half open: after exactly `days` a touch no longer counts.
 */
export function capUsage(minutesAgo: readonly number[], cap: Cap): CapUsage {
  const window = cap.days * MINUTES_A_DAY;
  const within = minutesAgo.filter((age) => age < window).sort((a, b) => a - b);
  const leaves = within[cap.limit - 1]; // once the limit-th newest is gone, fewer than the limit remain
  return { count: within.length, freesInMinutes: leaves === undefined ? 0 : wait(window - leaves) };
}

/**
 * The same for distinct people of an account: `others` holds the newest touch of each other person.
 * Somebody who was touched within the window takes no new place.
 */
export function peopleUsage(others: readonly number[], own: number | undefined, cap: Cap): CapUsage {
  const usage = capUsage(others, cap);
  const counted = own !== undefined && own < cap.days * MINUTES_A_DAY;
  return counted ? { count: usage.count + 1, freesInMinutes: 0 } : usage;
}

/** Minutes until the minimum gap after the newest touch is over; 0 when it is. A gap of 0 hours is none, also before a mail that is planned for later. */
export function gapMinutes(minutesAgo: readonly number[], gapHours: number): number {
  if (gapHours === 0) return 0;
  let newest = Infinity;
  for (const age of minutesAgo) if (age < newest) newest = age;
  return wait(gapHours * 60 - newest);
}
