import { fc } from '../../support/generated.js';
import { behaviourIn } from '../../../src/core/account/fit-rules.js';
import { decay, engagementOf, fitOf, isAtLeast, nextChange, rebase, type ScoredEvent, type ScoredPerson, scoreOfEvents, scoreOfSum, scoreOfSums, shareOfDay, wholePoints } from '../../../src/core/account/score.js';
import { DEFAULT_SCORE_POLICY, scorePolicy } from '../../../src/core/account/score-policy.js';
import type { Rule } from '../../../src/core/rule/rule.js';

const DAY = 86_400_000;
const NOW = new Date('2026-06-09T08:00:00Z');
const EPOCH = new Date('2026-01-01');
const { fit, engagement } = DEFAULT_SCORE_POLICY;
const ago = (days: number): Date => new Date(NOW.getTime() - days * DAY);
const did = (kind: string, days: number): ScoredEvent => ({ kind, at: ago(days) });
const personAt = (score: number, halfLifeDays = 7, roles: ScoredPerson['roles'] = ['decider']): ScoredPerson => ({ roles, sums: [{ halfLifeDays, sum: score * 2 ** ((NOW.getTime() - EPOCH.getTime()) / (halfLifeDays * DAY)) }] });

const KINDS = engagement.kinds.map(({ key }) => key);
const anEvent = fc.record({ kind: fc.constantFrom(...KINDS), at: fc.integer({ min: 0, max: 200 * 24 * 60 }).map((minutes) => new Date(NOW.getTime() - minutes * 60_000)) });

/** As the database does it: one event after another, each changing its day's row and its class's sum by what the day comes to more. */
function addOneByOne(events: readonly ScoredEvent[]): { halfLifeDays: number; sum: number }[] {
  const days = new Map<string, { count: number; mass: number }>();
  const sums = new Map<number, number>();
  for (const { kind, at } of events) {
    const { weight, halfLifeDays } = engagement.kinds.find(({ key }) => key === kind)!;
    const day = at.toISOString().slice(0, 10);
    const begins = Date.parse(day);
    const before = days.get(`${kind} ${day}`) ?? { count: 0, mass: 0 };
    const after = { count: before.count + 1, mass: before.mass + 2 ** ((at.getTime() - begins) / (halfLifeDays * DAY)) };
    days.set(`${kind} ${day}`, after);
    const worth = ({ count, mass }: { count: number; mass: number }): number => mass * shareOfDay(count, engagement.perDay);
    sums.set(halfLifeDays, (sums.get(halfLifeDays) ?? 0) + weight * 2 ** ((begins - EPOCH.getTime()) / (halfLifeDays * DAY)) * (worth(after) - worth(before)));
  }
  return [...sums].map(([halfLifeDays, sum]) => ({ halfLifeDays, sum }));
}

