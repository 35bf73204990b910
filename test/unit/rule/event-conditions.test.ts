import { checkRule } from '../../../src/core/rule/check-rule.js';
import { describeRule } from '../../../src/core/rule/describe-rule.js';
import { outlook } from '../../../src/core/rule/outlook.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';
import { touchedData } from '../../../src/core/rule/touched-data.js';
import { contextWith, days, did, FIELDS, noSegments, NOW, person, rule, selects } from './people.js';
import { cpuTime } from '../../support/cpu-time.js';

const hours = 3_600_000;

describe('what a property of events comes to', () => {
  const buyer = person({}, {
    events: [
      did('Order Completed', 2 * days, { amount: 0.1, plan: 'pro' }),
      did('Order Completed', 40 * days, { amount: 0.2 }),
      did('Order Completed', 400 * days, { amount: 99.7 }),
      did('Order Completed', 3 * days, { amount: 'a hundred' }),
      did('Order Completed', 3 * days, {}),
      did('Order Completed', -1 * days, { amount: 1000 }),
    ],
  });
  const spent = (aggregate: string, is: object, rest: object = {}) => ({ kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate, is, ...rest });
  const year = { within: { kind: 'last_days', days: 365 } };
  it.each([
    ['spent 100 in all', spent('sum', { operator: 'at_least', value: 100 }), true],
    ['spent more than 100 in all', spent('sum', { operator: 'greater_than', value: 100 }), false],
    ['spent 0.3 in a year: reckoned as decimals', spent('sum', { operator: 'equals', value: 0.3 }, year), true],
    ['spent from 0.3 up to 1 in a year', spent('sum', { operator: 'between', from: 0.3, to: 1 }, year), true],
    ['spent from 0.1 up to 0.3 in a year, the end is out', spent('sum', { operator: 'between', from: 0.1, to: 0.3 }, year), false],
    ['an average of 0.15 in a year: of the two that have an amount', spent('average', { operator: 'equals', value: 0.15 }, year), true],
    ['a smallest order of 0.1', spent('minimum', { operator: 'at_most', value: 0.1 }), true],
    ['a largest order below 100', spent('maximum', { operator: 'less_than', value: 100 }), true],
    ['with a filter', spent('sum', { operator: 'equals', value: 0.1 }, { where: [{ property: 'plan', operator: 'equals', value: 'PRO' }] }), true],
  ])('%s', (_, input, selected) => {
    expect(selects(input, buyer)).toBe(selected);
  });

  it.each([
    ['a sum of nothing is 0: spent at most 50', spent('sum', { operator: 'at_most', value: 50 }), true],
    ['a sum of nothing is 0: spent nothing', spent('sum', { operator: 'equals', value: 0 }), true],
    ['a sum of nothing is not 1', spent('sum', { operator: 'at_least', value: 1 }), false],
    ['an average of nothing is missing', spent('average', { operator: 'at_most', value: 50 }), false],
    ['a smallest of nothing is missing', spent('minimum', { operator: 'at_most', value: 50 }), false],
    ['a largest of nothing is missing', spent('maximum', { operator: 'at_least', value: -50 }), false],
    ['not an average of at most 50: also those who have none', { kind: 'not', condition: spent('average', { operator: 'at_most', value: 50 }) }, true],
  ])('%s', (_, input, selected) => {
    expect(selects(input, person({}))).toBe(selected);
  });
});

