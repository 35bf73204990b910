const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Waits after the 1st, 2nd … temporary refusal of a message; then every 24 hours, until it is 72 hours old. */
const WAITS: readonly number[] = [5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR];
const GIVE_UP_AFTER = 72 * HOUR;

/** When a message that was refused for now may be tried again, or undefined to give up. attempts counts this one. */
export function nextAttempt(attempts: number, queuedAt: Date, now: Date): Date | undefined {
  const wait = WAITS[Math.min(Math.max(attempts, 1), WAITS.length) - 1] ?? 24 * HOUR;
  const next = new Date(now.getTime() + wait);
  return next.getTime() - queuedAt.getTime() > GIVE_UP_AFTER ? undefined : next;
}

/** How long to leave a mail server alone that cannot be reached: 1 s, 2 s, 4 s … at most a minute. */
export function transportPause(failures: number): number {
  return Math.min(1_000 * 2 ** Math.min(Math.max(failures, 1) - 1, 10), MINUTE);
}
