import { compileRule } from '../../../src/core/rule/compile-rule.js';
import { escapeLike } from '../../../src/core/rule/escape-like.js';
import type { Scope } from '../../../src/core/rule/rule.js';
import { CAMPAIGNS, FIELDS, noSegments, NOW, rule, segments } from './people.js';

function compiled(input: unknown, options: { scope?: Scope; only?: number[]; now?: Date; lookup?: ReturnType<typeof segments> } = {}) {
  const result = compileRule(rule(input), { now: options.now ?? NOW, timeZone: 'Europe/Amsterdam', fields: FIELDS, segments: options.lookup ?? noSegments, campaigns: CAMPAIGNS, scope: options.scope ?? 'contact', ...(options.only && { only: options.only }) });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const attribute = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const pricing = { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } };

describe('compiling a rule', () => {
  it('makes one statement whose values are parameters', () => {
    const input = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' }, pricing] };
    expect(compiled(input)).toEqual({
      text:
        'with s3 as materialized (select e2.contact_id from events e2 where e2.name = $2::text and e2.occurred_at >= $3::timestamptz and e2.occurred_at <= $4::timestamptz group by e2.contact_id having count(*) >= $5::bigint) ' +
        'select c1.contact_id from contacts c1 where ((c1.lifecycle_stage = $1::text) and c1.contact_id in (select contact_id from s3))',
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
    expect(text.toLowerCase()).not.toContain('drop');
    expect(text).not.toContain("'';");
    expect(JSON.stringify(params).toLowerCase()).toContain('drop table');
  });

  const once = { ...pricing, count: { operator: 'at_least', value: 1 } };
  const dutch = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };

  it('asks a condition that must not hold by an anti join', () => {
    expect(compiled({ kind: 'all', conditions: [dutch, { kind: 'not', condition: once }] }).text).toMatch(/and not exists \(select from events e2 where e2.contact_id = c1.contact_id and e2.name/);
  });

  it('lists “any” of several things done one by one, conditions on the person together', () => {
    const { text } = compiled({ kind: 'any', conditions: [dutch, once, pricing, { kind: 'attribute', attribute: 'city', operator: 'equals', value: 'Delft' }] });
    expect(text).toMatch(/^select e1.contact_id from events e1 where .+ group by e1.contact_id union select e2.contact_id from events e2 where .+ having count\(\*\) >= \$\d::bigint union select c3.contact_id from contacts c3 where \(\(c3.country = \$\d::text\) or \(fold_text\(c3.city\) = \$\d::text\)\)$/);
  });

  it('asks under “any” and “not” by a join of the set, not by a subquery per row', () => {
    const { text } = compiled({ kind: 'any', conditions: [dutch, { kind: 'not', condition: pricing }] });
    expect(text).toMatch(/left join s3 on s3.contact_id = c1.contact_id where \(\(c1.country = \$1::text\) or s3.contact_id is null\)$/);
  });

  it('asks what the account must be of its people too, before they are counted', () => {
    const input = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'software' }, { kind: 'people', count: { operator: 'at_least', value: 2 }, rule: once }] };
    expect(compiled(input, { scope: 'account' }).text).toMatch(/^with s\d as materialized \(select c2.account_id from contacts c2 where .+ and c2.account_id in \(select a4.account_id from accounts a4 where \(fold_text\(a4.sector\) = \$1::text\)\) group by c2.account_id having/);
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

  it('finds people once who are counted in several parts of the buying group', () => {
    const people = (role: string, value: number) => ({ kind: 'people', count: { operator: 'at_least', value }, role, rule: once });
    const { text } = compiled({ kind: 'all', conditions: [people('any', 3), people('decider', 1)] }, { scope: 'account' });
    expect(text.match(/buying_group_members/g)).toHaveLength(1);
    expect(text).toMatch(/having count\(distinct c2.contact_id\) >= \$\d::bigint and count\(distinct c2.contact_id\) filter \(where b3.role = \$\d::text\) >= \$\d::bigint\)/);
  });

  it('asks of one account what those in its buying group did, and not what everybody in it did', () => {
    const { text } = compiled({ kind: 'people', role: 'decider', rule: once }, { scope: 'account', only: [7] });
    expect(text).toMatch(/from events e\d where e\d.contact_id = b\d.contact_id and/);
  });

  it('lets the planner expect few sums only where nothing else is asked beside', () => {
    const spent = { kind: 'event_value', event: 'Order Completed', property: 'amount', aggregate: 'sum', is: { operator: 'at_least', value: 500 } };
    expect(compiled(spent).text).toContain(`= 'number' group by`);
    expect(compiled({ kind: 'all', conditions: [attribute, spent] }).text).toContain(`not in ('string', 'boolean', 'array', 'object', 'null') group by`);
  });

  it.each([
    ['within a month', '2026-09-15', 3, [[9], 9, 12, 18]],
    ['over the end of a month', '2026-09-29', 3, [[9, 10], 9, 26, 31, 10, 1, 2]],
    ['over New Year', '2026-12-30', 3, [[1, 12], 1, 2, 12, 27, 31]],
    ['months that are meant as a whole', '2026-09-15', 40, [[8, 9, 10], 8, 6, 31, 10, 1, 25]],
  ])('asks for days of the year by month and day: %s', (_, today, days, expected) => {
    const { params } = compiled({ kind: 'attribute', attribute: 'birth_date', operator: 'anniversary', days }, { now: new Date(`${today}T12:00:00Z`) });
    expect(params).toEqual(expected);
  });

  it('folds texts and their column, but compares a column of one spelling as it stands', () => {
    const both = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'city', operator: 'contains', value: 'ZÜR_' }, { kind: 'attribute', attribute: 'country', operator: 'in', value: ['ch', 'DE'] }] };
    expect(compiled(both)).toEqual({ text: 'select c1.contact_id from contacts c1 where ((fold_text(c1.city) like $1::text) and (c1.country = any($2::text[])))', params: ['%zur\\_%', ['CH', 'DE']] });
  });

  it.each([
    ['alone', { kind: 'segment', operator: 'in', segment: 'fair' }, 'select m1.contact_id from segment_members m1 where m1.segment_id = $1::integer'],
    ['that must hold', { kind: 'all', conditions: [attribute, { kind: 'segment', operator: 'in', segment: 'fair' }] }, 'c1.contact_id in (select m2.contact_id from segment_members m2 where m2.segment_id = $2::integer)'],
    ['that must not hold', { kind: 'all', conditions: [attribute, { kind: 'segment', operator: 'not_in', segment: 'fair' }] }, 'not exists (select from segment_members m2 where m2.contact_id = c1.contact_id and m2.segment_id = $2::integer)'],
    ['or something else', { kind: 'any', conditions: [attribute, { kind: 'segment', operator: 'in', segment: 'fair' }] }, 'union'],
  ])('reads the members of a list %s', (_, input, part) => {
    expect(compiled(input, { lookup: segments({ fair: { scope: 'contact', list: 7 } }) }).text).toContain(part);
  });

  it('selects accounts when asked to', () => {
    const { text } = compiled({ kind: 'people', role: 'decider', rule: pricing }, { scope: 'account' });
    expect(text).toMatch(/select c1.account_id from buying_group_members b2 join contacts c1 on .+ where c1.account_id is not null and b2.role = any\(\$\d::text\[\]\) .+ group by c1.account_id$/);
  });

  it('refuses what the check refuses', () => {
    expect(compileRule(rule({ kind: 'attribute', attribute: 'password', operator: 'is_set' }), { now: NOW, timeZone: 'UTC', fields: FIELDS, segments: noSegments, campaigns: CAMPAIGNS })).toMatchObject({ ok: false });
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
