import { PlannerService } from '../../src/campaigns/planner.service.js';
import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import { registerDraftsCommands } from '../../src/messages/drafts/drafts.commands.js';
import { ClaimService } from '../../src/messages/claim.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';
import { CampaignWorld, DAY, HOUR } from '../support/campaign-world.js';

const PLAY = { audience: { segment: 'all-accounts', scope: 'account', roles: ['user'] }, sender: 'account_owner', steps: [{ kind: 'send', template: 'offer' }, { kind: 'wait', days: 3 }, { kind: 'send', template: 'reminder' }] };
const LOOSE = { ...DEFAULT_POLICIES.tiers, '1:few': { ...DEFAULT_POLICIES.tiers['1:few']!, firstWaveAccounts: 2 } };

describe('the tier of an account', () => {
  const app = useApp();
  const world = new CampaignWorld(app);
  let plays = 0;
  let key = '';

  beforeAll(() => world.prepare({ tiers: LOOSE }));
  beforeEach(async () => {
    await world.clear();
    await app.sql.exec('test.tasks', 'delete from tasks');
    app.clock.set(TEST_NOW);
    key = `play-${(plays += 1)}`;
  });

  /** Accounts of this tier with so many people each, all on their way in a play. */
  async function play(tier: string | null, accounts: number, peopleEach: number, change: object = {}): Promise<{ accounts: number[]; people: number[] }> {
    const ids = await world.accounts(accounts);
    await app.sql.exec('test.tier', 'update accounts set tier = $2 where account_id = any($1)', [ids, tier]);
    const people = await world.people(accounts * peopleEach, { accounts: ids });
    await world.members(people, 'user');
    await world.started(key, { ...PLAY, ...change });
    return { accounts: ids, people };
  }
  const drafts = async (apiKey?: string): Promise<{ contactId: number; messageId: number; account: { id: number }; taskId: number }[]> => (await app.request('GET', `/api/v1/drafts?campaign=${key}`, { ...(apiKey !== undefined && { key: apiKey }) })).body.items;
  const settle = (draft: { contactId: number; messageId: number } | undefined, verb: 'approve' | 'drop', apiKey?: string) => app.request('POST', `/api/v1/drafts/${draft?.contactId ?? 0}/${draft?.messageId ?? 0}/${verb}`, { ...(apiKey !== undefined && { key: apiKey }) });
  const states = async (): Promise<Record<string, number>> => {
    const rows = await app.sql.many<{ state: string; count: number }>('test.states', `select m.state, count(*)::int as count from messages m join campaigns c using (campaign_id) where c.key = $1 group by 1 order by 1`, [key]);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  };
  const claim = () => app.get(ClaimService).claim(Array.from({ length: 256 }, (_, bucket) => bucket), 'test', app.clock.now());

  it('1:1 makes every mail a draft, with a task for the owner; approved it goes, and who approved is on record', async () => {
    const { accounts, people } = await play('1:1', 1, 2);
    expect(await world.turn()).toMatchObject({ people: 2, review: 2, queued: 0 });
    expect(await states()).toEqual({ draft: 2 });
    expect((await claim()).claimed).toEqual([]);
    const waiting = await drafts();
    expect(waiting).toMatchObject([{ contactId: people[0], account: { id: accounts[0], tier: '1:1' }, campaign: key, step: 1 }, { contactId: people[1] }]);
    const tasks = await app.sql.many('test.tasks', `select kind, contact_id, u.email as owner, t.state from tasks t join users u on u.user_id = t.owner_id order by contact_id`);
    expect(tasks).toEqual(people.map((contact_id) => ({ kind: 'approval', contact_id, owner: 'anna@voorbeeld.example', state: 'open' })));

    expect((await settle(waiting[0], 'approve')).status).toBe(200);
    expect(await world.turn()).toMatchObject({ people: 1, queued: 1 });
    expect(await states()).toEqual({ draft: 1, queued: 1 });
    expect((await claim()).claimed).toHaveLength(1);
    expect((await app.request('GET', `/api/v1/messages?contactId=${people[0]}`)).body.items).toMatchObject([{ approvedBy: 'key:first key', approvedAt: TEST_NOW.toISOString() }]);
    expect(await app.sql.many('test.trail', `select action, actor, subject_id from audit_entries where action like 'message.%'`)).toEqual([{ action: 'message.approved', actor: 'key:first key', subject_id: `${people[0]}/${waiting[0]?.messageId}` }]);
    expect(await app.sql.one('test.closed', 'select state, outcome from tasks where contact_id = $1', [people[0]])).toEqual({ state: 'done', outcome: 'approved' });
  });

  it('a draft that is dropped is not sent, and the play goes on three days later with the next draft', async () => {
    const { people } = await play('1:1', 1, 1);
    await world.turn();
    expect((await settle((await drafts())[0], 'drop')).status).toBe(200);
    expect(await world.turn()).toMatchObject({ denied: 1 });
    expect(await states()).toEqual({ denied: 1 });
    const { body } = await app.request('GET', `/api/v1/decisions?contact=${people[0]}&campaign=${key}`);
    expect(JSON.stringify(body)).toContain('approval.dropped');
    app.clock.advance(3 * DAY);
    expect(await world.turn()).toMatchObject({ review: 1 });
    expect(await drafts()).toMatchObject([{ step: 3 }]);
  });

  it('a draft that nobody looked at in time is dropped as stale, by the gate', async () => {
    await play('1:1', 1, 1, { timeToLiveHours: 24 });
    await world.turn();
    app.clock.advance(25 * HOUR);
    expect(await world.turn()).toMatchObject({ denied: 1 });
    expect(await app.sql.one('test.stale', 'select state, response from messages')).toEqual({ state: 'denied', response: 'timing.stale' });
    expect(await drafts()).toEqual([]);
  });

  it.each<[string, (person: number) => Promise<unknown>, string]>([
    ['who withdrew meanwhile', (person) => world.consent([person], 'withdrawn'), 'legal.withdrawn'],
    ['who objected meanwhile', (person) => world.consent([person], 'objected'), 'legal.objected'],
    ['whose address is suppressed by now', (person) => app.sql.exec('test.suppress', `insert into suppressions (address_hash, reason, suppressed_at, source) select address_hash, 'complaint', $2, 'test' from contacts where contact_id = $1`, [person, TEST_NOW]), 'suppression.complaint'],
  ])('approval does not send mail to somebody %s', async (_, happens, code) => {
    const { people } = await play('1:1', 1, 1);
    await world.turn();
    await happens(people[0] ?? 0);
    expect((await settle((await drafts())[0], 'approve')).status).toBe(200);
    expect(await world.turn()).toMatchObject({ denied: 1, queued: 0 });
    expect(await app.sql.one('test.denied', 'select state, response, approved_by from messages')).toEqual({ state: 'denied', response: code, approved_by: null });
  });

  it('approval in the night lets the mail go in the morning', async () => {
    await play('1:1', 1, 1);
    await world.turn();
    const [draft] = await drafts();
    app.clock.set(new Date('2026-06-09T22:00:00Z'));
    await settle(draft, 'approve');
    expect(await world.turn()).toMatchObject({ deferred: 1, queued: 0 });
    expect(await states()).toEqual({ draft: 1 });
    app.clock.set(new Date('2026-06-10T08:00:00Z'));
    expect(await world.turn()).toMatchObject({ queued: 1 });
    expect(await states()).toEqual({ queued: 1 });
  });

  it('of two who settle a draft at once one is heard; a person who left the campaign has none', async () => {
    const { people } = await play('1:1', 1, 2);
    await world.turn();
    const [one, other] = await drafts();
    const answers = await Promise.all([settle(one, 'approve'), settle(one, 'drop')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await app.sql.exec('test.left', `update enrollments set state = 'exited' where contact_id = $1`, [people[1]]);
    expect(await drafts()).toEqual([]);
    expect((await settle(other, 'approve')).body.type).toBe('urn:tactful:problem:not-waiting');
    expect((await settle({ contactId: 999_999, messageId: 1 }, 'approve')).status).toBe(404);
  });

  it('1:few makes drafts for the first two accounts; the rest waits until both are approved, then goes by itself', async () => {
    await play('1:few', 5, 2);
    expect(await world.turn()).toMatchObject({ people: 10, review: 4, deferred: 6 });
    const first = await drafts();
    expect(new Set(first.map(({ account }) => account.id)).size).toBe(2);
    await settle(first[0], 'approve');
    expect(await world.turn()).toMatchObject({ queued: 1, review: 0 });
    expect(await states()).toEqual({ draft: 3, queued: 1 });
    await settle(first.find(({ account }) => account.id !== first[0]?.account.id), 'approve');
    expect(await world.turn()).toMatchObject({ queued: 7, review: 0 });
    expect(await states()).toEqual({ draft: 2, queued: 8 });
  });

  it('a draft of the first wave that is dropped gives its place to the next account', async () => {
    await play('1:few', 3, 1);
    await world.turn();
    const before = await drafts();
    expect(before).toHaveLength(2);
    await settle(before[0], 'drop');
    expect(await world.turn()).toMatchObject({ denied: 1, review: 1 });
    const after = await drafts();
    expect(after).toHaveLength(2);
    expect(after.map(({ contactId }) => contactId)).not.toContain(before[0]?.contactId);
  });

  it('a first wave is never larger, whatever plans at the same moment', async () => {
    await play('1:few', 30, 2);
    await Promise.all([world.turn(), ...[1, 2, 3].map(() => app.get(PlannerService).planDue(app.clock.now()))]);
    expect(new Set((await drafts()).map(({ account }) => account.id)).size).toBe(2);
    expect(await states()).toEqual({ draft: 4 });
  });

  it.each([['1:many'], [null], ['gold']])('%s is automated', async (tier) => {
    await play(tier, 2, 2);
    expect(await world.turn()).toMatchObject({ queued: 4, review: 0 });
    expect(await app.sql.one('test.tasks', 'select count(*)::int as tasks from tasks')).toEqual({ tasks: 0 });
  });

  it('has caps of its own: 1:1 hears of us through three people a week, 1:few through four, others through five', async () => {
    const queued: number[] = [];
    for (const tier of ['1:1', '1:few', '1:many']) {
      await world.clear();
      key = `caps-${tier.replace(':', '-')}`;
      await play(tier, 1, 6);
      await world.turn();
      for (const draft of await drafts()) await settle(draft, 'approve');
      await world.turn();
      queued.push((await states())['queued'] ?? 0);
    }
    expect(queued).toEqual([3, 4, 5]);
  });

  it('changes with the account: a draft of one that is automated now goes by itself', async () => {
    const { accounts } = await play('1:1', 1, 1);
    await world.turn();
    expect((await app.request('PATCH', `/api/v1/accounts/${accounts[0]}`, { body: { tier: '1:many' } })).status).toBe(200);
    await app.sql.exec('test.due', `update enrollments set due_at = $1 where state = 'active'`, [TEST_NOW]);
    expect(await world.turn()).toMatchObject({ queued: 1 });
    expect(await states()).toEqual({ queued: 1 });
  });

  it('keeps the draft, and its task, of somebody who turns out to be another', async () => {
    const { accounts, people } = await play('1:1', 1, 1);
    await world.turn();
    const [survivor] = await world.people(1, { accounts });
    expect((await app.request('POST', `/api/v1/contacts/${survivor}/merge`, { body: { contactId: people[0] } })).status).toBe(200);
    const [draft] = await drafts();
    expect(draft).toMatchObject({ contactId: survivor, taskId: expect.any(Number) });
    expect((await settle({ contactId: people[0] ?? 0, messageId: draft?.messageId ?? 0 }, 'approve')).status).toBe(200);
    expect(await app.sql.many('test.closed', 'select contact_id, state from tasks')).toEqual([{ contact_id: survivor, state: 'done' }]);
    expect(await world.turn()).toMatchObject({ queued: 1 });
  });

  it('is worked off on the command line', async () => {
    const run = commandLine(app, registerDraftsCommands);
    expect((await run('drafts', 'list', '--campaign', key)).out).toBe('Nothing waits for approval.');
    await play('1:1', 1, 2);
    await world.turn();
    const [one, other] = await drafts();
    expect((await run('drafts', 'list', '--campaign', key)).out.split('\n')).toHaveLength(2);
    expect(await run('drafts', 'approve', `${one?.contactId}/${one?.messageId}`)).toEqual({ out: '', err: '', code: undefined });
    expect((await run('drafts', 'drop', `${one?.contactId}/${one?.messageId}`)).err).toBe('This mail waits for nobody (draft).');
    await run('drafts', 'drop', `${other?.contactId}/${other?.messageId}`);
    expect((await run('drafts', 'approve', '1/999999')).err).toBe('There is no draft 1/999999.');
    expect(await world.turn()).toMatchObject({ queued: 1, denied: 1 });
  });

  describe('a whole wave at once', () => {
    const approve = (count: number, more: object = {}, apiKey?: string) => app.request('POST', '/api/v1/drafts/approve', { body: { campaign: key, step: 1, count, ...more }, ...(apiKey !== undefined && { key: apiKey }) });
    const trail = () => app.sql.many('test.trail', `select action, actor, subject_id, details from audit_entries where action in ('message.approved', 'campaign.wave_approved') and (details ->> 'campaignId')::int = (select campaign_id from campaigns where key = $1)`, [key]);

    it('is approved by the number that was looked at, each on record with its person, in one entry of the trail', async () => {
      const { people } = await play('1:1', 2, 2);
      await world.turn();
      const seen = await drafts();
      expect((await approve(4)).body).toEqual({ campaign: key, step: 1, approved: 4 });
      expect(await app.sql.many('test.approved', 'select contact_id, approved_by, approved_at from messages order by contact_id')).toEqual(people.map((contact_id) => ({ contact_id, approved_by: 'key:first key', approved_at: app.clock.now() })));
      expect(await trail()).toMatchObject([{ action: 'campaign.wave_approved', actor: 'key:first key', subject_id: key, details: { step: 1, count: 4, drafts: seen.map((one) => `${one.contactId}/${one.messageId}`) } }]);
      expect(await app.sql.many('test.closed', 'select distinct state, outcome from tasks')).toEqual([{ state: 'done', outcome: 'approved' }]);
      expect(await world.turn()).toMatchObject({ queued: 4 });
    });

    it('is approved once, however often it is asked, also at the same moment', async () => {
      await play('1:1', 1, 3);
      await world.turn();
      const answers = await Promise.all([1, 2, 3].map(() => approve(3)));
      expect(answers.map(({ body }) => body.approved).sort()).toEqual([0, 0, 3]);
      expect((await approve(3)).body.approved).toBe(0);
      expect(await trail()).toHaveLength(1);
    });

    it('is not approved when other drafts wait than were looked at', async () => {
      await play('1:1', 1, 3);
      await world.turn();
      const { status, body } = await approve(2);
      expect([status, body.type, body.detail]).toEqual([409, 'urn:tactful:problem:another-count', '3 wait now: look at them again.']);
      expect(await app.sql.one('test.none', 'select count(approved_at)::int as approved from messages')).toEqual({ approved: 0 });
      expect([(await approve(3, { step: 3 })).body.approved, (await approve(1, { campaign: 'nothing' })).status, (await approve(1, { account: 999_999 })).status, (await approve(0)).status]).toEqual([0, 404, 404, 422]);
    });

    it('leaves what was dropped dropped, who left the campaign alone, and the gate its say', async () => {
      const { people } = await play('1:1', 1, 4);
      await world.turn();
      const waiting = await drafts();
      await settle(waiting[0], 'drop');
      await app.sql.exec('test.left', `update enrollments set state = 'exited' where contact_id = $1`, [people[1]]);
      await world.consent([people[2] ?? 0], 'withdrawn');
      expect((await approve(2)).body.approved).toBe(2);
      expect(await world.turn()).toMatchObject({ queued: 1, denied: 2 });
      expect(await app.sql.many('test.states', 'select contact_id, state, response from messages order by contact_id')).toEqual([
        { contact_id: people[0], state: 'denied', response: 'approval.dropped' }, { contact_id: people[1], state: 'draft', response: 'approval.due' },
        { contact_id: people[2], state: 'denied', response: 'legal.withdrawn' }, expect.objectContaining({ contact_id: people[3], state: 'queued' }),
      ]);
    });

    it('of one account leaves those of others; the first wave of 1:few lets the rest go', async () => {
      await play('1:few', 5, 2);
      await world.turn();
      expect((await approve(2, { account: (await drafts())[0]?.account.id })).body.approved).toBe(2);
      expect(await world.turn()).toMatchObject({ queued: 2, review: 0 });
      expect((await approve(2)).body.approved).toBe(2);
      expect(await world.turn()).toMatchObject({ queued: 8, review: 0 });
    });

    it('is approved on the command line', async () => {
      const run = commandLine(app, registerDraftsCommands);
      const { accounts } = await play('1:1', 2, 1);
      await world.turn();
      const wave = (...words: string[]) => run('drafts', 'approve-wave', key, '--step', '1', ...words);
      expect(await wave('--count', '3')).toEqual({ out: '', err: '2 drafts wait, not 3: look at them again.', code: 1 });
      expect((await wave('--count', '1', '--account', '999999')).err).toBe('There is no account 999999.');
      expect((await run('drafts', 'approve-wave', 'nothing', '--step', '1', '--count', '1')).err).toBe('There is no campaign nothing.');
      expect((await wave('--count', '1', '--account', String(accounts[0]))).out).toBe('Approved: 1.');
      expect([(await wave('--count', '1')).out, (await wave('--count', '1')).out]).toEqual(['Approved: 1.', 'Nothing waits for approval.']);
    });
  });

  it('shows an account manager the drafts of his own accounts, and lets him approve those only', async () => {
    await play('1:1', 1, 1);
    await world.turn();
    await app.request('POST', '/api/v1/users', { body: { email: 'other@voorbeeld.example', name: 'Other', role: 'account_manager' } });
    await app.request('POST', '/api/v1/users', { body: { email: 'anna@voorbeeld.example', name: 'Anna', role: 'account_manager' } });
    const keyOf = async (email: string) => (await app.request('POST', '/api/v1/api-keys', { body: { name: email, user: email } })).body.key as string;
    const [anna, other] = [await keyOf('anna@voorbeeld.example'), await keyOf('other@voorbeeld.example')];
    expect(await drafts(other)).toEqual([]);
    const [draft] = await drafts(anna);
    const wave = (apiKey: string) => app.request('POST', '/api/v1/drafts/approve', { key: apiKey, body: { campaign: key, step: 1, count: 1 } });
    expect((await wave(other)).body.approved).toBe(0);
    expect((await settle(draft, 'approve', other)).status).toBe(404);
    expect((await wave(anna)).body.approved).toBe(1);
    expect((await settle(draft, 'approve', anna)).status).toBe(409);
  });
});