describe('when something happened first or last', () => {
  const visitor = person({}, { events: [did('Signed In', 100 * days), did('Signed In', 30 * days), did('Signed In', -1 * days)] });
  const signed = (which: string, operator: string, rest: object = {}) => ({ kind: 'event_time', event: 'Signed In', which, operator, ...rest });
  it.each([
    ['last in the last 30 days, to the moment', signed('last', 'in_last_days', { days: 30 }), true],
    ['last in the last 29 days: what lies ahead does not count', signed('last', 'in_last_days', { days: 29 }), false],
    ['last more than 29 days ago', signed('last', 'more_than_days_ago', { days: 29 }), true],
    ['last more than 30 days ago, not at 30 to the moment', signed('last', 'more_than_days_ago', { days: 30 }), false],
    ['first more than 99 days ago', signed('first', 'more_than_days_ago', { days: 99 }), true],
    ['first in the last 99 days', signed('first', 'in_last_days', { days: 99 }), false],
    ['last between two days', signed('last', 'between', { from: '2026-05-01', to: '2026-05-11' }), true],
    ['first before a moment', signed('first', 'less_than', { value: '2026-03-01T10:00:00Z' }), false],
    ['ever', signed('last', 'is_set'), true],
    ['never', { ...signed('last', 'not_set'), event: 'Order Completed' }, true],
    ['what never happened is not long ago', { ...signed('last', 'more_than_days_ago', { days: 1 }), event: 'Order Completed' }, false],
  ])('%s', (_, input, selected) => {
    expect(selects(input, visitor)).toBe(selected);
  });
});

describe('one thing after another', () => {
  const chain = (rest: object = {}, ...then: [event: string, withinDays: number][]) => ({ kind: 'sequence', first: { event: 'Demo Requested' }, then: then.map(([event, withinDays]) => ({ event, withinDays })), ...rest });
  const lead = person({}, { events: [did('Demo Requested', 20 * days), did('Demo Visited', 13 * days), did('Order Completed', 3 * days), did('Refund', 1 * days)] });
  it.each([
    ['a demo, visited within 7 days to the moment', chain({}, ['Demo Visited', 7]), true],
    ['a demo, visited within 6 days', chain({}, ['Demo Visited', 6]), false],
    ['three steps', chain({}, ['Demo Visited', 7], ['Order Completed', 10]), true],
    ['three steps, the last too late', chain({}, ['Demo Visited', 7], ['Order Completed', 9]), false],
    ['the other way round', { ...chain({}, ['Demo Requested', 30]), first: { event: 'Demo Visited' } }, false],
    ['all of it in the window', chain({ within: { kind: 'last_days', days: 20 } }, ['Demo Visited', 7]), true],
    ['begun before the window', chain({ within: { kind: 'last_days', days: 19 } }, ['Demo Visited', 7]), false],
    ['then never bought', chain({ never: { event: 'Order Completed' } }, ['Demo Visited', 7]), false],
    ['then did not buy within 9 days', chain({ never: { event: 'Order Completed', withinDays: 9 } }, ['Demo Visited', 7]), true],
    ['then did not buy within 10 days', chain({ never: { event: 'Order Completed', withinDays: 10 } }, ['Demo Visited', 7]), false],
    ['then never called, which nobody did', chain({ never: { event: 'Called' } }, ['Demo Visited', 7]), true],
    ['then did not call within 14 days, which is not known yet', chain({ never: { event: 'Called', withinDays: 14 } }, ['Demo Visited', 7]), false],
    ['then did not call within 13 days, which is known from this moment on', chain({ never: { event: 'Called', withinDays: 13 } }, ['Demo Visited', 7]), true],
  ])('%s', (_, input, selected) => {
    expect(selects(input, lead)).toBe(selected);
  });

  it('does not take what happened at the same moment for a sequence', () => {
    const together = person({}, { events: [did('Demo Requested', days), did('Demo Visited', days)] });
    expect(selects(chain({}, ['Demo Visited', 7]), together)).toBe(false);
    expect(selects(chain({ never: { event: 'Demo Requested' }, first: { event: 'Signed In' } }, ['Demo Visited', 7]), person({}, { events: [did('Signed In', 2 * days), ...together.events] }))).toBe(true);
  });

  it('takes any chain that fits, also a later one', () => {
    const again = person({}, { events: [did('Demo Requested', 50 * days), did('Demo Requested', 10 * days), did('Demo Visited', 5 * days), did('Order Completed', 45 * days)] });
    expect(selects(chain({ never: { event: 'Order Completed' } }, ['Demo Visited', 7]), again)).toBe(true);
  });

  it('asks the same event twice of two events', () => {
    const twice = { kind: 'sequence', first: { event: 'Order Completed' }, then: [{ event: 'Order Completed', withinDays: 30 }] };
    expect(selects(twice, person({}, { events: [did('Order Completed', days)] }))).toBe(false);
    expect(selects(twice, person({}, { events: [did('Order Completed', days), did('Order Completed', 2 * hours)] }))).toBe(true);
  });

  it('with a hundred thousand events of one person is answered at once', () => {
    const events = Array.from({ length: 100_000 }, (_, number) => did(number % 2 === 0 ? 'Demo Requested' : 'Demo Visited', number * 1_000));
    let selected = true;
    expect(cpuTime(() => (selected = selects(chain({ never: { event: 'Demo Visited', withinDays: 1 } }, ['Demo Requested', 30], ['Demo Visited', 30]), person({}, { events }))))).toBeLessThan(5_000);
    expect(selected).toBe(false);
  });
});

