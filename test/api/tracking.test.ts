import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, basic, contactOf, eventsOf, type Tracker } from '../support/tracking.js';

const app = useApp();
let web: Tracker;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  web = await addTracker(app);
});

describe('the tracking API', () => {
  it('stores a track of somebody new, and answers as the spec says', async () => {
    const answer = await web.send('track', { userId: 'u1', event: 'Pricing Viewed', properties: { plan: 'team', seats: 5 }, timestamp: '2026-06-08T10:00:00Z' });
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    const contact = await contactOf(app, 'user_id', 'u1');
    expect(contact.provenance).toMatchObject({ source: 'website', noticeVersion: '2026-01', purposes: ['newsletter'] });
    expect(await eventsOf(app, contact.id)).toMatchObject([{ name: 'Pricing Viewed', properties: { plan: 'team', seats: 5 }, occurredAt: '2026-06-08T10:00:00.000Z', source: 'website' }]);
  });

  it('keeps the fields and attributes of an identify', async () => {
    const traits = { email: 'Ann@Example.org', firstName: 'Ann', lastName: 'de Vries', title: 'CFO', birthday: '1980-02-03T00:00:00Z', address: { city: 'Utrecht', country: 'Netherlands', street: 'Dorpsstraat 1' }, planType: 'team', seats: 5 };
    await web.send('identify', { userId: 'ann', traits, context: { locale: 'nl-NL', timezone: 'Europe/Amsterdam' } });
    expect(await contactOf(app, 'user_id', 'ann')).toMatchObject({
      email: 'ann@example.org', first_name: 'Ann', last_name: 'de Vries', job_title: 'CFO', birth_date: '1980-02-03', city: 'Utrecht', country: 'NL', language: 'nl', time_zone: 'Europe/Amsterdam',
      attributes: { plan_type: 'team', seats: 5, address_street: 'Dorpsstraat 1' },
    });
    const definitions = await app.sql.many('test.definitions', `select key, type, purposes, source from attribute_definitions where scope = 'contact' and key in ('plan_type', 'seats') order by key`);
    expect(definitions).toEqual([{ key: 'plan_type', type: 'text', purposes: [], source: 'website' }, { key: 'seats', type: 'number', purposes: [], source: 'website' }]);
    await web.send('identify', { userId: 'ann', traits: { planType: null, title: null } });
    expect(await contactOf(app, 'user_id', 'ann')).toMatchObject({ job_title: null, attributes: { seats: 5 } });
  });

  it('writes nothing when an identify says what is known already', async () => {
    const message = { userId: 'same', traits: { email: 'same@example.org', firstName: 'Sam', seats: 5 }, context: { locale: 'nl' } };
    await web.send('identify', message);
    const before = await contactOf(app, 'user_id', 'same');
    app.clock.advance(60_000);
    await web.send('identify', message);
    expect(await contactOf(app, 'user_id', 'same')).toEqual(before);
  });

  it('leaves a language that is known as it is, whatever the browser speaks', async () => {
    await web.send('identify', { userId: 'spoken', traits: { language: 'nl' } });
    await web.send('identify', { userId: 'spoken', context: { locale: 'en-US' } });
    expect((await contactOf(app, 'user_id', 'spoken')).language).toBe('nl');
  });

  it('keeps an account and its people by group', async () => {
    await web.send('group', { userId: 'ann', groupId: 'g-1', traits: { name: 'Acme B.V.', website: 'https://www.acme.example/about', industry: 'Metal', employees: 40, address: { country: 'NL' }, plan: 'gold' } });
    const contact = await contactOf(app, 'user_id', 'ann');
    expect(contact.account.name).toBe('Acme B.V.');
    expect((await app.request('GET', `/api/v1/accounts/${contact.account.id}`)).body).toMatchObject({ external_id: 'g-1', domain: 'acme.example', sector: 'Metal', employees: 40, country: 'NL', attributes: { plan: 'gold' } });
  });

  it('stores page and screen under names a marketer knows', async () => {
    await web.send('page', { userId: 'u2', name: 'Pricing', category: 'Sales', properties: { url: 'https://x.example/pricing' }, context: { campaign: { name: 'june', source: 'news' } } });
    await web.send('screen', { userId: 'u2', name: 'Start' });
    const { id } = await contactOf(app, 'user_id', 'u2');
    expect((await eventsOf(app, id)).map(({ name, properties }: any) => [name, properties]).sort()).toEqual([
      ['Page Viewed', { url: 'https://x.example/pricing', name: 'Pricing', category: 'Sales', utm_campaign: 'june', utm_source: 'news' }],
      ['Screen Viewed', { name: 'Start' }],
    ]);
  });

  it('stores one message once, whenever and with whatever moment it comes again', async () => {
    const message = { messageId: 'm-1', userId: 'once', event: 'Ordered', timestamp: '2026-06-09T07:00:00Z', sentAt: '2026-06-09T07:00:01Z' };
    await web.send('track', message);
    await web.send('track', { ...message, sentAt: '2026-06-09T07:00:09Z' });
    await web.send('track', { ...message, timestamp: '2026-06-01T07:00:00Z' });
    await web.send('batch', { batch: Array.from({ length: 500 }, () => ({ ...message, type: 'track' })) });
    const { id } = await contactOf(app, 'user_id', 'once');
    expect(await eventsOf(app, id)).toHaveLength(1);
  });

  it('stores 499 of a batch with one bad event, and names the one', async () => {
    const batch = Array.from({ length: 500 }, (_, index) => ({ type: 'track', userId: 'many', event: index === 250 ? '' : 'Clicked', messageId: `many-${index}` }));
    const answer = await web.send('batch', { batch });
    expect([answer.status, answer.body]).toEqual([200, { success: true, rejected: [{ index: 250, kind: 'event_name_missing', message: expect.any(String) }] }]);
    const { id } = await contactOf(app, 'user_id', 'many');
    expect(await app.sql.one('test.count', 'select count(*)::int as count from events where contact_id = $1', [id])).toEqual({ count: 499 });
    expect((await app.request('GET', '/api/v1/tracking/problems')).body.items).toContainEqual(expect.objectContaining({ kind: 'event_name_missing', count: 1, refused: true }));
  });

  it.each([
    ['no key', { authorization: '' }],
    ['a key that nobody made', { authorization: basic('wk_000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }],
  ])('refuses %s', async (_, headers) => {
    expect((await web.send('track', { userId: 'x', event: 'X' }, headers)).status).toBe(401);
  });

  it('takes the key in the body too, and no API key', async () => {
    expect((await web.send('t', { writeKey: web.key, userId: 'body', event: 'X' }, { authorization: '' })).status).toBe(200);
    expect((await web.send('track', { userId: 'x', event: 'X' }, { authorization: basic(app.key) })).status).toBe(401);
    expect((await web.send('track', { userId: 'x', event: 'X' }, { authorization: `Bearer ${app.key}` })).status).toBe(401);
    expect((await app.request('GET', '/api/v1/contacts', { key: web.key })).status).toBe(401);
  });
});

describe('write keys', () => {
  it('are shown once, listed without their secret, and worthless once revoked', async () => {
    const made = await app.request('POST', '/api/v1/write-keys', { body: { source: 'short-lived', kind: 'browser', purposes: ['newsletter'], noticeVersion: '1' } });
    expect(made.body).toMatchObject({ source: 'short-lived', kind: 'browser', key: expect.stringMatching(/^wk_[0-9a-f]{12}_[\w-]{32}$/) });
    const listed = (await app.request('GET', '/api/v1/write-keys')).body.items.find((one: any) => one.id === made.body.id);
    expect([listed.key, listed.prefix]).toEqual([undefined, made.body.key.slice(0, 15)]);
    const send = () => web.send('track', { userId: 'w', event: 'X' }, { authorization: basic(made.body.key) });
    expect((await send()).status).toBe(200);
    await app.request('DELETE', `/api/v1/write-keys/${made.body.id}`);
    expect((await send()).status).toBe(401);
    expect((await app.request('GET', '/api/v1/audit?subjectType=write_key')).body.items.map((one: any) => one.action)).toContain('write_key.revoked');
  });

  it('are made for purposes that exist', async () => {
    expect((await app.request('POST', '/api/v1/write-keys', { body: { source: 'x', kind: 'server', purposes: ['nothing'], noticeVersion: '1' } })).status).toBe(422);
  });

  it('cannot be made or listed without the right to', async () => {
    const { body } = await app.request('POST', '/api/v1/api-keys', { body: { name: 'reader', scopes: ['contacts:read'] } });
    for (const [method, path] of [['POST', '/api/v1/write-keys'], ['GET', '/api/v1/write-keys'], ['GET', '/api/v1/tracking/problems'], ['POST', '/api/v1/contacts/1/merge'], ['POST', '/api/v1/merges/1/undo']] as const) {
      expect((await app.request(method, path, { key: body.key, body: method === 'POST' ? {} : undefined })).status).toBe(403);
    }
  });
});

it('describes the tracking API in OpenAPI', async () => {
  const { paths } = (await app.request('GET', '/docs/openapi.json')).body;
  for (const path of ['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch', 'import']) expect(paths[`/v1/${path}`].post).toMatchObject({ tags: ['Tracking'], security: [{ 'write key': [] }] });
  expect(Object.keys(paths['/v1/track'].post.requestBody.content['application/json'].schema.properties)).toContain('messageId');
});
