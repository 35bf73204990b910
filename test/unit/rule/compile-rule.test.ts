import { compileRule } from '../../../src/core/rule/compile-rule.js';
import { escapeLike } from '../../../src/core/rule/compile-value.js';
import type { Scope } from '../../../src/core/rule/rule.js';
import { FIELDS, noSegments, NOW, rule, segments } from './people.js';

function compiled(input: unknown, options: { scope?: Scope; only?: number[]; lookup?: ReturnType<typeof segments> } = {}) {
  const result = compileRule(rule(input), { now: NOW, timeZone: 'Europe/Amsterdam', fields: FIELDS, segments: options.lookup ?? noSegments, scope: options.scope ?? 'contact', ...(options.only && { only: options.only }) });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const pricing = { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } };

describe('compiling a rule', () => {
  it('makes one statement whose values are parameters', () => {
    const input = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' }, pricing] };
    expect(compiled(input)).toEqual({
      text:
        'select c1.contact_id from contacts c1 where ((c1.lifecycle_stage = $1::text) and c1.contact_id in ' +
        '(select e2.contact_id from events e2 where e2.name = $2::text and e2.occurred_at >= $3::timestamptz and e2.occurred_at <= $4::timestamptz group by e2.contact_id having count(*) >= $5::bigint))',
      params: ['lead', 'Pricing Viewed', '2026-05-10T10:00:00.000Z', '2026-06-09T10:00:00.000Z', 2],
    });
  });

  const evil = `'; drop table contacts; --`;
  it.each([
    ['an attribute', { kind: 'attribute', attribute: 'country', operator: 'equals', value: evil }],
    ['a custom attribute', { kind: 'attribute', attribute: 'plan', operator: 'in', value: [evil] }],
    ['a list', { kind: 'attribute', attribute: 'interests', operator: 'list_contains', value: evil }],
    ['a pattern', { kind: 'attribute', attribute: 'plan', operator: 'starts_with', value: evil }],
    ['an event', { kind: 'event', event: evil }],
    ['a property and its value', { kind: 'event', event: 'x', where: [{ property: evil, operator: 'contains', value: evil }] }],
  ])('never lets a value of %s into the text', (_, input) => {
    const { text, params } = compiled(input);
    expect(text).not.toContain('drop');
    expect(text).not.toContain("'';");
    expect(JSON.stringify(params)).toContain('drop table');
  });

  it('asks under “any” and “not” by a join of the set, not by a subquery per row', () => {
    const { text } = compiled({ kind: 'any', conditions: [pricing, { kind: 'not', condition: pricing }] });
    expect(text).toMatch(/left join \(select .+ having count\(\*\) >= \$\d::bigint\) s\d on s\d.contact_id = c1.contact_id left join/);
    expect(text).toMatch(/where \(s\d.contact_id is not null or s\d.contact_id is null\)$/);
  });

  it('joins the account once, however many conditions ask about it', () => {
    const about = (attribute: string) => ({ kind: 'account', rule: { kind: 'attribute', attribute, operator: 'is_set' } });
    const { text } = compiled({ kind: 'all', conditions: [about('sector'), about('country'), { kind: 'not', condition: about('tier') }] });
    expect(text.match(/join accounts/g)).toHaveLength(1);
  });

  it('takes the rules of used segments into the same statement', () => {
    const lookup = segments({ dutch: { scope: 'contact', rule: rule({ kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' }) } });
    expect(compiled({ kind: 'segment', operator: 'not_in', segment: 'dutch' }, { lookup }).text).toBe('select c1.contact_id from contacts c1 where (c1.country = $1::text) is not true');
  });

  it('asks about a few people by looking each up', () => {
    const { text, params } = compiled(pricing, { only: [7, 8] });
    expect(text).toMatch(/where c1.contact_id = any\(\$\d::bigint\[\]\) and \(select count\(\*\) >= \$\d::bigint from events e2 where e2.contact_id = c1.contact_id and/);
    expect(params).toContainEqual([7, 8]);
  });

  it('selects accounts when asked to', () => {
    const { text } = compiled({ kind: 'people', role: 'decider', rule: pricing }, { scope: 'account' });
    expect(text).toMatch(/^select a1.account_id from accounts a1 where a1.account_id in \(select c2.account_id from contacts c2 where exists \(select from buying_group_members/);
  });

  it('refuses what the check refuses', () => {
    expect(compileRule(rule({ kind: 'attribute', attribute: 'password', operator: 'is_set' }), { now: NOW, timeZone: 'UTC', fields: FIELDS, segments: noSegments })).toMatchObject({ ok: false });
  });

  it.each([
    ['100%', '100\\%'],
    ['a_b', 'a\\_b'],
    ['c:\\temp', 'c:\\\\temp'],
    ['plain', 'plain'],
  ])('takes %s literally in a pattern', (text, pattern) => {
    expect(escapeLike(text)).toBe(pattern);
  });
});
