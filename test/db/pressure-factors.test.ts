import type { FactorCause } from '../../src/core/pressure/pressure-factor.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { PressureFactorsService } from '../../src/pressure/pressure-factors.service.js';
import { useDatabase } from '../support/database.js';
import { daysAgo, NOW, World } from './decisions-world.js';

describe('how much each person bears', () => {
  const db = useDatabase();
  let world: World;
  let clock: SteppedClock;
  let factors: PressureFactorsService;

  beforeAll(async () => {
    world = new World(db.sql);
    await world.purpose();
  });
  beforeEach(async () => {
    clock = new SteppedClock(NOW);
    factors = new PressureFactorsService(db.sql, clock);
    for (const table of ['messages', 'events', 'human_touches', 'contacts']) await db.sql.exec('test.clear', `delete from ${table}`);
    await db.sql.exec('test.clear', `delete from settings where key = 'pressure_unanswered'`);
  });

  const adjust = (contactId: number, cause: FactorCause, at = NOW): Promise<void> => factors.adjust(db.sql, [{ contactId, cause, at }]);
  const factorOf = async (contactId: number): Promise<number | undefined> => {
    const row = await db.sql.maybe<{ factor: number }>('test.factor', 'select round(factor::numeric, 4) as factor from pressure_factors where contact_id = $1', [contactId]);
    return row?.factor;
  };
  /** Mails that left on these days ago. */
  const mails = async (contactId: number, days: readonly number[], changes: Record<string, unknown> = {}): Promise<void> => {
    for (const ago of days) await world.message(contactId, { sent_at: daysAgo(ago), ...changes });
  };
  const nightly = (): Promise<number> => factors.lookForUnanswered(NOW);
  const SIX = [3, 6, 9, 12, 15, 18];

  it('is halved by "less often", and raised a fifth by a reply, in the order of time', async () => {
    const contact = await world.contact();
    const other = await world.contact();
    await factors.adjust(db.sql, [
      { contactId: contact, cause: 'reply', at: NOW },
      { contactId: other, cause: 'meeting', at: NOW },
      { contactId: contact, cause: 'less_often', at: daysAgo(30) },
    ]);
    expect([await factorOf(contact), await factorOf(other)]).toEqual([0.9, 1.2]); // 0.5 → 0.75 in thirty days → ×1.2
  });

  it('counts from what is left, and the same sign once a day', async () => {
    const contact = await world.contact();
    await adjust(contact, 'less_often');
    await adjust(contact, 'less_often');
    expect(await factorOf(contact)).toBe(0.5);
    await adjust(contact, 'negative_reply');
    expect(await factorOf(contact)).toBe(0.25);
    await adjust(contact, 'topic_unsubscribed');
    expect(await factorOf(contact)).toBe(0.25);
  });

  it('takes the clock’s time where none is given, joins the caller’s transaction, and leaves out who is gone', async () => {
    const contact = await world.contact();
    await expect(
      db.sql.transaction(async (sql) => {
        await factors.adjust(sql, [{ contactId: contact, cause: 'reply' }]);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await factorOf(contact)).toBeUndefined();
    await factors.adjust(db.sql, [{ contactId: contact, cause: 'reply' }, { contactId: 999_999, cause: 'reply' }]);
    expect(await db.sql.one('test.row', 'select factor_at, cause from pressure_factors')).toEqual({ factor_at: NOW, cause: 'reply' });
  });

  it('goes down for whoever did not react to six mails in a row, and again after six more', async () => {
    const contact = await world.contact();
    await mails(contact, SIX);
    expect(await nightly()).toBe(1);
    expect(await factorOf(contact)).toBe(0.7);

    clock.advance(86_400_000);
    expect(await factors.lookForUnanswered(clock.now())).toBe(0); // the same six are not counted twice
    for (const ahead of [-2, -4, -6, -8, -10]) await world.message(contact, { sent_at: daysAgo(ahead) });
    clock.set(daysAgo(-20));
    expect(await factors.lookForUnanswered(clock.now())).toBe(0);
    await world.message(contact, { sent_at: daysAgo(-12) });
    clock.set(daysAgo(-21));
    expect(await factors.lookForUnanswered(clock.now())).toBe(1);
  });

  it.each<[string, (contactId: number) => Promise<unknown>]>([
    ['got five', (id) => mails(id, SIX.slice(1))],
    ['visited the site in between', async (id) => [await mails(id, SIX), await world.insert('events', { contact_id: id, occurred_at: daysAgo(10), idempotency_key: 'v', name: 'Page Viewed', source: 'test' })]],
    ['clicked yesterday', async (id) => [await mails(id, SIX), await world.insert('events', { contact_id: id, occurred_at: daysAgo(1), idempotency_key: 'c', name: 'Email Link Clicked', properties: { machine: false }, source: 'test' })]],
    ['answered one of them', async (id) => [await mails(id, SIX.slice(1)), await mails(id, [3], { state: 'replied' })]],
    ['met somebody of ours', async (id) => [await mails(id, SIX), await world.insert('human_touches', { contact_id: id, touched_at: daysAgo(4), kind: 'meeting' })]],
    ['got the sixth yesterday, and still has time', async (id) => mails(id, [1, ...SIX.slice(1)])],
    ['got service mail, which asks for nothing', async (id) => mails(id, SIX, { class: 'service' })],
    ['got them over three years', async (id) => mails(id, [10, 200, 400, 600, 800, 1_000])],
    ['got mail that came back', async (id) => mails(id, SIX, { state: 'bounced' })],
  ])('stays as it is for somebody who %s', async (_, given) => {
    const contact = await world.contact();
    await given(contact);
    expect(await nightly()).toBe(0);
    expect(await factorOf(contact)).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['an opened mail', { name: 'Email Opened' }],
    ['a scanner’s click', { name: 'Email Link Clicked', properties: { machine: true } }],
    ['a visit before the first of them', { name: 'Page Viewed', occurred_at: daysAgo(19) }],
  ])('is not saved by %s', async (_, event) => {
    const contact = await world.contact();
    await mails(contact, SIX);
    await world.insert('events', { contact_id: contact, occurred_at: daysAgo(10), idempotency_key: 'e', source: 'test', ...event });
    expect(await nightly()).toBe(1);
  });

  it('is looked at once a night, by one process', async () => {
    const contact = await world.contact();
    await mails(contact, SIX);
    const found = await Promise.all([nightly(), nightly(), nightly()]);
    expect(found.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await nightly()).toBe(0);
  });
});
