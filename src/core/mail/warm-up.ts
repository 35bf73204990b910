const FIRST_DAY = 50;
const GROWTH = 1.5;

/**
 * How many mails a new sending domain sends on its n-th day (1 is the first): half as many again each day, until the target. Mailbox
 * providers take a sudden stream from a domain they do not know for spam.
 */
export function warmUpLimit(day: number, target: number | null): number {
  if (day < 1) return 0;
  return Math.min(target ?? Infinity, Math.floor(FIRST_DAY * GROWTH ** (day - 1)));
}
