import { useApp } from '../support/app.js';

const app = useApp();
const at = '2026-06-01T10:00:00Z';
let ann = 0;

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('events_test', 'x', 'x', 'consent', 365)`);
  const made = await app.request('POST', '/api/v1/contacts', { body: { email: 'ann@x.example', external_id: 'A1', provenance: { source: 's', purposes: ['events_test'] } } });
  ann = made.body.id;
});

const send = (events: unknown[], rest: object = {}) => app.request('POST', '/api/v1/events', { body: { source: 'web', events, ...rest } });

describe('events over HTTP', () => {
  it('are stored once, each with its outcome', async () => {
    const viewed = { contact: { email: 'Ann@x.example' }, name: 'Viewed Pricing', occurredAt: at, properties: { page: '/pricing', productId: 7 } };
    const first = await send([viewed, viewed, { ...viewed, contact: { external_id: 'A1' }, key: 'k1' }, { ...viewed, contact: { id: ann }, key: 'k2' }, { ...viewed, contact: { email: 'nobody@x.example' } }]);
    expect(first.body).toEqual({
      stored: 3,
      known: 1,
      rejected: 1,
      outcomes: [
        { index: 0, status: 'stored' },
        { index: 1, status: 'known' },
        { index: 2, status: 'stored' },
        { index: 3, status: 'stored' },
        { index: 4, status: 'rejected', errors: [{ path: 'contact', message: 'is not known here' }] },
      ],
    });
    expect((await send([viewed])).body).toMatchObject({ stored: 0, known: 1 });
    expect(await app.sql.many('test.definition', `select purposes, source from event_definitions where name = 'Viewed Pricing'`)).toEqual([{ purposes: [], source: 'web' }]);
  });

  it('of a kind seen for the first time may be used for the purposes that come with them', async () => {
    await send([{ contact: { id: ann }, name: 'Ordered', occurredAt: at }], { purposes: ['events_test'] });
    expect(await app.sql.many('test.ordered', `select purposes from event_definitions where name = 'Ordered'`)).toEqual([{ purposes: ['events_test'] }]);
    expect((await send([{ contact: { id: ann }, name: 'X', occurredAt: at }], { purposes: ['nothing'] })).status).toBe(422);
  });

  it.each([
    ['in the future', { occurredAt: '2027-01-01T00:00:00Z' }, 'occurredAt'],
    ['before 1970', { occurredAt: '1969-01-01T00:00:00Z' }, 'occurredAt'],
    ['without a moment', { occurredAt: undefined }, 'occurredAt'],
    ['without a name', { name: '' }, 'name'],
    ['with a poisoned property', { properties: { constructor: 1 } }, 'properties.constructor'],
    ['with a poisoned property deep inside', { properties: { cart: [{ prototype: 1 }] } }, 'properties.cart.0.prototype'],
    ['with properties that are too large', { properties: { text: 'x'.repeat(40_000) } }, 'properties'],
    ['with properties nested deeper than any need', { properties: JSON.parse(`{"a":${'['.repeat(150)}${']'.repeat(150)}}`) }, 'properties'],
    ['with a NUL', { properties: { text: 'a\u0000b' } }, 'properties'],
    ['of two contacts', { contact: { id: 1, email: 'ann@x.example' } }, 'contact'],
    ['with an unknown field', { colour: 'red' }, ''],
  ])('%s are rejected alone', async (_, wrong, path) => {
    const sound = { contact: { id: ann }, name: 'Clicked', occurredAt: at, key: `sound-${path}-${Math.floor(Math.random() * 1e9)}` };
    const answer = await send([{ ...sound, key: 'wrong', ...wrong }, sound]);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ stored: 1, rejected: 1 });
    expect(answer.body.outcomes[0].errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('come at most 500 at a time', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ contact: { id: ann }, name: 'Many', occurredAt: at, key: `m${index}` }));
    expect((await send(many)).status).toBe(422);
    expect((await send(many.slice(1))).body).toMatchObject({ stored: 500 });
  });

  it('of one contact are listed newest first, by keyset, also those of one moment', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.request('GET', `/api/v1/contacts/${ann}/events?limit=200&name=Many${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.body.items.map((item: { key: string }) => item.key));
      cursor = page.body.next ?? '';
    } while (cursor !== '');
    expect(seen).toHaveLength(500);
    expect(new Set(seen).size).toBe(500);
    const all = await app.request('GET', `/api/v1/contacts/${ann}/events?limit=1&name=Ordered`);
    expect(all.body.items).toMatchObject([{ name: 'Ordered', occurredAt: '2026-06-01T10:00:00.000Z', source: 'web' }]);
  });
});

describe('what data may be used for', () => {
  const patch = (path: string, body: unknown) => app.request('PATCH', `/api/v1/${path}`, { body });

  it('is said for each attribute and kind of event, and the saying is in the audit trail', async () => {
    const phone = await patch('attributes/contact/phone', { purposes: ['events_test'], sensitive: false });
    expect(phone.body).toMatchObject({ scope: 'contact', key: 'phone', purposes: ['events_test'], sensitive: false, standard: true });
    const event = await patch('events/definitions/Viewed%20Pricing', { purposes: ['*'], sensitive: true });
    expect(event.body).toMatchObject({ name: 'Viewed Pricing', purposes: ['*'], sensitive: true });
    const trail = await app.sql.many('test.trail', `select action, subject_id, details from audit_entries where action like '%.classified' order by audit_id`);
    expect(trail).toEqual([
      { action: 'attribute.classified', subject_id: 'contact.phone', details: { from: { purposes: [], sensitive: false, nature: 'static' }, to: { purposes: ['events_test'], sensitive: false, nature: 'static' } } },
      { action: 'event.classified', subject_id: 'Viewed Pricing', details: { from: { purposes: [], sensitive: false }, to: { purposes: ['*'], sensitive: true } } },
    ]);
  });

  it('is listed by keyset', async () => {
    const first = await app.request('GET', '/api/v1/attributes?limit=5&scope=account');
    const second = await app.request('GET', `/api/v1/attributes?limit=200&scope=account&cursor=${first.body.next}`);
    const keys = [...first.body.items, ...second.body.items].map((item: { key: string }) => item.key);
    expect(keys).toContain('revenue');
    expect(new Set(keys).size).toBe(keys.length);
    expect((await app.request('GET', '/api/v1/events/definitions?limit=1')).body.items).toHaveLength(1);
  });

  it.each([
    ['attributes/contact/phone', { purposes: ['nothing'] }, 422],
    ['attributes/contact/phone', { purposes: ['*', 'events_test'] }, 422],
    ['attributes/contact/phone', {}, 422],
    ['attributes/contact/shoe_size', { purposes: [] }, 404],
    ['attributes/contact/__proto__', { purposes: [] }, 404],
    ['attributes/planet/phone', { purposes: [] }, 422],
    ['events/definitions/Nothing', { purposes: [] }, 404],
  ])('%s %j answers %d', async (path, body, status) => {
    expect((await patch(path, body)).status).toBe(status);
  });
});
