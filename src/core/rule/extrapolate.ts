export interface Extrapolated {
  readonly count: number;
  /** In 19 of 20 draws the true number lies between these. */
  readonly from: number;
  readonly to: number;
}

/** Of `asked` drawn by lot, `found` were meant: how many of all, by Wilson's interval, which also tells something when none was found or all. */
export function extrapolate(found: number, asked: number, all: number): Extrapolated {
  if (asked === 0) return { count: 0, from: 0, to: all };
  if (asked >= all) return { count: found, from: found, to: found };
  const share = found / asked;
  const centre = share + Z ** 2 / (2 * asked);
  const reach = Z * Math.sqrt((share * (1 - share)) / asked + Z ** 2 / (4 * asked ** 2));
  const widened = 1 + Z ** 2 / asked;
  return { count: Math.round(share * all), from: Math.max(found, Math.floor(((centre - reach) / widened) * all)), to: Math.min(all - (asked - found), Math.ceil(((centre + reach) / widened) * all)) };
}

/** Of the normal distribution: 95 % lie within so many deviations. */
const Z = 1.96;
