import { SegmentsService } from '../../src/segments/segments.service.js';
import { TEST_NOW, useApp } from '../support/app.js';

describe('lists over the API', () => {
  const app = useApp();

  beforeAll(async () => {
    await app.sql.exec('test.accounts', `insert into accounts (account_id, external_id, name, name_key, source, created_at, updated_at) overriding system value values (1, 'A-1', 'Acme', 'acme', 'test', $1, $1), (2, 'A-2', 'Bolt', 'bolt', 'test', $1, $1)`, [TEST_NOW]);
    await app.sql.exec(
      'test.contacts',
      `insert into contacts (contact_id, bucket, account_id, email, country, created_at, updated_at) overriding system value
       select id, bucket_of(id, nullif(id % 3, 0)), nullif(id % 3, 0), 'p' || id || '@acme.example', case when id <= 12 then 'NL' else 'BE' end, $1, $1 from generate_series(1, 6000) id`,
      [TEST_NOW],
    );
    await app.sql.exec('test.identities', `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts union all select 'external_id', 'C-' || contact_id, contact_id from contacts union all select 'user_id', 'u' || contact_id, contact_id from contacts`);
  });

  const make = (key: string, rest: object = {}) => app.request('POST', '/api/v1/lists', { body: { key, name: `List ${key}`, ...rest } });
  const add = (key: string, members: unknown[]) => app.request('POST', `/api/v1/lists/${key}/members`, { body: { members } });
  const take = (key: string, members: unknown[]) => app.request('POST', `/api/v1/lists/${key}/members/remove`, { body: { members } });
  const members = async (key: string): Promise<number[]> => (await app.request('GET', `/api/v1/lists/${key}/members?limit=200`)).body.items.map(({ id }: { id: number }) => id);
  const outcomes = (response: { body: { outcomes: { outcome: string }[] } }): string[] => response.body.outcomes.map(({ outcome }) => outcome);

  it('are made empty, shown, renamed and deleted', async () => {
    const made = await make('fair');
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ key: 'fair', kind: 'list', scope: 'contact', rule: null, version: 1, sentence: { nl: 'Contacten op de lijst “fair”.', en: 'Contacts in the list “fair”.' } })]);
    expect((await make('fair')).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:segment-exists' });
    expect((await app.request('PUT', '/api/v1/lists/fair', { body: { name: 'The fair of 2026', description: 'Stand 12' } })).body).toMatchObject({ name: 'The fair of 2026', description: 'Stand 12' });
    expect((await app.request('GET', '/api/v1/lists/fair')).body).toMatchObject({ members: 0, usedBy: { campaigns: [], segments: [] } });
    expect((await app.request('GET', '/api/v1/lists')).body.items).toMatchObject([{ key: 'fair' }]);
    expect((await app.request('DELETE', '/api/v1/lists/fair')).status).toBe(204);
    expect((await app.request('GET', '/api/v1/lists/fair')).status).toBe(404);
    const trail = await app.sql.many('test.trail', `select action from audit_entries where subject_id = 'fair' order by audit_id`);
    expect(trail.map(({ action }) => action)).toEqual(['list.created', 'list.changed', 'segment.deleted']);
  });

  it('tell of everybody what became of them, whichever way they are named', async () => {
    await make('guests');
    const added = await add('guests', [{ id: 1 }, { email: ' P2@Acme.example ' }, { externalId: 'C-3' }, { userId: 'u4' }, { id: 999_999 }, { email: 'nobody@x.example' }, { email: 'no address' }, { externalId: 'C-1' }]);
    expect(added.body).toMatchObject({ changed: 4, unchanged: 1, unknown: 3 });
    expect(outcomes(added)).toEqual(['added', 'added', 'added', 'added', 'unknown', 'unknown', 'unknown', 'already_in']);
    expect(added.body.outcomes[1]).toEqual({ index: 1, id: 2, outcome: 'added' });
    expect(await members('guests')).toEqual([1, 2, 3, 4]);
    expect((await add('guests', [{ id: 1 }])).body).toMatchObject({ changed: 0, unchanged: 1 });
    const taken = await take('guests', [{ externalId: 'C-1' }, { id: 5 }, { userId: 'nobody' }, { id: 1 }]);
    expect(outcomes(taken)).toEqual(['removed', 'not_in', 'unknown', 'not_in']);
    expect(await members('guests')).toEqual([2, 3, 4]);
    const trail = await app.sql.many('test.trail', `select action, details ->> 'members' as members from audit_entries where subject_id = 'guests' and action like 'list.members%' order by audit_id`);
    expect(trail).toEqual([{ action: 'list.members_added', members: '4' }, { action: 'list.members_removed', members: '1' }]);
  });

  it('take thousands at once, also from two sides', async () => {
    await make('crowd');
    const ids = Array.from({ length: 6_000 }, (_, index) => ({ id: index + 1 }));
    const both = await Promise.all([add('crowd', ids), add('crowd', [...ids].reverse())]);
    expect(both.map(({ body }) => (body as { changed: number }).changed).reduce((sum, count) => sum + count)).toBe(6_000);
    expect((await app.request('GET', '/api/v1/lists/crowd')).body.members).toBe(6_000);
    expect((await take('crowd', ids.slice(0, 5_990))).body.changed).toBe(5_990);
    expect(await members('crowd')).toEqual([5_991, 5_992, 5_993, 5_994, 5_995, 5_996, 5_997, 5_998, 5_999, 6_000]);
  });

  it.each([
    ['nobody', [], 'members'],
    ['too many', Array.from({ length: 10_001 }, () => ({ id: 1 })), 'members'],
    ['two names for one', [{ id: 1, email: 'a@x.example' }], 'members.0'],
    ['an id that is text', [{ id: "1'; drop table segments; --" }], 'members.0'],
  ])('refuse %s', async (_, given, path) => {
    const refused = await add('guests', given);
    expect([refused.status, refused.body.errors[0].path]).toEqual([422, path]);
  });

  it('are segments: previewed, counted, used by rules and described by them', async () => {
    const guests = { kind: 'segment', operator: 'in', segment: 'guests' };
    const rule = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' }, { ...guests, operator: 'not_in' }] };
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { rule } });
    expect(preview.body).toMatchObject({ count: 9, sentence: { nl: 'Contacten bij wie het land NL is en niet op de lijst “guests”.', en: 'Contacts whose country is NL and not in the list “guests”.' }, touches: { segments: ['guests'] } });
    expect((await app.request('GET', '/api/v1/segments/guests/members/2')).body).toEqual({ id: 2, member: true });
    expect(await app.get(SegmentsService).count('guests')).toEqual({ ok: true, value: 3 });
    await app.request('POST', '/api/v1/segments', { body: { key: 'others', name: 'Others', scope: 'contact', rule } });
    expect((await app.request('DELETE', '/api/v1/lists/guests')).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:segment-in-use', detail: expect.stringContaining('segment “others”') });
    expect((await app.request('POST', '/api/v1/segments/preview', { body: { scope: 'account', rule: guests } })).body.errors[0].message).toContain('is about contacts');
  });

  it('are compared with segments, explained for a person, and remember who came and went', async () => {
    const overlap = await app.request('POST', '/api/v1/segments/overlap', { body: { segment: 'guests', with: ['others'] } });
    expect(overlap.body).toMatchObject({ size: 3, segments: [{ key: 'others', both: 0, onlyHere: 3 }] });
    const why = await app.request('GET', '/api/v1/segments/others/why?contact=2');
    expect(why.body).toMatchObject({ member: false });
    expect(JSON.stringify(why.body)).toContain('in the list “guests”');
    expect((await app.request('GET', '/api/v1/segments/guests/why?contact=2')).body).toMatchObject({ member: true });
    const changes = await app.request('GET', '/api/v1/segments/guests/changes?id=1');
    expect(changes.body.items.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['entered', 'left']);
  });

  it('date who came and went by the clock that rules here, whatever the database’s own says', async () => {
    await make('dated');
    await make('partners', { scope: 'account' });
    const changes = async (key: string) => (await app.request('GET', `/api/v1/segments/${key}/changes`)).body.items.map(({ id, kind, at }: { id: number; kind: string; at: string }) => [id, kind, at]).sort();
    await add('dated', [{ id: 7 }, { id: 8 }]);
    await add('partners', [{ id: 1 }]);
    app.clock.advance(3_600_000);
    await take('dated', [{ id: 7 }]);
    await take('partners', [{ id: 1 }]);
    const [came, went] = [TEST_NOW.toISOString(), app.clock.now().toISOString()];
    expect(await changes('dated')).toEqual([[7, 'entered', came], [7, 'left', went], [8, 'entered', came]]);
    expect(await changes('partners')).toEqual([[1, 'entered', came], [1, 'left', went]]);
    app.clock.advance(3_600_000);
    await app.request('POST', '/api/v1/contacts/9/merge', { body: { contactId: 8 } });
    expect((await changes('dated')).filter(([id]: [number]) => id === 8)).toEqual([[8, 'entered', came], [8, 'left', app.clock.now().toISOString()]]);
    app.clock.set(TEST_NOW);
  });

  it('leave no members behind when they are deleted, also while some are put in', async () => {
    for (let round = 0; round < 5; round += 1) {
      await make('brief');
      await add('brief', [{ id: 1 }]);
      const [, removed] = await Promise.all([add('brief', Array.from({ length: 500 }, (_, index) => ({ id: index + 1 }))), app.request('DELETE', '/api/v1/lists/brief')]);
      expect(removed.status).toBe(204);
    }
    expect(await app.sql.many('test.orphans', 'select from segment_members where segment_id not in (select segment_id from segments)')).toEqual([]);
  });

  it('of accounts hold accounts', async () => {
    await make('partners', { scope: 'account' });
    expect(outcomes(await add('partners', [{ externalId: 'A-2' }, { id: 7 }, { email: 'p1@acme.example' }]))).toEqual(['added', 'unknown', 'unknown']);
    expect((await app.request('GET', '/api/v1/lists/partners/members')).body.items).toMatchObject([{ id: 2, name: 'Bolt' }]);
    const preview = await app.request('POST', '/api/v1/segments/preview', { body: { rule: { kind: 'account', rule: { kind: 'segment', operator: 'in', segment: 'partners' } } } });
    expect(preview.body.count).toBe(2_000);
  });

  it('have no rule, and segments with a rule have no members of their own', async () => {
    const put = await app.request('PUT', '/api/v1/segments/guests', { body: { name: 'x', scope: 'contact', rule: { kind: 'all', conditions: [] } } });
    expect(put.body).toMatchObject({ status: 422, type: 'urn:tactful:problem:segment-is-list' });
    for (const refused of [await add('others', [{ id: 1 }]), await app.request('GET', '/api/v1/lists/others'), await app.request('DELETE', '/api/v1/lists/others')]) {
      expect(refused.body).toMatchObject({ status: 422, type: 'urn:tactful:problem:segment-no-list' });
    }
    expect((await add('nothing', [{ id: 1 }])).status).toBe(404);
    expect((await app.request('GET', '/api/v1/segments/guests/versions')).body.items).toEqual([]);
  });
});
