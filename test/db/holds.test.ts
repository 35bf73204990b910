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
