import { useApp } from '../support/app.js';

const app = useApp();
const send = (method: 'POST' | 'PATCH' | 'PUT', path: string, body: unknown) => app.request(method, `/api/v1/${path}`, { body });
const make = (body: object) => send('POST', 'accounts', { source: 'test', ...body });

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('accounts_test', 'x', 'x', 'consent', 365)`);
  await app.sql.exec('test.user', `insert into users (email, name) values ('owner@voorbeeld.example', 'Otto Owner')`);
});

describe('accounts over HTTP', () => {
  it('are added and changed', async () => {
    const mother = await make({ name: 'Mother B.V.', external_id: 'M', domain: 'https://www.mother.example/', employees: 10, country: 'Nederland', owner: { email: 'owner@voorbeeld.example' } });
    expect(mother.status).toBe(201);
    expect(mother.body).toMatchObject({ name: 'Mother B.V.', domain: 'mother.example', country: 'NL', owner: { name: 'Otto Owner' }, parent: null, people: [] });
    const child = await make({ name: 'Child', parent: { name: 'mother bv' }, attributes: { segment_code: 'X' } });
    expect(child.body).toMatchObject({ parent: { id: mother.body.id, name: 'Mother B.V.' }, attributes: { segment_code: 'X' } });
    const changed = await send('PATCH', `accounts/${child.body.id}`, { sector: 'retail', parent: null, attributes: { segment_code: null } });
    expect(changed.body).toMatchObject({ sector: 'retail', parent: null, attributes: {} });
    expect((await send('PATCH', `accounts/${mother.body.id}`, { owner: null, employees: null })).body).toMatchObject({ owner: null, employees: null, domain: 'mother.example' });
  });

  it('are listed by keyset, and found by the beginning of their name or their domain', async () => {
    for (const name of ['Alpha One', 'Alpha Two', 'Alpha Three']) await make({ name, domain: `${name.toLowerCase().replace(' ', '-')}.example` });
    const first = await app.request('GET', '/api/v1/accounts?name=ALPHA&limit=2');
    const second = await app.request('GET', `/api/v1/accounts?name=ALPHA&limit=2&cursor=${first.body.next}`);
    expect([...first.body.items, ...second.body.items].map((item: { name: string }) => item.name)).toEqual(['Alpha One', 'Alpha Two', 'Alpha Three']);
    expect(second.body.next).toBeNull();
    expect((await app.request('GET', '/api/v1/accounts?domain=alpha-two.example')).body.items).toMatchObject([{ name: 'Alpha Two' }]);
  });

  it('have names of their own, and no circles', async () => {
    const one = await make({ name: 'Solo', external_id: 'S' });
    expect((await make({ name: 'SOLO.' })).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:account-exists' });
    expect((await make({ name: 'Other', external_id: 'S' })).status).toBe(409);
    const below = await make({ name: 'Below', parent: { id: one.body.id } });
    expect((await send('PATCH', `accounts/${one.body.id}`, { parent: { id: below.body.id } })).body.type).toBe('urn:tactful:problem:account-circular');
    expect((await send('PATCH', `accounts/${one.body.id}`, { parent: { id: one.body.id } })).status).toBe(422);
    const race = await Promise.all(Array.from({ length: 6 }, () => make({ name: 'Race' })));
    expect(race.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it.each([
    [{ name: 'X', owner: { email: 'nobody@voorbeeld.example' } }, 422],
    [{ name: 'X', parent: { name: 'Nowhere' } }, 422],
    [{ name: 'X', attributes: { constructor: 1 } }, 422],
    [{ name: 'X', attributes: { revenue: 1 } }, 422],
    [{ name: 'X', employees: 1.5 }, 422],
    [{ name: '' }, 422],
  ])('%j answers %d', async (body, status) => {
    expect((await make(body)).status).toBe(status);
  });
});

describe('a buying group', () => {
  it('is set as a whole: roles not named end, those that stay keep their beginning', async () => {
    const account = (await make({ name: 'Group' })).body.id as number;
    const people: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      const made = await send('POST', 'contacts', { email: `${name}@group.example`, account: { id: account }, provenance: { source: 's', purposes: ['accounts_test'] } });
      people.push(made.body.id);
    }
    const [a, b, c] = people as [number, number, number];
    const put = (members: object[]) => send('PUT', `accounts/${account}/buying-group`, { source: 'workshop', members });
    const since = app.clock.now().toISOString();
    await put([{ contactId: a, role: 'decider' }, { contactId: a, role: 'buyer' }, { contactId: b, role: 'user' }]);
    app.clock.advance(60_000);
    const changed = await put([{ contactId: a, role: 'decider' }, { contactId: c, role: 'user', confidence: 0.5, source: 'LinkedIn' }]);
    expect(changed.body.members).toMatchObject([
      { contact: { id: a, email: 'a@group.example' }, role: 'decider', source: 'workshop', confidence: 1, since, colleague: null },
      { contact: { id: c }, role: 'user', source: 'LinkedIn', confidence: 0.5 },
    ]);
    expect(changed.body).toMatchObject({ account: { id: account }, percent: 50, gaps: [{ role: 'influencer', missing: 1 }, { role: 'buyer', missing: 1 }] });
    const { body: history } = await app.request('GET', `/api/v1/accounts/${account}/buying-group?ended=true`);
    expect(history.ended).toMatchObject([{ contact: { id: a }, role: 'buyer', until: app.clock.now().toISOString() }, { contact: { id: b }, role: 'user' }]);
    expect(await app.sql.one('test.history', `select count(*) as all, count(valid_to) as ended from buying_group_members where account_id = $1`, [account])).toEqual({ all: 4, ended: 2 });
    expect((await app.request('GET', `/api/v1/accounts/${account}/people?limit=2`)).body.items.map((person: { id: number }) => person.id)).toEqual([a, b]);
    const same = await put([{ contactId: a, role: 'decider' }, { contactId: c, role: 'user', confidence: 0.5 }]);
    expect(same.status).toBe(200);
    expect(await app.sql.one('test.trail', `select count(*) from audit_entries where action = 'account.buying_group_changed'`)).toEqual({ count: 2 });
    const stranger = await send('POST', 'contacts', { email: 'stranger@group.example', provenance: { source: 's', purposes: ['accounts_test'] } });
    expect((await put([{ contactId: stranger.body.id, role: 'user' }])).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:contact-of-other-account', detail: expect.stringContaining(String(stranger.body.id)) });
  });

  it('pairs people with one of us; another colleague begins a new part, and nobody unknown is one', async () => {
    const account = (await make({ name: 'Paired' })).body.id as number;
    const { body: person } = await send('POST', 'contacts', { email: 'p@paired.example', account: { id: account }, provenance: { source: 's', purposes: ['accounts_test'] } });
    const put = (colleague: string | null) => send('PUT', `accounts/${account}/buying-group`, { source: 'workshop', members: [{ contactId: person.id, role: 'user', colleague }] });
    expect((await put('owner@voorbeeld.example')).body.members).toMatchObject([{ role: 'user', colleague: { email: 'owner@voorbeeld.example', name: 'Otto Owner' } }]);
    app.clock.advance(60_000);
    expect((await put('nobody@voorbeeld.example')).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:user-unknown', detail: 'nobody@voorbeeld.example' });
    expect((await put(null)).body.members).toMatchObject([{ role: 'user', colleague: null, since: app.clock.now().toISOString() }]);
    expect((await app.request('GET', `/api/v1/accounts/${account}/buying-group?ended=true`)).body.ended).toMatchObject([{ colleague: { email: 'owner@voorbeeld.example' } }]);
  });

  it('is complete by the roles that the workspace, or the tier, requires', async () => {
    const account = (await make({ name: 'Tiered', tier: '1:1' })).body.id as number;
    const policy = { required: { decider: 1 }, requiredByTier: { '1:1': { decider: 1, user: 2 } }, minimumConfidence: 0 };
    expect((await send('PUT', 'accounts/buying-group-policy', policy)).body).toEqual(policy);
    expect((await send('PUT', 'accounts/buying-group-policy', { required: { boss: 1 } })).status).toBe(422);
    expect((await app.request('GET', `/api/v1/accounts/${account}/buying-group`)).body).toMatchObject({ percent: 0, roles: [{ role: 'user', needed: 2, assigned: 0 }, { role: 'decider', needed: 1, assigned: 0 }] });
    expect(await app.sql.one('test.trail', `select count(*)::int as count from audit_entries where action = 'buying_group_policy.changed'`)).toEqual({ count: 1 });
  });

  it('is seen and set by an account manager for his own accounts only', async () => {
    await app.request('POST', '/api/v1/users', { body: { email: 'manager@voorbeeld.example', name: 'Mia Manager', role: 'account_manager' } });
    const { key } = (await app.request('POST', '/api/v1/api-keys', { body: { name: 'mia', user: 'manager@voorbeeld.example' } })).body;
    const own = (await make({ name: 'Mine', owner: { email: 'manager@voorbeeld.example' } })).body.id as number;
    const other = (await make({ name: 'Not mine' })).body.id as number;
    const put = (account: number) => app.request('PUT', `/api/v1/accounts/${account}/buying-group`, { key, body: { source: 'call', members: [] } });
    expect([(await put(own)).status, (await put(other)).status]).toEqual([200, 404]);
    expect((await app.request('GET', `/api/v1/accounts/${other}/buying-group`, { key })).status).toBe(404);
  });

  it('of an account that is not there is not found', async () => {
    expect((await send('PUT', 'accounts/999999/buying-group', { source: 's', members: [] })).status).toBe(404);
    expect((await app.request('GET', '/api/v1/accounts/999999/people')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/accounts/999999')).status).toBe(404);
  });
});
