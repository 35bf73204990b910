import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { ImportService } from '../../src/customers/import/import.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR, value } from '../support/campaign-world.js';

/** Mail, wait two days, second mail unless they reacted. */
const FOLLOW_UP = {
  steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'exit_on_event', event: 'Demo Requested' }, { kind: 'send', template: 'reminder' }],
};

describe('following up leads', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(async () => {
    await world.prepare();
  });
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  it('sends the second mail after two days, unless they reacted', async () => {
    const [quiet, reacted, early] = [await world.people(5), await world.people(2), await world.people(1)];
    await world.event(early, 'Demo Requested', {}, new Date(TEST_NOW.getTime() - DAY)); // before it all began
    await world.started('leads-1', FOLLOW_UP);
    expect(await world.turn()).toMatchObject({ people: 8, queued: 8 });
    await world.handOver();
    app.clock.advance(1.5 * DAY);
    await world.event(reacted, 'Demo Requested');
    expect(await world.turn()).toMatchObject({ people: 0 });
    expect(await app.get(PlannerService).nextDueAt()).toEqual(new Date(TEST_NOW.getTime() + 2 * DAY));
    app.clock.advance(0.5 * DAY);
    expect(await world.turn()).toMatchObject({ people: 8, queued: 6, denied: 2 });
    await world.handOver();
    await world.turn();

    expect(await world.messages('leads-1')).toEqual([...quiet.flatMap((id) => [[id, 0], [id, 3]]), ...reacted.map((id) => [id, 0]), [early[0], 0], [early[0], 3]]);
    const report = await world.report('leads-1');
    expect(report).toMatchObject({ state: 'finished', audience: 8, messages: 16, sent: 14, denied: 2, byReason: { 'campaign.exited': 2 }, ended: { 'campaign.exited': 2 } });
    expect(report.byStep.map(({ step, template, messages, sent, denied }) => [step, template, messages, sent, denied])).toEqual([[0, 'june', 8, 8, 0], [3, 'reminder', 8, 6, 2]]);
  });

  it('asks about the properties of a reaction', async () => {
    const [sales, other] = [await world.people(1), await world.people(1)];
    await world.started('leads-2', { ...FOLLOW_UP, steps: [...FOLLOW_UP.steps.slice(0, 2), { kind: 'exit_on_event', event: 'Form Sent', where: [{ property: 'form', operator: 'equals', value: 'sales' }] }, FOLLOW_UP.steps[3]] });
    await world.turn();
    await world.handOver();
    app.clock.advance(DAY);
    await world.event(sales, 'Form Sent', { form: 'sales' });
    await world.event(other, 'Form Sent', { form: 'jobs' });
    app.clock.advance(DAY);
    expect(await world.turn()).toMatchObject({ queued: 1, denied: 1 });
    expect((await world.messages('leads-2')).filter(([, step]) => step === 3)).toEqual([[other[0], 3]]);
  });

  it('lets the campaign’s own exits hold at every step, also at the first', async () => {
    const [bought] = await world.people(1);
    app.clock.set(new Date('2026-06-09T19:00:00Z')); // after hours: the first mail waits until the morning
    await world.started('leads-3', { exitOn: [{ event: 'Order Completed' }] });
    expect(await world.turn()).toMatchObject({ deferred: 1 });
    app.clock.advance(HOUR);
    await world.event([bought!], 'Order Completed');
    app.clock.set((await app.get(PlannerService).nextDueAt())!);
    expect(await world.turn()).toMatchObject({ queued: 0, denied: 1 });
    expect(await world.report('leads-3')).toMatchObject({ messages: 1, denied: 1, byReason: { 'campaign.exited': 1 } });
  });

  it('counts the wait from the mail, however late it could go', async () => {
    await world.people(1);
    app.clock.set(new Date('2026-06-09T19:00:00Z'));
    await world.started('leads-4', FOLLOW_UP);
    await world.turn();
    const morning = (await app.get(PlannerService).nextDueAt())!;
    app.clock.set(morning);
    expect(await world.turn()).toMatchObject({ queued: 1 });
    await world.handOver();
    expect(await app.get(PlannerService).nextDueAt()).toEqual(new Date(morning.getTime() + 2 * DAY));
  });

  it('names the field a person lacks, goes on to the next mail, and never writes "Good morning ,"', async () => {
    await world.people(1, { firstName: null });
    const [named] = await world.people(1);
    await world.started('leads-5', { steps: [{ kind: 'send', template: 'reminder' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'june' }] });
    expect(await world.turn()).toMatchObject({ queued: 1, denied: 1 });
    expect(await world.messages('leads-5')).toEqual([[named, 0]]);
    await world.handOver();
    app.clock.advance(2 * DAY);
    expect(await world.turn()).toMatchObject({ queued: 2 });
    expect(await world.report('leads-5')).toMatchObject({ messages: 4, byReason: { 'input.merge_field_missing': 1 } });
  });

  it('stops writing to who withdrew between two mails', async () => {
    const [gone, stays] = await world.people(2);
    await world.started('leads-6', FOLLOW_UP);
    await world.turn();
    await world.handOver();
    app.clock.advance(DAY);
    await world.consent([gone!], 'withdrawn');
    app.clock.advance(DAY);
    expect(await world.turn()).toMatchObject({ queued: 1, denied: 1 });
    expect((await world.messages('leads-6')).filter(([, step]) => step === 3)).toEqual([[stays, 3]]);
    expect((await world.enrollments('leads-6'))[0]).toMatchObject({ state: 'exited', end_reason: 'legal.withdrawn' });
  });

  it('writes to leads as they come: each once, by the event', async () => {
    const [first, second, stranger] = [...(await world.people(2)), ...(await world.people(1, { stage: 'prospect' }))];
    await world.event([first!], 'Signed Up', {}, new Date(TEST_NOW.getTime() - HOUR)); // before the start
    await world.started('welcome', { entry: { kind: 'event', event: 'Signed Up' } });
    expect(await world.turn()).toMatchObject({ people: 0 });
    app.clock.advance(HOUR);
    await world.event([second!, stranger!], 'Signed Up');
    await world.event([second!], 'Signed Up');
    await world.turn();
    expect(await world.messages('welcome')).toEqual([[second, 0]]);
    await world.turn();
    expect(await world.report('welcome')).toMatchObject({ audience: 1, messages: 1 });
    expect(await world.state('welcome')).toMatchObject({ state: 'running' });
  });

  it('writes to nobody because of history that is imported while it runs', async () => {
    const [buyer, other] = await world.people(2);
    const sequence = [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }];
    await world.started('thanks', { entry: { kind: 'event', event: 'Order Completed' }, steps: sequence });
    app.clock.advance(60 * DAY);
    const days = (ago: number): string => new Date(app.clock.now().getTime() - ago * DAY).toISOString();
    const file = join(app.config.dataDir, 'orders.csv');
    await writeFile(file, `mail,what,at\nperson${buyer}@people.example,Order Completed,${days(90)}\nperson${buyer}@people.example,Order Completed,${days(20)}\nperson${other}@people.example,Order Completed,${days(1)}\n`);
    await app.sql.exec('test.identities', `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts where contact_id = any($1) on conflict do nothing`, [[buyer, other]]);
    const map = { fields: { email: 'mail', name: 'what', occurred_at: 'at' } };
    const imported = value(await app.get(ImportService).run({ kind: 'events', file, map, source: 'shop', purposes: ['newsletter'] }));
    expect(imported).toMatchObject({ inserted: 3 });
    await world.turn();
    expect((await world.enrollments('thanks')).map((row) => row.contact_id)).toEqual([other]);
    app.clock.advance(3 * DAY);
    await world.turn();
    expect((await world.messages('thanks')).map(([id]) => id)).not.toContain(buyer);
  });

  it('writes to people as they come into a segment, not to those who were in it', async () => {
    const [inside, outside] = [await world.people(2), await world.people(2, { stage: 'prospect' })];
    await world.started('became-lead', { entry: { kind: 'segment_entered' } });
    expect(await world.turn()).toMatchObject({ people: 0 });
    app.clock.advance(HOUR);
    await app.sql.exec('test.promote', `update contacts set lifecycle_stage = 'lead' where contact_id = $1`, [outside[0]]);
    expect(await world.turn()).toMatchObject({ queued: 1 });
    expect(await world.turn()).toMatchObject({ people: 0 });
    expect(await world.messages('became-lead')).toEqual([[outside[0], 0]]);
    await world.started('all-leads', { entry: { kind: 'segment_entered', includeExisting: true } });
    await world.turn();
    expect((await world.enrollments('all-leads')).map((enrollment) => enrollment.contact_id)).toEqual([...inside, outside[0]]);
  });
});
