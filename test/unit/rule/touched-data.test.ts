import { mergeTouchedData, touchedData } from '../../../src/core/rule/touched-data.js';
import { listsAsked } from '../../../src/core/rule/lists-asked.js';
import { noSegments, rule, segments } from './people.js';

const is = (attribute: string) => ({ kind: 'attribute', attribute, operator: 'is_set' });

describe('the data a rule touches', () => {
  it('is told apart by whose it is, each once, sorted', () => {
    const input = { kind: 'any', conditions: [is('country'), { kind: 'not', condition: is('birth_date') }, { kind: 'event', event: 'Order Completed' }, is('country'), { kind: 'mailable', purpose: 'newsletter' }, { kind: 'account', rule: { kind: 'all', conditions: [is('country'), { kind: 'people', rule: is('job_title') }] } }] };
    expect(touchedData(rule(input), 'contact', noSegments)).toEqual({ contactAttributes: ['birth_date', 'country', 'job_title'], accountAttributes: ['country'], events: ['Order Completed'], segments: [], purposes: ['newsletter'], campaigns: [] });
  });

  it('includes what the segments it uses touch, also theirs', () => {
    const lookup = segments({
      leads: { scope: 'contact', rule: rule({ kind: 'all', conditions: [is('lifecycle_stage'), { kind: 'segment', operator: 'not_in', segment: 'minors' }] }) },
      minors: { scope: 'contact', rule: rule(is('birth_date')) },
    });
    expect(touchedData(rule({ kind: 'segment', operator: 'in', segment: 'leads' }), 'contact', lookup)).toEqual({ contactAttributes: ['birth_date', 'lifecycle_stage'], accountAttributes: [], events: [], segments: ['leads', 'minors'], purposes: [], campaigns: [] });
  });

  it('comes together from several sources', () => {
    const one = { contactAttributes: ['country'], accountAttributes: [], events: ['b'], segments: ['s'], purposes: ['newsletter'] };
    const other = { contactAttributes: ['city', 'country'], accountAttributes: ['sector'], events: ['a'], segments: [], purposes: ['events', 'newsletter'] };
    expect(mergeTouchedData([one, other])).toEqual({ contactAttributes: ['city', 'country'], accountAttributes: ['sector'], events: ['a', 'b'], segments: ['s'], purposes: ['events', 'newsletter'] });
  });
});

describe('the lists that a rule wants something in', () => {
  const contains = (attribute: string) => ({ kind: 'attribute', attribute, operator: 'list_contains', value: 'x' });
  const not = (condition: object) => ({ kind: 'not', condition });

  it.each([
    ['itself, once', { kind: 'any', conditions: [contains('tags'), contains('tags'), is('country')] }, 'contact', ['contact.tags']],
    ['not what must be lacking', not(contains('tags')), 'contact', []],
    ['what must not be lacking', not({ kind: 'all', conditions: [not(contains('tags'))] }), 'contact', ['contact.tags']],
    ['of the account and its people', { kind: 'account', rule: { kind: 'all', conditions: [contains('markets'), { kind: 'people', count: { operator: 'at_most', value: 0 }, rule: contains('tags') }] } }, 'contact', ['account.markets', 'contact.tags']],
    ['of a group', { kind: 'parent', depth: 'any', rule: contains('markets') }, 'account', ['account.markets']],
  ] as const)('are known: %s', (_, input, scope, expected) => {
    expect(listsAsked(rule(input), scope).map((asked) => `${asked.scope}.${asked.key}`)).toEqual(expected);
  });
});
