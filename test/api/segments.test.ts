import { SegmentsService } from '../../src/segments/segments.service.js';
import { TEST_NOW, useApp } from '../support/app.js';

const dutch = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const viewedPricing = { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } };

describe('segments over the API', () => {
  const app = useApp();

  beforeAll(async () => {
    await app.sql.exec('test.accounts', `insert into accounts (account_id, name, name_key, sector, source, created_at, updated_at) values (1, 'Acme', 'acme', 'software', 'test', $1, $1), (2, 'Bolt', 'bolt', 'retail', 'test', $1, $1)`, [TEST_NOW]);
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, account_id, email, first_name, last_name, country, created_at, updated_at)
       select id, bucket_of(id, nullif(id % 3, 0)), nullif(id % 3, 0), 'p' || id || '@acme.example', 'Person', id::text, case when id <= 12 then 'NL' else 'BE' end, $1, $1 from generate_series(1, 20) id`,
      [TEST_NOW],
    );
    await app.sql.exec(
      'test.events',
      `insert into events (contact_id, occurred_at, idempotency_key, name, source) select id, $1::timestamptz - number * interval '1 hour', number::text, 'Pricing Viewed', 'test' from generate_series(1, 5) id, generate_series(1, id) number`,
      [TEST_NOW],
    );
  });

  const create = (key: string, rule: unknown, rest: object = {}) => app.request('POST', '/api/v1/segments', { body: { key, name: `Segment ${key}`, scope: 'contact', rule, ...rest } });

  it('previews a rule before anything is saved: count, ten samples, sentences, touched data', async () => {
    const response = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule: dutch } });
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({
      count: 12,
      sentence: { nl: 'Contacten bij wie het land NL is.', en: 'Contacts whose country is NL.' },
      touches: { contactAttributes: ['country'], accountAttributes: [], events: [], segments: [], purposes: [] },
    });
    expect(response.body.sample).toHaveLength(10);
    expect(response.body.sample[0]).toEqual({ id: 1, name: 'Person 1', email: 'p1@acme.example', account: 'Acme' });
    expect((await app.request('GET', '/api/v1/segments')).body.items).toEqual([]);
  });

  it('previews accounts by what their people did', async () => {
    const response = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'account', rule: { kind: 'people', count: { operator: 'at_least', value: 2 }, rule: viewedPricing } } });
    expect(response.body).toMatchObject({ scope: 'account', count: 1, sample: [{ id: 2, name: 'Bolt', sector: 'retail', country: null }] });
  });

  it('saves, lists, shows, changes and deletes', async () => {
    const created = await create('dutch', dutch, { description: 'Who lives in the Netherlands' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ key: 'dutch', version: 1, scope: 'contact', rule: dutch, updatedBy: expect.stringMatching(/^key:/) });
    expect((await create('dutch', dutch)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:segment-exists' });
    await create('keen', viewedPricing);

    const page = await app.request('GET', '/api/v1/segments?limit=1');
    expect(page.body.items).toMatchObject([{ key: 'dutch', sentence: { en: 'Contacts whose country is NL.' } }]);
    expect((await app.request('GET', `/api/v1/segments?limit=1&cursor=${page.body.next}`)).body).toMatchObject({ items: [{ key: 'keen' }], next: null });

    const change = (body: object) => app.request('PUT', '/api/v1/segments/dutch', { body: { name: 'Dutch', scope: 'contact', rule: dutch, ...body } });
    expect((await change({ name: 'Renamed' })).body).toMatchObject({ name: 'Renamed', version: 1 });
    expect((await change({ rule: { ...dutch, operator: 'not_equals' }, version: 1 })).body).toMatchObject({ version: 2 });
    expect((await change({ version: 1 })).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:segment-changed' });
    expect((await change({ scope: 'account', rule: { kind: 'all', conditions: [] } })).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:scope-fixed' });
    expect((await app.request('GET', '/api/v1/segments/dutch')).body).toMatchObject({ version: 2, touches: { contactAttributes: ['country'] }, usedBy: { campaigns: [], segments: [] } });

    expect((await app.request('DELETE', '/api/v1/segments/dutch')).status).toBe(204);
    expect((await app.request('GET', '/api/v1/segments/dutch')).status).toBe(404);
    expect((await app.request('DELETE', '/api/v1/segments/dutch')).status).toBe(404);
    const trail = await app.sql.many<{ action: string }>('test.audit', `select action from audit_entries where subject_type = 'segment' and subject_id = 'dutch' order by audit_id`);
    expect(trail.map(({ action }) => action)).toEqual(['segment.created', 'segment.changed', 'segment.changed', 'segment.deleted']);
  });

  it('pages through the members', async () => {
    await create('everybody', { kind: 'all', conditions: [] });
    const ids: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await app.request('GET', `/api/v1/segments/everybody/members?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.status).toBe(200);
      ids.push(...page.body.items.map((member: { id: number }) => member.id));
      cursor = page.body.next;
    }
    expect(ids).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect((await app.request('GET', '/api/v1/segments/everybody/members/7')).body).toEqual({ id: 7, member: true });
    expect((await app.request('GET', '/api/v1/segments/everybody/members/21')).body).toEqual({ id: 21, member: false });
    expect((await app.request('GET', '/api/v1/segments/everybody/members/x')).status).toBe(422);
    expect((await app.request('GET', '/api/v1/segments/nobody/members')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/segments/everybody/members?cursor=nonsense')).status).toBe(422);
  });

  it('does not delete a segment that is in use, and names its users', async () => {
    await create('base', dutch);
    await create('upper', { kind: 'segment', operator: 'in', segment: 'base' });
    await app.sql.exec('test.campaign', `insert into campaigns (campaign_id, key, name, scope, current_version, created_at, updated_at) values (9, 'welcome', 'Welcome', 'contact', 2, $1, $1)`, [TEST_NOW]);
    await app.sql.exec(
      'test.versions',
      `insert into campaign_versions (campaign_id, version, definition, created_at, created_by) values (9, 1, '{"audience":{"segment":"upper"}}', $1, 'test'), (9, 2, '{"audience":{"segment":"base"}}', $1, 'test')`,
      [TEST_NOW],
    );
    const refused = await app.request('DELETE', '/api/v1/segments/base');
    expect(refused.body).toMatchObject({
      status: 409,
      type: 'urn:tactful:problem:segment-in-use',
      detail: 'Used by campaign “Welcome” (welcome), segment “upper”. Give them another segment first.',
    });
    expect((await app.request('GET', '/api/v1/segments/base')).body.usedBy).toEqual({ campaigns: [{ key: 'welcome', name: 'Welcome', state: 'draft' }], segments: ['upper'] });
    expect((await app.request('DELETE', '/api/v1/segments/upper')).status).toBe(204);
  });

  it('refuses circles, also when two segments begin to use each other at once', async () => {
    await create('left', dutch);
    await create('right', dutch);
    const use = (key: string, segment: string) => app.request('PUT', `/api/v1/segments/${key}`, { body: { name: key, scope: 'contact', rule: { kind: 'segment', operator: 'in', segment } } });
    const answers = await Promise.all([use('left', 'right'), use('right', 'left')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.errors[0]).toMatchObject({ path: 'rule.segment', message: expect.stringMatching(/go in a circle/) });
  });

  /** As text: what a client sends need not be something that JSON.stringify could make. */
  async function send(path: string, body: string) {
    const response = await app.http.inject({ method: 'POST', url: `/api/v1/segments${path}`, headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' }, payload: body });
    return { status: response.statusCode, body: response.json() };
  }

  it.each([
    ['a column that does not exist', JSON.stringify({ kind: 'attribute', attribute: 'address_hash', operator: 'is_set' }), 'rule.attribute', /no attribute “address_hash”/],
    ['a rule of depth 5,000', '{"kind":"not","condition":'.repeat(5_000) + JSON.stringify(dutch) + '}'.repeat(5_000), /^rule\.not/, /nested deeper than 20 levels/],
    ['nothing', 'null', 'rule', /Give a condition/],
    ['a constructor', '{"kind":"all","conditions":[{"constructor":{}}]}', 'rule.all[0].constructor', /“constructor” cannot be a field of a rule/],
  ])('answers %s with a problem that has a path', async (_, rule, path, message) => {
    for (const response of [await send('', `{"key":"bad","name":"Bad","scope":"contact","rule":${rule}}`), await send('/preview', `{"scope":"contact","rule":${rule}}`)]) {
      expect(response.status).toBe(422);
      expect(response.body.errors).toEqual([{ path: typeof path === 'string' ? path : expect.stringMatching(path), message: expect.stringMatching(message) }]);
    }
  });

  it('answers a __proto__ key with a problem', async () => {
    const response = await send('/preview', '{"scope":"contact","rule":{"kind":"all","conditions":[],"__proto__":{"x":1}}}');
    expect(response).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/__proto__/) } });
  });

  it('answers a request without a rule', async () => {
    expect((await send('/preview', '{"scope":"contact"}')).body.errors).toEqual([{ path: 'rule', message: 'Give a rule.' }]);
  });

  it.each([
    ['a key with a space', { key: 'two words' }, 'key'],
    ['a name of nothing', { name: ' ' }, 'name'],
    ['a scope that does not exist', { scope: 'company' }, 'scope'],
  ])('refuses %s', async (_, body, path) => {
    const response = await create('fine', dutch, body);
    expect(response.status).toBe(422);
    expect(response.body.errors).toMatchObject([{ path }]);
  });

  it('asks for a key that may', async () => {
    const { body } = await app.request('POST', '/api/v1/api-keys', { body: { name: 'reader', scopes: ['segments:read'] } });
    expect((await app.request('GET', '/api/v1/segments', { key: body.key })).status).toBe(200);
    expect((await app.request('POST', '/api/v1/segments', { key: body.key, body: {} })).status).toBe(403);
    expect((await app.request('GET', '/api/v1/segments', { key: null })).status).toBe(401);
  });
});

