import { fc } from '../../support/generated.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';

const country = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };

function problemsOf(input: unknown): { path: string; message: string }[] {
  const parsed = parseRule(input);
  return parsed.ok ? [] : parsed.error;
}

describe('parsing a rule', () => {
  it('takes what a marketer means', () => {
    const input = { kind: 'all', conditions: [country, { kind: 'not', condition: { kind: 'event', event: 'Order Completed' } }] };
    expect(parseRule(input)).toEqual({
      ok: true,
      value: { kind: 'all', conditions: [country, { kind: 'not', condition: { kind: 'event', event: 'Order Completed', count: { operator: 'at_least', value: 1 } } }] },
    });
  });

  it('takes a rule without conditions: everybody', () => {
    expect(parseRule({ kind: 'all', conditions: [] }).ok).toBe(true);
  });

  it.each([
    ['nothing', null, '', /Give a condition: an object with a “kind”/],
    ['a list', [country], '', /Give a condition/],
    ['no kind', {}, 'kind', /The kind is missing. Choose one of: all, any, not, attribute/],
    ['an unknown kind', { kind: 'every', conditions: [] }, 'kind', /"every" does not exist. Choose one of: all, any/],
    ['an unknown operator, deep inside', { kind: 'all', conditions: [country, country, { ...country, operator: 'like' }] }, 'all[2].operator', /"like" does not exist. Choose one of: equals/],
    ['an unknown field', { ...country, atribute: 'x' }, '', /Unknown field “atribute”; take it out/],
    ['no attribute', { kind: 'attribute', operator: 'is_set' }, 'attribute', /Give the name of an attribute/],
    ['no value', { kind: 'attribute', attribute: 'country', operator: 'equals' }, 'value', /Give a text, a number, true or false/],
    ['an empty text', { ...country, value: '' }, 'value', /use the operator is_set or not_set/],
    ['an object as value', { ...country, value: { $ne: null } }, 'value', /Give a text, a number/],
    ['an empty list', { ...country, operator: 'in', value: [] }, 'value', /at least one value/],
    ['a NUL character', { ...country, value: 'N\0L' }, 'value', /no stored text can hold/],
    ['half of an emoji', { ...country, value: '\uD83D' }, 'value', /no stored text can hold/],
    ['“any” of nothing', { kind: 'not', condition: { kind: 'any', conditions: [] } }, 'not.any', /selects nobody/],
    ['a group without its list', { kind: 'account', rule: { kind: 'all' } }, 'account.all', /Give a list of conditions/],
    ['a count of zero', { kind: 'event', event: 'x', count: { operator: 'at_least', value: 0 } }, 'count.value', /always true/],
    ['half an event', { kind: 'event', event: 'x', count: { operator: 'exactly', value: 1.5 } }, 'count.value', /whole number/],
    ['a day that does not exist', { kind: 'event', event: 'x', within: { kind: 'between', from: '2026-02-30', to: '2026-03-31' } }, 'within.from', /Give a date such as 2026-03-31/],
    ['a moment without its offset', { kind: 'event', event: 'x', within: { kind: 'between', from: '2026-02-03T10:00:00', to: '2026-03-31' } }, 'within.from', /with its offset/],
    ['zero days', { kind: 'attribute', attribute: 'created_at', operator: 'in_last_days', days: 0 }, 'days', /at least 1 day/],
    ['a role that does not exist', { kind: 'people', role: 'boss', rule: country }, 'role', /Choose one of: initiator, user, influencer, decider, buyer, gatekeeper, any/],
    ['a bad property filter', { kind: 'event', event: 'x', where: [{ property: 'amount', operator: 'over', value: 3 }] }, 'where[0].operator', /"over" does not exist/],
  ])('refuses %s and says what to do', (_, input, path, message) => {
    expect(problemsOf(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s wherever it stands', (key) => {
    const input: unknown = JSON.parse(`{"kind":"all","conditions":[{"kind":"attribute","attribute":"country","operator":"equals","value":"NL","${key}":{"admin":true}}]}`);
    expect(problemsOf(input)).toEqual([{ path: `all[0].${key}`, message: `“${key}” cannot be a field of a rule; take it out.` }]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each(['not', 'all', 'account'])('refuses 5,000 levels of “%s” with a path, not with a stack overflow', (kind) => {
    let nested: unknown = country;
    for (let level = 0; level < 5_000; level += 1) nested = kind === 'all' ? { kind, conditions: [nested] } : { kind, [kind === 'not' ? 'condition' : 'rule']: nested };
    const [problem] = problemsOf(nested);
    expect(problem?.message).toMatch(/nested deeper than 20 levels. Make a segment of the inner part/);
    expect(problem?.path.split('.')).toHaveLength(20);
  });

  it('refuses depth that hides in a value', () => {
    let nested: unknown = 'NL';
    for (let level = 0; level < 100_000; level += 1) nested = [nested];
    expect(problemsOf({ ...country, value: nested })[0]?.message).toMatch(/nested deeper/);
  });

  it('takes 20 levels and 200 conditions, and not one more', () => {
    const nested = (levels: number): unknown => (levels === 0 ? country : { kind: 'not', condition: nested(levels - 1) });
    expect(problemsOf(nested(20))).toEqual([]);
    expect(problemsOf(nested(21))).toHaveLength(1);
    expect(problemsOf({ kind: 'any', conditions: Array.from({ length: 200 }, () => country) })).toEqual([]);
    expect(problemsOf({ kind: 'any', conditions: Array.from({ length: 201 }, () => country) })).toEqual([{ path: '', message: expect.stringMatching(/201 conditions; at most 200/) as string }]);
  });

  it('answers any JSON whatsoever with a rule or with problems that have words', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 6, key: fc.constantFrom('kind', 'conditions', 'condition', 'rule', 'operator', 'value', 'where', 'x', '__proto__'), values: [fc.constantFrom('all', 'not', 'event', 'attribute', 'equals'), fc.string(), fc.double(), fc.constant(null)] }), (input) => {
        for (const problem of problemsOf(input)) expect(problem.message.length).toBeGreaterThan(10);
      }),
    );
  });
});
