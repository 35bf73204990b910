import type { Rule } from '../../src/core/rule/rule.js';
import { estimateRule } from '../../src/segments/estimate.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { useDatabase } from '../support/database.js';

const NOW = new Date('2026-06-09T10:00:00Z');
const dutch: Rule = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const ever: Rule = { kind: 'event', event: 'Page Viewed', count: { operator: 'at_least', value: 3 } };

describe('the estimate of a rule', () => {
  const db = useDatabase();

  beforeAll(async () => {
    await db.sql.exec('test.contacts', `insert into contacts (bucket, country, created_at, updated_at) select 0, 'NL', $1, $1 from generate_series(1, 2000) number`, [NOW]);
    await db.sql.exec('test.events', `insert into events (contact_id, occurred_at, idempotency_key, name, source) select contact_id, $1::timestamptz - key * interval '1 day', key::text, 'Page Viewed', 'test' from contacts, generate_series(1, 20) key`, [NOW]);
    await db.sql.exec('test.analyze', 'analyze contacts, events');
  });

  const estimate = async (rule: Rule, patience?: number) => estimateRule(db.sql, await RuleBook.load(db.sql, 'Europe/Amsterdam'), rule, 'contact', NOW, patience);

  it('expects about as many people as there are, without running the rule', async () => {
    const estimated = await estimate(dutch);
    expect(estimated).toMatchObject({ expensive: false, advice: null });
    expect(estimated?.rows).toBeGreaterThan(1_500);
    expect(estimated?.rows).toBeLessThan(2_500);
  });

  it('names the condition that costs most, and says what to do', async () => {
    const estimated = await estimate({ kind: 'all', conditions: [dutch, { kind: 'not', condition: ever }] }, 0);
    expect(estimated).toMatchObject({ expensive: true });
    expect(estimated?.advice).toEqual({
      nl: 'Deze regel vraagt veel tijd. Het meest kost: “Contacten met minstens 3 keer “Page Viewed””. Geef een periode op, zoals de laatste 30 dagen.',
      en: 'This rule takes long. What costs most: “Contacts who did “Page Viewed” at least 3 times”. Give it a window, such as the last 30 days.',
    });
  });

  it('grows with what has to be read', async () => {
    const [little, much] = [await estimate({ ...ever, within: { kind: 'last_days', days: 1 } }), await estimate(ever)];
    expect(much?.cost).toBeGreaterThan(little?.cost ?? Infinity);
  });
});
