import { fc } from '../../support/generated.js';
import { evaluateAccountRule, evaluateRule, propertiesMatch } from '../../../src/core/rule/evaluate-rule.js';
import type { Rule } from '../../../src/core/rule/rule.js';
import { account, days, did, NOW, person, rule, segments, selects, selectsAccount } from './people.js';
import { factsOf, population } from './random-people.js';
import { FIELDS, NOW as RANDOM_NOW, randomRule, randomSegments, SEGMENT_KEYS, TIME_ZONE } from './random-rules.js';

const is = (attribute: string, operator: string, rest: object = {}) => ({ kind: 'attribute', attribute, operator, ...rest });
const hours = 3_600_000;

describe('a condition on an attribute', () => {
  const anna = person({ first_name: 'Anna', country: 'NL', job_title: 'Head of 100% Cotton_Wear', seats: 5, newsletter_reader: true, birth_date: '1980-06-01', interests: ['wine', 'cheese'] });
  it.each([
    ['equals', is('country', 'equals', { value: 'NL' }), true],
    ['equals, however it is spelled', is('country', 'equals', { value: 'nl' }), true],
    ['equals, without regard to case and accents', is('first_name', 'equals', { value: 'ÁNNA' }), true],
    ['not_equals, without regard to case', is('first_name', 'not_equals', { value: 'anna' }), false],
    ['in, without regard to case', is('country', 'in', { value: ['be', 'nl'] }), true],
    ['contains, without regard to case', is('job_title', 'contains', { value: 'COTTON' }), true],
    ['contains, where _ is only a line', is('job_title', 'contains', { value: 'of_100' }), false],
    ['starts_with, without regard to case', is('job_title', 'starts_with', { value: 'héad' }), true],
    ['not_equals', is('country', 'not_equals', { value: 'BE' }), true],
    ['in', is('country', 'in', { value: ['BE', 'NL'] }), true],
    ['not_in', is('country', 'not_in', { value: ['BE', 'NL'] }), false],
    ['contains', is('job_title', 'contains', { value: '100%' }), true],
    ['contains, where % is only a percent sign', is('job_title', 'contains', { value: 'Head%Wear' }), false],
    ['starts_with', is('job_title', 'starts_with', { value: 'Head' }), true],
    ['starts_with, not in the middle', is('job_title', 'starts_with', { value: 'of' }), false],
    ['greater_than, not the number itself', is('seats', 'greater_than', { value: 5 }), false],
    ['at_least, the number itself', is('seats', 'at_least', { value: 5 }), true],
    ['less_than', is('seats', 'less_than', { value: 5.5 }), true],
    ['at_most', is('seats', 'at_most', { value: 4 }), false],
    ['between, from is in', is('seats', 'between', { from: 5, to: 6 }), true],
    ['between, to is out', is('seats', 'between', { from: 4, to: 5 }), false],
    ['a boolean', is('newsletter_reader', 'equals', { value: true }), true],
    ['a date before another', is('birth_date', 'less_than', { value: '1980-06-02' }), true],
    ['list_contains', is('interests', 'list_contains', { value: 'wine' }), true],
    ['list_contains, without regard to case and accents', is('interests', 'list_contains', { value: 'WÍNE' }), true],
    ['list_contains_any, without regard to case', is('interests', 'list_contains_any', { value: ['BEER', 'CHEESE'] }), true],
    ['list_contains_all, without regard to case', is('interests', 'list_contains_all', { value: ['Wine', 'CHEESE'] }), true],
    ['list_contains_all, of which one is missing', is('interests', 'list_contains_all', { value: ['Wine', 'beer'] }), false],
    ['list_contains, whole values', is('interests', 'list_contains', { value: 'win' }), false],
    ['is_set', is('country', 'is_set'), true],
    ['not_set', is('email', 'not_set'), true],
  ])('%s', (_, input, selected) => {
    expect(selects(input, anna)).toBe(selected);
  });

  it.each([
    ['null', null],
    ['an empty text', ''],
    ['nothing at all', undefined],
  ])('with %s as value fulfils no comparison, and every opposite', (_, value) => {
    const nobody = person(value === undefined ? {} : { country: value });
    expect(selects(is('country', 'equals', { value: 'NL' }), nobody)).toBe(false);
    expect(selects(is('country', 'contains', { value: 'N' }), nobody)).toBe(false);
    expect(selects(is('country', 'not_equals', { value: 'NL' }), nobody)).toBe(true);
    expect(selects(is('country', 'not_in', { value: ['NL'] }), nobody)).toBe(true);
    expect(selects({ kind: 'not', condition: is('country', 'equals', { value: 'NL' }) }, nobody)).toBe(true);
    expect(selects(is('country', 'is_set'), nobody)).toBe(false);
    expect(selects(is('country', 'not_set'), nobody)).toBe(true);
  });

  it.each([
    ['a number kept as text', { seats: '5' }, is('seats', 'at_least', { value: 1 })],
    ['a date in Dutch order', { renewal: '09-06-2026' }, is('renewal', 'in_last_days', { days: 30 })],
    ['a moment without its zone', { last_visit: '2026-06-09T09:00:00' }, is('last_visit', 'in_last_days', { days: 30 })],
    ['one text where a list belongs', { interests: 'wine' }, is('interests', 'list_contains', { value: 'wine' })],
    ['what every object has by itself', {}, is('plan', 'is_set')],
  ])('takes %s for missing', (_, attributes, input) => {
    expect(selects(input, person(attributes))).toBe(false);
  });
});

