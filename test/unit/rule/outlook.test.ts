import { fc } from '../../support/generated.js';
import { evaluateAccountRule, evaluateRule } from '../../../src/core/rule/evaluate-rule.js';
import { accountOutlook, countOutlook, outlook } from '../../../src/core/rule/outlook.js';
import { contextWith, days, did, FIELDS as PLAIN_FIELDS, NOW as NOON, person, rule } from './people.js';
import { factsOf, population } from './random-people.js';
import { FIELDS, NOW, randomRule, randomSegments, SEGMENT_KEYS, TIME_ZONE } from './random-rules.js';

const after = (milliseconds: number): number => NOON.getTime() + milliseconds;

describe('how long an answer stands', () => {
  const viewed = (count: object, within?: object): unknown => ({ kind: 'event', event: 'Viewed', count, ...(within && { within }) });
  const week = { kind: 'last_days', days: 7 };

  it.each([
    ['two views in a week: until the second newest leaves', viewed({ operator: 'at_least', value: 2 }, week), [did('Viewed', 6 * days), did('Viewed', 3 * days), did('Viewed', days)], true, after(4 * days + 1)],
    ['too few views: for ever, nothing but a new one helps', viewed({ operator: 'at_least', value: 2 }, week), [did('Viewed', days)], false, undefined],
    ['no view in a week: when the newest leaves', viewed({ operator: 'at_most', value: 0 }, week), [did('Viewed', 6 * days), did('Viewed', 2 * days)], false, after(5 * days + 1)],
    ['never viewed anything: for ever', viewed({ operator: 'at_most', value: 0 }, week), [], true, undefined],
    ['exactly one: when the second one leaves', viewed({ operator: 'exactly', value: 1 }, week), [did('Viewed', 6 * days), did('Viewed', 2 * days)], false, after(days + 1)],
    ['a view that lies ahead: until it happens', viewed({ operator: 'at_least', value: 1 }), [did('Viewed', -2 * days)], false, after(2 * days)],
    ['ever viewed: for ever', viewed({ operator: 'at_least', value: 1 }), [did('Viewed', days)], true, undefined],
  ])('%s', (_, input, events, holds, until) => {
    expect(outlook(rule(input), person({}, { events }), contextWith())).toEqual({ holds, until });
  });

  const midnight = (day: string): number => Date.parse(`${day}T00:00:00+02:00`);
  it.each([
    ['a renewal in the next 7 days, 10 days ahead', 'in_next_days', 7, '2026-06-19', false, midnight('2026-06-12')],
    ['a renewal in the next 7 days, tomorrow', 'in_next_days', 7, '2026-06-10', true, midnight('2026-06-10')],
    ['a renewal in the last 7 days, 7 days past', 'in_last_days', 7, '2026-06-02', true, midnight('2026-06-10')],
    ['a renewal more than 30 days ago, yesterday', 'more_than_days_ago', 30, '2026-06-08', false, midnight('2026-07-09')],
    ['a renewal more than 30 days ago, last year', 'more_than_days_ago', 30, '2025-06-08', true, undefined],
    ['a day that does not exist', 'more_than_days_ago', 30, '2026-06-31', false, midnight('2026-07-31')],
  ])('%s: until midnight of the workspace', (_, operator, distance, renewal, holds, until) => {
    expect(outlook(rule({ kind: 'attribute', attribute: 'renewal', operator, days: distance }), person({ renewal }), contextWith())).toEqual({ holds, until });
  });

  it('asks about the part of the rule that decides', () => {
    const fresh = { kind: 'attribute', attribute: 'last_visit', operator: 'in_last_days', days: 7 };
    const old = { kind: 'attribute', attribute: 'created_at', operator: 'more_than_days_ago', days: 30 };
    const never = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
    const facts = person({ last_visit: new Date(after(-days)), created_at: new Date(after(-10 * days)), country: 'BE' });
    const ask = (kind: 'all' | 'any', ...conditions: unknown[]): unknown => outlook(rule({ kind, conditions }), facts, { ...contextWith(), fields: PLAIN_FIELDS });
    expect(ask('all', fresh, old)).toEqual({ holds: false, until: after(20 * days + 1) });
    expect(ask('all', fresh, never)).toEqual({ holds: false, until: undefined });
    expect(ask('any', fresh, old)).toEqual({ holds: true, until: after(6 * days + 1) });
    expect(ask('any', never, old)).toEqual({ holds: false, until: after(20 * days + 1) });
  });

  it.each([
    ['two of three must fall', { operator: 'at_least', value: 2 } as const, true, 20],
    ['two more must come', { operator: 'at_least', value: 5 } as const, false, 50],
    ['more can never come', { operator: 'at_least', value: 6 } as const, false, undefined],
    ['at most four: two more must come', { operator: 'at_most', value: 4 } as const, true, 50],
    ['exactly three: any change', { operator: 'exactly', value: 3 } as const, true, 10],
  ])('of a count of people: %s', (_, count, holds, until) => {
    const people = [...[10, 20, undefined].map((one) => ({ holds: true, until: one })), ...[40, 50, undefined].map((one) => ({ holds: false, until: one }))];
    expect(countOutlook(count, people)).toEqual({ holds, until });
  });

  it('is the evaluator’s answer, and the same at every moment before its end, for random rules and people', () => {
    let ended = 0;
    let asked = 0;
    fc.assert(
      fc.property(population, randomSegments, randomRule('contact', 3, SEGMENT_KEYS), randomRule('account', 3, SEGMENT_KEYS), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (everybody, segments, contactRule, accountRule, share) => {
        const { people, accounts } = factsOf(everybody);
        const context = { now: NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => segments.get(key) };
        // Without roles: they end at moments of their own, which the facts of the loader tell.
        const check = <Facts>(facts: Facts, look: (facts: Facts, at: typeof context) => { holds: boolean; until: number | undefined }, evaluate: (facts: Facts, at: typeof context) => boolean): void => {
          const { holds, until } = look(facts, context);
          asked += 1;
          if (until !== undefined) ended += 1;
          expect(evaluate(facts, context)).toBe(holds);
          expect(until ?? Infinity).toBeGreaterThan(NOW.getTime());
          const last = (until ?? NOW.getTime() + 1_000 * days) - 1;
          for (const moment of [last, NOW.getTime() + Math.floor(share * (last - NOW.getTime()))]) expect(evaluate(facts, { ...context, now: new Date(moment) })).toBe(holds);
        };
        for (const one of people.slice(0, 12)) check(one, (facts, at) => outlook(contactRule, facts, at), (facts, at) => evaluateRule(contactRule, facts, at));
        for (const one of accounts) check(one, (facts, at) => accountOutlook(accountRule, facts, at), (facts, at) => evaluateAccountRule(accountRule, facts, at));
      }),
      { numRuns: 300 },
    );
    expect(ended / asked).toBeGreaterThan(0.02);
  });
});
