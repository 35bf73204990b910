import { SimulationService, daySpans, type Simulation } from '../../src/campaigns/simulation/simulation.service.js';
import { useApp } from '../support/app.js';
import { CampaignWorld, HOUR, value } from '../support/campaign-world.js';

const ANY_HOUR = { openHours: { from: '00:00', to: '24:00', closedWeekdays: [], publicHolidays: false }, releaseSpreadMinutes: 0 };

describe('the next thirty days', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(() => world.prepare(ANY_HOUR));
  beforeEach(() => world.clear());

  const simulate = async (days: number, campaigns: string[] = [], whatIf?: Record<string, unknown>): Promise<Simulation> =>
    value(await app.get(SimulationService).run({ days, campaigns, whatIf }, app.clock.now()));

  it('tells what a draft would send, to whom not, and why', async () => {
    await world.people(20);
    await world.people(5, { consent: null });
    await world.campaign('june-draft');
    const { course, journeys, campaigns } = await simulate(30, ['june-draft']);
    expect({ journeys, campaigns }).toEqual({ journeys: 25, campaigns: ['june-draft'] });
    expect(course.totals).toEqual([{ purpose: 'newsletter', planned: 25, sent: 20, deferred: 0, review: 0, denied: 5, byReason: { 'basis.consent_missing': 5 } }]);
    expect(course.days[0]?.purposes[0]).toMatchObject({ sent: 20 });
    expect(course.days).toHaveLength(30);
  });

  it('finds the mails of a sequence on their days, and those who are on the way already', async () => {
    await world.people(8);
    await world.started('sequence', { steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 4 }, { kind: 'send', template: 'reminder' }] });
    await world.turn();
    await world.handOver();
    const { course } = await simulate(10);
    expect(course.days.map((day) => day.purposes[0]?.sent ?? 0)).toEqual([0, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
  });

  it('says what another weekly cap would change', async () => {
    await world.people(10);
    const daily = { kind: 'cron', cron: '0 12 * * *', timeZone: 'UTC' };
    await world.campaign('daily', { entry: daily, timeToLiveHours: 12 });
    const caps = (limit: number) => ({ contactCaps: { total: { limit, days: 7 }, purpose: null }, minimumGapHours: 0, pressureIndex: null, duplicateContentDays: 0 });
    const { course: two } = await simulate(7, ['daily'], caps(2)).then(({ whatIf }) => ({ course: whatIf }));
    const { whatIf: three } = await simulate(7, ['daily'], caps(3));
    expect(two?.totals[0]).toMatchObject({ sent: 20 });
    expect(three?.totals[0]).toMatchObject({ sent: 30 });
    expect(three?.days[6]).toMatchObject({ peopleAtLimit: 10 });
    expect(three?.totals[0]?.byReason['pressure.cap_total']).toBeGreaterThan(0);
  });

  it('counts for accounts that colleagues fill', async () => {
    const accounts = await world.accounts(2);
    await world.people(12, { accounts });
    await world.campaign('colleagues', { timeToLiveHours: 24 });
    const { whatIf } = await simulate(3, ['colleagues'], { accountCaps: { messages: { limit: 4, days: 7 }, people: null }, pressureIndex: null });
    expect(whatIf?.totals[0]).toMatchObject({ sent: 8 });
    expect(whatIf?.days[0]).toMatchObject({ accountsAtLimit: 2 });
  });

  it('sends what the engine then sends', async () => {
    await world.people(30);
    await world.started('truth', { steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', hours: 30 }, { kind: 'send', template: 'reminder' }] });
    await world.started('rival', { steps: [{ kind: 'send', template: 'reminder' }] });
    const { course } = await simulate(6);
    const start = app.clock.now();
    for (let hour = 0; hour < 5 * 24; hour += 1) {
      await world.turn();
      await world.handOver();
      app.clock.set(new Date(start.getTime() + (hour + 1) * HOUR));
    }
    const { count } = await app.sql.one<{ count: number }>('test.count', `select count(*)::int as count from messages`);
    expect(course.totals[0]?.sent).toBe(count);
  });

  it('gives the same answer twice and writes nothing', async () => {
    await world.people(15);
    await world.started('quiet');
    const tables = ['enrollments', 'messages', 'decisions', 'decision_batches', 'campaign_entries', 'audit_entries'];
    const counts = (): Promise<unknown> => app.sql.one('test.counts', `select ${tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ')}`);
    const before = await counts();
    const first = await simulate(30);
    expect(await simulate(30)).toEqual(first);
    expect(await counts()).toEqual(before);
  });

  it('tells whoever asks meanwhile how far it is, and takes no second one; afterwards there is none', async () => {
    await world.people(5);
    await world.campaign('long');
    const service = app.get(SimulationService);
    const told: unknown[] = [];
    let second: Promise<unknown> = Promise.resolve();
    await service.run({ days: 3, campaigns: ['long'] }, app.clock.now(), () => {
      told.push(service.underway());
      second = service.run({ days: 3, campaigns: ['long'] }, app.clock.now());
    });
    expect(told.at(-1)).toEqual({ startedAt: app.clock.now(), days: 3, campaigns: ['long'], done: 1 });
    expect(await second).toEqual({ ok: false, error: { kind: 'busy' } });
    expect(service.underway()).toBeUndefined();
  });

  it.each([
    ['a campaign that is not there', { days: 3, campaigns: ['nowhere'] }, 'campaign_missing'],
    ['policies that are none', { days: 3, campaigns: [], whatIf: { contactCaps: { total: { limit: -1, days: 7 } } } }, 'policies_invalid'],
  ])('refuses %s', async (_, question, kind) => {
    expect(await app.get(SimulationService).run(question, app.clock.now())).toMatchObject({ ok: false, error: { kind } });
  });

  it('counts days as the workspace has them, over a change of the clock', () => {
    const spans = daySpans(new Date('2026-10-24T10:00:00Z'), 3, 'Europe/Amsterdam');
    expect(spans.map(({ from, to }) => (to - from) / HOUR)).toEqual([12, 25, 24]);
  });
});