describe('days', () => {
  const before = (milliseconds: number): string => new Date(NOW.getTime() - milliseconds).toISOString();
  it.each([
    ['a week ago to the moment', 7 * days, true, false, false],
    ['a millisecond more', 7 * days + 1, false, true, false],
    ['right now', 0, true, false, false],
    ['a millisecond from now', -1, false, false, true],
    ['in a week to the moment', -7 * days, false, false, true],
    ['in a week and a millisecond', -7 * days - 1, false, false, false],
  ])('of a moment are exact: %s', (_, distance, last, ago, next) => {
    for (const value of [before(distance), new Date(before(distance))]) {
      const visitor = person({ last_visit: value });
      expect(selects(is('last_visit', 'in_last_days', { days: 7 }), visitor)).toBe(last);
      expect(selects(is('last_visit', 'more_than_days_ago', { days: 7 }), visitor)).toBe(ago);
      expect(selects(is('last_visit', 'in_next_days', { days: 7 }), visitor)).toBe(next);
    }
  });

  it.each([
    ['2026-06-09', true, false, false],
    ['2026-06-02', true, false, false],
    ['2026-06-01', false, true, false],
    ['2026-06-10', false, false, true],
    ['2026-06-16', false, false, true],
    ['2026-06-17', false, false, false],
  ])('of a date are calendar days: %s', (renewal, last, ago, next) => {
    expect(selects(is('renewal', 'in_last_days', { days: 7 }), person({ renewal }))).toBe(last);
    expect(selects(is('renewal', 'more_than_days_ago', { days: 7 }), person({ renewal }))).toBe(ago);
    expect(selects(is('renewal', 'in_next_days', { days: 7 }), person({ renewal }))).toBe(next);
  });

  it('begin at midnight of the workspace: at 00:30 in Amsterdam it is already tomorrow', () => {
    const context = { now: new Date('2026-06-09T22:30:00Z'), timeZone: 'Europe/Amsterdam', fields: FIELDS, segments: () => undefined };
    const today = rule(is('birth_date', 'in_last_days', { days: 1 }));
    expect(evaluateRule(today, person({ birth_date: '2026-06-10' }), context)).toBe(true);
    expect(evaluateRule(today, person({ birth_date: '2026-06-10' }), { ...context, timeZone: 'UTC' })).toBe(false);
  });

  it('given as a date mean its start in the workspace', () => {
    const since = is('created_at', 'at_least', { value: '2026-03-31' });
    expect(selects(since, person({ created_at: new Date('2026-03-30T22:00:00Z') }))).toBe(true);
    expect(selects(since, person({ created_at: new Date('2026-03-30T21:59:59.999Z') }))).toBe(false);
  });
});

