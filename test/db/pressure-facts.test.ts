import type { Candidate, Decided } from '../../src/decisions/decision-request.js';
import { readPressure } from '../../src/decisions/planning-pass.js';
import { DEFAULT_POLICIES, type PolicySettings, versioned } from '../../src/core/decision/policies.js';
import { useDatabase } from '../support/database.js';
import { daysAgo, hoursAgo, NO_HOLDOUT, NOW, World } from './decisions-world.js';

const DAY = 86_400_000;

describe('what presses on a person', () => {
  const db = useDatabase();
  let world: World;

  beforeAll(async () => {
    world = new World(db.sql);
    await world.purpose();
    await world.purpose('events');
  });
  beforeEach(() => world.setPolicies(NO_HOLDOUT));

  const decide = async (candidate: number | Candidate, changes: Parameters<World['decide']>[1] = {}): Promise<Decided> => (await world.decide([candidate], changes))[0]!;
  const reason = async (candidate: number | Candidate, changes: Parameters<World['decide']>[1] = {}) => (await decide(candidate, changes)).decision.reasons[0];
  const choose = (contactId: number, columns: Record<string, unknown>) => world.insert('contact_preferences', { contact_id: contactId, changed_at: daysAgo(60), ...columns });
  const touched = (contactId: number, kind: string, at: Date, accountId: number | null = null) => world.insert('human_touches', { contact_id: contactId, kind, touched_at: at, account_id: accountId });

  describe('is what a human did too', () => {
    it.each(['mail', 'call', 'meeting'])('a %s of this morning keeps the gap', async (kind) => {
      const contactId = await world.subscriber();
      await touched(contactId, kind, hoursAgo(2));
      expect(await reason(contactId)).toMatchObject({ code: 'pressure.min_gap', notBefore: new Date(NOW.getTime() + 22 * 3_600_000) });
    });

    it('and takes a place in the week, but none of a purpose', async () => {
      await world.setPolicies({ ...NO_HOLDOUT, pressureIndex: null });
      const contactId = await world.subscriber();
      for (const days of [2, 3]) await touched(contactId, 'call', daysAgo(days));
      expect((await decide(contactId)).decision.verdict).toBe('send');
      await touched(contactId, 'mail', daysAgo(4));
      expect(await reason(contactId)).toMatchObject({ code: 'pressure.cap_total', detail: { count: 3, limit: 3 } });
    });

    it('and counts for the account: its messages and its people', async () => {
      const accountId = await world.account();
      for (let colleague = 0; colleague < 5; colleague += 1) await touched(await world.contact({ account_id: accountId }), 'call', daysAgo(3), accountId);
      const contactId = await world.subscriber({ account_id: accountId });
      expect(await reason(world.candidate(contactId, { accountId }))).toMatchObject({ code: 'pressure.cap_account', detail: { what: 'people', count: 5 }, notBefore: daysAgo(-4) });
    });

    it('of an account as long as its own windows are, however long one presses on a person', async () => {
      const accountId = await world.account();
      const contactId = await world.subscriber({ account_id: accountId });
      for (const days of [3, 20, 40]) await touched(contactId, 'call', daysAgo(days), accountId);
      const read = async (changes: Partial<PolicySettings>) => {
        const { ofContacts, ofAccounts } = await readPressure(db.sql, [contactId], [accountId], [versioned({ ...DEFAULT_POLICIES, ...changes })], NOW);
        return [ofContacts.length, ofAccounts.length];
      };
      expect(await read({})).toEqual([3, 1]);
      expect(await read({ accountCaps: { messages: { limit: 10, days: 30 }, people: null } })).toEqual([3, 2]);
    });

    it('but not before it happens, nor when it is long ago', async () => {
      const contactId = await world.subscriber();
      await touched(contactId, 'meeting', new Date(NOW.getTime() + DAY));
      await touched(contactId, 'call', daysAgo(50));
      expect((await decide(contactId)).facts.contactPressure?.saturation).toBeNull();
      expect((await decide(contactId)).decision.verdict).toBe('send');
    });
  });

  describe('is at most what the person chose', () => {
    it.each<[string, Record<string, unknown>, number, string, number | null]>([
      ['weekly, a mail five days ago', { frequency: 'weekly' }, 5, 'newsletter', 2],
      ['weekly, a mail five days ago about something else', { frequency: 'weekly' }, 5, 'events', 2],
      ['weekly, a mail eight days ago', { frequency: 'weekly' }, 8, 'newsletter', null],
      ['as a digest, a mail eight days ago', { frequency: 'digest' }, 8, 'newsletter', 6],
      ['this purpose monthly, a mail 29 days ago', { purpose: 'newsletter', frequency: 'monthly' }, 29, 'newsletter', 1],
      ['this purpose monthly, a mail 30 days ago', { purpose: 'newsletter', frequency: 'monthly' }, 30, 'newsletter', null],
      ['this purpose monthly, a mail five days ago about something else', { purpose: 'newsletter', frequency: 'monthly' }, 5, 'events', null],
      ['another purpose monthly', { purpose: 'events', frequency: 'monthly' }, 5, 'newsletter', null],
    ])('%s', async (_, chosen, days, purpose, frees) => {
      const contactId = await world.subscriber();
      await choose(contactId, chosen);
      await world.message(contactId, { sent_at: daysAgo(days), purpose });
      const { decision } = await decide(contactId);
      if (frees === null) return expect(decision.verdict).toBe('send');
      expect(decision.reasons).toEqual([{ code: 'pressure.chosen_frequency', detail: { what: chosen['frequency'] }, notBefore: daysAgo(-frees) }]);
    });

    it('a colleague’s call is not one of the mails that the person wanted fewer of', async () => {
      const contactId = await world.subscriber();
      await choose(contactId, { frequency: 'monthly' });
      await touched(contactId, 'call', daysAgo(5));
      expect((await decide(contactId)).decision.verdict).toBe('send');
    });

    it('a pause holds until it ends, also for mail that was planned before', async () => {
      const contactId = await world.subscriber();
      await choose(contactId, { purpose: 'newsletter', paused_until: daysAgo(-30) });
      for (const phase of ['plan', 'claim'] as const) expect(await reason(contactId, { phase })).toEqual({ code: 'pressure.chosen_frequency', detail: { what: 'paused' }, notBefore: daysAgo(-30) });
      expect((await decide(await world.subscriber(), { phase: 'claim' })).decision.verdict).toBe('send');
    });

    it('a pause that is over, or of something else, holds up nothing', async () => {
      const contactId = await world.subscriber();
      await choose(contactId, { purpose: '', paused_until: daysAgo(1) });
      await choose(contactId, { purpose: 'events', paused_until: daysAgo(-9) });
      expect((await decide(contactId)).decision.verdict).toBe('send');
    });

    it('what the contract asks is sent all the same', async () => {
      await world.purpose(`contract_${NOW.getTime()}`, { legal_basis: 'contract', message_class: 'service' });
      const contactId = await world.subscriber({ collected_for: ['*'] });
      await choose(contactId, { paused_until: daysAgo(-30), frequency: 'monthly' });
      expect((await decide(contactId, { purpose: `contract_${NOW.getTime()}`, messageClass: 'service' })).decision.verdict).toBe('send');
    });
  });

  describe('fades, and must stay within what the person bears', () => {
    const tired = { ...NO_HOLDOUT, contactCaps: { total: null, purpose: null, channels: { email: null } }, minimumGapHours: 0 };
    beforeEach(() => world.setPolicies(tired));

    it('says how much it is, how much may be, and when one more mail fits', async () => {
      const contactId = await world.subscriber();
      for (let mail = 0; mail < 6; mail += 1) await world.message(contactId, { sent_at: daysAgo(7) }); // 6 × ½ = 3
      await touched(contactId, 'call', daysAgo(0)); // + 3 = 6; 7·log₂(6 / 5) days
      const wait = Math.ceil(7 * 1_440 * Math.log2(6 / 5));
      expect((await decide(contactId)).facts.contactPressure?.saturation).toEqual({ index: 6_000, limit: 6_000, waitMinutes: wait });
      expect(await reason(contactId)).toEqual({ code: 'pressure.saturated', detail: { count: 6, limit: 6 }, notBefore: new Date(NOW.getTime() + wait * 60_000) });
    });

    it('is reached sooner by whoever bears less, as much as is left of it', async () => {
      const contactId = await world.subscriber();
      for (const days of [1, 2]) await world.message(contactId, { sent_at: daysAgo(days) });
      expect((await decide(contactId)).decision.verdict).toBe('send');
      await world.insert('pressure_factors', { contact_id: contactId, factor: 0.25, factor_at: daysAgo(0), cause: 'less_often' });
      expect(await reason(contactId)).toMatchObject({ code: 'pressure.saturated', detail: { limit: 1.5 } });
      await db.sql.exec('test.later', 'update pressure_factors set factor_at = $1 where contact_id = $2', [daysAgo(60), contactId]);
      expect((await decide(contactId)).facts.contactPressure?.saturation?.limit).toBe(4_875);
      expect((await decide(contactId)).decision.verdict).toBe('send');
    });

    it('is a fifth of a mail for service mail, which no cap counts', async () => {
      await world.setPolicies({ ...NO_HOLDOUT, contactCaps: { total: { limit: 1, days: 7 }, purpose: null, channels: { email: null } } });
      const contactId = await world.subscriber();
      for (let mail = 0; mail < 5; mail += 1) await world.message(contactId, { sent_at: hoursAgo(0), class: 'service', purpose: 'invoices' });
      const { decision, facts } = await decide(contactId);
      expect(decision.verdict).toBe('send');
      expect(facts.contactPressure).toMatchObject({ total: { count: 0 }, gapMinutes: 0, saturation: { index: 1_000 } });
    });

    it('can be switched off', async () => {
      await world.setPolicies({ ...tired, pressureIndex: null });
      const contactId = await world.subscriber();
      for (let call = 0; call < 9; call += 1) await touched(contactId, 'call', hoursAgo(call));
      expect((await decide(contactId)).decision.verdict).toBe('send');
    });

    it('counts mail that counts for the caps: not what came back, and what is still to leave', async () => {
      const contactId = await world.subscriber();
      await world.message(contactId, { state: 'bounced', sent_at: daysAgo(1) });
      await world.message(contactId, { state: 'queued', sent_at: null, queued_at: daysAgo(9), due_at: daysAgo(9) });
      expect((await decide(contactId)).facts.contactPressure?.saturation?.index).toBe(1_000);
    });
  });
});
