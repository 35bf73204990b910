import type { Rule, Scope } from '../../src/core/rule/rule.js';
import { loadTerms } from '../../src/decisions/load-permissions.js';
import { estimateRule } from '../../src/segments/estimate.js';
import { lookAtAll, lookQuickly, type Patience } from '../../src/segments/look.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { useDatabase } from '../support/database.js';

const NOW = new Date('2026-06-09T10:00:00Z');
const dutch: Rule = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const ever: Rule = { kind: 'event', event: 'Page Viewed', count: { operator: 'at_least', value: 3 } };

describe('the estimate of a rule', () => {
  const db = useDatabase();

  beforeAll(async () => {
    await db.sql.exec('test.accounts', `insert into accounts (account_id, name, name_key, sector, source, created_at, updated_at) select number, 'A' || number, 'a' || number, case when number <= 50 then 'software' else 'retail' end, 'test', $1, $1 from generate_series(1, 200) number`, [NOW]);
    await db.sql.exec('test.contacts', `insert into contacts (bucket, account_id, country, city, email, created_at, updated_at) select 0, 1 + number % 200, 'NL', case when number > 1500 then 'Delft' end, case when number % 4 > 0 then 'p' || number || '@a.example' end, $1, $1 from generate_series(1, 2000) number`, [NOW]);
    await db.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('news', 'Nieuws', 'News', 'consent', 730)`);
    await db.sql.exec('test.events', `insert into events (contact_id, occurred_at, idempotency_key, name, source) select contact_id, $1::timestamptz - key * interval '1 day', key::text, 'Page Viewed', 'test' from contacts, generate_series(1, 20) key`, [NOW]);
    await db.sql.exec('test.analyze', 'analyze contacts, events');
  });

  const estimate = async (rule: Rule, patience?: number) => estimateRule(db.sql, await RuleBook.load(db.sql, 'Europe/Amsterdam'), rule, 'contact', NOW, patience === undefined ? {} : { patience });

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

  it('counts in who may be mailed, where that is asked, and says when that takes most', async () => {
    const book = await RuleBook.load(db.sql, 'Europe/Amsterdam');
    const terms = await loadTerms(db.sql, 'news', NOW, book.touches(dutch, 'contact'));
    const [without, asked] = [await estimate(dutch, 0), await estimateRule(db.sql, book, dutch, 'contact', NOW, { patience: 0, terms })];
    expect(without).toMatchObject({ mailingMilliseconds: 0 });
    expect(asked?.cost).toBeGreaterThan(3 * (without?.cost ?? Infinity));
    expect(asked?.advice?.en).toBe('This takes long. What costs most is counting who may be mailed and why the others not. Ask without a purpose, or begin from a smaller segment.');
  });

  describe('when counting everybody takes too long', () => {
    const drawing: Patience = { exactMs: 0, drawMs: 60_000, draw: 1_000 };
    const software: Rule = { kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'Software' };
    const withSoftware: Rule = { kind: 'account', rule: software };
    async function look(rule: Rule, scope: Scope, patience?: Patience) {
      const book = await RuleBook.load(db.sql, 'Europe/Amsterdam');
      const looked = { book, rule, scope, now: NOW, terms: await loadTerms(db.sql, 'news', NOW, book.touches(rule, scope)) };
      const found = patience ? await lookQuickly(db.sql, looked, 10, false, patience) : await lookAtAll(db.sql, looked, 10);
      if (!found.ok) throw new Error(JSON.stringify(found.error));
      return found.value;
    }
    const total = (reasons: readonly { count: number }[]) => reasons.reduce((sum, { count }) => sum + count, 0);

    it('people drawn by lot tell about how many there are, the same every time', async () => {
      const found = await look(withSoftware, 'contact', drawing);
      expect(found.between).not.toBeNull();
      expect(found.between?.from).toBeLessThanOrEqual(500);
      expect(found.between?.to).toBeGreaterThanOrEqual(500);
      expect(Math.abs(found.count - 500)).toBeLessThan(75);
      expect(found.count).toBeGreaterThanOrEqual(found.between?.from ?? Infinity);
      const exact = await look(withSoftware, 'contact');
      expect(exact).toMatchObject({ count: 500, between: null, reasonsExact: true });
      const members = await db.sql.one<{ software: boolean }>('test.ten', `select bool_and(account_id <= 50) as software from contacts where contact_id = any($1)`, [found.ids]);
      expect({ members, ten: found.ids.length }).toEqual({ members: { software: true }, ten: 10 });
      expect(await look(withSoftware, 'contact', drawing)).toEqual(found);
    });

    it('those who came last are drawn like all others', async () => {
      const found = await look({ kind: 'attribute', attribute: 'city', operator: 'equals', value: 'Delft' }, 'contact', drawing);
      expect(Math.abs(found.count - 500)).toBeLessThan(75);
      expect(found.between?.from).toBeLessThanOrEqual(500);
      expect(found.between?.to).toBeGreaterThanOrEqual(500);
    });

    it('what keeps them from being mailed is given in the same shares', async () => {
      const [found, exact] = [await look(withSoftware, 'contact', drawing), await look(withSoftware, 'contact')];
      expect(found.reasonsExact).toBe(false);
      expect(found.reasons.map(({ code }) => code)).toEqual(exact.reasons.map(({ code }) => code));
      expect(exact.reasons.length).toBeGreaterThan(1);
      expect(Math.abs(total(found.reasons) - found.people)).toBeLessThan(5);
      for (const { code, count } of exact.reasons) expect(Math.abs((found.reasons.find((one) => one.code === code)?.count ?? 0) - count)).toBeLessThan(90);
    });

    it('accounts are drawn too, and their people reckoned with them', async () => {
      const found = await look(software, 'account', { ...drawing, draw: 150 });
      expect(found.between?.from).toBeLessThanOrEqual(50);
      expect(found.between?.to).toBeGreaterThanOrEqual(50);
      expect(found.people).toBe(found.count * 10);
      expect(Math.abs(total(found.reasons) - found.people)).toBeLessThan(5);
    });

    it.each([['looked up one by one, when few', 1_000], ['asked of all at once, when many', 10]])('in time, all are counted; what keeps them from being mailed is %s', async (_, draw) => {
      const patience: Patience = { exactMs: 60_000, drawMs: 0, draw };
      expect(await look(withSoftware, 'contact', patience)).toEqual(await look(withSoftware, 'contact'));
      expect(await look(software, 'account', patience)).toEqual(await look(software, 'account'));
    });

    it('nobody there is no trouble', async () => {
      expect(await look({ kind: 'attribute', attribute: 'city', operator: 'equals', value: 'Nowhere' }, 'contact', drawing)).toMatchObject({ count: 0, people: 0, ids: [], reasons: [] });
    });
  });
});