describe('a condition on events', () => {
  const viewer = person({}, { events: [did('Pricing Viewed', 1 * hours, { plan: 'pro', amount: 20 }), did('Pricing Viewed', 10 * days, { plan: 'free' }), did('Order Completed', 40 * days), did('Pricing Viewed', -1 * hours)] });
  const viewed = (rest: object = {}) => ({ kind: 'event', event: 'Pricing Viewed', ...rest });
  it.each([
    ['at least once', viewed(), true],
    ['never counts what lies ahead', viewed({ count: { operator: 'exactly', value: 2 } }), true],
    ['in a rolling window', viewed({ count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 7 } }), false],
    ['in a rolling window, to the moment', viewed({ count: { operator: 'exactly', value: 2 }, within: { kind: 'last_days', days: 10 } }), true],
    ['in the last hours', viewed({ within: { kind: 'last_hours', hours: 1 } }), true],
    ['in an absolute window', viewed({ within: { kind: 'between', from: '2026-05-30', to: '2026-05-31' } }), true],
    ['in an absolute window whose end is out', viewed({ within: { kind: 'between', from: '2026-05-29', to: '2026-05-30' } }), false],
    ['never', { kind: 'event', event: 'Demo Requested', count: { operator: 'exactly', value: 0 } }, true],
    ['at most once', viewed({ count: { operator: 'at_most', value: 1 } }), false],
    ['with a property in other letters', viewed({ where: [{ property: 'plan', operator: 'starts_with', value: 'PR' }] }), true],
    ['with a property', viewed({ where: [{ property: 'plan', operator: 'equals', value: 'pro' }, { property: 'amount', operator: 'greater_than', value: 10 }] }), true],
    ['with properties of one event, not of two', viewed({ where: [{ property: 'plan', operator: 'equals', value: 'free' }, { property: 'amount', operator: 'greater_than', value: 10 }] }), false],
    ['without a property', viewed({ where: [{ property: 'amount', operator: 'not_set' }] }), true],
  ])('%s', (_, input, selected) => {
    expect(selects(input, viewer)).toBe(selected);
  });

  it('never takes the prototype of properties for a property', () => {
    expect(propertiesMatch([{ property: 'constructor', operator: 'is_set' }], {})).toBe(false);
    expect(propertiesMatch([{ property: '__proto__', operator: 'is_set' }], {})).toBe(false);
  });
});

describe('accounts and their people', () => {
  const viewed = { kind: 'event', event: 'Pricing Viewed', within: { kind: 'last_days', days: 7 } };
  const viewer = (role?: 'decider' | 'user') => person({}, { events: [did('Pricing Viewed', 1 * days)], roles: role ? [role] : [] });
  const acme = account({ sector: 'software', employees: 200 }, [viewer('decider'), viewer('user'), viewer(), person({}, { roles: ['decider'] })]);

  it.each([
    ['three people viewed pricing', { kind: 'people', count: { operator: 'at_least', value: 3 }, rule: viewed }, true],
    ['three of the buying group viewed pricing', { kind: 'people', count: { operator: 'at_least', value: 3 }, role: 'any', rule: viewed }, false],
    ['two of the buying group, one of them a decider', { kind: 'all', conditions: [{ kind: 'people', count: { operator: 'at_least', value: 2 }, role: 'any', rule: viewed }, { kind: 'people', role: 'decider', rule: viewed }] }, true],
    ['two deciders viewed pricing', { kind: 'people', count: { operator: 'at_least', value: 2 }, role: 'decider', rule: viewed }, false],
    ['at most three did', { kind: 'people', count: { operator: 'at_most', value: 3 }, rule: viewed }, true],
    ['no gatekeeper is known', { kind: 'people', count: { operator: 'exactly', value: 0 }, role: 'gatekeeper', rule: { kind: 'all', conditions: [] } }, true],
    ['a sector', is('sector', 'equals', { value: 'software' }), true],
  ])('an account of which %s', (_, input, selected) => {
    expect(selectsAccount(input, acme)).toBe(selected);
  });

  it('a contact is asked about its account, and through it about its colleagues', () => {
    const colleague = person({}, { account: acme });
    expect(selects({ kind: 'account', rule: is('employees', 'at_least', { value: 100 }) }, colleague)).toBe(true);
    expect(selects({ kind: 'account', rule: { kind: 'people', role: 'decider', rule: viewed } }, colleague)).toBe(true);
  });

  it('a contact without an account fulfils no condition about it, not even that something is missing', () => {
    expect(selects({ kind: 'account', rule: is('sector', 'not_set') }, person({}))).toBe(false);
    expect(selects({ kind: 'account', rule: { kind: 'not', condition: is('sector', 'is_set') } }, person({}))).toBe(false);
    expect(selects({ kind: 'not', condition: { kind: 'account', rule: is('sector', 'not_set') } }, person({}))).toBe(true);
  });
});

