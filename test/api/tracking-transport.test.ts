import { gzipSync } from 'node:zlib';
import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, basic, contactOf, eventsOf, type Tracker } from '../support/tracking.js';

const app = useApp();
let web: Tracker;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  web = await addTracker(app);
});

describe('a packed body', () => {
  const send = async (packed: Buffer, path = 'track', encoding = 'gzip') => {
    const answer = await app.http.inject({ method: 'POST', url: `/v1/${path}`, headers: { authorization: basic(web.key), 'content-type': 'application/json', 'content-encoding': encoding }, payload: packed });
    return { status: answer.statusCode, text: answer.body };
  };
  const pack = (value: unknown) => gzipSync(JSON.stringify(value));

  it('is read like any other', async () => {
    const answer = await send(pack({ userId: 'packed', event: 'Pricing Viewed' }));
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    expect(await eventsOf(app, (await contactOf(app, 'user_id', 'packed')).id)).toMatchObject([{ name: 'Pricing Viewed' }]);
  });

  it('may come out as large as a batch may be, and not larger, however small it goes in', async () => {
    const some = Array.from({ length: 15 }, (_, index) => ({ type: 'track', userId: 'packed-batch', event: 'Filled', messageId: `m${index}`, properties: { text: 'x'.repeat(30_000) } }));
    expect((await send(pack({ batch: some }), 'batch')).status).toBe(200);
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20));
    expect(bomb.length).toBeLessThan(500 * 1024);
    const before = process.memoryUsage().rss;
    const answer = await send(bomb, 'batch');
    expect([answer.status, (JSON.parse(answer.text) as { type: string }).type]).toEqual([400, 'urn:tactful:problem:body-too-large']);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('that is damaged, or packed in another way, is refused', async () => {
    expect((await send(Buffer.from('not gzip'))).status).toBe(400);
    expect((await send(pack({ userId: 'cut', event: 'Cut' }).subarray(0, 20))).status).toBe(400);
    const other = await send(pack({ userId: 'br', event: 'Br' }), 'track', 'br');
    expect([other.status, (JSON.parse(other.text) as { type: string }).type]).toEqual([400, 'urn:tactful:problem:encoding-unknown']);
    expect(await contactOf(app, 'user_id', 'cut')).toBeUndefined();
  });
});

it('a packing written in capitals, and a body with a byte order mark, are read like any other', async () => {
  const capitals = await app.http.inject({ method: 'POST', url: '/v1/track', headers: { authorization: basic(web.key), 'content-encoding': 'GZIP' }, payload: gzipSync('{"userId":"capitals","event":"X"}') });
  const marked = await app.http.inject({ method: 'POST', url: '/v1/track', headers: { authorization: basic(web.key), 'content-type': 'application/json' }, payload: '\uFEFF{"userId":"marked","event":"X"}' });
  expect([capitals.body, marked.body]).toEqual(['{"success":true}', '{"success":true}']);
});

describe('context.traits', () => {
  it('tells of the person with any call, but never changes an address', async () => {
    await web.send('identify', { userId: 'told', traits: { email: 'told@example.org', plan: 'free' } });
    await web.send('track', { userId: 'told', event: 'Upgraded', context: { traits: { plan: 'team', firstName: 'Tess', email: 'other@example.org' } } });
    expect(await contactOf(app, 'user_id', 'told')).toMatchObject({ email: 'told@example.org', first_name: 'Tess', attributes: { plan: 'team' } });
  });

  it('gives way to the traits of an identify itself', async () => {
    await web.send('identify', { userId: 'both', traits: { plan: 'team' }, context: { traits: { plan: 'free', seats: 3 } } });
    expect(await contactOf(app, 'user_id', 'both')).toMatchObject({ attributes: { plan: 'team', seats: 3 } });
  });

  it.each([['a text', 'x'], ['a list', ['x']], ['nothing', null]])('is left out when it is %s', async (_, traits) => {
    expect((await web.send('track', { userId: 'odd', event: 'Odd', context: { traits } })).status).toBe(200);
  });
});

describe('a browser\'s key for certain pages', () => {
  it('is taken from those, and from no other page', async () => {
    const shop = await addTracker(app, { kind: 'browser', source: 'shop', allowedOrigins: ['https://shop.example'] });
    const from = (headers: Record<string, string>) => shop.send('track', { anonymousId: 'device-77', event: 'Visited' }, headers);
    expect((await from({ origin: 'https://shop.example' })).status).toBe(200);
    for (const headers of [{ origin: 'https://shop.example.evil.example' }, { origin: 'http://shop.example' }, { origin: 'null' }, {}] as Record<string, string>[]) {
      expect((await from(headers)).body).toMatchObject({ status: 403, type: 'urn:tactful:problem:origin-refused' });
    }
  });

  it.each(['shop.example', 'https://shop.example/', '*', 'javascript://x'])('cannot be made for %s, which is no origin', async (origin) => {
    expect((await app.request('POST', '/api/v1/write-keys', { body: { source: 'website', kind: 'browser', purposes: ['newsletter'], noticeVersion: '1', allowedOrigins: [origin] } })).status).toBe(422);
  });
});
