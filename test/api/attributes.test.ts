import { useApp } from '../support/app.js';

const app = useApp();
const patch = (path: string, body: unknown) => app.request('PATCH', `/api/v1/${path}`, { body });
const get = (path: string) => app.request('GET', `/api/v1/${path}`);

const provenance = { source: 'webshop', purposes: ['attributes_test'] };
const addContact = (email: string, attributes: Record<string, unknown>) => app.request('POST', '/api/v1/contacts', { body: { email, attributes, provenance } });

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('attributes_test', 'x', 'x', 'consent', 365), ('other_test', 'x', 'x', 'consent', 365)`);
});

describe('an attribute', () => {
  beforeAll(async () => {
    expect((await addContact('ann@voorbeeld.example', { plan: 'gold', seats: 5 })).status).toBe(201);
    const ann = await app.sql.one<{ contact_id: number }>('test.ann', `select contact_id from contacts where email = 'ann@voorbeeld.example'`);
    await app.request('PATCH', `/api/v1/contacts/${ann.contact_id}`, { body: { attributes: { shoe_size: 38 } } });
  });

  it('first seen with provenance may be used for what it was collected for; seen otherwise it is unclassified', async () => {
    expect((await get('attributes/contact/plan')).body).toMatchObject({ type: 'text', purposes: ['attributes_test'], unclassified: false, source: 'webshop', filled: { count: 1, exact: true } });
    expect((await get('attributes/contact/shoe_size')).body).toMatchObject({ type: 'number', purposes: [], unclassified: true, source: null });
  });

  it('that is unclassified is found among what waits for classification, until it is classified', async () => {
    const unclassified = async () => (await get('attributes?scope=contact&unclassified=true')).body.items.map((item: { key: string }) => item.key);
    expect(await unclassified()).toEqual(['birth_date', 'phone', 'shoe_size']);
    expect((await patch('attributes/contact/shoe_size', { purposes: ['*'] })).status).toBe(200);
    expect(await unclassified()).toEqual(['birth_date', 'phone']);
  });

  it('has a name in two languages, a description and a retention, and keeps what is not named', async () => {
    await patch('attributes/contact/plan', { label: { nl: 'het abonnement' }, description: 'What they pay for' });
    const changed = await patch('attributes/contact/plan', { label: { en: 'plan' }, retentionDays: 90 });
    expect(changed.body).toMatchObject({ label: { nl: 'het abonnement', en: 'plan' }, description: 'What they pay for', retentionDays: 90, purposes: ['attributes_test'] });
    expect((await patch('attributes/contact/plan', { retentionDays: null })).body.retentionDays).toBeNull();
    const rule = { kind: 'attribute', attribute: 'plan', operator: 'equals', value: 'Gold' };
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'contact', rule } });
    expect(preview.body.sentence.nl).toContain('het abonnement');
  });

  it.each([
    ['an e-mail address cannot be forgotten by a retention', 'attributes/contact/email', { retentionDays: 30 }, 422],
    ['a birth date can', 'attributes/contact/birth_date', { retentionDays: 30 }, 200],
    ['a retention has at least a day', 'attributes/contact/plan', { retentionDays: 0 }, 422],
    ['a label turns no text around', 'attributes/contact/plan', { label: { en: 'x\u202Ey' } }, 422],
    ['a label may be in any script', 'attributes/contact/plan', { label: { en: 'план 計画 خطة' } }, 200],
    ['no type is changed in passing', 'attributes/contact/plan', { type: 'number' }, 422],
    ['a name that is a prototype is no attribute', 'attributes/contact/constructor', { purposes: [] }, 404],
  ])('%s', async (_, path, body, status) => {
    expect((await patch(path, body)).status).toBe(status);
  });

  it('shows who touches it', async () => {
    await app.request('POST', '/api/v1/segments', { body: { key: 'gold', name: 'Gold', scope: 'contact', rule: { kind: 'attribute', attribute: 'plan', operator: 'equals', value: 'gold' } } });
    expect((await get('attributes/contact/plan')).body.users).toEqual({ segments: ['gold'], templates: [], campaigns: [], attributes: [] });
  });
});

describe('names without end', () => {
  it('are refused past a bound for each source, by name, and the rest of the installation goes on', async () => {
    const batch = (from: number) => Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`id_${from + index}`, 1]));
    const answers = [];
    for (const from of [0, 200, 400]) answers.push(await app.request('POST', '/api/v1/contacts', { body: { email: `n${from}@voorbeeld.example`, attributes: batch(from), provenance: { ...provenance, source: 'runaway' } } }));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 422]);
    expect(answers[2]?.body.errors[0]).toMatchObject({ path: expect.stringMatching(/^attributes\.id_/), message: expect.stringContaining('500') });
    const { count } = await app.sql.one<{ count: number }>('test.count', `select count(*) from attribute_definitions where source = 'runaway'`);
    expect(count).toBe(400); // the refused request left nothing behind
    expect((await addContact('later@voorbeeld.example', { brand_new: true })).status).toBe(201);
  });

  it('of events are rejected one by one', async () => {
    const event = (index: number) => ({ contact: { email: 'ann@voorbeeld.example' }, name: `Viewed ${index}`, occurredAt: '2026-06-01T10:00:00Z' });
    const send = (from: number, count: number) => app.request('POST', '/api/v1/events', { body: { source: 'runaway', events: Array.from({ length: count }, (_, index) => event(from + index)) } });
    expect((await send(0, 499)).body).toMatchObject({ stored: 499, rejected: 0 });
    const last = await send(498, 3);
    expect(last.body).toMatchObject({ known: 1, stored: 1, rejected: 1 });
    expect(last.body.outcomes.find((outcome: { status: string }) => outcome.status === 'rejected').errors[0].message).toContain('500');
  });

  it.each(['__proto__', 'constructor', 'Ümlaut', 'naïve', "a'; drop table contacts --", '属性', 'a"b', 'a.b', 'A', '', 'a'.repeat(64)])('%j is no name of an attribute', async (key) => {
    const body = `{"email":"bad@voorbeeld.example","provenance":${JSON.stringify(provenance)},"attributes":{${JSON.stringify(key)}:1}}`;
    const answer = await app.request('POST', '/api/v1/contacts', { body, headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});
