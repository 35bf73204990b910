import { fc } from '../../support/generated.js';
import { accountTrigger, type Firing, type TriggerState, type TriggerTerms, type Visit, visitsSince, watch } from '../../../src/core/account/account-trigger.js';

const DAY = 86_400_000;
const DAY_0 = Date.parse('2026-06-01T00:00:00Z');
const TERMS: TriggerTerms = { people: 3, windowMs: 7 * DAY, rearmMs: 14 * DAY, activeSince: DAY_0 };
const on = (day: number): number => DAY_0 + day * DAY;
const visits = (...given: [person: number, day: number][]): Visit[] => given.map(([contactId, day]) => ({ contactId, at: on(day) }));

/** Looks whenever something happens, as the engine does; gives the days on which it fired. */
function live(all: readonly Visit[], terms = TERMS): number[] {
  let state: TriggerState | null = null;
  const days: number[] = [];
  for (const { at } of [...all].sort((a, b) => a.at - b.at)) {
    const since = visitsSince(state, terms, at);
    const outcome = watch(all.filter((visit) => visit.at > since && visit.at <= at), state, terms, at);
    days.push(...outcome.firings.map(({ firedAt }) => (firedAt - DAY_0) / DAY));
    state = outcome.state;
  }
  return days;
}

describe('three people of the buying group in seven days', () => {
  it.each<[string, Visit[], number[]]>([
    ['on three days: at the third', visits([1, 0], [2, 1], [3, 2]), [2]],
    ['one of them three times: not', visits([1, 0], [1, 1], [1, 2], [2, 3]), []],
    ['the first a full seven days ago: not', visits([1, 0], [2, 1], [3, 7]), []],
    ['the first just within seven days', visits([1, 0], [2, 1], [3, 6.99]), [6.99]],
    ['the first comes back when it is about to be forgotten', visits([1, 0], [2, 6], [1, 8], [3, 9]), [9]],
    ['a fourth the day after: fired already', visits([1, 0], [2, 1], [3, 2], [4, 3]), [2]],
    ['three again while it is quiet: not', visits([1, 0], [2, 1], [3, 2], [1, 10], [2, 11], [3, 12]), [2]],
    ['three again after fourteen days below', visits([1, 0], [2, 1], [3, 2], [1, 21], [2, 22], [3, 23]), [2, 23]],
    ['below since day 7, three again just before day 21: not', visits([1, 0], [2, 1], [3, 2], [1, 20], [2, 20.5], [3, 20.9]), [2]],
    ['three all the time for a month, then quiet, then three: once a spell', visits(...Array.from({ length: 12 }, (_, index): [number, number] => [1 + (index % 3), index * 2]), [1, 50], [2, 50], [3, 50]), [4, 50]],
    ['all at one moment', visits([1, 5], [2, 5], [3, 5]), [5]],
    ['before it was switched on: history', visits([1, -3], [2, -2], [3, -1]), []],
    ['two before it was switched on, the third after', visits([1, -3], [2, -2], [3, 1]), [1]],
  ])('%s', (_, given, days) => {
    expect(live(given)).toEqual(days);
  });

  it('that come to be known late fire for the moment they were enough; later than a window is history', () => {
    const late = visits([1, 0], [2, 1], [3, 2]);
    expect(watch(late, null, TERMS, on(8)).firings).toEqual([{ firedAt: on(2), people: 3 }]);
    expect(watch(late, null, TERMS, on(9)).firings).toEqual([]);
  });

  it('fire once, also when an earlier visit comes to be known after', () => {
    const { state } = watch(visits([1, 1], [2, 2], [3, 3]), null, TERMS, on(3));
    expect(watch(visits([4, 0], [1, 1], [2, 2], [3, 3]), state, TERMS, on(4)).firings).toEqual([]);
  });

  it('keep it quiet for longer when a visit comes to be known that kept them enough', () => {
    const { state } = watch(visits([1, 0], [2, 1], [3, 2]), null, TERMS, on(2));
    expect(state?.rearmsAt).toBe(on(21));
    expect(watch(visits([1, 0], [2, 1], [3, 2], [4, 6]), state, TERMS, on(6)).state).toEqual({ firedAt: on(2), rearmsAt: on(22) });
  });

  it('are, without another word, of the buying group, view pricing, and lead to a task', () => {
    expect(accountTrigger.parse({})).toMatchObject({ people: 3, windowDays: 7, rearmDays: 14, of: 'buying_group', roles: [], events: [{ event: 'Pricing Viewed' }, { event: 'Page Viewed' }] });
    expect(accountTrigger.safeParse({ of: 'everybody', roles: ['decider'] }).success).toBe(false);
  });
});