describe('the audience of a segment', () => {
  const app = useApp();
  const segments = () => app.get(SegmentsService);

  it('is one statement with its parameters first, the data it touches and the version', async () => {
    await segments().create({ key: 'keen', name: 'Keen', scope: 'contact', rule: viewedPricing }, 'test');
    const audience = await segments().audience('keen', TEST_NOW);
    expect(audience).toMatchObject({ ok: true, value: { scope: 'contact', touches: { events: ['Pricing Viewed'] }, version: 1 } });
    if (!audience.ok) return;
    const { text, params } = audience.value;
    const next = params.length + 1;
    expect(await app.sql.many('test.audience', `select contact_id, $${next}::text as label from (${text}) audience`, [...params, 'x'])).toEqual([]);
    expect(await segments().count('keen')).toEqual({ ok: true, value: 0 });
  });

  it('is refused with a sentence when the segment is gone or its attribute is', async () => {
    expect(await segments().audience('gone', TEST_NOW)).toEqual({ ok: false, error: { kind: 'segment_missing', detail: 'There is no segment “gone”.' } });
    await app.sql.exec('test.define', `insert into attribute_definitions (scope, key, type) values ('contact', 'shoe_size', 'number')`);
    await segments().create({ key: 'big-feet', name: 'Big feet', scope: 'contact', rule: { kind: 'attribute', attribute: 'shoe_size', operator: 'at_least', value: 45 } }, 'test');
    await app.sql.exec('test.undefine', `delete from attribute_definitions where key = 'shoe_size'`);
    expect(await segments().audience('big-feet', TEST_NOW)).toMatchObject({ ok: false, error: { kind: 'segment_invalid', detail: expect.stringMatching(/^The rule of segment “big-feet” cannot be used: attribute: Contacts have no attribute “shoe_size”/) } });
  });
});
