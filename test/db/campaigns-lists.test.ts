import { DryRunService } from '../../src/campaigns/dry-run.service.js';
import { CampaignsService } from '../../src/campaigns/campaigns.service.js';
import { ListStepsService } from '../../src/campaigns/list-steps.service.js';
import { ListsService } from '../../src/segments/lists.service.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR, value } from '../support/campaign-world.js';

const send = { kind: 'send', template: 'june' };
const add = (list: string) => ({ kind: 'add_to_list', list });
const remove = (list: string) => ({ kind: 'remove_from_list', list });

describe('campaigns and lists', () => {
  const app = useApp();
  const world = new CampaignWorld(app);
  const lists = (): ListsService => app.get(ListsService);

  beforeAll(async () => {
    await world.prepare();
    for (const [key, scope] of [['written-to', 'contact'], ['waiting', 'contact'], ['partners', 'account'], ['guests', 'contact']] as const) value(await lists().create({ key, name: key, description: '', scope }, 'test'));
  });
  beforeEach(async () => {
    await world.clear();
    await app.sql.exec('test.clear', 'delete from segment_account_members');
    app.clock.set(TEST_NOW);
  });
  const members = async (key: string, scope: 'contact' | 'account' = 'contact'): Promise<number[]> => {
    const table = scope === 'contact' ? 'segment_members' : 'segment_account_members';
    return (await app.sql.many<{ id: number }>('test.members', `select ${scope}_id as id from ${table} join segments using (segment_id) where key = $1 order by 1`, [key])).map(({ id }) => id);
  };

  it('put everybody into a list, and take them out, on their way', async () => {
    const people = await world.people(5);
    await world.started('way', { steps: [add('waiting'), send, remove('waiting'), { kind: 'wait', days: 2 }, { kind: 'exit_on_event', event: 'Replied' }, add('written-to')] });
    expect(await world.turn()).toMatchObject({ queued: 5 });
    expect([await members('waiting'), await members('written-to')]).toEqual([[], []]); // in and out again in one go
    await world.handOver();
    app.clock.advance(DAY);
    await world.event([people[0]!], 'Replied');
    app.clock.advance(DAY);
    await world.turn();
    expect(await members('written-to')).toEqual(people.slice(1));
    expect(await world.report('way')).toMatchObject({ state: 'finished', messages: 5 });
  });

  it('take the steps of a batch in their order, whoever comes first', async () => {
    const [ahead, behind] = await world.people(2);
    await world.campaign('order', { steps: [add('waiting'), remove('waiting'), send] });
    const campaign = (await app.get(CampaignsService).find('order'))!;
    const passes = (contactId: number, step: number) => ({ campaign, step, contactId, accountId: null });
    await app.get(ListStepsService).apply(app.sql, [passes(ahead!, 1), passes(behind!, 0), passes(behind!, 1)], app.clock.now());
    expect(await members('waiting')).toEqual([]);
    const gone = { ...campaign, definition: { ...campaign.definition, steps: [{ kind: 'add_to_list' as const, list: 'gone' }] } };
    expect(await app.get(ListStepsService).apply(app.sql, [{ ...passes(ahead!, 0), campaign: gone }], app.clock.now())).toEqual(new Map([[campaign.campaignId, 'Step 1: there is no list "gone".']]));
  });

  it('leave who is in already as they were, and do so once', async () => {
    const [early, late] = await world.people(2);
    value(await lists().add('written-to', [{ id: early! }], 'test'));
    app.clock.advance(HOUR);
    await world.started('once', { steps: [send, add('written-to')] });
    await world.turn();
    await world.turn();
    const rows = await app.sql.many('test.rows', 'select contact_id, entered_at from segment_members join segments using (segment_id) where key = $1 order by 1', ['written-to']);
    expect(rows).toEqual([{ contact_id: early, entered_at: TEST_NOW }, { contact_id: late, entered_at: app.clock.now() }]);
  });

  it('list the accounts of a play', async () => {
    const accounts = await world.accounts(3);
    await world.members(await world.people(6, { accounts }), 'user');
    await world.started('play', { audience: { segment: 'all-accounts', scope: 'account', roles: ['user'] }, steps: [{ kind: 'send', template: 'offer' }, add('partners'), add('written-to')] });
    await world.turn();
    expect(await members('partners', 'account')).toEqual(accounts);
    expect(await members('written-to')).toHaveLength(6);
  });

  it('have a list as their audience, and follow who comes into it', async () => {
    const [inside, ...others] = await world.people(4, { stage: 'prospect' });
    value(await lists().add('guests', [{ id: inside! }], 'test'));
    await world.started('to-guests', { audience: { segment: 'guests', scope: 'contact' } });
    await world.started('welcome-guests', { audience: { segment: 'guests', scope: 'contact' }, entry: { kind: 'segment_entered' } });
    await world.turn();
    expect(await world.messages('to-guests')).toEqual([[inside, 0]]);
    expect(await world.messages('welcome-guests')).toEqual([]);
    app.clock.advance(2 * DAY);
    value(await lists().add('guests', others.slice(0, 2).map((id) => ({ id })), 'test'));
    value(await lists().add('guests', [{ id: others[0]! }], 'test')); // again: nothing happens
    await world.turn();
    expect(await world.messages('welcome-guests')).toEqual([[others[0], 0], [others[1], 0]]);
    await world.turn();
    expect(await world.report('welcome-guests')).toMatchObject({ audience: 2, messages: 2 });
  });

  it('start another campaign by the list they put people into', async () => {
    const people = await world.people(2);
    await world.started('second', { audience: { segment: 'written-to', scope: 'contact' }, entry: { kind: 'segment_entered' }, steps: [{ kind: 'send', template: 'reminder' }] });
    app.clock.advance(HOUR);
    await world.started('first', { steps: [send, add('written-to')] });
    await world.turn(); // puts them on the list
    await world.turn(); // and lets them in by it
    expect((await world.enrollments('second')).map(({ contact_id }) => contact_id)).toEqual(people);
  });

  it('say in the dry run what happens to lists', async () => {
    await world.people(3);
    await world.campaign('tried', { steps: [add('waiting'), send, { kind: 'wait', days: 1 }, remove('waiting')] });
    const campaign = await app.get(CampaignsService).find('tried');
    expect(value(await app.get(DryRunService).run(campaign!, app.clock.now(), 'en'))).toMatchObject({
      audience: 3, step: 1, lists: [{ step: 0, change: 'add_to_list', list: 'waiting', people: 3 }, { step: 3, change: 'remove_from_list', list: 'waiting', people: null }],
    });
    expect(await members('waiting')).toEqual([]);
  });

  describe('keep what they use from being deleted', () => {
    const usersOf = async (key: string): Promise<string[]> => {
      const refused = await app.get(SegmentsService).remove(key, 'test');
      if (refused.ok || refused.error.kind !== 'segment_in_use') throw new Error(JSON.stringify(refused));
      return refused.error.campaigns.map((campaign) => campaign.key);
    };

    it('a list of a step, also of an older version that somebody is still on', async () => {
      value(await lists().create({ key: 'short', name: 'Short', description: '', scope: 'contact' }, 'test'));
      await world.people(1);
      await world.started('uses-list', { entry: { kind: 'cron', cron: '0 10 * * *' }, steps: [send, { kind: 'wait', days: 5 }, add('short')] });
      expect(await usersOf('short')).toEqual(['uses-list']);
      app.clock.advance(DAY);
      await world.turn();
      value(await app.get(CampaignsService).update('uses-list', 'Changed', { audience: { segment: 'leads', scope: 'contact' }, entry: { kind: 'cron', cron: '0 10 * * *' }, purpose: 'newsletter', steps: [send] }, 'test'));
      expect(await usersOf('short')).toEqual(['uses-list']);
      await app.sql.exec('test.end', `update enrollments set state = 'done' where state = 'active'`);
      expect(await app.get(SegmentsService).remove('short', 'test')).toEqual({ ok: true, value: undefined });
    });

    it('of a campaign saved and a segment deleted at once, one is refused', async () => {
      for (let round = 0; round < 5; round += 1) {
        const key = `brief-${round}`;
        value(await lists().create({ key, name: key, description: '', scope: 'contact' }, 'test'));
        const definition = { audience: { segment: key, scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [send] };
        const [saved, removed] = await Promise.all([app.get(CampaignsService).create(`uses-${key}`, key, definition, 'test'), app.get(SegmentsService).remove(key, 'test')]);
        expect([saved.ok, removed.ok].filter(Boolean)).toHaveLength(1);
      }
    });
  });
});