describe('fit', () => {
  it.each([
    ['nothing known', [], 30, 'D'],
    ['a large company that is known well', ['large', 'sector_known', 'reachable', 'registered'], 90, 'A'],
    ['a middling one', ['medium', 'reachable'], 60, 'B'],
    ['one so small that it counts against it', ['tiny'], 10, 'F'],
    ['nowhere and tiny', ['tiny', 'nowhere'], 0, 'F'],
    ['conditions of an earlier policy', ['gone'], 30, 'D'],
  ])('of %s is %d', (_, met, score, grade) => {
    expect(fitOf(met, fit)).toEqual({ score, grade });
  });

  it('stays within 0 and 100, whatever conditions say, and a negative one never helps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 12 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: -100, max: -1 }), (points, base, against) => {
        const policy = { ...fit, base, conditions: [...points, against].map((one, index) => ({ key: `c${index}`, points: one, rule: {} as Rule })) };
        const met = points.map((_, index) => `c${index}`);
        const { score } = fitOf(met, policy);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        expect(fitOf([...met, `c${points.length}`], policy).score).toBeLessThanOrEqual(score);
      }),
    );
  });

  it('orders grades from A to F; no grade is none of them', () => {
    expect([isAtLeast('A', 'B'), isAtLeast('B', 'B'), isAtLeast('C', 'B'), isAtLeast(null, 'F')]).toEqual([true, true, false, false]);
  });

  it.each([
    ['an event of its people', { kind: 'people', rule: { kind: 'event', event: 'Page Viewed' } }, 'kind'],
    ['a list or segment', { kind: 'not', condition: { kind: 'segment', operator: 'in', segment: 'x' } }, 'not.kind'],
    ['its own engagement', { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'engagement_score', operator: 'at_least', value: 3 }] }, 'all[0].attribute'],
    ['open deals', { kind: 'attribute', attribute: 'open_opportunities', operator: 'at_least', value: 1 }, 'attribute'],
    ['the clock', { kind: 'attribute', attribute: 'created_at', operator: 'in_last_days', days: 3 }, 'operator'],
    ['the deals of its parent', { kind: 'parent', depth: 'any', rule: { kind: 'attribute', attribute: 'won_value', operator: 'is_set' } }, 'parent.attribute'],
  ])('is not asked by %s', (_, rule, path) => {
    expect(behaviourIn(rule as Rule).map((problem) => problem.path)).toEqual([path]);
  });
});

describe('what a person did', () => {
  it.each([
    ['a reply of this moment', [did('reply', 0)], 10],
    ['a reply of thirty days ago', [did('reply', 30)], 5],
    ['a pricing visit of a week ago', [did('pricing_visit', 7)], 2.5],
    ['another visit of five days ago', [did('visit', 5)], 0.5],
    ['a form of three weeks ago', [did('form', 21)], 5],
    ['a ticket of two weeks ago', [did('support_ticket', 14)], -2.5],
    ['mails that were opened', [did('open', 0), did('open', 1)], 0],
    ['something that has not happened yet', [did('reply', -1)], 0],
    ['nothing', [], 0],
  ])('counts %s', (_, events, score) => {
    expect(scoreOfEvents(events, engagement, NOW)).toBeCloseTo(score, 9);
  });

  it('counts at most twenty of a kind a day', () => {
    const visits = (number: number): ScoredEvent[] => Array.from({ length: number }, () => did('visit', 0));
    expect(scoreOfEvents(visits(20), engagement, NOW)).toBeCloseTo(20, 9);
    expect(scoreOfEvents(visits(500), engagement, NOW)).toBeCloseTo(20, 9);
    expect(scoreOfEvents([...visits(500), did('reply', 0), did('visit', 1)], engagement, NOW)).toBeCloseTo(30 + decay(DAY, 5), 9);
  });

  it('comes to the same one by one, in any order, as from all events at once', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 120 }).chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))), ([events, shuffled]) => {
        const wanted = scoreOfEvents(events, engagement, NOW);
        expect(scoreOfSums(addOneByOne(events), EPOCH, NOW)).toBeCloseTo(wanted, 6);
        expect(scoreOfSums(addOneByOne(shuffled), EPOCH, NOW)).toBeCloseTo(wanted, 6);
      }),
    );
  });

  it('never grows by the clock alone, when nothing counts against it', () => {
    const good = anEvent.filter(({ kind }) => kind !== 'support_ticket');
    fc.assert(
      fc.property(fc.array(good, { maxLength: 40 }), fc.double({ min: 0, max: 900, noNaN: true }), fc.double({ min: 0, max: 900, noNaN: true }), (events, first, second) => {
        const sums = addOneByOne(events);
        const at = (days: number): number => scoreOfSums(sums, EPOCH, new Date(NOW.getTime() + days * DAY));
        expect(at(first + second)).toBeLessThanOrEqual(at(first) + 1e-9);
      }),
    );
  });

  it('is the same in another epoch, and stays a number over decades', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { minLength: 1, maxLength: 40 }), fc.integer({ min: -300, max: 300 }), (events, days) => {
        const sums = addOneByOne(events);
        const later = new Date(EPOCH.getTime() + days * DAY);
        expect(scoreOfSums(rebase(sums, EPOCH, later), later, NOW)).toBeCloseTo(scoreOfSums(sums, EPOCH, NOW), 6);
      }),
    );
    let [sums, epoch] = [[{ halfLifeDays: 1, sum: 5 }], EPOCH];
    for (let year = 1; year <= 40; year += 1) {
      const next = new Date(EPOCH.getTime() + year * 365 * DAY);
      sums = rebase(sums, epoch, next).map(({ sum }) => ({ halfLifeDays: 1, sum: sum + 5 }));
      epoch = next;
    }
    expect(scoreOfSums(sums, epoch, epoch)).toBeCloseTo(5, 6);
  });
});

