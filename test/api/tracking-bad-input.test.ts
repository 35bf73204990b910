import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, contactOf, eventsOf, type Tracker } from '../support/tracking.js';

const app = useApp();
let web: Tracker;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  web = await addTracker(app);
});

const problems = async (): Promise<Record<string, any>> => Object.fromEntries((await app.request('GET', '/api/v1/tracking/problems?limit=200')).body.items.map((one: any) => [one.kind, one]));

describe('a message that cannot be stored is refused by name', () => {
  it.each([
    ['a year in the future', 'track', { userId: 'x', event: 'X', timestamp: '2027-06-09T08:00:00Z' }, 'in-the-future'],
    ['before 1970', 'track', { userId: 'x', event: 'X', timestamp: '1969-12-31T23:59:59Z' }, 'before-1970'],
    ['a moment that is none', 'track', { userId: 'x', event: 'X', timestamp: 'yesterday' }, 'timestamp-unreadable'],
    ['a day that no calendar has', 'track', { userId: 'x', event: 'X', timestamp: '2026-02-30T08:00:00Z' }, 'timestamp-unreadable'],
    ['a moment in seconds, which would be January 1970', 'track', { userId: 'x', event: 'X', timestamp: 1_780_000_000 }, 'timestamp-unreadable'],
    ['nobody', 'track', { event: 'X' }, 'no-identity'],
    ['empty ids', 'track', { userId: '', anonymousId: null, event: 'X' }, 'no-identity'],
    ['a blank id', 'track', { userId: '  ', event: 'X' }, 'identifier-invalid'],
    ['an id with a NUL', 'track', { userId: 'a\u0000b', event: 'X' }, 'identifier-invalid'],
    ['an id of half a character', 'track', { userId: 'a\ud83d', event: 'X' }, 'identifier-invalid'],
    ['an id of 300 characters', 'track', { userId: 'x'.repeat(300), event: 'X' }, 'identifier-invalid'],
    ['an id that is an object', 'track', { userId: { $gt: '' }, event: 'X' }, 'not-a-message'],
    ['no event', 'track', { userId: 'x' }, 'event-name-missing'],
    ['an event name with a line end', 'track', { userId: 'x', event: 'a\nb' }, 'event-name-missing'],
    ['properties that are a list', 'track', { userId: 'x', event: 'X', properties: [1] }, 'not-a-message'],
    ['a group of nothing', 'group', { userId: 'x' }, 'group-id-missing'],
    ['an alias of nobody', 'alias', { userId: 'x' }, 'previous-id-missing'],
    ['more than 32 KB', 'track', { userId: 'x', event: 'X', properties: { text: 'x'.repeat(1_000_000) } }, 'body-too-large'],
    ['an identify with a trait of 1 MB', 'identify', { userId: 'x', traits: { text: 'x'.repeat(1_000_000) } }, 'body-too-large'],
  ])('%s', async (_, path, body, type) => {
    const answer = await web.send(path, body);
    expect([answer.status, answer.body.success, answer.body.type]).toEqual([400, false, `urn:tactful:problem:${type}`]);
    expect(await contactOf(app, 'user_id', 'x')).toBeUndefined();
  });

  it.each([['{'], [''], ['[]'], ['null'], ['"text"']])('a body that is no message: %s', async (body) => {
    const answer = await web.send('batch', body, { 'content-type': 'application/json' });
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:tactful:problem:body-unreadable']);
  });

  it.each([['{}'], ['{"batch": 1}'], ['{"batch": {}}'], ['{"messages": []}']])('a batch without its list of messages: %s', async (body) => {
    const answer = await web.send('batch', body, { 'content-type': 'application/json' });
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:tactful:problem:batch-missing']);
  });

  // Writing such JSON overflows the stack: an answer of 5xx would have the client send the whole batch again for ever.
  it.each([['properties', 15_000], ['context', 15_000], ['properties', 150], ['traits', 150]])('%s nested %s levels deep, and nothing else of the batch', async (field, levels) => {
    const deep = `{"type":"track","userId":"x","event":"X","timestamp":"2026-06-09T08:00:00Z","${field}":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const single = await web.send('track', deep, { 'content-type': 'application/json' });
    expect([single.status, single.body.type]).toEqual([400, 'urn:tactful:problem:nested-too-deep']);
    const answer = await web.send('batch', `{"batch":[${deep},{"type":"track","userId":"beside","event":"Beside ${field} ${levels}"}]}`, { 'content-type': 'application/json' });
    expect([answer.status, answer.body.rejected]).toEqual([200, [expect.objectContaining({ index: 0, kind: 'nested_too_deep' })]]);
    expect((await eventsOf(app, (await contactOf(app, 'user_id', 'beside')).id)).map((event: any) => event.name)).toContain(`Beside ${field} ${levels}`);
  });

  it('a batch of more than 500 KB', async () => {
    const batch = Array.from({ length: 30 }, () => ({ type: 'track', userId: 'x', event: 'X', properties: { text: 'x'.repeat(20_000) } }));
    expect((await web.send('batch', { batch })).body).toMatchObject({ success: false, type: 'urn:tactful:problem:body-too-large' });
  });

  it('in a batch: only the one, whatever is wrong with it', async () => {
    const good = (index: number) => ({ type: 'track', userId: 'good', event: 'Good', messageId: `good-${index}` });
    const bad = [null, 7, 'text', [], { type: 'delete', userId: 'x' }, { userId: 'x', event: 'X' }, { type: 'track', userId: 'x', event: 'X', properties: { text: 'x'.repeat(40_000) } }, { type: 'track', userId: 'x', event: 'X', timestamp: '1960-01-01' }];
    const answer = await web.send('batch', { batch: [good(1), ...bad, good(2)] });
    expect(answer.body.rejected.map((one: any) => [one.index, one.kind])).toEqual([
      [1, 'not_a_message'], [2, 'not_a_message'], [3, 'not_a_message'], [4, 'not_a_message'], [5, 'type_unknown'], [6, 'type_unknown'], [7, 'event_too_large'], [8, 'before_1970'],
    ]);
    expect(await eventsOf(app, (await contactOf(app, 'user_id', 'good')).id)).toHaveLength(2);
  });

  it('what comes after 2,500 events of a batch', async () => {
    const answer = await web.send('batch', { batch: Array.from({ length: 2_600 }, (_, index) => ({ type: 'track', userId: 'long', event: 'X', messageId: `long-${index}` })) });
    expect([answer.status, answer.body.rejected.length, answer.body.rejected[0]]).toEqual([200, 100, { index: 2_500, kind: 'too_many_events', message: expect.any(String) }]);
  });
});

describe('what cannot be kept of a message is dropped by itself', () => {
  it('traits: nested, too long, of another type, with a bad name, a bad value or an unknown time zone', async () => {
    await web.send('identify', { userId: 'traits', traits: { score: 5, plan: 'team' } });
    const raw = `{"userId": "traits", "traits": {"score": "high", "plan": "gold", "deep": {"a": {"b": 1}}, "__proto__": {"admin": true}, "constructor": 1, "1st": 1, "поле": 1, "nul": "a\\u0000b",
      "half": "\\ud83d", "list": ["a", 2], "objects": [{"a": 1}], "birthday": "soon", "country": "Atlantis", "email": "no address", "lifecycleStage": "lead", "timezone": "Mars/Olympus", "firstName": "Ann", "flat": {"x": 1}}}`;
    const answer = await web.send('identify', raw, { 'content-type': 'application/json' });
    expect(Object.fromEntries(answer.body.warnings.map((one: any) => [one.path, one.kind]))).toEqual({
      'traits.score': 'trait_type', 'traits.deep.a': 'trait_nested', 'traits.__proto__': 'text_unusable', 'traits.constructor': 'text_unusable', 'traits.1st': 'trait_name', 'traits.поле': 'trait_name',
      'traits.nul': 'text_unusable', 'traits.half': 'text_unusable', 'traits.objects': 'trait_nested', 'traits.birthday': 'trait_value', 'traits.country': 'trait_value', 'traits.email': 'trait_value',
      'traits.lifecycleStage': 'trait_standard', 'traits.timezone': 'time_zone_unknown',
    });
    expect(await contactOf(app, 'user_id', 'traits')).toMatchObject({ first_name: 'Ann', time_zone: null, email: null, attributes: { score: 5, plan: 'gold', list: ['a', '2'], flat_x: 1 } });
    expect(await problems()).toMatchObject({ time_zone_unknown: { count: 1, sample: { path: 'traits.timezone' }, meaning: { nl: expect.any(String), en: expect.any(String) } } });
  });

  it('properties that no database can hold', async () => {
    const raw = '{"userId": "props", "event": "X", "properties": {"ok": 1, "nul": "a\\u0000b", "half": {"a": "\\udc00"}, "__proto__": {"a": 1}, "deep": {"list": [{"prototype": 1}]}}}';
    const answer = await web.send('track', raw, { 'content-type': 'application/json' });
    expect(answer.body.warnings.map((one: any) => one.path)).toEqual(['properties.nul', 'properties.half', 'properties.__proto__', 'properties.deep']);
    expect((await eventsOf(app, (await contactOf(app, 'user_id', 'props')).id))[0].properties).toEqual({ ok: 1 });
  });

  it('more than 200 properties of one event', async () => {
    await web.send('track', { userId: 'wide', event: 'X', properties: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, index])) });
    const [event] = await eventsOf(app, (await contactOf(app, 'user_id', 'wide')).id);
    expect(Object.keys(event.properties)).toHaveLength(200);
  });
});

it('a number that is too large to be one is dropped, and makes no attribute', async () => {
  const answer = await web.send('identify', '{"userId":"infinite","traits":{"far":1e400,"near":1}}', { 'content-type': 'application/json' });
  expect(answer.body.warnings).toEqual([expect.objectContaining({ kind: 'trait_value', path: 'traits.far' })]);
  expect((await contactOf(app, 'user_id', 'infinite')).attributes).toEqual({ near: 1 });
});

describe('strange but sound text is kept to the letter', () => {
  it.each([
    ["Robert'); drop table contacts;--"], ['%_\\%'], ['.*(a+)+$'], ['$1 ${x} {{x}}'], ['محمد \u200fأحمد'], ['👩‍👩‍👧‍👦 Ω≈ç√'], ['名前'], ['\u202ereversed'], ['<script>alert(1)</script>'], ['e\u0301 é'], ['{"a":[1]}'], ['null'], ['back\\slash "quote"'],
  ])('%s', async (text) => {
    expect((await web.send('batch', { batch: [
      { type: 'identify', userId: text, traits: { firstName: text, plan_text: text } },
      { type: 'track', userId: text, event: text, properties: { [text]: text }, messageId: text },
      { type: 'group', userId: text, groupId: text, traits: { name: text } },
    ] })).text).toBe('{"success":true}');
    const contact = await contactOf(app, 'user_id', text);
    expect([contact.first_name, contact.attributes.plan_text, contact.account.name]).toEqual([text, text, text]);
    expect(await eventsOf(app, contact.id)).toMatchObject([{ name: text, key: text, properties: { [text]: text } }]);
  });
});

describe('a client that does everything wrong', () => {
  it('cannot fill the list of attributes: 200 names until somebody classifies them', async () => {
    const key = await addTracker(app, { source: 'spammer' });
    for (let batch = 0; batch < 10; batch += 1) {
      const messages = Array.from({ length: 10 }, (_, index) => ({ type: 'identify', userId: `s${index}`, traits: Object.fromEntries(Array.from({ length: 100 }, (_, name) => [`n${batch}_${index}_${name}`, 1])) }));
      await key.send('batch', { batch: messages });
    }
    const count = async () => (await app.sql.one<{ count: number }>('test.count', `select count(*)::int as count from attribute_definitions where source = 'spammer'`)).count;
    expect(await count()).toBe(200);
    expect((await problems())['trait_limit']).toMatchObject({ count: 9_800, source: 'spammer' });
    const attributes = await app.sql.one<{ most: number }>('test.most', 'select max((select count(*) from jsonb_object_keys(attributes)))::int as most from contacts');
    expect(attributes.most).toBeLessThanOrEqual(200);
    await app.sql.exec('test.classify', `update attribute_definitions set purposes = '{newsletter}' where source = 'spammer'`);
    await key.send('identify', { userId: 's0', traits: { fresh: 1 } });
    expect(await count()).toBe(201);
  });

  it('cannot fill the list of events either, and its events are stored', async () => {
    const key = await addTracker(app, { source: 'namer' });
    for (let batch = 0; batch < 3; batch += 1) await key.send('batch', { batch: Array.from({ length: 100 }, (_, index) => ({ type: 'track', userId: 'namer', event: `Name ${batch} ${index}` })) });
    expect(await app.sql.one('test.names', `select count(*)::int as count from event_definitions where source = 'namer'`)).toEqual({ count: 200 });
    expect(await app.sql.one('test.events', `select count(*)::int as count from events where source = 'namer'`)).toEqual({ count: 300 });
  });

  it('sends one message a hundred thousand times, and nothing grows', async () => {
    const key = await addTracker(app, { source: 'again', eventsPerSecond: 100_000 });
    const batch = Array.from({ length: 2_500 }, () => ({ type: 'track', userId: 'again', event: 'X', messageId: 'again' }));
    await key.send('batch', { batch });
    const size = () => app.sql.one('test.size', `select pg_relation_size('tracking_receipts')::int as receipts, pg_relation_size('events_2026_06')::int as events_size, (select count(*)::int from events) as events, (select count(*)::int from tracking_receipts) as rows`);
    const before = await size();
    for (let round = 0; round < 40; round += 1) expect((await key.send('batch', { batch })).text).toBe('{"success":true}');
    expect(await size()).toEqual(before);
  });

  it('is told to wait when it sends more than its key may', async () => {
    let answers: Awaited<ReturnType<Awaited<ReturnType<typeof addTracker>>['send']>>[] = [];
    // On a machine that is busy with other things they may come spread over more than the second.
    for (let attempt = 0, took = Infinity; took > 1_000 && attempt < 20; attempt += 1) {
      const key = await addTracker(app, { source: `slow-${attempt}`, eventsPerSecond: 5 });
      const began = performance.now();
      answers = await Promise.all(Array.from({ length: 8 }, () => key.send('track', { userId: 'slow', event: 'X' })));
      took = performance.now() - began;
    }
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(answers.find((answer) => answer.status === 429)?.headers['retry-after']).toBe('1');
  });
});

describe('browsers', () => {
  it('may send from any page, without a preflight or after one', async () => {
    const browser = await addTracker(app, { source: 'site', kind: 'browser' });
    const plain = await app.request('POST', '/v1/p', { key: null, headers: { 'content-type': 'text/plain', origin: 'https://shop.example' }, body: JSON.stringify({ writeKey: browser.key, anonymousId: 'b1', name: 'Start' }) });
    expect([plain.status, plain.headers['access-control-allow-origin']]).toEqual([200, '*']);
    const preflight = await app.http.inject({ method: 'OPTIONS', url: '/v1/track', headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } });
    expect([preflight.statusCode, preflight.headers['access-control-allow-origin'], preflight.headers['access-control-allow-headers']]).toEqual([204, '*', 'authorization, content-type, content-encoding']);
    expect(plain.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('are told why also when they are refused', async () => {
    const answer = await app.request('POST', '/v1/track', { key: null, headers: { origin: 'https://shop.example' }, body: { event: 'X' } });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, '*']);
  });
});
