/** What presses on a person, as the index weighs it. */
export const TOUCH_KINDS = ['mail', 'service_mail', 'call', 'meeting'] as const;
export type TouchKind = (typeof TOUCH_KINDS)[number];

/** How the pressure on a person is reckoned (rules.md section 4). */
export interface PressureIndexTerms {
  /** L₀: what somebody bears of whom nothing else is known. */
  readonly limit: number;
  /** h: after so many days a touch presses half as much. */
  readonly halfLifeDays: number;
  readonly weights: Readonly<Record<TouchKind, number>>;
}

export interface WeighedTouch {
  readonly kind: TouchKind;
  /** Whole minutes ago, rounded down; 0 or less for mail that still waits to leave. */
  readonly minutesAgo: number;
}

/** Index and limit in thousandths (16 bits hold up to 65.535), and the minutes until one more mail fits: 0 while it does. */
export interface Saturation {
  readonly index: number;
  readonly limit: number;
  readonly waitMinutes: number;
}

const MINUTES_A_DAY = 1_440;
const MOST = 0xffff; // stored in 16 bits
/** After six half-lives a touch weighs a sixty-fourth: older ones are left out. */
const HALF_LIVES_COUNTED = 6;

/** How far back touches press. */
export function pressingDays(terms: PressureIndexTerms): number {
  return HALF_LIVES_COUNTED * terms.halfLifeDays;
}

/** I(t) = Σ c·2^(−(t−tⱼ)/h). What has not left yet presses in full. */
export function pressureIndex(touches: readonly WeighedTouch[], terms: PressureIndexTerms): number {
  const halfLife = terms.halfLifeDays * MINUTES_A_DAY;
  const oldest = HALF_LIVES_COUNTED * halfLife;
  let index = 0;
  for (const { kind, minutesAgo } of touches) if (minutesAgo < oldest) index += terms.weights[kind] * 2 ** (-Math.max(0, minutesAgo) / halfLife);
  return index;
}

/**
 * Whether one more mail fits under the limit L = L₀·g, and else when: I + c ≤ L, or at t + h·log₂(I / (L − c)).
 * Rounded against sending, so that a decision taken again from what was stored finds the same; undefined when nothing presses.
 * Where the limit leaves no room for a single mail it is looked at again after a half-life: the factor grows meanwhile.
 */
export function saturation(touches: readonly WeighedTouch[], factor: number, terms: PressureIndexTerms): Saturation | undefined {
  const index = Math.min(MOST, thousandthsUp(pressureIndex(touches, terms)));
  if (index === 0) return undefined;
  const limit = Math.min(MOST, thousandthsDown(terms.limit * factor));
  return { index, limit, waitMinutes: waitFor(index, limit - thousandthsUp(terms.weights.mail), terms) };
}

function waitFor(index: number, room: number, terms: PressureIndexTerms): number {
  if (index <= room) return 0;
  const halfLife = terms.halfLifeDays * MINUTES_A_DAY;
  const minutes = room > 0 ? halfLife * Math.log2(index / room) : halfLife;
  return Math.min(MOST, Math.max(1, Math.ceil(minutes - HAIR)));
}

/** The noise of floating point must not turn 1 into 1.001. */
const HAIR = 1e-6;

function thousandthsUp(value: number): number {
  return Math.ceil(value * 1_000 - HAIR);
}

function thousandthsDown(value: number): number {
  return Math.floor(value * 1_000 + HAIR);
}
