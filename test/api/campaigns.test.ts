import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { TEST_NOW, type TestResponse, useApp } from '../support/app.js';
import { CampaignWorld } from '../support/campaign-world.js';

const definition = { audience: { segment: 'leads', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }] };

describe('/api/v1/campaigns', () => {
  const app = useApp();
  const world = new CampaignWorld(app);
  const create = (key: string, change: object = {}): Promise<TestResponse> => app.request('POST', '/api/v1/campaigns', { body: { key, name: `Campaign ${key}`, definition: { ...definition, ...change } } });
  const act = (key: string, action: string): Promise<TestResponse> => app.request('POST', `/api/v1/campaigns/${key}/${action}`);
  const turn = async (): Promise<void> => {
    await app.get(CampaignEntriesService).enterDue(app.clock.now());
    await app.get(PlannerService).planDue(app.clock.now());
  };

  beforeAll(async () => {
    await world.prepare();
  });
  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
  });

  it('saves a draft with its defaults, and a new version with every change', async () => {
    const created = await create('spring');
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ key: 'spring', state: 'draft', scope: 'contact', version: 1, problem: null, nextEntryAt: null, definition: { messageClass: 'marketing', timeToLiveHours: 72, reentry: 'never' } });
    const changed = await app.request('PUT', '/api/v1/campaigns/spring', { body: { name: 'Spring again', definition: { ...definition, timeToLiveHours: 24 } } });
    expect(changed.body).toMatchObject({ name: 'Spring again', version: 2, definition: { timeToLiveHours: 24 } });
    const versions = await app.request('GET', '/api/v1/campaigns/spring/versions');
    expect(versions.body.items.map((item: any) => [item.version, item.definition.timeToLiveHours])).toEqual([[2, 24], [1, 72]]);
    expect((await create('spring')).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:campaign-exists' });
  });

  it('lists by key, in pages and by state', async () => {
    for (const key of ['list-a', 'list-b', 'list-c']) await create(key);
    await act('list-b', 'start');
    const first = await app.request('GET', '/api/v1/campaigns?limit=1&state=draft');
    const keys: string[] = [];
    for (let page = first; ; page = await app.request('GET', `/api/v1/campaigns?limit=1&state=draft&cursor=${page.body.next}`)) {
      keys.push(...page.body.items.map((item: any) => item.key));
      if (page.body.next === null) break;
    }
    expect(keys).toEqual(expect.arrayContaining(['list-a', 'list-c']));
    expect(keys).not.toContain('list-b');
    expect(keys).toEqual([...keys].sort());
  });

  it.each([
    ['a body that is no object', 'hello', 422],
    ['no definition', { key: 'x', name: 'X' }, 422],
    ['a key with spaces', { key: 'my campaign', name: 'X', definition }, 422],
    ['a definition that is a list', { key: 'x', name: 'X', definition: [] }, 422],
    ['an unknown field', { key: 'x', name: 'X', definition, state: 'running' }, 422],
  ])('refuses %s', async (_, body, status) => {
    expect((await app.request('POST', '/api/v1/campaigns', { body, ...(typeof body === 'string' && { headers: { 'content-type': 'application/json' } }) })).status).toBeGreaterThanOrEqual(400);
    if (typeof body !== 'string') expect((await app.request('POST', '/api/v1/campaigns', { body })).status).toBe(status);
  });

  it('names everything that is wrong with a definition, with its place', async () => {
    const response = await create('wrong', { audience: { segment: 'nobody', scope: 'contact' }, entry: { kind: 'cron', cron: '0 9 31 2 *' }, steps: [{ kind: 'send', template: 'july' }] });
    expect(response.status).toBe(422);
    expect(response.body.type).toBe('urn:tactful:problem:campaign-invalid');
    expect(response.body.errors).toEqual([
      { path: 'definition.audience.segment', message: expect.stringContaining('There is no segment "nobody"') },
      { path: 'definition.entry.cron', message: expect.stringContaining('never comes') },
      { path: 'definition.steps[0].template', message: expect.stringContaining('There is no template "july"') },
    ]);
    expect((await app.request('GET', '/api/v1/campaigns/wrong')).status).toBe(404);
  });

  it('refuses data that the purpose may not use, by name', async () => {
    await world.segment('by-birthday', 'contact', { kind: 'attribute', attribute: 'birth_date', operator: 'is_set' });
    const response = await create('birthday', { audience: { segment: 'by-birthday', scope: 'contact' } });
    expect(response.body.errors).toEqual([{ path: 'definition.audience.segment', message: expect.stringContaining('reads "contact.birth_date", which may not be used for the purpose "newsletter"') }]);
  });

  it('starts once; the second is told with 409', async () => {
    await create('once');
    const [one, two] = (await Promise.all([act('once', 'start'), act('once', 'start')])).sort((left, right) => left.status - right.status);
    expect(one.body).toMatchObject({ state: 'running', startedAt: TEST_NOW.toISOString(), nextEntryAt: TEST_NOW.toISOString() });
    expect(two.body).toMatchObject({ status: 409, type: 'urn:tactful:problem:campaign-is-running', detail: 'Cannot start: campaign "once" is running already; it was started at 2026-06-09T08:00:00.000Z.' });
  });

  it('pauses, resumes and stops; asking twice is fine, asking for the impossible is told', async () => {
    await create('steer');
    expect((await act('steer', 'pause')).body).toMatchObject({ status: 409, detail: 'Cannot pause: campaign "steer" is a draft that has not been started.' });
    await act('steer', 'start');
    for (const [action, state] of [['pause', 'paused'], ['pause', 'paused'], ['resume', 'running'], ['resume', 'running'], ['stop', 'stopped'], ['stop', 'stopped']] as const) {
      const response = await act('steer', action);
      expect([response.status, response.body.state]).toEqual([200, state]);
    }
    expect((await act('steer', 'resume')).status).toBe(409);
    expect((await act('steer', 'start')).status).toBe(409);
    expect((await app.request('PUT', '/api/v1/campaigns/steer', { body: { name: 'X', definition } })).status).toBe(409);
    expect((await app.request('DELETE', '/api/v1/campaigns/steer')).status).toBe(409);
    const trail = await app.request('GET', '/api/v1/audit?subjectType=campaign&subjectId=steer');
    expect(trail.body.items.map((entry: any) => entry.action)).toEqual(['campaign.stopped', 'campaign.resumed', 'campaign.paused', 'campaign.started', 'campaign.created']);
  });

  it('changes a campaign that recurs while it runs, but neither its scope nor its kind of entry', async () => {
    await create('recurs', { entry: { kind: 'cron', cron: '0 9 * * 1' } });
    expect((await act('recurs', 'start')).body.nextEntryAt).toBe('2026-06-15T07:00:00.000Z');
    const put = (change: object): Promise<TestResponse> => app.request('PUT', '/api/v1/campaigns/recurs', { body: { name: 'Recurs', definition: { ...definition, ...change } } });
    expect((await put({ entry: { kind: 'cron', cron: '0 9 * * 5' } })).body).toMatchObject({ version: 2, nextEntryAt: '2026-06-12T07:00:00.000Z' });
    expect((await put({ entry: { kind: 'now' } })).body).toMatchObject({ status: 409, detail: expect.stringContaining('keeps it') });
    expect((await put({ audience: { segment: 'all-accounts', scope: 'account', roles: ['user'] }, entry: { kind: 'cron', cron: '0 9 * * 5' } })).body).toMatchObject({ status: 409, detail: expect.stringContaining('stays so') });
  });

  it('removes a draft', async () => {
    await create('gone');
    expect((await app.request('DELETE', '/api/v1/campaigns/gone')).status).toBe(204);
    expect((await app.request('GET', '/api/v1/campaigns/gone')).status).toBe(404);
    expect((await app.request('DELETE', '/api/v1/campaigns/gone')).status).toBe(404);
  });

  it('tries a campaign without writing anything, explains ten people, and is right', async () => {
    await world.people(30);
    const withdrawn = await world.people(4);
    await world.consent(withdrawn, 'withdrawn');
    await world.people(3, { consent: null });
    await create('tried');
    const response = await app.request('POST', '/api/v1/campaigns/tried/dry-run?language=nl');
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ at: TEST_NOW.toISOString(), audience: 37, step: 0, template: 'june', send: 30, defer: 0, review: 0, deny: 7, byReason: { 'legal.withdrawn': 4, 'basis.consent_missing': 3 } });
    expect(response.body.samples).toHaveLength(10);
    const outcomes = new Set(response.body.samples.map((sample: any) => sample.reasons[0]?.code ?? sample.verdict));
    expect(outcomes).toEqual(new Set(['send', 'legal.withdrawn', 'basis.consent_missing']));
    const denied = response.body.samples.find((sample: any) => sample.contactId === withdrawn[0]);
    expect(denied.headline).toBe('Eva krijgt "Campaign tried" niet.');
    for (const table of ['enrollments', 'messages', 'decisions', 'decision_batches', 'campaign_entries']) {
      expect(await app.sql.one('test.empty', `select count(*)::int as count from ${table} where campaign_id = (select campaign_id from campaigns where key = 'tried')`)).toEqual({ count: 0 });
    }
    await act('tried', 'start');
    await turn();
    const report = await app.request('GET', '/api/v1/campaigns/tried/report');
    expect(report.body).toMatchObject({ audience: 37, messages: 37, queued: 30, denied: 7, byReason: response.body.byReason });
  });

  it('tries a campaign for the moment at which it would enter', async () => {
    await world.people(2);
    await create('at-night', { entry: { kind: 'at', at: '2026-06-10T23:00:00+02:00' } });
    const response = await app.request('POST', '/api/v1/campaigns/at-night/dry-run');
    expect(response.body).toMatchObject({ at: '2026-06-10T21:00:00.000Z', send: 0, defer: 2, byReason: { 'timing.quiet_hours': 2 } });
    expect(response.body.samples[0].notBefore).toBe('2026-06-11T06:00:00.000Z');
  });

  it('says why it cannot be tried', async () => {
    await world.segment('gone-soon', 'contact', { kind: 'attribute', attribute: 'city', operator: 'is_set' });
    await create('untried', { audience: { segment: 'gone-soon', scope: 'contact' } });
    await app.sql.exec('test.delete', `delete from segments where key = 'gone-soon'`);
    expect((await act('untried', 'dry-run')).body).toMatchObject({ status: 409, detail: 'There is no segment “gone-soon”.' });
  });

  it.each([['GET', ''], ['PUT', ''], ['DELETE', ''], ['GET', '/versions'], ['POST', '/start'], ['POST', '/pause'], ['POST', '/dry-run'], ['GET', '/report']] as const)('answers 404 to %s of a campaign that is not there%s', async (method, path) => {
    const response = await app.request(method, `/api/v1/campaigns/nothing${path}`, method === 'PUT' ? { body: { name: 'X', definition } } : {});
    expect(response.body).toMatchObject({ status: 404, title: 'There is no campaign "nothing".' });
  });

  it('is closed without a key, and to keys without the scope', async () => {
    expect((await app.request('GET', '/api/v1/campaigns', { key: null })).status).toBe(401);
    const reader = await app.request('POST', '/api/v1/api-keys', { body: { name: 'reader', scopes: ['campaigns:read'] } });
    await create('scoped');
    expect((await app.request('GET', '/api/v1/campaigns/scoped', { key: reader.body.key })).status).toBe(200);
    expect((await app.request('POST', '/api/v1/campaigns/scoped/start', { key: reader.body.key })).status).toBe(403);
    expect((await app.request('POST', '/api/v1/campaigns/scoped/dry-run', { key: reader.body.key })).status).toBe(403);
  });
});
