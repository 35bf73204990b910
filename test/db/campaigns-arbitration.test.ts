import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import { inControlGroup } from '../../src/core/pressure/holdout.js';
import { ExplainService } from '../../src/decisions/explain.service.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR, value } from '../support/campaign-world.js';

const MINUTE = 60_000;

describe('several campaigns that want to write to the same people', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(() => world.prepare());
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  const policies = (changes: object): Promise<unknown> => app.get(PoliciesService).replace({ ...DEFAULT_POLICIES, holdoutPercent: 0, ...changes }, 'test', app.clock.now());
  const after = async (milliseconds: number) => {
    await world.handOver();
    app.clock.advance(milliseconds);
    return world.turn();
  };
  const ids = async (key: string): Promise<number[]> => (await world.messages(key)).map(([id]) => id);

  it('let the one of the highest priority go first, whichever came first; the others wait, and are counted', async () => {
    const people = await world.people(6);
    await world.started('first-come', { priority: 10 });
    await world.started('second-come', { priority: 30, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.started('last-come', { priority: 90, steps: [{ kind: 'send', template: 'reminder' }, { kind: 'wait', days: 5 }, { kind: 'send', template: 'june' }] });
    expect(await world.turn()).toMatchObject({ people: 18, queued: 6, deferred: 12 });
    expect(await ids('last-come')).toEqual(people);
    expect(await world.report('first-come')).toMatchObject({ deferred: 6, byReason: { 'pressure.lost_arbitration': 6 }, arbitration: { lost: 6, wentLater: 0, waiting: 6, dropped: 0 } });
    expect(await world.report('last-come')).toMatchObject({ arbitration: { lost: 0, wentLater: 0, waiting: 0, dropped: 0 } });

    // A day later the gap is over: the next in line goes, the last waits on.
    expect(await after(DAY)).toMatchObject({ queued: 6, deferred: 6 });
    expect(await ids('second-come')).toEqual(people);
    expect(await world.report('second-come')).toMatchObject({ arbitration: { lost: 6, wentLater: 6, waiting: 0, dropped: 0 } });
  });

  it('drop what is no longer news before there was room, and say so', async () => {
    await world.people(4);
    await world.started('news', { priority: 10, timeToLiveHours: 20 });
    await world.started('sale', { priority: 90, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    expect(await after(25 * HOUR)).toMatchObject({ denied: 4 });
    expect(await world.report('news')).toMatchObject({ denied: 4, byReason: { 'timing.stale': 4 }, arbitration: { lost: 4, wentLater: 0, waiting: 0, dropped: 4 } });
    expect((await world.enrollments('news')).every(({ state }) => state === 'done')).toBe(true);
  });

  it('give the place to the mail that spoils first, of one priority; then to the one that is worth more', async () => {
    await world.people(3);
    await world.started('lasting', { timeToLiveHours: 72 });
    await world.started('urgent', { timeToLiveHours: 24, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    expect([(await ids('lasting')).length, (await ids('urgent')).length]).toEqual([0, 3]);

    await world.clear();
    await world.people(3);
    await world.started('cheap', { expectedValue: 1 });
    await world.started('dear', { expectedValue: 40, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    expect([(await ids('cheap')).length, (await ids('dear')).length]).toEqual([0, 3]);
  });

  it('both write where there is room for both', async () => {
    await policies({ minimumGapHours: 0 });
    await world.people(3);
    await world.started('one-of-two', { priority: 1 });
    await world.started('two-of-two', { priority: 90, steps: [{ kind: 'send', template: 'reminder' }] });
    expect(await world.turn()).toMatchObject({ queued: 6 });
    await policies({});
  });

  it('do not send the same content twice in one go', async () => {
    await policies({ minimumGapHours: 0 });
    await world.people(3);
    await world.started('june-a');
    await world.started('june-b');
    expect(await world.turn()).toMatchObject({ queued: 3, denied: 3 });
    expect(await world.report('june-b')).toMatchObject({ byReason: { 'relationship.duplicate_content': 3 } });
    await policies({});
  });

  it('let a person of an account go first whose campaign matters more, when the account is full', async () => {
    await policies({ accountCaps: { messages: null, people: { limit: 2, days: 7 } } });
    const [account] = await world.accounts(1);
    const colleagues = await world.people(4, { accounts: [account!] });
    await world.segment('last-two', 'contact', { kind: 'attribute', attribute: 'first_name', operator: 'equals', value: 'Last' });
    await app.sql.exec('test.last', `update contacts set first_name = 'Last' where contact_id = any($1)`, [colleagues.slice(2)]);
    await world.started('all-of-them', { priority: 20 });
    await world.started('the-last', { priority: 80, audience: { segment: 'last-two', scope: 'contact' }, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    expect([await ids('all-of-them'), await ids('the-last')]).toEqual([[], colleagues.slice(2)]);
    expect(await world.report('all-of-them')).toMatchObject({ byReason: { 'pressure.cap_account': 2, 'pressure.lost_arbitration': 2 } });
    await policies({});
  });

  describe('one of which is due soon', () => {
    /** Two campaigns of these priorities: the first is due now, the second in so many minutes. */
    const soon = async (name: string, now: number, later: number, minutes: number): Promise<void> => {
      await world.started(`${name}-now`, { priority: now });
      await world.started(`${name}-soon`, { priority: later, steps: [{ kind: 'wait', minutes }, { kind: 'send', template: 'reminder' }], entry: { kind: 'segment_entered', includeExisting: true } });
    };

    it('wait for it when it matters more, and go when it could not', async () => {
      const people = await world.people(5);
      await soon('yield', 20, 80, 30);
      expect(await world.turn()).toMatchObject({ queued: 0, deferred: 5 });
      const [told] = value(await app.get(ExplainService).explain({ contactId: people[0]!, campaignKey: 'yield-now' }, ['en']));
      expect(told?.reasons[0]?.text).toMatch(/Mail of "yield-soon" to Eva is due soon and is more important: this one waits until Tuesday 9 June 2026 at 10:31/);
      await app.sql.exec('test.withdrawn', `update consents set state = 'withdrawn' where contact_id = any($1)`, [people.slice(3)]);
      await app.sql.exec('test.purpose', `update consents set state = 'confirmed' where contact_id = any($1)`, [people.slice(0, 3)]);
      app.clock.advance(31 * MINUTE);
      expect(await world.turn()).toMatchObject({ queued: 3, deferred: 3, denied: 4 });
      expect([await ids('yield-now'), await ids('yield-soon')]).toEqual([[], people.slice(0, 3)]);
    });

    it.each<[string, number, number, number]>([
      ['does not matter more', 50, 50, 30],
      ['matters less', 80, 20, 30],
      ['is due only after the window', 20, 80, 61],
    ])('do not wait for one that %s', async (_, now, later, minutes) => {
      await world.people(3);
      await soon(`go-${now}-${minutes}`, now, later, minutes);
      expect(await world.turn()).toMatchObject({ queued: 3, deferred: 0 });
      expect(await ids(`go-${now}-${minutes}-now`)).toHaveLength(3);
    });

    it('do not wait where the workspace wants no waiting', async () => {
      await policies({ arbitrationMinutes: 0 });
      await world.people(3);
      await soon('no-window', 20, 80, 30);
      expect(await world.turn()).toMatchObject({ queued: 3, deferred: 0 });
      await policies({});
    });
  });
});

describe('who is in a control group', () => {
  const app = useApp({ batchSize: 7 });
  const world = new CampaignWorld(app);

  beforeAll(() => world.prepare({ holdoutPercent: 20 }));
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  const inEngine = (id: number): boolean => inControlGroup('contact', id, 'engine', 20);

  it('gets nothing by any way: not at once, not on coming into a segment, not by an event, not when planned again, not in the next mail', async () => {
    const people = await world.people(60);
    const control = people.filter(inEngine);
    await world.event([], 'Brochure Asked');
    expect(control.length).toBeGreaterThan(3);
    await world.started('at-once', { steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }] });
    await world.started('by-segment', { entry: { kind: 'segment_entered', includeExisting: true }, steps: [{ kind: 'send', template: 'reminder' }] });
    await world.started('by-event', { entry: { kind: 'event', event: 'Brochure Asked' } });
    await world.started('again', { entry: { kind: 'cron', cron: '0 11 * * *' } });
    for (let day = 0; day < 6; day += 1) {
      await world.event(people, 'Brochure Asked', {}, new Date(app.clock.now().getTime() - 1));
      await world.turn();
      await world.handOver();
      if (day === 2) {
        // Out of the segment and back: who is held out comes in again like everybody else, and is held out again.
        await app.sql.exec('test.left', `update contacts set lifecycle_stage = 'prospect' where contact_id = any($1)`, [people]);
        await world.turn();
        await app.sql.exec('test.back', `update contacts set lifecycle_stage = 'lead' where contact_id = any($1)`, [people]);
      }
      app.clock.advance(DAY);
    }
    const mailed = await app.sql.many<{ contact_id: number }>('test.mailed', 'select distinct contact_id from messages order by contact_id');
    expect(mailed.map((row) => row.contact_id)).toEqual(people.filter((id) => !inEngine(id)));
    expect(await world.report('at-once')).toMatchObject({ byReason: { 'holdout.control': control.length } });
  });

  it('of one campaign gets the others', async () => {
    const people = (await world.people(80)).filter((id) => !inEngine(id));
    await world.started('measured', { holdoutPercent: 30 });
    await world.turn();
    await world.handOver();
    const first = await world.messages('measured');
    expect(people.length - first.length).toBeGreaterThan(8);
    app.clock.advance(2 * DAY);
    await world.started('unmeasured', { steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    expect((await world.messages('unmeasured')).map(([id]) => id)).toEqual(people);
  });

  it('of a play is a whole account: no colleague is written to either', async () => {
    const accounts = await world.accounts(24);
    const people = await world.people(72, { accounts });
    await world.members(people, 'user');
    await world.started('held-play', { audience: { segment: 'all-accounts', scope: 'account', roles: ['user'], perAccount: 3 }, sender: 'account_owner', holdoutPercent: 30, steps: [{ kind: 'send', template: 'offer' }] });
    await world.turn();
    const rows = await app.sql.many<{ account_id: number; people: number }>('test.accounts', 'select account_id, count(*)::int as people from messages group by 1');
    expect(rows.every((row) => row.people === 3)).toBe(true);
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.length).toBeLessThan(22);
  });
});
