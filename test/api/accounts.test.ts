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
    const changed = await put([{ contactId: a, role: 'decider' }, { contactId: c, role: 'user', confidence: 0.5 }]);
    const roles = (contactId: number) => changed.body.people.find((person: { id: number }) => person.id === contactId).roles;
    expect(roles(a)).toMatchObject([{ role: 'decider', source: 'workshop', confidence: 1 }]);
    expect(new Date(roles(a)[0].since).toISOString()).toBe(since);
    expect(roles(b)).toEqual([]);
    expect(roles(c)).toMatchObject([{ role: 'user', confidence: 0.5 }]);
    expect(await app.sql.one('test.history', `select count(*) as all, count(valid_to) as ended from buying_group_members where account_id = $1`, [account])).toEqual({ all: 4, ended: 2 });
    expect((await app.request('GET', `/api/v1/accounts/${account}/people?limit=2`)).body.items.map((person: { id: number }) => person.id)).toEqual([a, b]);
    const same = await put([{ contactId: a, role: 'decider' }, { contactId: c, role: 'user', confidence: 0.5 }]);
    expect(same.status).toBe(200);
    expect(await app.sql.one('test.trail', `select count(*) from audit_entries where action = 'account.buying_group_changed'`)).toEqual({ count: 2 });
    const stranger = await send('POST', 'contacts', { email: 'stranger@group.example', provenance: { source: 's', purposes: ['accounts_test'] } });
    expect((await put([{ contactId: stranger.body.id, role: 'user' }])).body).toMatchObject({ status: 422, type: 'urn:tactful:problem:contact-of-other-account', detail: expect.stringContaining(String(stranger.body.id)) });
  });

  it('of an account that is not there is not found', async () => {
    expect((await send('PUT', 'accounts/999999/buying-group', { source: 's', members: [] })).status).toBe(404);
    expect((await app.request('GET', '/api/v1/accounts/999999/people')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/accounts/999999')).status).toBe(404);
  });
});