describe('any stream of events', () => {
  const HOUR = DAY / 24;
  const stream = fc.array(fc.record({ contactId: fc.integer({ min: 1, max: 5 }), at: fc.integer({ min: 0, max: 60 * 24 }).map((hour) => DAY_0 + hour * HOUR) }), { maxLength: 60 });
  const terms = fc.record({ people: fc.integer({ min: 1, max: 4 }), windowMs: fc.integer({ min: 1, max: 10 }).map((days) => days * DAY), rearmMs: fc.integer({ min: 0, max: 15 }).map((days) => days * DAY), activeSince: fc.constant(DAY_0) });
  const peopleAt = (all: readonly Visit[], t: number, { windowMs }: TriggerTerms): number => new Set(all.filter(({ at }) => at > t - windowMs && at <= t).map(({ contactId }) => contactId)).size;

  /** By the words of the rule, hour by hour. */
  function byTheWords(all: readonly Visit[], given: TriggerTerms): number[] {
    const fired: number[] = [];
    let below: number | null = null;
    let armed = true;
    for (let t = DAY_0; t <= DAY_0 + 60 * DAY; t += HOUR) {
      const enough = peopleAt(all, t, given) >= given.people;
      if (!armed && below !== null && t - below >= given.rearmMs) armed = true;
      if (enough && armed && all.some(({ at }) => at === t)) {
        fired.push(t);
        armed = false;
      }
      below = enough ? null : (below ?? t);
    }
    return fired;
  }

  it('fires when the rule says so, in words, when it is looked at event by event', () => {
    fc.assert(
      fc.property(stream, terms, (all, given) => {
        expect(live(all, given).map((day) => Math.round(DAY_0 + day * DAY))).toEqual(byTheWords(all, given));
      }),
      { numRuns: 300 },
    );
  });

  /** In whatever order the events arrive, in batches of whatever size, at moments after they happened. */
  const arrivals = fc.record({ all: stream, delays: fc.infiniteStream(fc.integer({ min: 0, max: 20 * 24 })), given: terms });

  it('never fires twice within the quiet time, nor for fewer people than wanted, however late and unordered its events arrive', () => {
    fc.assert(
      fc.property(arrivals, ({ all, delays, given }) => {
        const arriving = all.map((visit) => ({ visit, arrives: visit.at + Number(delays.next().value) * HOUR })).sort((a, b) => a.arrives - b.arrives);
        const known: Visit[] = [];
        const firings: Firing[] = [];
        let state: TriggerState | null = null;
        for (const { visit, arrives } of arriving) {
          known.push(visit);
          const since = visitsSince(state, given, arrives);
          const outcome = watch(known.filter(({ at }) => at > since), state, given, arrives);
          for (const firing of outcome.firings) {
            expect(firing.people).toBe(peopleAt(known, firing.firedAt, given));
            expect(firing.people).toBeGreaterThanOrEqual(given.people);
            const before = firings.at(-1);
            if (before) expect(firing.firedAt - before.firedAt).toBeGreaterThanOrEqual(given.rearmMs);
            firings.push(firing);
          }
          state = outcome.state;
          // Looked at again, nothing new: a crash after the look, or a second process.
          expect(watch(known.filter(({ at }) => at > visitsSince(state, given, arrives)), state, given, arrives)).toEqual({ firings: [], state });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order in which visits are given, nor on doubled ones', () => {
    fc.assert(
      fc.property(stream, terms, (all, given) => {
        const now = DAY_0 + 30 * DAY;
        const known = all.filter(({ at }) => at <= now);
        expect(watch([...known].reverse().flatMap((visit) => [visit, visit]), null, given, now)).toEqual(watch(known, null, given, now));
      }),
    );
  });
});
