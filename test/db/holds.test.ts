import { MergeService } from '../../src/customers/merge/merge.service.js';
import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { HumansWorld } from '../support/humans-world.js';

const daysLater = (days: number) => new Date(TEST_NOW.getTime() + days * 86_400_000);

describe('a human steps in:', () => {
  const app = useApp();
  const world = new HumansWorld(app);
  beforeEach(() => world.clear());
  afterEach(() => app.clock.set(TEST_NOW));

  it('a complaint holds the person and gives the account owner a task', async () => {
    const account = await world.account('Bakker BV', 'anna@voorbeeld.example');
    const person = await world.person(account);
    const [held] = await world.open({ kind: 'complaint', contactId: person });
    expect(await world.holds()).toMatchObject([{ kind: 'complaint', contact_id: person, ends_at: null, task_id: held?.taskId }]);
    expect(await world.tasks()).toMatchObject([{ kind: 'complaint', contact_id: person, account_id: account, owner: 'anna@voorbeeld.example', state: 'open' }]);
  });

  it('a severe complaint holds the whole account, an ordinary one does not', async () => {
    const account = await world.account('Bakker BV');
    const [first, second] = [await world.person(account), await world.person(account)];
    await world.open({ kind: 'complaint', contactId: first, cause: 'one' });
    expect(await world.holds()).toHaveLength(1);
    await world.open({ kind: 'complaint', contactId: second, severe: true, cause: 'two' });
    expect(await world.holds()).toMatchObject([{ contact_id: first }, { contact_id: second }, { account_id: account, kind: 'complaint' }]);
  });

  it.each([['decider', 2], ['user', 1]])('an unhappy %s holds so many: %i', async (role, holds) => {
    const account = await world.account('Bakker BV');
    await world.open({ kind: 'detractor', contactId: await world.person(account, role) });
    expect(await world.holds()).toHaveLength(holds);
  });

  it('a role that has ended decides nothing', async () => {
    const account = await world.account('Bakker BV');
    const person = await world.person(account, 'decider');
    await app.sql.exec('test.end', 'update buying_group_members set valid_to = $1', [TEST_NOW]);
    await world.open({ kind: 'detractor', contactId: person });
    expect(await world.holds()).toHaveLength(1);
  });

  it('the same cause, told again and by two at once, holds once and asks once', async () => {
    const person = await world.person(await world.account('Bakker BV'));
    await Promise.all([1, 2, 3].map(() => world.open({ kind: 'ticket', contactId: person, severe: true })));
    const again = await world.open({ kind: 'ticket', contactId: person, severe: true });
    expect(again.map(({ isNew }) => isNew)).toEqual([false, false]);
    expect(await world.holds()).toHaveLength(2);
    expect(await world.tasks()).toHaveLength(1);
  });

  it('who answers twice before anybody has looked gives one task and two holds', async () => {
    const person = await world.person();
    await world.open({ kind: 'reply', contactId: person, cause: 'reply:1' });
    await world.open({ kind: 'reply', contactId: person, cause: 'reply:2' });
    const [task] = await world.tasks();
    expect(await world.tasks()).toHaveLength(1);
    expect(await world.holds()).toMatchObject([{ task_id: task?.task_id }, { task_id: task?.task_id }]);
    expect(await world.close('followed_up', { taskId: task?.task_id ?? 0 })).toMatchObject([{ endsAt: daysLater(14) }, { endsAt: daysLater(14) }]);
  });

  it('a severe complaint lets the account go on a week after it was resolved and followed up, not before', async () => {
    const person = await world.person(await world.account('Bakker BV'));
    const [held] = await world.open({ kind: 'complaint', contactId: person, severe: true, reference: 'C-1' });
    app.clock.set(daysLater(1));
    expect(await world.close('resolved', { kind: 'complaint', contactId: person, reference: 'C-2' })).toEqual([]);
    expect(await world.close('resolved', { kind: 'complaint', contactId: person, reference: 'C-1' })).toMatchObject([{ scope: 'contact', endsAt: null }, { scope: 'account', endsAt: null }]);
    app.clock.set(daysLater(3));
    expect(await world.close('followed_up', { taskId: held?.taskId ?? 0 })).toMatchObject([{ endsAt: daysLater(10) }, { endsAt: daysLater(10) }]);
    app.clock.set(daysLater(8));
    expect(await world.close('followed_up', { taskId: held?.taskId ?? 0 })).toEqual([]);
    expect(await world.holds()).toMatchObject([{ ends_at: daysLater(10), closed_at: daysLater(3) }, { ends_at: daysLater(10) }]);
  });

  it('two who close the two halves at once close it once', async () => {
    const person = await world.person();
    const [held] = await world.open({ kind: 'ticket', contactId: person });
    await Promise.all([world.close('resolved', { kind: 'ticket', contactId: person }), world.close('followed_up', { taskId: held?.taskId ?? 0 })]);
    expect(await world.holds()).toMatchObject([{ ends_at: daysLater(7) }]);
  });

  it('a meeting holds the account until seven days after it, and the task is due when it is', async () => {
    const account = await world.account('Bakker BV');
    await world.open({ kind: 'meeting', contactId: await world.person(account), momentAt: daysLater(5) });
    expect(await world.holds()).toMatchObject([{ ends_at: daysLater(12) }, { account_id: account, ends_at: daysLater(12) }]);
    expect(await world.tasks()).toMatchObject([{ kind: 'meeting', due_at: daysLater(5) }]);
  });

  describe('what is on its way', () => {
    const SENDS = { play: ['account', 2], series: ['contact', 2], news: ['contact', 1], bills: ['contact', 2] } as const;
    let ids: Record<string, number> = {};

    beforeAll(async () => {
      for (const [key, [scope, sends]] of Object.entries(SENDS)) {
        const { campaign_id: id } = await app.sql.one<{ campaign_id: number }>('test.campaign', `insert into campaigns (key, name, scope, state, created_at, updated_at) values ($1, $1, $2, 'running', $3, $3) returning campaign_id`, [key, scope, TEST_NOW]);
        const definition = { messageClass: key === 'bills' ? 'service' : 'marketing', steps: Array.from({ length: sends }, () => ({ kind: 'send', template: 'x' })) };
        await app.sql.exec('test.version', `insert into campaign_versions (campaign_id, version, definition, created_at, created_by) values ($1, 1, $2, $3, 'test')`, [id, JSON.stringify(definition), TEST_NOW]);
        ids = { ...ids, [key]: id };
      }
    });

    const enroll = (people: readonly number[]) =>
      app.sql.exec(
        'test.enroll',
        `insert into enrollments (contact_id, campaign_id, campaign_version, bucket, account_id, due_at, step_since, entered_at, entry_cause)
         select c.contact_id, p.campaign_id, 1, c.bucket, c.account_id, $2, $2, $2, 'test' from contacts c cross join campaigns p where c.contact_id = any($1)`,
        [people, TEST_NOW],
      );
    const ended = async () =>
      (await app.sql.many<{ contact_id: number; key: string; end_reason: string }>('test.ended', `select contact_id, key, end_reason from enrollments join campaigns using (campaign_id) where enrollments.state = 'exited' order by contact_id, key`)).map((row) => [row.contact_id, row.key, row.end_reason]);

    it('ends with a meeting for the whole account, where it is a sequence; what a contract asks for and single mails go on', async () => {
      const account = await world.account('Bakker BV');
      const [booker, colleague, stranger] = [await world.person(account), await world.person(account), await world.person(await world.account('Slager BV'))];
      await enroll([booker, colleague, stranger]);
      await world.open({ kind: 'meeting', contactId: booker, momentAt: daysLater(5) });
      expect(await ended()).toEqual([[booker, 'play', 'meeting'], [booker, 'series', 'meeting'], [colleague, 'play', 'meeting'], [colleague, 'series', 'meeting']]);
    });

    it('goes on after a meeting that was long ago when it was told of', async () => {
      const person = await world.person(await world.account('Bakker BV'));
      await enroll([person]);
      await world.open({ kind: 'meeting', contactId: person, momentAt: daysLater(-8) });
      expect(await ended()).toEqual([]);
    });

    it('ends with a reply for the person in the campaign that was answered, and in a play for the colleagues; elsewhere it only waits', async () => {
      const account = await world.account('Bakker BV');
      const [answers, colleague] = [await world.person(account), await world.person(account)];
      await enroll([answers, colleague]);
      await world.open({ kind: 'reply', contactId: answers, campaignId: ids['series'] ?? 0, cause: 'one' });
      expect(await ended()).toEqual([[answers, 'series', 'replied']]);
      expect(await world.holds()).toMatchObject([{ contact_id: answers, campaign_id: null }, { account_id: account, campaign_id: ids['series'] }]);
      await world.open({ kind: 'reply', contactId: answers, campaignId: ids['play'] ?? 0, cause: 'two' });
      expect(await ended()).toEqual([[answers, 'play', 'replied'], [answers, 'series', 'replied'], [colleague, 'play', 'replied']]);
    });

    it('is held for the person alone when nobody knows which campaign was answered', async () => {
      const person = await world.person(await world.account('Bakker BV'));
      await world.open({ kind: 'reply', contactId: person });
      expect(await world.holds()).toMatchObject([{ contact_id: person }]);
    });
  });

  it('a legal hold, a dispute and a competitor hold the account until somebody lifts it by hand', async () => {
    const account = await world.account('Bakker BV');
    for (const kind of ['legal', 'dispute', 'competitor'] as const) {
      const [held] = await world.open({ kind, accountId: account });
      app.clock.set(daysLater(400));
      expect(await world.close('followed_up', { scope: 'account', holdId: held?.holdId ?? 0 })).toMatchObject([{ endsAt: null }]);
      expect(await world.close('lifted', { scope: 'account', holdId: held?.holdId ?? 0 })).toMatchObject([{ endsAt: daysLater(400) }]);
    }
    expect(await world.tasks()).toEqual([]);
  });

  it('an unhappy score ends thirty days after a human closed the loop, whose call is due within two working days', async () => {
    const [held] = await world.open({ kind: 'detractor', contactId: await world.person(await world.account('Bakker BV')) });
    expect(await world.tasks()).toMatchObject([{ kind: 'detractor', due_at: daysLater(2) }]);
    app.clock.set(daysLater(1));
    expect(await world.close('followed_up', { taskId: held?.taskId ?? 0 })).toMatchObject([{ endsAt: daysLater(31) }]);
  });

  it('of somebody who was merged the one who stayed is held; of nobody nobody', async () => {
    expect(await world.open({ kind: 'complaint', contactId: 987_654 })).toEqual([]);
    expect(await world.tasks()).toEqual([]);
  });

  it('a task without an account owner goes to the default owner, else to nobody', async () => {
    await world.user('servicedesk@voorbeeld.example');
    await world.open({ kind: 'complaint', contactId: await world.person(), cause: 'one' });
    await app.sql.exec('test.policy', `insert into settings (key, value) values ('handover_policy', '{"defaultOwner": "servicedesk@voorbeeld.example"}')`);
    await world.open({ kind: 'complaint', contactId: await world.person(), cause: 'two' });
    expect((await world.tasks()).map(({ owner }) => owner)).toEqual([null, 'servicedesk@voorbeeld.example']);
  });

  it('two who turn out to be one are held as one, and as two again when that was wrong', async () => {
    const [stays, goes] = [await world.person(), await world.person()];
    const [held] = await world.open({ kind: 'complaint', contactId: goes });
    await app.request('POST', `/api/v1/tasks/${held?.taskId ?? 0}/notes`, { body: { note: 'belt terug' } });
    await app.request('POST', `/api/v1/contacts/${goes}/touches`, { body: { kind: 'call', at: TEST_NOW.toISOString() } });
    const merges = app.get(MergeService);
    const merged = await merges.merge(stays, goes, 'key:test');
    const about = async () => app.sql.one('test.about', `select (select to_jsonb(array_agg(contact_id order by contact_id)) from contact_holds) as holds, (select to_jsonb(array_agg(contact_id)) from tasks) as tasks, (select to_jsonb(array_agg(contact_id)) from task_notes) as notes, (select to_jsonb(array_agg(contact_id)) from human_touches) as touches`);
    expect(await about()).toEqual({ holds: [stays], tasks: [stays], notes: [stays], touches: [stays] });
    expect(await world.open({ kind: 'ticket', contactId: goes })).toHaveLength(1);
    expect((await world.holds()).every(({ contact_id: id }) => id === stays)).toBe(true);
    await merges.undo(merged.ok ? merged.value.merge_id : 0, 'key:test');
    expect(await about()).toEqual({ holds: [stays, stays, goes, goes], tasks: expect.arrayContaining([goes, stays]), notes: [goes], touches: [goes] });
  });

  it('takes a batch with as many statements as one', async () => {
    const account = await world.account('Bakker BV');
    const people = await Promise.all(Array.from({ length: 40 }, () => world.person(account)));
    const holds = people.map((contactId, index) => ({ kind: index % 2 === 0 ? ('complaint' as const) : ('reply' as const), contactId, cause: `batch:${index}`, reason: 'a test', by: 'system' }));
    expect(await app.get(HoldsService).open(app.sql, holds)).toHaveLength(40);
    expect(await world.tasks()).toHaveLength(40);
  });

  it('the same cause twice in one batch of tasks is one task, new once', async () => {
    const tasks = [1, 2].map(() => ({ kind: 'review' as const, cause: 'same', reason: 'a test', by: 'system' }));
    const opened = await app.get(TasksService).open(app.sql, tasks);
    expect(opened.map(({ isNew }) => isNew)).toEqual([true, false]);
    expect(new Set(opened.map(({ taskId }) => taskId)).size).toBe(1);
  });
});
