import { TEST_NOW, useApp } from '../support/app.js';

const country = (value: string) => ({ kind: 'attribute', attribute: 'country', operator: 'equals', value });
const inSegment = (segment: string) => ({ kind: 'segment', operator: 'in', segment });

describe('versions of a segment', () => {
  const app = useApp();
  const path = '/api/v1/segments/near';

  beforeAll(async () => {
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, email, country, city, created_at, updated_at) overriding system value
       select id, bucket_of(id, null), 'p' || id || '@x.example', case when id <= 12 then 'NL' when id <= 15 then 'BE' else 'DE' end, case when id % 2 = 0 then 'Utrecht' end, $1, $1 from generate_series(1, 40) id`,
      [TEST_NOW],
    );
    await app.request('POST', '/api/v1/segments', { body: { key: 'near', name: 'Near', scope: 'contact', rule: country('NL') } });
  });
  const save = (rule: unknown, rest: object = {}) => app.request('PUT', path, { body: { name: 'Near', scope: 'contact', rule, ...rest } });

  it('keeps every rule: who saved it, when, and its sentence', async () => {
    app.clock.advance(3_600_000);
    await save(country('BE'));
    await save(country('BE'), { name: 'Close' }); // another name alone is no version
    await save({ kind: 'any', conditions: [country('BE'), country('DE')] });
    const first = await app.request('GET', `${path}/versions?limit=2`);
    expect(first.body.items.map(({ version, current }: { version: number; current: boolean }) => [version, current])).toEqual([[3, true], [2, false]]);
    const rest = await app.request('GET', `${path}/versions?limit=2&cursor=${first.body.next}`);
    expect(rest.body).toMatchObject({
      items: [{ version: 1, rule: country('NL'), sentence: { nl: 'Contacten bij wie het land NL is.', en: 'Contacts whose country is NL.' }, createdAt: TEST_NOW.toISOString(), createdBy: expect.stringMatching(/^key:/), restoredFrom: null }],
      next: null,
    });
    expect((await app.request('GET', `${path}/versions/2`)).body).toMatchObject({ version: 2, rule: country('BE') });
    expect((await app.request('GET', `${path}/versions/9`)).status).toBe(404);
    expect((await app.request('GET', `${path}/versions/x`)).status).toBe(422);
  });

  it('shows between two of them who comes in and who goes', async () => {
    const difference = await app.request('GET', `${path}/versions/1/difference?to=2`);
    expect(difference.body).toMatchObject({
      from: { version: 1, members: 12, sentence: { en: 'Contacts whose country is NL.' } },
      to: { version: 2, members: 3, sentence: { en: 'Contacts whose country is BE.' } },
      entering: { count: 3, sample: [{ id: 13 }, { id: 14 }, { id: 15 }] },
      leaving: { count: 12 },
    });
    expect(difference.body.leaving.sample).toHaveLength(10);
    // To the present rule when nothing is said.
    expect((await app.request('GET', `${path}/versions/2/difference`)).body).toMatchObject({ to: { version: 3 }, entering: { count: 25 }, leaving: { count: 0, sample: [] } });
    expect((await app.request('GET', `${path}/versions/2/difference?to=9`)).body).toMatchObject({ status: 404, title: expect.stringContaining('version') });
  });

  it('shows the same for a rule before it is saved', async () => {
    const wanted = { kind: 'all', conditions: [country('DE'), { kind: 'attribute', attribute: 'city', operator: 'equals', value: 'Utrecht' }] };
    const difference = await app.request('POST', `${path}/difference`, { body: { rule: wanted } });
    expect(difference.body).toMatchObject({ from: { version: 3, members: 28 }, to: { version: null, members: 13 }, entering: { count: 0 }, leaving: { count: 15 } });
    expect((await app.request('GET', path)).body.version).toBe(3);
    expect((await app.request('POST', `${path}/difference`, { body: { rule: { kind: 'nonsense' } } })).status).toBe(422);
  });

  it('takes an old one again as a new one', async () => {
    const restored = await app.request('POST', `${path}/versions/1/restore`, { headers: { 'content-type': 'application/json' } });
    expect([restored.status, restored.body.version, restored.body.rule, restored.body.name]).toEqual([200, 4, country('NL'), 'Near']);
    expect((await app.request('GET', `${path}/versions?limit=1`)).body.items).toMatchObject([{ version: 4, restoredFrom: 1, current: true }]);
    expect((await app.request('POST', `${path}/versions/1/restore`)).body.version).toBe(4); // is so already
    const trail = await app.sql.many('test.trail', `select action, details ->> 'restoredFrom' as from, details ->> 'version' as version from audit_entries where action = 'segment.restored' order by audit_id limit 1`);
    expect(trail).toEqual([{ action: 'segment.restored', from: '1', version: '4' }]);
  });

  it('does not take one again that no longer fits, and says why', async () => {
    await app.sql.exec('test.define', `insert into attribute_definitions (scope, key, type, purposes) values ('contact', 'shoe_size', 'number', '{*}')`);
    await save({ kind: 'attribute', attribute: 'shoe_size', operator: 'at_least', value: 40 });
    await save(country('NL'));
    await app.sql.exec('test.undefine', `delete from attribute_definitions where key = 'shoe_size'`);
    const refused = await app.request('POST', `${path}/versions/5/restore`);
    expect([refused.status, refused.body.type]).toEqual([422, 'urn:tactful:problem:rule-invalid']);
    expect(refused.body.errors[0]).toMatchObject({ path: 'rule.attribute', message: expect.stringContaining('shoe_size') });
    expect((await app.request('GET', `${path}/versions/5/difference`)).status).toBe(422);
    expect((await app.request('GET', path)).body.version).toBe(6);
  });

  it('refuses a circle, also when its two halves are saved, or restored, at once', async () => {
    for (const key of ['left', 'right']) await app.request('POST', '/api/v1/segments', { body: { key, name: key, scope: 'contact', rule: country('NL') } });
    const change = (key: string, other: string) => app.request('PUT', `/api/v1/segments/${key}`, { body: { name: key, scope: 'contact', rule: inSegment(other) } });
    let saved = await Promise.all([change('left', 'right'), change('right', 'left')]);
    for (let round = 0; round < 10; round += 1) {
      expect(saved.map(({ status }) => status).sort()).toEqual([200, 422]);
      await Promise.all(['left', 'right'].map((key) => app.request('PUT', `/api/v1/segments/${key}`, { body: { name: key, scope: 'contact', rule: country('NL') } })));
      saved = await Promise.all([change('left', 'right'), change('right', 'left')]);
    }
    const [winner, loser] = saved[0]?.status === 200 ? ['left', 'right'] : ['right', 'left'];
    const used = (await app.request('GET', `/api/v1/segments/${winner}`)).body.version as number;
    await app.request('PUT', `/api/v1/segments/${winner}`, { body: { name: 'x', scope: 'contact', rule: country('BE') } });
    await change(loser, winner);
    const restored = await app.request('POST', `/api/v1/segments/${winner}/versions/${used}/restore`); // was: in the other one
    expect([restored.status, restored.body.errors[0].message]).toEqual([422, expect.stringContaining('go in a circle')]);
  });
});
