import { TEST_NOW, useApp } from '../support/app.js';

const dutch = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };

describe('snapshots of a segment', () => {
  const app = useApp();
  const path = '/api/v1/segments/dutch/snapshots';

  beforeAll(async () => {
    await app.sql.exec('test.accounts', `insert into accounts (account_id, name, name_key, country, source, created_at, updated_at) overriding system value values (1, 'Acme', 'acme', 'NL', 'test', $1, $1), (2, 'Bolt', 'bolt', 'BE', 'test', $1, $1)`, [TEST_NOW]);
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, email, country, created_at, updated_at) overriding system value
       select id, bucket_of(id, null), 'p' || id || '@x.example', case when id <= 12 then 'NL' else 'BE' end, $1, $1 from generate_series(1, 20) id`,
      [TEST_NOW],
    );
    await app.request('POST', '/api/v1/segments', { body: { key: 'dutch', name: 'Dutch', scope: 'contact', rule: dutch } });
    await app.request('POST', '/api/v1/segments', { body: { key: 'dutch-accounts', name: 'Dutch accounts', scope: 'account', rule: dutch } });
  });
  const take = (name: string, segment = 'dutch') => app.request('POST', `/api/v1/segments/${segment}/snapshots`, { body: { name } });

  it('keeps who is in it now, under a name', async () => {
    const taken = await take('Start of June');
    expect([taken.status, taken.body]).toEqual([201, { name: 'Start of June', members: 12, version: 1, takenAt: TEST_NOW.toISOString(), takenBy: expect.stringMatching(/^key:/) }]);
    expect((await take('Start of June')).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:snapshot-exists' });
    expect((await take('  ')).status).toBe(422);
    expect((await take('x', 'nothing')).status).toBe(404);
    expect(await app.sql.many('test.trail', `select subject_id, details from audit_entries where action = 'snapshot.taken'`)).toEqual([{ subject_id: 'dutch', details: { snapshot: 'Start of June', members: 12 } }]);
  });

  it('gives its members by page', async () => {
    const first = await app.request('GET', `${path}/Start%20of%20June/members?limit=8`);
    expect(first.body.items[0]).toEqual({ id: 1, name: null, email: 'p1@x.example', account: null });
    const rest = await app.request('GET', `${path}/Start%20of%20June/members?limit=8&cursor=${first.body.next}`);
    expect([...first.body.items, ...rest.body.items].map(({ id }: { id: number }) => id)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(rest.body.next).toBeNull();
  });

  it('stays as it was, and shows who came and who went since', async () => {
    await app.sql.exec('test.moves', `update contacts set country = case when contact_id in (13, 14) then 'NL' else 'BE' end where contact_id in (1, 2, 3, 13, 14)`);
    await app.sql.exec('test.erased', 'delete from contacts where contact_id = 12');
    const compared = await app.request('GET', `${path}/Start%20of%20June/comparison`);
    expect(compared.body).toMatchObject({
      snapshot: { members: 12 }, then: 11, now: 10,
      entered: { count: 2, sample: [{ id: 13 }, { id: 14 }] }, left: { count: 3, sample: [{ id: 1 }, { id: 2 }, { id: 3 }] },
    });
    expect((await app.request('GET', `${path}/Start%20of%20June/members`)).body.items).toHaveLength(11);
    await take('Later');
    expect((await app.request('GET', `${path}?limit=1`)).body).toMatchObject({ items: [{ name: 'Later', members: 10 }], next: expect.any(String) });
  });

  it('becomes a list that campaigns and rules can use', async () => {
    const made = await app.request('POST', `${path}/Start%20of%20June/list`, { body: { key: 'june-people', name: 'People of June' } });
    expect([made.status, made.body]).toEqual([201, { key: 'june-people', members: 11 }]);
    const left = await app.request('POST', '/api/v1/segments/preview', { body: { rule: { kind: 'all', conditions: [{ kind: 'segment', operator: 'in', segment: 'june-people' }, { kind: 'not', condition: dutch }] } } });
    expect(left.body.sample.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3]);
    expect((await app.request('POST', `${path}/Later/list`, { body: { key: 'june-people', name: 'x' } })).status).toBe(409);
  });

  it('can be taken of accounts and of lists', async () => {
    await take('all', 'dutch-accounts');
    expect((await app.request('GET', '/api/v1/segments/dutch-accounts/snapshots/all/members')).body.items).toMatchObject([{ id: 1, name: 'Acme' }]);
    expect((await take('of a list', 'june-people')).body).toMatchObject({ members: 11 });
    expect((await app.request('GET', '/api/v1/segments/june-people/snapshots/of%20a%20list/comparison')).body).toMatchObject({ entered: { count: 0 }, left: { count: 0 } });
  });

  it('is deleted alone, or with its segment, and leaves nobody behind', async () => {
    expect((await app.request('DELETE', `${path}/Later`)).status).toBe(204);
    expect((await app.request('GET', `${path}/Later/comparison`)).status).toBe(404);
    expect((await app.request('DELETE', '/api/v1/segments/dutch')).status).toBe(204);
    expect((await app.request('DELETE', '/api/v1/lists/june-people')).status).toBe(204);
    expect((await app.request('DELETE', '/api/v1/segments/dutch-accounts')).status).toBe(204);
    const left = await app.sql.one('test.left', 'select (select count(*) from segment_snapshots) as snapshots, (select count(*) from segment_snapshot_contacts) as contacts, (select count(*) from segment_snapshot_accounts) as accounts');
    expect(left).toEqual({ snapshots: 0, contacts: 0, accounts: 0 });
  });
});
