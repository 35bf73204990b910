import { useApp } from '../support/app.js';

const app = useApp();
const provenance = { source: 'fair', purposes: ['contacts_test'] };

beforeAll(async () => {
  for (const purpose of ['contacts_test', 'other_test']) {
    await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ($1, 'x', 'x', 'consent', 365)`, [purpose]);
  }
  await app.sql.exec('test.accounts', `insert into accounts (name, name_key, domain, source, created_at, updated_at) select n, lower(n), lower(n) || '.example', 'test', $1, $1 from unnest('{Acme,Beta}'::text[]) n`, [app.clock.now()]);
});

const post = (body: unknown) => app.request('POST', '/api/v1/contacts', { body });
const paths = (answer: { body: any }): string[] => answer.body.errors.map((error: { path: string }) => error.path);

describe('contacts over HTTP', () => {
  it('are added with provenance, and added to by any of their identities', async () => {
    const made = await post({ email: 'Ann@X.example', external_id: 'A1', first_name: 'Ann', country: 'België', account: { name: 'acme' }, attributes: { score: 5, tags: ['a'] }, provenance });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      email: 'ann@x.example', first_name: 'Ann', country: 'BE', account: { name: 'Acme' }, attributes: { score: 5, tags: ['a'] }, address_state: 'ok',
      provenance: { source: 'fair', purposes: ['contacts_test'], sourceAt: app.clock.now().toISOString() },
      identities: [{ kind: 'email', value: 'ann@x.example' }, { kind: 'external_id', value: 'A1' }],
    });
    const again = await post({ external_id: 'A1', last_name: 'Ansen', attributes: { score: 6 }, provenance: { source: 'shop', purposes: ['other_test'] } });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: made.body.id, first_name: 'Ann', last_name: 'Ansen', attributes: { score: 6, tags: ['a'] }, provenance: { source: 'fair', purposes: ['contacts_test', 'other_test'] } });
    const stored = await app.sql.one<{ right: boolean; hashed: boolean }>('test.stored', `select bucket = bucket_of(contact_id, account_id) as right, octet_length(address_hash) = 32 as hashed from contacts where contact_id = $1`, [made.body.id]);
    expect(stored).toEqual({ right: true, hashed: true });
    const definitions = await app.sql.many('test.definitions', `select key, type, purposes from attribute_definitions where not standard order by key`);
    expect(definitions).toEqual([{ key: 'score', type: 'number', purposes: ['contacts_test'] }, { key: 'tags', type: 'list', purposes: ['contacts_test'] }]);
  });

  it('are found by address (also an old one) and listed by keyset', async () => {
    for (let index = 0; index < 5; index += 1) await post({ email: `page${index}@x.example`, account: { domain: 'beta.example' }, provenance });
    const beta = await app.sql.one<{ account_id: number }>('test.beta', `select account_id from accounts where name = 'Beta'`);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.request('GET', `/api/v1/contacts?limit=2&accountId=${beta.account_id}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.body.items.map((item: { email: string }) => item.email));
      cursor = page.body.next ?? '';
    } while (cursor !== '');
    expect(seen).toEqual([0, 1, 2, 3, 4].map((index) => `page${index}@x.example`));
    const [old] = (await app.request('GET', '/api/v1/contacts?email=page0@x.example')).body.items;
    await app.request('PATCH', `/api/v1/contacts/${old.id}`, { body: { email: 'new0@x.example' } });
    expect((await app.request('GET', '/api/v1/contacts?email=page0@x.example')).body.items).toMatchObject([{ id: old.id, email: 'new0@x.example' }]);
  });

  it('are changed field by field; null removes', async () => {
    const { body } = await post({ email: 'bob@x.example', first_name: 'Bob', city: 'Utrecht', attributes: { score: 1, colour: 'red' }, provenance });
    app.clock.advance(1_000);
    const changed = await app.request('PATCH', `/api/v1/contacts/${body.id}`, { body: { first_name: null, attributes: { colour: null, score: 2 } } });
    expect(changed.body).toMatchObject({ first_name: null, city: 'Utrecht', attributes: { score: 2 } });
    expect(Object.keys(changed.body.attributes)).toEqual(['score']);
    expect(changed.body.updatedAt).toBe(app.clock.now().toISOString());
    app.clock.advance(1_000);
    const same = await app.request('PATCH', `/api/v1/contacts/${body.id}`, { body: { city: 'Utrecht' } });
    expect(same.body.updatedAt).toBe(changed.body.updatedAt);
    const trail = await app.sql.many('test.audit', `select action, details from audit_entries where subject_type = 'contact' and subject_id = $1 order by audit_id`, [String(body.id)]);
    expect(trail).toEqual([{ action: 'contact.created', details: {} }, { action: 'contact.changed', details: { fields: ['first_name', 'attributes'] } }]);
  });

  it('take what is on its way along to another account', async () => {
    const { body } = await post({ email: 'mover@x.example', account: { name: 'Acme' }, provenance });
    const at = app.clock.now();
    await app.sql.exec('test.campaign', `insert into campaigns (campaign_id, key, name, scope, created_at, updated_at) values (1, 'one', 'One', 'contact', $1, $1)`, [at]);
    await app.sql.exec('test.enrollment', `insert into enrollments (contact_id, account_id, bucket, campaign_id, campaign_version, due_at, step_since, entered_at, entry_cause) select contact_id, account_id, bucket, 1, 1, $2, $2, $2, 'test' from contacts where contact_id = $1`, [body.id, at]);
    await app.sql.exec('test.role', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values ($1, $2, 'decider', 'test', $3)`, [body.id, body.account.id, at]);
    const moved = await app.request('PATCH', `/api/v1/contacts/${body.id}`, { body: { account: { name: 'Beta' } } });
    expect(moved.body).toMatchObject({ account: { name: 'Beta' }, roles: [] });
    const places = await app.sql.one('test.places', `select c.account_id = e.account_id as account, c.bucket = e.bucket as bucket, c.bucket = bucket_of(c.contact_id, c.account_id) as right from contacts c join enrollments e using (contact_id) where contact_id = $1`, [body.id]);
    expect(places).toEqual({ account: true, bucket: true, right: true });
    expect((await app.request('PATCH', `/api/v1/contacts/${body.id}`, { body: { account: null } })).body.account).toBeNull();
  });

  it('cannot be mixed up', async () => {
    const one = await post({ email: 'one@x.example', external_id: 'ONE', provenance });
    await post({ email: 'two@x.example', external_id: 'TWO', provenance });
    for (const body of [{ email: 'one@x.example', external_id: 'TWO', provenance }, { email: 'one@x.example', external_id: 'THREE', provenance }]) {
      const answer = await post(body);
      expect([answer.status, answer.body.type]).toEqual([409, 'urn:tactful:problem:identity-conflict']);
    }
    expect((await app.request('PATCH', `/api/v1/contacts/${one.body.id}`, { body: { email: 'two@x.example' } })).status).toBe(409);
  });

  it('made twice at the same moment are one', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => post({ email: 'race@x.example', attributes: { [`race_${index}`]: index }, provenance })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });
});

describe('bad contacts', () => {
  it.each([
    ['no identity', { first_name: 'A', provenance }, ''],
    ['no provenance', { email: 'a@x.example' }, 'provenance'],
    ['no purpose', { email: 'a@x.example', provenance: { source: 's', purposes: [] } }, 'provenance.purposes'],
    ['an unknown purpose', { email: 'a@x.example', provenance: { source: 's', purposes: ['nothing'] } }, 'provenance.purposes'],
    ['an address with a line end', { email: 'a@x.example\r\nBcc: b@x.example', provenance }, 'email'],
    ['an unknown field', { email: 'a@x.example', shoe: 1, provenance }, ''],
    ['a country that is none', { email: 'a@x.example', country: 'Atlantis', provenance }, 'country'],
    ['an attribute named constructor', { email: 'a@x.example', attributes: { constructor: 'x' }, provenance }, 'attributes.constructor'],
    ['an attribute with a blank in its name', { email: 'a@x.example', attributes: { 'a b': 'x' }, provenance }, 'attributes.a b'],
    ['a standard field among the attributes', { email: 'a@x.example', attributes: { first_name: 'x' }, provenance }, 'attributes.first_name'],
    ['an attribute of another type', { email: 'a@x.example', attributes: { score: 'many' }, provenance }, 'attributes.score'],
    ['an object as an attribute', { email: 'a@x.example', attributes: { nested: { a: 1 } }, provenance }, 'attributes.nested'],
    ['two ways to name the account', { email: 'a@x.example', account: { id: 1, name: 'x' }, provenance }, 'account'],
  ])('%s is refused by its path', async (_, body, path) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(paths(answer)).toContain(path);
  });

  it('a __proto__ key is refused before anything looks at it', async () => {
    for (const body of ['{"email":"a@x.example","__proto__":{"admin":true}}', '{"email":"a@x.example","attributes":{"__proto__":"x"},"provenance":{"source":"s","purposes":["contacts_test"]}}']) {
      const answer = await app.request('POST', '/api/v1/contacts', { body, headers: { 'content-type': 'application/json' } });
      expect(answer.status).toBe(400);
    }
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('an unknown account is refused, and leaves no attribute behind', async () => {
    const answer = await post({ email: 'nobody@x.example', account: { name: 'Nowhere' }, attributes: { only_here: 1 }, provenance });
    expect([answer.status, answer.body.type]).toEqual([422, 'urn:tactful:problem:account-unknown']);
    expect(await app.sql.many('test.left', `select from attribute_definitions where key = 'only_here'`)).toEqual([]);
  });

  it('are not there, or not for everybody', async () => {
    expect((await app.request('GET', '/api/v1/contacts/999999')).status).toBe(404);
    expect((await app.request('PATCH', '/api/v1/contacts/999999', { body: { city: 'x' } })).status).toBe(404);
    expect((await app.request('GET', '/api/v1/contacts/abc')).status).toBe(422);
    expect((await app.request('GET', '/api/v1/contacts', { key: null })).status).toBe(401);
  });
});