describe('conditions on events in words', () => {
  const value = { kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate: 'sum', is: { operator: 'at_least', value: 500 }, within: { kind: 'last_days', days: 365 } };
  const last = { kind: 'event_time', event: 'Order Completed', which: 'last', operator: 'more_than_days_ago', days: 90 };
  const chain = { kind: 'sequence', first: { event: 'Demo Requested', where: [{ property: 'plan', operator: 'equals', value: 'pro' }] }, then: [{ event: 'Demo Visited', withinDays: 14 }], never: { event: 'Order Completed', withinDays: 30 }, within: { kind: 'last_days', days: 90 } };
  const not = (condition: object) => ({ kind: 'not', condition });
  it.each([
    [value, 'Contacts whose total “amount” of “Order Completed” in the last 365 days is at least 500.', 'Contacten bij wie het totaal van “amount” van “Order Completed” in de laatste 365 dagen minstens 500 is.'],
    [not({ ...value, aggregate: 'average', within: undefined }), 'Contacts whose average “amount” of “Order Completed” is not at least 500.', 'Contacten bij wie het gemiddelde van “amount” van “Order Completed” niet minstens 500 is.'],
    [last, 'Contacts whose last “Order Completed” is more than 90 days ago.', 'Contacten bij wie de laatste “Order Completed” meer dan 90 dagen geleden is.'],
    [not({ ...last, which: 'first', operator: 'in_last_days', days: 1 }), 'Contacts whose first “Order Completed” is not in the last day.', 'Contacten bij wie de eerste “Order Completed” niet in de laatste dag ligt.'],
    [{ kind: 'event_time', event: 'Order Completed', which: 'first', operator: 'not_set' }, 'Contacts who never did “Order Completed”.', 'Contacten zonder “Order Completed”.'],
    [
      chain,
      'Contacts who did “Demo Requested” (where “plan” is pro) then “Demo Visited” within 14 days in the last 90 days and then no “Order Completed” in the 30 days after.',
      'Contacten met “Demo Requested” (waarbij “plan” pro is) en dan “Demo Visited” binnen 14 dagen in de laatste 90 dagen en dan geen “Order Completed” in de eerste 30 dagen daarna.',
    ],
    [
      not({ ...chain, first: { event: 'Demo Requested' }, never: { event: 'Order Completed' }, within: undefined }),
      'Contacts who did not do “Demo Requested” then “Demo Visited” within 14 days and then no “Order Completed”.',
      'Contacten niet met “Demo Requested” en dan “Demo Visited” binnen 14 dagen en dan geen “Order Completed”.',
    ],
  ])('%j', (input, english, dutch) => {
    expect(describeRule(rule(JSON.parse(JSON.stringify(input))), 'en', FIELDS)).toBe(english);
    expect(describeRule(rule(JSON.parse(JSON.stringify(input))), 'nl', FIELDS)).toBe(dutch);
  });

  it('name all the events they touch', () => {
    expect(touchedData(rule({ kind: 'all', conditions: [{ ...value, event: 'Refund' }, { ...last, event: 'Called' }, chain] }), 'contact', noSegments).events).toEqual(['Called', 'Demo Requested', 'Demo Visited', 'Order Completed', 'Refund']);
  });

  it.each([
    ['a sequence of one', { ...chain, then: [] }, 'then', /at least one step that came next/],
    ['a step without its days', { ...chain, then: [{ event: 'Demo Visited' }] }, 'then[0].withinDays', /whole number of days/],
    ['an aggregate that does not exist', { ...value, aggregate: 'median' }, 'aggregate', /sum, average, minimum, maximum/],
    ['a text as a sum', { ...value, is: { operator: 'at_least', value: '500' } }, 'is.value', /Give a number/],
    ['an operator that a time has not', { ...last, operator: 'in_next_days' }, 'operator', /does not exist/],
    ['a moment that is none', { kind: 'event_time', event: 'x', which: 'last', operator: 'at_least', value: 'May' }, 'value', /Give a date such as/],
  ])('refuse %s', (_, input, path, message) => {
    const parsed = parseRule(input);
    expect(parsed.ok ? [] : parsed.error).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it.each([
    ['a range the wrong way round', { ...value, is: { operator: 'between', from: 5, to: 5 } }, 'is.to', /Nothing lies between 5 and 5/],
    ['times the wrong way round', { kind: 'event_time', event: 'x', which: 'last', operator: 'between', from: '2026-02-01', to: '2026-01-01' }, 'to', /Nothing lies between/],
    ['a filter deep in a sequence', { ...chain, then: [{ event: 'x', withinDays: 1, where: [{ property: 'amount', operator: 'at_least', value: '5' }] }] }, 'then[0].where[0].value', /give a number/],
    ['a window that ends before it begins', { ...chain, within: { kind: 'between', from: '2026-02-01', to: '2026-01-01' } }, 'within.to', /before it begins/],
  ])('name %s', (_, input, path, message) => {
    expect(checkRule(rule(input), { scope: 'contact', fields: FIELDS, segments: noSegments })).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it.each([value, last, chain])('tell an author of an account rule that only people do things: $kind', (input) => {
    expect(checkRule(rule(input), { scope: 'account', fields: FIELDS, segments: noSegments })[0]?.message).toMatch(/its people do/);
  });
});

describe('how long such an answer stands', () => {
  const after = (milliseconds: number): number => NOW.getTime() + milliseconds;
  const carted = { kind: 'sequence', first: { event: 'Viewed' }, then: [{ event: 'Carted', withinDays: 1 }], never: { event: 'Bought', withinDays: 1 } };
  it.each([
    ['spent in a week: until the order leaves', { kind: 'event_value', event: 'Bought', property: 'amount', aggregate: 'sum', is: { operator: 'at_least', value: 5 }, within: { kind: 'last_days', days: 7 } }, [did('Bought', 2 * days, { amount: 5 })], true, after(5 * days + 1)],
    ['last bought in a week: until then', { kind: 'event_time', event: 'Bought', which: 'last', operator: 'in_last_days', days: 7 }, [did('Bought', 2 * days)], true, after(5 * days + 1)],
    ['last bought more than a week ago: from then on', { kind: 'event_time', event: 'Bought', which: 'last', operator: 'more_than_days_ago', days: 7 }, [did('Bought', 2 * days)], false, after(5 * days + 1)],
    ['left a cart for a day: when the day is over', carted, [did('Viewed', 20 * hours), did('Carted', 10 * hours)], false, after(14 * hours)],
    ['left a cart for a day, but bought: for ever', carted, [did('Viewed', 20 * hours), did('Carted', 10 * hours), did('Bought', hours)], false, undefined],
  ])('%s', (_, input, events, holds, until) => {
    expect(outlook(rule(input), person({}, { events }), contextWith())).toEqual({ holds, until });
  });
});
