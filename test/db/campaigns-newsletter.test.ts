import { PlannerService } from '../../src/campaigns/planner.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR } from '../support/campaign-world.js';

describe('a newsletter to a segment', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(async () => {
    await world.prepare();
  });
  beforeEach(() => {
    app.clock.set(TEST_NOW);
  });

  it('goes once to everybody who may get it, and tells of all others why not', async () => {
    const willing = await world.people(40);
    const [withdrawn] = [await world.people(3), await world.people(2, { consent: null }), await world.people(5, { stage: 'prospect' })];
    await world.consent(withdrawn, 'withdrawn');
    await world.started('june-news', { holdoutPercent: 0 });

    expect(await world.turn()).toMatchObject({ people: 45, queued: 40, deferred: 0, review: 0, denied: 5 });
    expect(await world.messages('june-news')).toEqual(willing.map((id) => [id, 0]));
    expect(await world.turn()).toMatchObject({ people: 0 });

    const report = await world.report('june-news');
    expect(report).toMatchObject({
      state: 'running', audience: 45, messages: 45, queued: 40, sent: 0, denied: 5, byReason: { 'legal.withdrawn': 3, 'basis.consent_missing': 2 },
      enrollments: { active: 0, done: 40, exited: 5, stopped: 0 }, ended: { 'legal.withdrawn': 3, 'basis.consent_missing': 2 },
    });
    expect(report.byStep).toEqual([expect.objectContaining({ step: 0, template: 'june', messages: 45, queued: 40, denied: 5 })]);
  });

  it('is finished when the last mail has gone, not before', async () => {
    expect(await world.state('june-news')).toMatchObject({ state: 'running' });
    await world.handOver();
    await world.turn();
    expect(await world.state('june-news')).toEqual({ state: 'finished', problem: null });
    expect(await world.report('june-news')).toMatchObject({ messages: 45, sent: 40, denied: 5, queued: 0 });
  });

  it('waits for the morning, and is refused when it has become old', async () => {
    app.clock.set(new Date('2026-06-20T19:00:00Z')); // Saturday, nine in the evening
    await world.started('late-news', { timeToLiveHours: 24 });
    expect(await world.turn()).toMatchObject({ people: 45, queued: 0, deferred: 40 });
    const monday = await app.get(PlannerService).nextDueAt();
    expect(monday?.toISOString()).toBe('2026-06-22T06:00:00.000Z'); // not Sunday
    app.clock.set(monday!);
    expect(await world.turn()).toMatchObject({ people: 40, queued: 0, denied: 40 });
    expect(await world.report('late-news')).toMatchObject({ messages: 45, denied: 45, byReason: { 'timing.stale': 40 } });
    expect(await world.state('late-news')).toMatchObject({ state: 'finished' });
  });

  it('keeps to the caps of a person over all campaigns, and goes out when there is room', async () => {
    app.clock.set(new Date('2026-07-06T08:00:00Z'));
    await world.started('first');
    await world.started('second');
    expect(await world.turn()).toMatchObject({ people: 90, queued: 40, deferred: 40 }); // a day between two mails
    await world.handOver();
    app.clock.advance(DAY);
    expect(await world.turn()).toMatchObject({ people: 40, queued: 40 });
    await world.handOver();
    await world.started('third');
    expect(await world.turn()).toMatchObject({ people: 45, queued: 0, deferred: 40 }); // two of a purpose in a week
    const later = await app.get(PlannerService).nextDueAt();
    expect(later!.getTime()).toBeGreaterThanOrEqual(new Date('2026-07-13T08:00:00Z').getTime());
  });

  it('recurs by cron at the same local time over a change of the clock, with the audience of the day', async () => {
    await app.sql.exec('test.clear', `delete from messages`);
    await app.sql.exec('test.clear', `update campaigns set state = 'stopped' where state in ('running', 'paused')`);
    app.clock.set(new Date('2026-10-19T06:00:00Z'));
    await world.started('weekly', { entry: { kind: 'cron', cron: '0 9 * * 1', timeZone: 'Europe/Amsterdam' } });
    const planner = app.get(PlannerService);
    const taken: string[] = [];
    for (let week = 0; week < 3; week += 1) {
      const next = await planner.nextDueAt();
      taken.push(next!.toISOString());
      app.clock.set(next!);
      expect(await world.turn()).toMatchObject({ queued: 40 + week });
      await world.people(1);
      await world.handOver();
    }
    expect(taken).toEqual(['2026-10-19T07:00:00.000Z', '2026-10-26T08:00:00.000Z', '2026-11-02T08:00:00.000Z']);
    expect(await app.sql.many('test.entries', `select occurrence from campaign_entries join campaigns using (campaign_id) where key = 'weekly' order by 1`)).toEqual([{ occurrence: 1 }, { occurrence: 2 }, { occurrence: 3 }]);
    expect(await world.state('weekly')).toMatchObject({ state: 'running' });
  });

  it('does not make up for weeks in which nothing ran', async () => {
    app.clock.set(new Date('2026-11-26T12:00:00Z')); // a Thursday; the 9th, 16th and 23rd have passed
    expect(await world.turn()).toMatchObject({ people: 0 });
    expect((await app.get(PlannerService).nextDueAt())?.toISOString()).toBe('2026-11-30T08:00:00.000Z');
    app.clock.set(new Date('2026-12-01T12:00:00Z')); // a day late is still news
    expect(await world.turn()).toMatchObject({ queued: 43 });
    app.clock.advance(HOUR);
    expect(await world.turn()).toMatchObject({ people: 0 });
  });
});
