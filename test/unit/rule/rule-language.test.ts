import { checkRule } from '../../../src/core/rule/check-rule.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';
import { RULE_EXAMPLES, RULE_LANGUAGE } from '../../../src/segments/rule-language.js';
import { CAMPAIGNS, FIELDS, rule, segments } from './people.js';

describe('the rule language as it is documented', () => {
  const lookup = segments({ customers: { scope: 'contact', rule: rule({ kind: 'all', conditions: [] }) } });
  const purposes = { has: (key: string) => key === 'newsletter', keys: () => ['newsletter'] };

  it.each(RULE_EXAMPLES.map((example) => [example.kind, example] as const))('has an example of “%s” that can be saved', (kind, { rule: example, scope }) => {
    const parsed = parseRule(example);
    expect(parsed.ok).toBe(true);
    expect(checkRule(rule(example), { scope, fields: FIELDS, segments: lookup, campaigns: CAMPAIGNS, purposes })).toEqual([]);
    expect(JSON.stringify(example)).toContain(`"kind":"${kind}"`);
    expect(RULE_LANGUAGE).toContain(JSON.stringify(example));
  });

  it('leaves no kind out', () => {
    const parsed = parseRule({ kind: 'nonsense' });
    const kinds = parsed.ok ? [] : (parsed.error[0]?.message.split('Choose one of: ')[1] ?? '').replace('.', '').split(', ');
    expect(kinds.length).toBeGreaterThan(10);
    expect(RULE_EXAMPLES.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
  });
});
