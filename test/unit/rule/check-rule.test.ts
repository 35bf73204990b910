import { checkRule } from '../../../src/core/rule/check-rule.js';
import type { Scope, SegmentRule } from '../../../src/core/rule/rule.js';
import { CAMPAIGNS, FIELDS, noSegments, rule, segments } from './people.js';

function problems(input: unknown, options: { scope?: Scope; segments?: (key: string) => SegmentRule | undefined; self?: string } = {}) {
  return checkRule(rule(input), { scope: 'contact', fields: FIELDS, segments: noSegments, campaigns: CAMPAIGNS, ...options });
}

const attribute = (name: string, operator: string, rest: object = {}) => ({ kind: 'attribute', attribute: name, operator, ...rest });
const using = (...keys: string[]): SegmentRule => ({ scope: 'contact', rule: rule({ kind: 'all', conditions: keys.map((segment) => ({ kind: 'segment', operator: 'in', segment })) }) });

describe('checking a rule against the data there is', () => {
  it.each([
    ['a slip of the keyboard', attribute('contry', 'equals', { value: 'NL' }), 'attribute', 'Contacts have no attribute “contry”. Did you mean “country”?'],
    ['a column that is no attribute', attribute('address_hash', 'is_set'), 'attribute', /no attribute “address_hash”. Choose one of: email, first_name/],
    ['SQL in place of a name', attribute('country = country or 1=1 --', 'is_set'), 'attribute', /no attribute/],
    ['a name that objects have by themselves', attribute('constructor', 'is_set'), 'attribute', /no attribute “constructor”/],
    ['an attribute of accounts', attribute('employees', 'at_least', { value: 5 }), 'attribute', 'Contacts have no attribute “employees”, but accounts do: put the condition into an “account” condition.'],
    ['an operator of another type', attribute('seats', 'contains', { value: '5' }), 'operator', /“seats” holds a number; “contains” does not fit. Choose one of: equals, not_equals, in/],
    ['a number in quotes', attribute('seats', 'equals', { value: '5' }), 'value', '“seats” holds a number. Give a number, without quotes.'],
    ['one wrong value of a list', attribute('country', 'in', { value: ['NL', 31] }), 'value[1]', '“country” holds a text. Give a text, in quotes.'],
    ['a text for yes or no', attribute('newsletter_reader', 'equals', { value: 'yes' }), 'value', /Give true or false/],
    ['a date in Dutch order', attribute('birth_date', 'less_than', { value: '31-12-1980' }), 'value', /Give a date such as 2026-03-31/],
    ['a year that is a slip', attribute('birth_date', 'less_than', { value: '0198-12-31' }), 'value', /in a year from 1800 to 2999/],
    ['a range the wrong way round', attribute('seats', 'between', { from: 9, to: 3 }), 'to', /Nothing lies between 9 and 3/],
    ['a window that ends before it begins', { kind: 'event', event: 'x', within: { kind: 'between', from: '2026-02-01', to: '2026-01-01' } }, 'within.to', /ends \(2026-01-01\) before it begins/],
    ['an order of texts in an event', { kind: 'event', event: 'x', where: [{ property: 'amount', operator: 'at_least', value: '5' }] }, 'where[0].value', /give a number/],
    ['people of a person', { kind: 'people', rule: attribute('country', 'is_set') }, 'kind', /A contact has no people/],
    ['a segment that does not exist', { kind: 'segment', operator: 'in', segment: 'leads' }, 'segment', 'There is no segment “leads”. Make it first, or look at the spelling.'],
  ])('names %s', (_, input, path, message) => {
    expect(problems({ kind: 'all', conditions: [input] })).toEqual([{ path: `all[0].${path}`, message: typeof message === 'string' ? message : (expect.stringMatching(message) as string) }]);
  });

  it('tells an author of an account rule that only people do things', () => {
    expect(problems({ kind: 'event', event: 'Pricing Viewed' }, { scope: 'account' })[0]?.message).toMatch(/its people do. Put the event into a “people” condition/);
    expect(problems({ kind: 'account', rule: attribute('sector', 'is_set') }, { scope: 'account' })[0]?.message).toMatch(/about accounts already/);
  });

  it('goes from contact to account and back', () => {
    const colleagues = { kind: 'account', rule: { kind: 'people', rule: attribute('job_title', 'contains', { value: 'director' }) } };
    expect(problems(colleagues)).toEqual([]);
    expect(problems({ kind: 'account', rule: attribute('first_name', 'is_set') })[0]).toMatchObject({ path: 'account.attribute', message: expect.stringMatching(/but contacts do/) as string });
  });

  it('refuses a segment of the other scope and says where it fits', () => {
    const lookup = segments({ giants: { scope: 'account', rule: rule(attribute('employees', 'at_least', { value: 1000 })) } });
    expect(problems({ kind: 'segment', operator: 'in', segment: 'giants' }, { segments: lookup })[0]?.message).toMatch(/is about accounts, this rule is about contacts; put it into an “account” condition/);
    expect(problems({ kind: 'account', rule: { kind: 'segment', operator: 'in', segment: 'giants' } }, { segments: lookup })).toEqual([]);
  });

  it('refuses circles, also long ones, and shows the way round', () => {
    const lookup = segments({ a: using('b'), b: using('c'), c: using('a') });
    expect(problems({ kind: 'segment', operator: 'not_in', segment: 'a' }, { segments: lookup })).toEqual([{ path: 'segment', message: 'The segments go in a circle: a → b → c → a. Take one of them out.' }]);
    expect(problems({ kind: 'segment', operator: 'in', segment: 'new' }, { self: 'new' })[0]?.message).toMatch(/new → new/);
  });

  it('refuses segments that grow on each other without bound, quickly', () => {
    const doubling = segments(Object.fromEntries(Array.from({ length: 40 }, (_, level) => [`s${level}`, level === 0 ? { scope: 'contact' as const, rule: rule(attribute('country', 'is_set')) } : using(`s${level - 1}`, `s${level - 1}`)])));
    expect(problems({ kind: 'segment', operator: 'in', segment: 's9' }, { segments: doubling })).toEqual([]);
    expect(problems({ kind: 'segment', operator: 'in', segment: 's25' }, { segments: doubling })[0]?.message).toMatch(/at most 1000 can be asked at once/);
  });

  it('refuses a chain of ten thousand segments without running out of stack', () => {
    const chain = (key: string): SegmentRule => (key === 's0' ? { scope: 'contact', rule: rule(attribute('country', 'is_set')) } : using(`s${Number(key.slice(1)) - 1}`));
    expect(problems({ kind: 'segment', operator: 'in', segment: 's10000' }, { segments: chain })[0]?.message).toMatch(/build on each other/);
  });

  it('reports what is wrong within a segment at the place that uses it', () => {
    const lookup = segments({ old: { scope: 'contact', rule: rule(attribute('shoe_size', 'is_set')) } });
    expect(problems({ kind: 'not', condition: { kind: 'segment', operator: 'in', segment: 'old' } }, { segments: lookup })).toEqual([
      { path: 'not.segment', message: expect.stringMatching(/Segment “old” itself has a problem at attribute: Contacts have no attribute “shoe_size”/) as string },
    ]);
  });
});