describe('the engagement of an account', () => {
  it('is 100·(1 − exp(−k·Σ r(role)·min(S, cap)))', () => {
    const people = [personAt(25), personAt(900, 30, ['user', 'gatekeeper']), personAt(10, 5, [])];
    const sum = 25 + 0.6 * 40 + 0.3 * 10;
    expect(engagementOf(people, engagement, EPOCH, NOW).weightedSum).toBeCloseTo(sum, 9);
    expect(engagementOf(people, engagement, EPOCH, NOW).score).toBeCloseTo(100 * (1 - Math.exp(-0.04 * sum)), 9);
    expect(engagementOf(people, engagement, EPOCH, NOW)).toMatchObject({ people: 3, roles: ['decider', 'gatekeeper', 'user'] });
  });

  it('is 0 when tickets outweigh everything, and never reaches 101', () => {
    expect(scoreOfSum(-3, 0.04)).toBe(0);
    expect(wholePoints(scoreOfSum(1e9, 1))).toBe(100);
  });

  it('counts somebody as engaged from a score on, and lets him go again', () => {
    expect(engagementOf([personAt(4)], engagement, EPOCH, NOW).roles).toEqual(['decider']);
    expect(engagementOf([personAt(3.9)], engagement, EPOCH, NOW)).toMatchObject({ people: 0, roles: [] });
  });

  it('is looked at again at the minute in which a point or a role goes, and not before', () => {
    const people = [personAt(30), personAt(9, 5, ['user'])];
    const next = nextChange(people, engagement, EPOCH, NOW)!;
    const seen = (at: Date): string => JSON.stringify([wholePoints(engagementOf(people, engagement, EPOCH, at).score), engagementOf(people, engagement, EPOCH, at).roles]);
    expect(seen(next)).not.toBe(seen(NOW));
    expect(seen(new Date(next.getTime() - 2 * 60_000))).toBe(seen(NOW));
    expect(nextChange([], engagement, EPOCH, NOW)).toBeUndefined();
  });
});

describe('the policy', () => {
  it('ships with one that holds', () => {
    expect(scorePolicy.parse(DEFAULT_SCORE_POLICY)).toEqual(DEFAULT_SCORE_POLICY);
  });

  it.each([
    ['weight for opens', { engagement: { ...engagement, kinds: [{ key: 'open', events: [{ event: 'Email Opened' }], weight: 1, halfLifeDays: 7 }] } }],
    ['grades that do not go down', { fit: { ...fit, grades: { ...fit.grades, B: 90 } } }],
    ['a condition that counts nothing', { fit: { ...fit, conditions: [{ ...fit.conditions[0], points: 0 }] } }],
    ['one way in and out of a stage', { stages: { ...DEFAULT_SCORE_POLICY.stages, aware: { enter: 5, leave: 5, dwellDays: 0 } } }],
    ['stages that do not rise', { stages: { ...DEFAULT_SCORE_POLICY.stages, engaged: { enter: 70, leave: 20, dwellDays: 0 } } }],
    ['a half-life of an hour', { engagement: { ...engagement, kinds: [{ ...engagement.kinds[0], halfLifeDays: 0.04 }] } }],
  ])('has no %s', (_, part) => {
    expect(scorePolicy.safeParse({ ...DEFAULT_SCORE_POLICY, ...part }).success).toBe(false);
  });
});
