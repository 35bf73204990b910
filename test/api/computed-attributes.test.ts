import { HistoryService } from '../../src/customers/history/history.service.js';
import { UpkeepService } from '../../src/customers/values/upkeep.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { settled } from '../support/settled.js';

const app = useApp();
const provenance = { source: 'webshop', purposes: ['offers'] };
const put = (key: string, body: unknown) => app.request('PUT', `/api/v1/attributes/contact/${key}/computation`, { body });
const get = (path: string) => app.request('GET', `/api/v1/${path}`);
const order = (email: string, occurredAt: string, value: number, product = 'shoes') => ({ contact: { email }, name: 'Order Completed', occurredAt, properties: { value, product } });
const send = (...events: unknown[]) => app.request('POST', '/api/v1/events', { body: { source: 'webshop', purposes: ['offers'], events } });
const digest = () => settled(app.sql, () => app.get(HistoryService).digest(app.clock.now()));

async function valuesOf(email: string): Promise<Record<string, unknown>> {
  const row = await app.sql.one<{ attributes: Record<string, unknown> }>('test.values', 'select attributes from contacts where email = $1', [email]);
  return row.attributes;
}

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('offers', 'x', 'x', 'consent', 365), ('news', 'x', 'x', 'consent', 365)`);
  for (const email of ['ann@voorbeeld.example', 'bob@voorbeeld.example']) await app.request('POST', '/api/v1/contacts', { body: { email, attributes: { plan: 'gold' }, provenance } });
  await send(order('ann@voorbeeld.example', '2026-05-01T10:00:00Z', 20), order('ann@voorbeeld.example', '2026-06-01T10:00:00Z', 0.1), order('ann@voorbeeld.example', '2026-06-02T10:00:00Z', 0.2, 'socks'));
});

describe('a computed attribute', () => {
  it('has everybody’s value soon after it is defined, and may be used for what its event may be used for', async () => {
    const made = await put('spent', { computation: { aggregate: 'sum', event: 'Order Completed', property: 'value' }, label: { nl: 'de besteding', en: 'total spent' } });
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({ type: 'number', nature: 'dynamic', purposes: ['offers'], source: 'computed', progress: { total: 1, remaining: 1 } });
    await put('last_order', { computation: { aggregate: 'last', event: 'Order Completed' } });
    await put('orders_month', { computation: { aggregate: 'count', event: 'Order Completed', withinDays: 30 } });
    await put('favourite', { computation: { aggregate: 'most_frequent', event: 'Order Completed', property: 'product', type: 'text' } });
    await digest();
    expect(await valuesOf('ann@voorbeeld.example')).toEqual({ plan: 'gold', spent: 20.3, last_order: '2026-06-02T10:00:00.000Z', orders_month: 2, favourite: 'shoes' });
    expect(await valuesOf('bob@voorbeeld.example')).toEqual({ plan: 'gold' });
    expect((await get('attributes/contact/spent/computation')).body).toEqual({ total: 1, remaining: 0 });
  });

  it('follows events, late ones and windows that expire', async () => {
    await send(order('bob@voorbeeld.example', '2026-06-09T07:00:00Z', 5), order('ann@voorbeeld.example', '2026-06-08T10:00:00Z', 1, 'socks'));
    await send(order('ann@voorbeeld.example', '2026-03-01T10:00:00Z', 100));
    await digest();
    expect(await valuesOf('ann@voorbeeld.example')).toMatchObject({ spent: 121.3, last_order: '2026-06-08T10:00:00.000Z', orders_month: 3 });
    expect(await valuesOf('bob@voorbeeld.example')).toMatchObject({ spent: 5, orders_month: 1 });
    app.clock.set(new Date('2026-07-02T10:00:00.001Z'));
    await digest();
    expect(await valuesOf('ann@voorbeeld.example')).toMatchObject({ orders_month: 1 });
    app.clock.set(new Date('2026-07-20T10:00:00Z'));
    await digest();
    expect(await valuesOf('ann@voorbeeld.example')).not.toHaveProperty('orders_month');
    app.clock.set(TEST_NOW);
  });

  it('is asked about like any other: more than seven days since the last order', async () => {
    const rule = { kind: 'attribute', attribute: 'last_order', operator: 'more_than_days_ago', days: 7 };
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule } });
    expect(preview.body.count).toBe(0);
    app.clock.set(new Date('2026-06-16T06:00:00Z'));
    expect((await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule } })).body.count).toBe(1);
    app.clock.set(TEST_NOW);
  });

  it.each([
    ['is written by nobody', () => app.request('POST', '/api/v1/contacts', { body: { email: 'ann@voorbeeld.example', attributes: { spent: 1 }, provenance } }), 422, 'computed from events'],
    ['is of an event that has come in', () => put('x', { computation: { aggregate: 'count', event: 'Order completed' } }), 422, 'No event'],
    ['serves no purpose that its event does not serve', () => put('x', { computation: { aggregate: 'count', event: 'Order Completed' }, purposes: ['news'] }), 422, 'was not collected for'],
    ['serves none that it is given later either', () => app.request('PATCH', '/api/v1/attributes/contact/spent', { body: { purposes: ['*'] } }), 422, 'was not collected for'],
    ['takes no name that is given from outside', () => put('plan', { computation: { aggregate: 'count', event: 'Order Completed' } }), 409, 'from outside'],
    ['takes no standard name', () => put('city', { computation: { aggregate: 'count', event: 'Order Completed' } }), 409, 'standard'],
    ['has a name without tricks', () => put('x"; drop table contacts; --', { computation: { aggregate: 'count', event: 'Order Completed' } }), 422, 'name for an attribute'],
    ['sums a property', () => put('x', { computation: { aggregate: 'sum', event: 'Order Completed' } }), 422, 'computation'],
    ['knows its aggregates', () => put('x', { computation: { aggregate: 'median', event: 'Order Completed', property: 'value' } }), 422, 'computation'],
    ['has windows of days', () => put('x', { computation: { aggregate: 'count', event: 'Order Completed', withinDays: 0 } }), 422, 'computation'],
    ['keeps its type from its computation', () => app.request('POST', '/api/v1/attributes/contact/spent/type', { body: { type: 'text' } }), 422, 'computation'],
  ])('%s', async (_, ask, status, says) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(says);
  });

  it('narrows with its event, and becomes as sensitive', async () => {
    await app.request('PATCH', '/api/v1/events/definitions/Order%20Completed', { body: { purposes: ['news'], sensitive: true } });
    expect((await get('attributes/contact/spent')).body).toMatchObject({ purposes: [], sensitive: true });
    const event = await get('events/definitions');
    expect(event.body.items).toContainEqual(expect.objectContaining({ name: 'Order Completed', users: expect.objectContaining({ attributes: ['favourite', 'last_order', 'orders_month', 'spent'] }) }));
    expect((await app.request('PATCH', '/api/v1/attributes/contact/spent', { body: { sensitive: false } })).status).toBe(422);
  });

  it('is deleted with its values, but not while a segment asks about it', async () => {
    await app.request('POST', '/api/v1/segments', { body: { key: 'big', name: 'Big', scope: 'contact', rule: { kind: 'attribute', attribute: 'spent', operator: 'at_least', value: 100 } } });
    const refused = await app.request('DELETE', '/api/v1/attributes/contact/spent');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('the segment big');
    expect((await put('spent', { computation: { aggregate: 'last', event: 'Order Completed' } })).status).toBe(409);
    await app.request('DELETE', '/api/v1/segments/big');
    expect((await app.request('DELETE', '/api/v1/attributes/contact/spent')).status).toBe(202);
    expect((await get('attributes/contact/spent')).status).toBe(404);
    await app.get(UpkeepService).work(app.clock.now());
    expect(await valuesOf('ann@voorbeeld.example')).not.toHaveProperty('spent');
    expect((await put('spent', { computation: { aggregate: 'count', event: 'Order Completed' } })).status).toBe(200);
  });
});

describe('two contacts that turn out to be one', () => {
  const idOf = async (email: string) => (await app.sql.one<{ contact_id: number }>('test.id', 'select contact_id from contacts where email = $1', [email])).contact_id;

  it('have the computed values of both, and each its own again when that is undone', async () => {
    for (const email of ['cas@voorbeeld.example', 'cas@thuis.example']) await app.request('POST', '/api/v1/contacts', { body: { email, attributes: {}, provenance } });
    await send(order('cas@voorbeeld.example', '2026-06-01T10:00:00Z', 1), order('cas@thuis.example', '2026-06-02T10:00:00Z', 2), order('cas@thuis.example', '2026-06-03T10:00:00Z', 3));
    await digest();
    const [cas, home] = [await idOf('cas@voorbeeld.example'), await idOf('cas@thuis.example')];
    const merged = await app.request('POST', `/api/v1/contacts/${cas}/merge`, { body: { contactId: home } });
    expect(merged.status).toBe(200);
    await digest();
    expect(await valuesOf('cas@voorbeeld.example')).toMatchObject({ last_order: '2026-06-03T10:00:00.000Z', orders_month: 3 });
    expect((await app.request('POST', `/api/v1/merges/${merged.body.id}/undo`)).status).toBe(200);
    await digest();
    expect(await valuesOf('cas@voorbeeld.example')).toMatchObject({ last_order: '2026-06-01T10:00:00.000Z', orders_month: 1 });
    expect(await valuesOf('cas@thuis.example')).toMatchObject({ last_order: '2026-06-03T10:00:00.000Z', orders_month: 2 });
    const days = await get('reports/events?event=Order%20Completed&from=2026-06-01&to=2026-06-04');
    expect(days.body.days.map(({ contacts }: { contacts: number }) => contacts)).toEqual([2, 2, 1]); // Ann ordered on the first two days
  });
});

describe('the report of an event', () => {
  it('counts events and people by local day', async () => {
    await send({ contact: { email: 'ann@voorbeeld.example' }, name: 'Visited', occurredAt: '2026-06-03T22:30:00Z' }, { contact: { email: 'ann@voorbeeld.example' }, name: 'Visited', occurredAt: '2026-06-04T10:00:00Z' }, { contact: { email: 'bob@voorbeeld.example' }, name: 'Visited', occurredAt: '2026-06-04T11:00:00Z' }, { contact: { email: 'bob@voorbeeld.example' }, name: 'Visited', occurredAt: '2026-06-07T11:00:00Z' });
    await digest();
    const report = await get('reports/events?event=Visited&from=2026-06-01&to=2026-06-07');
    expect(report.body).toEqual({ event: 'Visited', timeZone: 'Europe/Amsterdam', events: 3, days: [{ day: '2026-06-04', events: 3, contacts: 2 }] });
    expect((await get('reports/events?event=Nothing&from=2026-06-01&to=2026-06-07')).status).toBe(404);
    expect((await get('reports/events?event=Visited&from=2026-06-07&to=2026-06-07')).status).toBe(422);
    expect((await get('reports/events?event=Visited&from=2026-06-31&to=2026-07-07')).status).toBe(422);
  });
});
