import { z } from 'zod';
import { propertyFilterSchema } from '../rule/rule.js';
import { BUYING_GROUP_ROLES } from './buying-group.js';

const watched = z.strictObject({ event: z.string().trim().min(1).max(200), where: z.array(propertyFilterSchema).max(20).default([]) });

const PRICING = [
  { event: 'Pricing Viewed', where: [] },
  { event: 'Page Viewed', where: [{ property: 'path', operator: 'contains', value: 'pricing' }] },
] satisfies z.input<typeof watched>[];

/** What is watched of accounts, as data. Left out, it is what rules.md section 5 names: three people of the buying group viewed pricing in seven days. */
export const accountTrigger = z
  .strictObject({
    events: z.array(watched).min(1, 'must name at least one event').max(20).describe('doing one of these counts; what a machine did never does').default(PRICING),
    people: z.int().min(1).max(1_000).describe('so many different people').default(3),
    of: z.enum(['buying_group', 'everybody']).describe('of the buying group, or of all people of the account').default('buying_group'),
    roles: z.array(z.enum(BUYING_GROUP_ROLES)).max(BUYING_GROUP_ROLES.length).describe('only people in one of these roles; none: in any').default([]),
    windowDays: z.number().min(1 / 24).max(365).describe('within so many days, counted back from any moment').default(7),
    rearmDays: z.number().min(0).max(365).describe('fires again only after there were fewer people for so long').default(14),
    task: z.string().trim().min(1).max(300).describe('what the owner of the account is told; left out: the name of the trigger').optional(),
  })
  .refine((trigger) => trigger.of === 'buying_group' || trigger.roles.length === 0, { path: ['roles'], message: 'roles belong to the buying group: leave them out, or "of" at buying_group' });
export type AccountTrigger = z.output<typeof accountTrigger>;

/** Somebody did one of the things that are watched. Moments are milliseconds since 1970. */
export interface Visit {
  readonly contactId: number;
  readonly at: number;
}

/** The last time it fired for an account, and until when it keeps quiet as far as was known then. Null: it never fired. */
export interface TriggerState {
  readonly firedAt: number;
  readonly rearmsAt: number;
}

export interface TriggerTerms {
  readonly people: number;
  readonly windowMs: number;
  readonly rearmMs: number;
  /** What happened before counts as having happened, and fires nothing. */
  readonly activeSince: number;
}

export interface Firing {
  readonly firedAt: number;
  /** Different people in the window that ends then. */
  readonly people: number;
}

export interface WatchOutcome {
  readonly firings: readonly Firing[];
  readonly state: TriggerState | null;
}

/**
 * Since when visits have to be known to watch on from this state (excluded). Bounded: a firing whose quiet time is over is history; while it lasts, what
 * keeps it going reaches back to one window before the firing.
 */
export function visitsSince(state: TriggerState | null, { windowMs }: Pick<TriggerTerms, 'windowMs'>, now: number): number {
  const oldest = now - 2 * windowMs;
  return state === null || isOver(state, windowMs, now) ? oldest : Math.min(oldest, state.firedAt - windowMs);
}

/**
 * armed → fired → (fewer people for `rearmMs` on end) → armed. n(t) is the number of different people with a visit in (t − window, t]; an armed trigger
 * fires at the moment of a visit at which n(t) reaches `people`. Worked out from the visits, never counted on, so that late, doubled and unordered events
 * give what the visits give; but what fired has fired, and a visit that comes to be known more than one window late is history and fires nothing.
 * The same visits, in any order, give the same.
 */
export function watch(visits: readonly Visit[], state: TriggerState | null, terms: TriggerTerms, now: number): WatchOutcome {
  const { people, windowMs, rearmMs, activeSince } = terms;
  const firings: Firing[] = [];
  const moments = momentsOf(visits, windowMs);
  let firedAt = state?.firedAt ?? -Infinity;
  let armed = state === null || isOver(state, windowMs, now);
  let rearmsAt = state?.rearmsAt ?? -Infinity;
  /** Since when there are fewer people than wanted, while it is not armed. */
  let below: number | null = null;
  let count = 0;
  const belowAt = (at: number, since: number | null): number | null => (count >= people ? null : (since ?? at));
  let passed = false;
  for (const { at, change, visited } of moments) {
    if (at > firedAt && !passed) {
      if (!armed) below = belowAt(firedAt, below);
      passed = true;
    }
    if (!armed && passed && below !== null && at >= below + rearmMs) {
      armed = true;
      rearmsAt = below + rearmMs;
    }
    count += change;
    if (!passed) continue;
    if (armed && visited && count >= people && at >= activeSince && at > now - windowMs && at <= now) {
      firings.push({ firedAt: at, people: count });
      firedAt = at;
      armed = false;
      below = null;
    } else if (!armed) below = belowAt(at, below);
  }
  if (firedAt === -Infinity) return { firings, state: null };
  if (!armed) {
    if (!passed) below = belowAt(firedAt, below);
    rearmsAt = (below ?? firedAt) + rearmMs;
  }
  return { firings, state: { firedAt, rearmsAt } };
}

/** Whether its quiet time ended before anything that could still fire. */
function isOver({ rearmsAt }: TriggerState, windowMs: number, now: number): boolean {
  return rearmsAt <= now - windowMs;
}

interface Moment {
  readonly at: number;
  /** By how many people n changes at this moment. */
  change: number;
  visited: boolean;
}

/** All moments at which something happens, in order: visits, and when the last visit of somebody leaves the window. */
function momentsOf(visits: readonly Visit[], windowMs: number): Moment[] {
  const moments = new Map<number, Moment>();
  const momentAt = (at: number): Moment => {
    let moment = moments.get(at);
    if (!moment) moments.set(at, (moment = { at, change: 0, visited: false }));
    return moment;
  };
  for (const [, ofOne] of Map.groupBy(visits, ({ contactId }) => contactId)) {
    let until = -Infinity;
    for (const { at } of ofOne.sort((a, b) => a.at - b.at)) {
      momentAt(at).visited = true;
      if (at >= until) {
        if (until !== -Infinity) momentAt(until).change -= 1;
        momentAt(at).change += 1;
      }
      until = at + windowMs;
    }
    momentAt(until).change -= 1;
  }
  return [...moments.values()].sort((a, b) => a.at - b.at);
}
