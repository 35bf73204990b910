import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerAccountsCommands } from '../../src/accounts/accounts.commands.js';
import { WatchService } from '../../src/accounts/triggers/watch.service.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';
import { HumansWorld } from '../support/humans-world.js';
import { settled } from '../support/settled.js';

const daysLater = (days: number) => new Date(TEST_NOW.getTime() + days * 86_400_000);

describe('three people of the buying group viewed pricing in seven days', () => {
  const app = useApp();
  const world = new HumansWorld(app);
  const call = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, key?: string) => app.request(method, `/api/v1/account-triggers${path}`, { ...(body !== undefined && { body }), ...(key !== undefined && { key }) });
  const look = () => settled(app.sql, () => app.get(WatchService).readEvents(app.clock.now()));
  const firings = async () => (await call('GET', '/pricing/firings')).body.items;
  let account = 0;
  let people: number[] = [];

  beforeEach(async () => {
    await world.clear();
    await app.sql.exec('test.clear', 'delete from account_triggers');
    app.clock.set(TEST_NOW);
    expect((await call('POST', '', { key: 'pricing', name: 'Interest in pricing' })).status).toBe(201);
    account = await world.account('Bakker BV', 'anna@voorbeeld.example');
    people = [];
    for (const role of ['user', 'decider', 'influencer', 'buyer']) people.push(await world.person(account, role));
  });

  const view = (person: number, day: number, properties: object = {}, name = 'Pricing Viewed') => {
    if (daysLater(day) > app.clock.now()) app.clock.set(daysLater(day));
    return world.event(people[person] ?? 0, name, properties, daysLater(day));
  };
  const at = async (day: number): Promise<number> => {
    app.clock.set(daysLater(day));
    return look();
  };

  it('gives the owner of the account one task, once, and tells who they were', async () => {
    await view(0, 0);
    await view(1, 1, { path: '/Pricing/team' }, 'Page Viewed');
    expect(await at(1)).toBe(0);
    await view(2, 2);
    expect(await at(2)).toBe(1);
    expect(await look()).toBe(0);
    expect(await world.tasks()).toMatchObject([{ kind: 'buying_signal', account_id: account, contact_id: null, owner: 'anna@voorbeeld.example', reason: 'Interest in pricing (3 people within 7 days)' }]);
    expect(await firings()).toMatchObject([{ account: { id: account, owner: 'anna@voorbeeld.example' }, firedAt: daysLater(2).toISOString(), people: 3, contactIds: people.slice(0, 3), quietUntil: daysLater(21).toISOString(), task: { state: 'open' } }]);
    expect((await call('GET', '/pricing')).body).toMatchObject({ firings: 1, lastFiredAt: daysLater(2).toISOString() });
  });

  it.each<[string, () => Promise<void>]>([
    ['one of them is a machine', async () => { await view(0, 0); await view(1, 0); await view(2, 0, { machine: true }); }],
    ['one of them plays no part in the group', async () => { people[2] = await world.person(account); await view(0, 0); await view(1, 0); await view(2, 0); }],
    ['the part of one of them has ended', async () => { await app.sql.exec('test.end', 'update buying_group_members set valid_to = $2 where contact_id = $1', [people[2], TEST_NOW]); await view(0, 0); await view(1, 0); await view(2, 0); }],
    ['one of them is of another account', async () => { people[2] = await world.person(await world.account('Slager BV'), 'decider'); await view(0, 0); await view(1, 0); await view(2, 0); }],
    ['one of them viewed another page', async () => { await view(0, 0); await view(1, 0); await view(2, 0, { path: '/jobs' }, 'Page Viewed'); }],
    ['two of them are one person, found out since', async () => {
      await view(0, 0); await view(1, 0); await view(2, 0);
      expect((await app.request('POST', `/api/v1/contacts/${people[0]}/merge`, { body: { contactId: people[2] } })).status).toBe(200);
    }],
  ])('fires not when %s', async (_, happened) => {
    await happened();
    expect(await at(0)).toBe(0);
    expect(await world.tasks()).toEqual([]);
  });

  it('fires again only after fourteen days below, also when nothing happened in between', async () => {
    for (const [person, day] of [[0, 0], [1, 1], [2, 2]] as const) await view(person, day);
    expect(await at(2)).toBe(1);
    for (const person of [0, 1, 2]) await view(person, 15);
    expect(await at(15)).toBe(0);
    // Below from day 22 on; on day 36 it is armed again.
    for (const person of [0, 1, 2]) await view(person, 37);
    expect(await at(37)).toBe(1);
    expect((await firings()).map((one: { firedAt: string }) => one.firedAt)).toEqual([daysLater(37).toISOString(), daysLater(2).toISOString()]);
    expect(await world.tasks()).toHaveLength(2);
  });

  it('takes events that come late or in the wrong order as they happened, and fires once', async () => {
    await view(2, 2);
    expect(await at(3)).toBe(0);
    await view(1, 1);
    await view(0, 0);
    expect(await at(4)).toBe(1);
    expect(await firings()).toMatchObject([{ firedAt: daysLater(2).toISOString() }]);
    await view(3, -1);
    expect(await at(4.1)).toBe(0);
  });

  it('takes an import of old visits as history', async () => {
    for (const person of [0, 1, 2]) await view(person, 0);
    expect(await at(9)).toBe(0);
  });

  it('fires once when the process dies between the task and the commit, and when two look at once', async () => {
    for (const person of [0, 1, 2]) await view(person, 0);
    const dying = jest.spyOn(app.get(TasksService), 'open').mockImplementationOnce(async (...given) => {
      await TasksService.prototype.open.apply(app.get(TasksService), given);
      throw new Error('killed');
    });
    await expect(settled(app.sql, () => app.get(WatchService).readEvents(app.clock.now()))).rejects.toThrow('killed');
    dying.mockRestore();
    expect(await world.tasks()).toEqual([]);
    const fired = await settled(app.sql, () => Promise.all([0, 1, 2, 3].map(() => app.get(WatchService).readEvents(app.clock.now()))));
    expect(fired.reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(await world.tasks()).toHaveLength(1);
    expect(await firings()).toHaveLength(1);
  });

  describe('is asked again at once when the buying group changes', () => {
    let outsider = 0;
    beforeEach(async () => {
      outsider = people[2] = await world.person(account);
      for (const person of [0, 1, 2]) await view(person, 0);
      expect(await at(1)).toBe(0);
      expect(await look()).toBe(0);
    });
    const group = (...members: object[]) => app.request('PUT', `/api/v1/accounts/${account}/buying-group`, { body: { source: 'sales', members: members.map((one) => ({ confidence: 1, ...one })) } });
    const all = () => [{ contactId: people[0], role: 'user' }, { contactId: people[1], role: 'decider' }, { contactId: outsider, role: 'buyer' }];

    it.each<[string, () => Promise<unknown>]>([
      ['somebody is given a part', async () => expect((await group(...all())).status).toBe(200)],
      ['somebody’s part comes in with an import', () => app.sql.exec('test.import', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values ($1, $2, 'buyer', 'crm', $3)`, [outsider, account, TEST_NOW])],
      ['somebody turns out to be one of the group', async () => {
        const known = await world.person(account, 'buyer');
        expect((await app.request('POST', `/api/v1/contacts/${known}/merge`, { body: { contactId: outsider } })).status).toBe(200);
      }],
    ])('as when %s', async (_, happens) => {
      await happens();
      expect(await look()).toBe(1);
      expect(await look()).toBe(0);
      expect(await firings()).toMatchObject([{ account: { id: account }, people: 3, firedAt: TEST_NOW.toISOString() }]);
    });

    it('by one look, also when several look at once, and again when the look broke off', async () => {
      await group(...all());
      const dying = jest.spyOn(app.get(TasksService), 'open').mockRejectedValueOnce(new Error('killed'));
      await expect(look()).rejects.toThrow('killed');
      dying.mockRestore();
      const fired = await Promise.all([0, 1, 2].map(() => look()));
      expect(fired.reduce((sum, one) => sum + one, 0)).toBe(1);
    });

    it('and says nothing of whoever has left it', async () => {
      await group(...all().slice(0, 1), all()[2]!);
      expect(await look()).toBe(0);
      expect(await app.sql.many('test.asks', 'select from account_trigger_asks')).toEqual([]);
    });

    it('only where a trigger depends on groups', async () => {
      expect((await call('PUT', '/pricing', { name: 'All', definition: { of: 'everybody', people: 9 } })).status).toBe(200);
      await group(...all());
      expect(await app.sql.many('test.asks', 'select from account_trigger_asks')).toEqual([]);
    });
  });

  it('sees nothing while it is paused, and what happened before it was resumed fires nothing', async () => {
    expect((await call('POST', '/pricing/pause')).body.state).toBe('paused');
    for (const person of [0, 1, 2]) await view(person, 0);
    expect(await at(0.5)).toBe(0);
    expect((await call('POST', '/pricing/resume')).body).toMatchObject({ state: 'active', activeSince: daysLater(0.5).toISOString() });
    expect(await at(0.6)).toBe(0);
    await view(0, 1);
    expect(await at(1)).toBe(1);
  });

  it('can be defined otherwise: two deciders or buyers, of whoever asked for a demo twice a day', async () => {
    expect((await call('PUT', '/pricing', { name: 'Demo', definition: { events: [{ event: 'Demo Requested', where: [{ property: 'seats', operator: 'at_least', value: 10 }] }], people: 2, roles: ['decider', 'buyer'], windowDays: 1, rearmDays: 0, task: 'Wants a demo' } })).status).toBe(200);
    for (const [person, seats] of [[0, 20], [1, 20], [2, 20], [3, 5]] as const) await view(person, 0, { seats }, 'Demo Requested');
    expect(await at(0)).toBe(0);
    await view(3, 0.5, { seats: 10 }, 'Demo Requested');
    expect(await at(0.5)).toBe(1);
    expect(await world.tasks()).toMatchObject([{ reason: 'Wants a demo (2 people within a day)' }]);
  });

  it('is shown to an account manager for his own accounts only, and defined by marketers', async () => {
    await world.user('other@voorbeeld.example');
    await world.user('anna@voorbeeld.example');
    const keyOf = async (email: string) => (await app.request('POST', '/api/v1/api-keys', { body: { name: email, user: email } })).body.key as string;
    const [anna, other] = [await keyOf('anna@voorbeeld.example'), await keyOf('other@voorbeeld.example')];
    for (const person of [0, 1, 2]) await view(person, 0);
    await at(0);
    expect((await call('GET', '/pricing/firings', undefined, anna)).body.items).toHaveLength(1);
    expect((await call('GET', '/pricing/firings', undefined, other)).body.items).toEqual([]);
    expect((await call('POST', '/pricing/pause', undefined, anna)).status).toBe(403);
  });

  it.each([
    ['nobody', { people: 0 }], ['no event', { events: [] }], ['roles of everybody', { of: 'everybody', roles: ['user'] }], ['a field that is not there', { every: 3 }],
  ])('cannot watch for %s', async (_, definition) => {
    expect((await call('POST', '', { key: 'bad', name: 'x', definition })).status).toBe(422);
  });

  it('is defined, paused and read on the command line, beside the buying group', async () => {
    const run = commandLine(app, registerAccountsCommands);
    const file = join(app.config.dataDir, 'trigger.json');
    writeFileSync(file, JSON.stringify({ people: 2 }));
    expect((await run('triggers', 'set', 'pricing', file, '--name', 'Two')).out).toBe('pricing\tactive\tTwo\t2 people in 7 days, quiet for 14\tfired 0 times');
    writeFileSync(`${file}.cut`, '{"people": 2');
    for (const unreadable of ['nowhere.json', `${file}.cut`]) expect((await run('triggers', 'set', 'pricing', unreadable)).err).toMatch(new RegExp(`^${unreadable} cannot be read: `));
    expect((await run('triggers', 'set', 'another')).out).toContain('another\tactive\tanother\t3 people in 7 days');
    expect((await run('triggers', 'pause', 'another')).out).toContain('another\tpaused');
    expect((await run('triggers', 'firings', 'pricing')).out).toBe('It has not fired.');
    for (const person of [0, 1]) await view(person, 0);
    await at(0);
    expect((await run('triggers', 'firings', 'pricing')).out).toMatch(/^2026-06-09T08:00\tBakker BV\t2 people\tanna@voorbeeld.example\ttask \d+ open$/);
    expect((await run('triggers', 'list')).out.split('\n')).toHaveLength(2);
    expect(await run('triggers', 'resume', 'nothing')).toMatchObject({ err: 'There is no trigger "nothing".', code: 1 });
    const group = (await run('accounts', 'group', 'bakker bv')).out;
    expect(group).toContain('Bakker BV: 100 % of the buying group is known');
    expect(group).toContain('decider\tperson');
    expect(await run('accounts', 'group', 'nobody')).toMatchObject({ err: 'There is no account "nobody".', code: 1 });
  });

  it('has a key of its own, and leaves a trail', async () => {
    expect((await call('POST', '', { key: 'pricing', name: 'x' })).status).toBe(409);
    expect((await call('GET', '/nothing')).status).toBe(404);
    expect((await call('PUT', '/nothing', { name: 'x' })).status).toBe(404);
    const trail = await app.sql.many<{ action: string }>('test.trail', `select distinct action from audit_entries where action like 'account_trigger.%' order by 1`);
    expect(trail.map(({ action }) => action)).toEqual(['account_trigger.changed', 'account_trigger.created', 'account_trigger.paused', 'account_trigger.resumed']);
  });
});
