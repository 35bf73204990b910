import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { SteeringService } from '../../src/campaigns/steering.service.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, value } from '../support/campaign-world.js';

describe('steering campaigns', () => {
  const app = useApp({ batchSize: 20 });
  const world = new CampaignWorld(app);
  const steering = (): SteeringService => app.get(SteeringService);
  const planner = (): PlannerService => app.get(PlannerService);
  const entries = (): CampaignEntriesService => app.get(CampaignEntriesService);

  beforeAll(async () => {
    await world.prepare();
  });
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  describe('starting', () => {
    it('is done once, however many start at once; the others are told since when it runs', async () => {
      await world.people(30);
      await world.campaign('start-1');
      const results = await Promise.all(Array.from({ length: 6 }, () => steering().start('start-1', 'test')));
      const refused = results.flatMap((result) => (result.ok ? [] : [result.error]));
      expect(refused).toHaveLength(5);
      for (const failure of refused) expect(failure).toEqual({ kind: 'state_conflict', state: 'running', detail: 'Cannot start: campaign "start-1" is running already; it was started at 2026-06-09T08:00:00.000Z.' });
      await Promise.all([entries().enterDue(TEST_NOW), entries().enterDue(TEST_NOW), entries().enterDue(TEST_NOW)]);
      expect(await world.enrollments('start-1')).toHaveLength(30);
      expect(await app.sql.many('test.entries', `select audience from campaign_entries join campaigns using (campaign_id) where key = 'start-1'`)).toEqual([{ audience: 30 }]);
      expect(await app.sql.many('test.audit', `select action from audit_entries where subject_type = 'campaign' and subject_id = 'start-1' order by audit_id`)).toEqual([{ action: 'campaign.created' }, { action: 'campaign.started' }]);
    });

    it('is refused with every problem when what it refers to has changed since it was saved', async () => {
      await world.segment('soon-gone', 'contact', { kind: 'attribute', attribute: 'city', operator: 'is_set' });
      await world.campaign('start-2', { audience: { segment: 'soon-gone', scope: 'contact' } });
      await app.sql.exec('test.delete', `delete from segments where key = 'soon-gone'`);
      const result = await steering().start('start-2', 'test');
      expect(result.ok ? [] : result.error).toEqual({ kind: 'definition_invalid', problems: [{ path: 'audience.segment', message: expect.stringContaining('There is no segment "soon-gone"') }] });
      expect(await world.state('start-2')).toMatchObject({ state: 'draft' });
    });
  });

  describe('pausing', () => {
    it('holds everything at once, and resuming goes on where it stopped', async () => {
      await world.people(50);
      await world.started('pause-1');
      await entries().enterDue(TEST_NOW);
      await planner().planDue(TEST_NOW, { limit: 20 });
      value(await steering().steer('pause-1', 'pause', 'test'));
      const planned = (await world.messages('pause-1')).length;
      expect(planned).toBeGreaterThanOrEqual(20);
      expect(planned).toBeLessThan(50);
      expect(await planner().planDue(TEST_NOW)).toMatchObject({ people: 0 });
      expect(await planner().nextDueAt()).toBeUndefined();
      value(await steering().steer('pause-1', 'pause', 'test')); // asking twice is fine
      value(await steering().steer('pause-1', 'resume', 'test'));
      await planner().planDue(TEST_NOW);
      expect(await world.messages('pause-1')).toHaveLength(50);
    });

    it('holds what is queued, and stopping refuses it with its reason', async () => {
      await world.people(10);
      await world.started('pause-3');
      await world.turn();
      value(await steering().steer('pause-3', 'pause', 'test'));
      const delivery = app.get(DeliveryService);
      expect(await delivery.deliverDue(TEST_NOW)).toMatchObject({ sent: 0, denied: 0 });
      value(await steering().steer('pause-3', 'resume', 'test'));
      value(await steering().steer('pause-3', 'stop', 'test'));
      expect(await delivery.deliverDue(TEST_NOW)).toMatchObject({ sent: 0, denied: 10 });
      expect(await world.report('pause-3')).toMatchObject({ messages: 10, sent: 0, queued: 0, denied: 10, byReason: { 'campaign.stopped': 10 } });
      expect(await app.sql.one('test.mails', 'select count(*)::int as mails from mailbox_mails')).toEqual({ mails: 0 });
    });

    it('takes no audience while it holds', async () => {
      await world.people(5);
      await world.started('pause-2');
      value(await steering().steer('pause-2', 'pause', 'test'));
      await world.turn();
      expect(await world.enrollments('pause-2')).toHaveLength(0);
      value(await steering().steer('pause-2', 'resume', 'test'));
      await world.turn();
      expect(await world.messages('pause-2')).toHaveLength(5);
    });
  });

  describe('stopping', () => {
    it('ends everybody’s way at once and for good', async () => {
      await world.people(50);
      await world.started('stop-1');
      await entries().enterDue(TEST_NOW);
      await planner().planDue(TEST_NOW, { limit: 20 });
      const before = (await world.messages('stop-1')).length;
      value(await steering().steer('stop-1', 'stop', 'test'));
      expect(await world.turn()).toMatchObject({ people: 0 });
      expect(await world.messages('stop-1')).toHaveLength(before);
      expect(await world.report('stop-1')).toMatchObject({ state: 'stopped', enrollments: { active: 0, done: before, exited: 0, stopped: 50 - before } });
      const again = await steering().steer('stop-1', 'resume', 'test');
      expect(again.ok ? '' : again.error).toMatchObject({ kind: 'state_conflict', detail: expect.stringContaining('was stopped at 2026-06-09T08:00:00.000Z') });
      value(await steering().steer('stop-1', 'stop', 'test'));
    });

    it('neither waits for an audience that is being taken, nor lets it in', async () => {
      await world.people(40);
      await world.started('stop-2');
      await app.sql.exec(
        'test.slow',
        `create function slow_entry() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); return null; end $$;
         create trigger slow_entry before insert on enrollments for each statement execute function slow_entry()`,
      );
      let entering: Promise<unknown> = Promise.resolve();
      await app.sql.transaction(async (sql) => {
        await sql.exec('test.hold', 'select pg_advisory_xact_lock(4711)');
        entering = entries().enterDue(TEST_NOW);
        const held = `select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted and database = (select oid from pg_database where datname = current_database())) as held`;
        while (!(await app.sql.one<{ held: boolean }>('test.held', held)).held) await new Promise((resolve) => setTimeout(resolve, 10));
        value(await steering().steer('stop-2', 'stop', 'test')); // if it waited, it would wait for ever
      });
      expect(await entering).toEqual({ campaigns: 0, people: 0 });
      await app.sql.exec('test.fast', 'drop trigger slow_entry on enrollments; drop function slow_entry()');
      expect(await world.enrollments('stop-2')).toEqual([]);
      expect(await app.sql.many('test.entries', `select from campaign_entries join campaigns using (campaign_id) where key = 'stop-2'`)).toEqual([]);
    });

    it('is safe while two planners are at work', async () => {
      await world.people(300);
      await world.started('stop-3');
      await entries().enterDue(TEST_NOW);
      await Promise.all([planner().planDue(TEST_NOW), planner().planDue(TEST_NOW), steering().steer('stop-3', 'stop', 'test')]);
      const states = (await world.enrollments('stop-3')).map((enrollment) => enrollment.state);
      expect(states.filter((state) => state === 'active')).toEqual([]);
      expect(states.filter((state) => state === 'done')).toHaveLength((await world.messages('stop-3')).length);
    });
  });

  describe('two planners at once', () => {
    it('plan everybody exactly once, and keep the caps of people and accounts', async () => {
      const accounts = await world.accounts(20);
      const people = await world.people(200, { accounts });
      await world.started('both-1');
      await world.started('both-2');
      await entries().enterDue(TEST_NOW);
      const reports = await Promise.all(Array.from({ length: 4 }, () => planner().planDue(TEST_NOW)));
      expect(reports.reduce((sum, report) => sum + report.people, 0)).toBe(400);
      // Ten people an account: five of them may hear of us in a week, each of them once a day.
      const worst = await app.sql.one('test.worst', `select max(messages)::int as messages, max(people)::int as people from (select count(*) as messages, count(distinct contact_id) as people from messages group by account_id) per_account`);
      expect(worst).toEqual({ messages: 5, people: 5 });
      expect(await app.sql.one('test.twice', `select coalesce(max(mails), 0)::int as most from (select count(*) as mails from messages group by contact_id) person`)).toEqual({ most: 1 });
      expect(await app.sql.one('test.decided', `select count(*)::int as decisions, count(distinct (contact_id, campaign_id))::int as asked from decisions where contact_id = any($1)`, [people])).toEqual({ decisions: 400, asked: 400 });
    });
  });

  describe('a campaign that cannot go on', () => {
    it('is paused when its segment was deleted before the audience was taken, says why, and goes on when it is back', async () => {
      await world.people(3);
      const rule = { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' };
      await world.segment('fragile', 'contact', rule);
      await world.started('broken-1', { audience: { segment: 'fragile', scope: 'contact' } });
      await app.sql.exec('test.delete', `delete from segments where key = 'fragile'`);
      expect(await world.turn()).toMatchObject({ people: 0 });
      expect(await world.state('broken-1')).toEqual({ state: 'paused', problem: 'There is no segment “fragile”.' });
      expect(await app.sql.many('test.audit', `select actor, action, details from audit_entries where subject_id = 'broken-1' order by audit_id desc limit 1`)).toEqual([
        { actor: 'system', action: 'campaign.paused', details: { problem: 'There is no segment “fragile”.' } },
      ]);
      value(await steering().steer('broken-1', 'resume', 'test'));
      await world.turn();
      expect(await world.state('broken-1')).toMatchObject({ state: 'paused' });
      await world.segment('fragile', 'contact', rule);
      value(await steering().steer('broken-1', 'resume', 'test'));
      expect(await world.turn()).toMatchObject({ queued: 3 });
      expect(await world.state('broken-1')).toEqual({ state: 'running', problem: null });
    });

    it('is paused when its segment was deleted in the middle; whoever is on the way stays there', async () => {
      await world.people(3);
      await world.segment('fragile-2', 'contact', { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' });
      await world.started('broken-2', { audience: { segment: 'fragile-2', scope: 'contact' }, steps: [{ kind: 'send', template: 'june' }, { kind: 'wait', days: 2 }, { kind: 'send', template: 'reminder' }] });
      await world.turn();
      await world.handOver();
      await app.sql.exec('test.delete', `delete from segments where key = 'fragile-2'`);
      app.clock.advance(2 * DAY);
      await world.turn();
      expect(await world.state('broken-2')).toEqual({ state: 'paused', problem: 'There is no segment “fragile-2”.' });
      expect((await world.enrollments('broken-2')).map(({ step, state }) => [step, state])).toEqual([[2, 'active'], [2, 'active'], [2, 'active']]);
      await world.segment('fragile-2', 'contact', { kind: 'attribute', attribute: 'city', operator: 'is_set' });
      value(await steering().steer('broken-2', 'resume', 'test'));
      expect(await world.turn()).toMatchObject({ queued: 3 });
    });

    it('does not hold up the others', async () => {
      await world.people(3);
      await world.segment('fragile-3', 'contact', { kind: 'attribute', attribute: 'city', operator: 'not_set' });
      await world.started('broken-3', { audience: { segment: 'fragile-3', scope: 'contact' } });
      await app.sql.exec('test.delete', `delete from segments where key = 'fragile-3'`);
      await world.started('sound');
      expect(await world.turn()).toMatchObject({ queued: 3 });
    });

    it('is paused when its audience fails while it is taken', async () => {
      await world.people(3);
      await world.started('broken-4');
      await app.sql.exec(
        'test.fail',
        `create function fail_entry() returns trigger language plpgsql as $$ begin raise exception 'division by zero' using errcode = '22012'; end $$;
         create trigger fail_entry before insert on enrollments for each row execute function fail_entry()`,
      );
      expect(await world.turn()).toMatchObject({ people: 0 });
      await app.sql.exec('test.mend', 'drop trigger fail_entry on enrollments; drop function fail_entry()');
      expect(await world.state('broken-4')).toEqual({ state: 'paused', problem: expect.stringContaining('cannot be evaluated (database code 22012)') });
      value(await steering().steer('broken-4', 'resume', 'test'));
      expect(await world.turn()).toMatchObject({ queued: 3 });
    });
  });
});
