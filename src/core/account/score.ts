import { type EngagementPolicy, FIT_GRADES, type FitGrade, type FitPolicy } from './score-policy.js';

// Two axes, never one number (rules.md section 5). Fit: what an account is, from static data, 0–100 and a grade. Engagement: what its people did,
// with half-lives, 0–100. Neither ever reads the other.

export interface Fit {
  readonly score: number;
  readonly grade: FitGrade;
}

const DAY = 86_400_000;
const MINUTE = 60_000;

/** base + points of the conditions that hold, within 0–100. `met`: their keys; one that the policy does not know counts nothing. */
export function fitOf(met: readonly string[], { base, conditions, grades }: FitPolicy): Fit {
  const sum = conditions.reduce((total, { key, points }) => (met.includes(key) ? total + points : total), base);
  const score = Math.min(100, Math.max(0, sum));
  return { score, grade: FIT_GRADES.find((grade) => grade !== 'F' && score >= grades[grade]) ?? 'F' };
}

/** Whether a grade is this one or a better one. */
export function isAtLeast(grade: FitGrade | null, wanted: FitGrade): boolean {
  return grade !== null && FIT_GRADES.indexOf(grade) <= FIT_GRADES.indexOf(wanted);
}

/** Something a person did that counts. */
export interface ScoredEvent {
  /** Key of the kind. */
  readonly kind: string;
  readonly at: Date;
}

/** What a person's events of one half-life come to, expressed in the epoch: Σ w·2^((t − epoch)/h). */
export interface ClassSum {
  readonly halfLifeDays: number;
  readonly sum: number;
}

/**
 * How much each of `count` events of one kind on one day counts: 1, or so much less that together they weigh as `perDay` of them. All count the
 * same, so that the score does not depend on which of them arrived first.
 */
export function shareOfDay(count: number, perDay: number): number {
  return count <= perDay ? 1 : perDay / count;
}

/** 2^(−age/h); age below zero (the future) is none. */
export function decay(ageMs: number, halfLifeDays: number): number {
  return 2 ** (-Math.max(0, ageMs) / (halfLifeDays * DAY));
}

/**
 * S_person = Σ w·2^(−age/h), straight from the events: what the sums in the database must come to. Events after `now` have not happened; a day is one
 * of UTC.
 */
export function scoreOfEvents(events: readonly ScoredEvent[], { kinds, perDay }: Pick<EngagementPolicy, 'kinds' | 'perDay'>, now: Date): number {
  const happened = events.filter(({ at }) => at <= now);
  const dayOf = ({ kind, at }: ScoredEvent): string => `${kind} ${at.toISOString().slice(0, 10)}`;
  const counts = new Map<string, number>();
  for (const event of happened) counts.set(dayOf(event), (counts.get(dayOf(event)) ?? 0) + 1);
  return happened.reduce((sum, event) => {
    const kind = kinds.find(({ key }) => key === event.kind);
    if (!kind) return sum;
    return sum + kind.weight * shareOfDay(counts.get(dayOf(event)) ?? 1, perDay) * decay(now.getTime() - event.at.getTime(), kind.halfLifeDays);
  }, 0);
}

/** S_person from its sums: one multiplication for each half-life, however many events there were. */
export function scoreOfSums(sums: readonly ClassSum[], epoch: Date, now: Date): number {
  return sums.reduce((score, { halfLifeDays, sum }) => score + sum * 2 ** ((epoch.getTime() - now.getTime()) / (halfLifeDays * DAY)), 0);
}

/** The same sums in another epoch: without it they would grow past what a number holds (2^1023) after some years of a short half-life. */
export function rebase(sums: readonly ClassSum[], from: Date, to: Date): ClassSum[] {
  return sums.map(({ halfLifeDays, sum }) => ({ halfLifeDays, sum: sum * 2 ** ((from.getTime() - to.getTime()) / (halfLifeDays * DAY)) }));
}

export interface ScoredPerson {
  readonly sums: readonly ClassSum[];
  /** Parts in the buying group now. */
  readonly roles: readonly Exclude<keyof EngagementPolicy['roles'], 'none'>[];
}

export interface Engagement {
  /** 0–100, not rounded. */
  readonly score: number;
  /** Σ r(role)·min(S_person, cap): what the score is of. */
  readonly weightedSum: number;
  readonly people: number;
  readonly roles: readonly string[];
}

/** r(role): that of the part that counts most, or of somebody without any. */
export function roleWeight(roles: ScoredPerson['roles'], weights: EngagementPolicy['roles']): number {
  return roles.length === 0 ? weights.none : Math.max(...roles.map((role) => weights[role]));
}

/** S_account = 100·(1 − exp(−k·Σ r(role)·min(S_person, cap))). Support tickets may bring the sum below zero: that is 0. */
export function engagementOf(people: readonly ScoredPerson[], policy: EngagementPolicy, epoch: Date, now: Date): Engagement {
  const roles = new Set<string>();
  let [weightedSum, engaged] = [0, 0];
  for (const person of people) {
    const score = scoreOfSums(person.sums, epoch, now);
    weightedSum += roleWeight(person.roles, policy.roles) * Math.min(score, policy.cap);
    if (score < policy.engagedAt) continue;
    engaged += 1;
    for (const role of person.roles) roles.add(role);
  }
  return { score: scoreOfSum(weightedSum, policy.k), weightedSum, people: engaged, roles: [...roles].sort() };
}

export function scoreOfSum(weightedSum: number, k: number): number {
  return Math.max(0, 100 * (1 - Math.exp(-k * weightedSum)));
}

/** The score as rules and tables see it: whole points, so that it changes when there is something to tell. */
export function wholePoints(score: number): number {
  return Math.floor(score);
}

const FARTHEST_LOOK = 400 * DAY;

/**
 * When the clock alone next changes a whole point or who is engaged, to the minute; undefined: not within 400 days. Capped people make the curve
 * one without a closed form, so it is searched: in steps that double, then by halves.
 */
export function nextChange(people: readonly ScoredPerson[], policy: EngagementPolicy, epoch: Date, now: Date): Date | undefined {
  const seen = (at: number): string => {
    const { score, people: engaged, roles } = engagementOf(people, policy, epoch, new Date(at));
    return `${wholePoints(score)} ${engaged} ${roles.join()}`;
  };
  const [start, today] = [now.getTime(), seen(now.getTime())];
  let same = start;
  for (let step = 15 * MINUTE; ; step *= 2) {
    const at = Math.min(start + step, start + FARTHEST_LOOK);
    if (seen(at) !== today) return new Date(firstOther(same, at, (moment) => seen(moment) !== today));
    if (at === start + FARTHEST_LOOK) return undefined;
    same = at;
  }
}

function firstOther(same: number, other: number, differs: (at: number) => boolean): number {
  let [from, to] = [same, other];
  while (to - from > MINUTE) {
    const middle = Math.floor((from + to) / 2);
    if (differs(middle)) to = middle;
    else from = middle;
  }
  return to;
}
