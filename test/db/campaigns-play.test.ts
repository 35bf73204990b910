import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY } from '../support/campaign-world.js';

const PLAY = { audience: { segment: 'all-accounts', scope: 'account', roles: ['decider', 'user'], perAccount: 2 }, sender: 'account_owner', steps: [{ kind: 'send', template: 'offer' }] };

describe('a play over accounts', () => {
  const app = useApp();
  const world = new CampaignWorld(app);

  beforeAll(async () => {
    await world.prepare();
  });
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  it('writes to each buying group by role, at most two an account', async () => {
    const accounts = await world.accounts(3);
    const people = await world.people(18, { accounts });
    const of = (account: number): number[] => people.filter((id) => accounts[id % 3] === account);
    const [first, second] = [of(accounts[0]!), of(accounts[1]!)];
    await world.members(first.slice(2, 5), 'user');
    await world.members([first[5]!], 'decider');
    await world.members([second[0]!], 'gatekeeper'); // a role the play does not address
    await world.members([second[1]!], 'user');
    await world.started('play-1', PLAY);

    expect(await world.turn()).toMatchObject({ people: 3, queued: 3 });
    expect((await world.messages('play-1')).map(([id]) => id)).toEqual([first[2], first[5], second[1]].sort((left, right) => left! - right!));
    const roles = await app.sql.many('test.roles', `select role, count(*)::int from enrollments e join campaigns c using (campaign_id) where c.key = 'play-1' group by 1 order by 1`);
    expect(roles).toEqual([{ role: 'decider', count: 1 }, { role: 'user', count: 2 }]);
    expect(await world.report('play-1')).toMatchObject({ scope: 'account', audience: 3, messages: 3, queued: 3 });
  });

  it('keeps an account together in one bucket, so that its caps hold', async () => {
    const accounts = await world.accounts(1);
    await world.members(await world.people(5, { accounts }), 'user');
    await world.started('play-2', { ...PLAY, audience: { ...PLAY.audience, perAccount: 5 } });
    await world.turn();
    expect(await app.sql.many('test.buckets', `select distinct bucket from messages`)).toHaveLength(1);
  });

  it('writes for nobody whose account has no owner, and says that the sender is missing', async () => {
    const accounts = await world.accounts(1, { owner: false });
    await world.members(await world.people(2, { accounts }), 'user');
    await world.started('play-3', PLAY);
    expect(await world.turn()).toMatchObject({ queued: 0, denied: 2 });
    expect(await world.report('play-3')).toMatchObject({ byReason: { 'input.merge_field_missing': 2 } });
  });

  it('stops writing about an account to who has left it', async () => {
    const accounts = await world.accounts(2);
    const people = await world.people(2, { accounts: [accounts[0]!] });
    await world.members(people, 'user');
    await world.started('play-4', { ...PLAY, steps: [{ kind: 'send', template: 'offer' }, { kind: 'wait', days: 3 }, { kind: 'send', template: 'offer' }] });
    await world.turn();
    await world.handOver();
    await app.sql.exec('test.move', 'update contacts set account_id = $1, bucket = bucket_of(contact_id, $1) where contact_id = $2', [accounts[1], people[0]]);
    await app.sql.exec('test.move', 'update enrollments set bucket = bucket_of(contact_id, $1) where contact_id = $2', [accounts[1], people[0]]);
    app.clock.advance(3 * DAY);
    expect(await world.turn()).toMatchObject({ people: 2, queued: 1, denied: 1 });
    expect((await world.messages('play-4')).filter(([, step]) => step === 2)).toEqual([[people[1], 2]]);
    expect((await world.enrollments('play-4'))[0]).toMatchObject({ state: 'exited', end_reason: 'campaign.exited' });
  });

  it('takes on each account once, when it recurs and re-entry is "never"', async () => {
    const [account] = await world.accounts(1);
    await world.members(await world.people(3, { accounts: [account!] }), 'user');
    await world.started('play-5', { ...PLAY, entry: { kind: 'cron', cron: '0 10 * * *' }, reentry: 'never' });
    for (let day = 0; day < 3; day += 1) {
      app.clock.advance(DAY);
      await world.turn();
      await world.handOver();
      if (day === 1) await world.members(await world.people(3, { accounts: await world.accounts(1) }), 'decider');
    }
    expect(await world.report('play-5')).toMatchObject({ audience: 4, messages: 4 });
    expect(await app.sql.many('test.entries', `select occurrence, audience from campaign_entries join campaigns using (campaign_id) where key = 'play-5' order by 1`)).toEqual([
      { occurrence: 1, audience: 2 },
      { occurrence: 2, audience: 0 },
      { occurrence: 3, audience: 2 },
    ]);
  });
});