describe('groups and segments', () => {
  const dutch = is('country', 'equals', { value: 'NL' });
  const reader = is('newsletter_reader', 'equals', { value: true });
  it.each([
    ['all', { kind: 'all', conditions: [dutch, reader] }, [true, false, false]],
    ['any', { kind: 'any', conditions: [dutch, reader] }, [true, true, false]],
    ['not', { kind: 'not', condition: { kind: 'any', conditions: [dutch, reader] } }, [false, false, true]],
    ['nothing asked', { kind: 'all', conditions: [] }, [true, true, true]],
    ['in a segment', { kind: 'segment', operator: 'in', segment: 'dutch' }, [true, true, false]],
    ['not in a segment', { kind: 'segment', operator: 'not_in', segment: 'dutch' }, [false, false, true]],
  ])('%s', (_, input, selected) => {
    const people = [person({ country: 'NL', newsletter_reader: true }), person({ country: 'NL' }), person({})];
    const lookup = segments({ dutch: { scope: 'contact', rule: rule(dutch) } });
    expect(people.map((one) => selects(input, one, lookup))).toEqual(selected);
  });
});

describe('lists', () => {
  const lookup = segments({ fair: { scope: 'contact', list: 7 }, partners: { scope: 'account', list: 8 } });
  const visitor = person({}, { lists: ['fair'], account: account({}, [], ['partners']) });

  it.each([
    ['a visitor is in the list', { kind: 'segment', operator: 'in', segment: 'fair' }, true, false],
    ['anybody else is not', { kind: 'segment', operator: 'not_in', segment: 'fair' }, false, true],
    ['a visitor’s account is in the list of partners', { kind: 'account', rule: { kind: 'segment', operator: 'in', segment: 'partners' } }, true, false],
  ])('%s', (_, input, visits, stranger) => {
    expect([selects(input, visitor, lookup), selects(input, person({}), lookup)]).toEqual([visits, stranger]);
  });
});

describe('any rule, for anybody', () => {
  const [sampled] = fc.sample(fc.tuple(population, randomSegments), 1);
  if (!sampled) throw new Error('no population');
  const [people, lookup] = sampled;
  const facts = factsOf(people);
  const context = { now: RANDOM_NOW, timeZone: TIME_ZONE, fields: FIELDS, segments: (key: string) => lookup.get(key) };
  const not = (condition: Rule): Rule => ({ kind: 'not', condition });

  it.each<[string, (rule: Rule) => Rule]>([
    ['a rule twice negated is the rule', (one) => not(not(one))],
    ['a rule or itself is the rule', (one) => ({ kind: 'any', conditions: [one, one] })],
    ['neither not nor not is both', (one) => not({ kind: 'any', conditions: [not(one), not(one)] })],
  ])('%s', (_, same) => {
    fc.assert(
      fc.property(randomRule('contact', 2, SEGMENT_KEYS), (input) => {
        for (const one of facts.people) expect(evaluateRule(same(input), one, context)).toBe(evaluateRule(input, one, context));
      }),
    );
  });

  it('not selects exactly those whom the rule does not', () => {
    fc.assert(
      fc.property(randomRule('account', 2, SEGMENT_KEYS), (input) => {
        for (const one of facts.accounts) expect(evaluateAccountRule(not(input), one, context)).toBe(!evaluateAccountRule(input, one, context));
      }),
    );
  });
});
