import { LiveService } from '../../src/segments/live/live.service.js';
import { ReconcileService } from '../../src/segments/live/reconcile.service.js';
import { useApp } from '../support/app.js';
import { CampaignWorld, DAY } from '../support/campaign-world.js';

describe('live segments over the API', () => {
  const app = useApp();
  let ids: number[] = [];
  const settle = (): Promise<void> => app.get(LiveService).settle();

  beforeAll(async () => {
    const world = new CampaignWorld(app);
    await world.prepare();
    ids = await world.people(3);
    await settle();
    app.clock.advance(DAY);
    await app.sql.exec('test.change', `update contacts set lifecycle_stage = 'prospect' where contact_id = $1`, [ids[0]]);
    await settle();
  });

  it('shows in the list how many are in each segment now', async () => {
    const { body } = await app.request('GET', '/api/v1/segments');
    expect(body.items.map((item: { key: string; live: object }) => [item.key, item.live])).toEqual([
      ['all-accounts', expect.objectContaining({ state: 'live', members: 0 })],
      ['leads', expect.objectContaining({ state: 'live', members: 2 })],
    ]);
  });

  it('never lets saving wait: a new segment is being built, then live', async () => {
    const rule = { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'prospect' };
    expect((await app.request('POST', '/api/v1/segments', { body: { key: 'prospects', name: 'Prospects', scope: 'contact', rule } })).status).toBe(201);
    expect((await app.request('GET', '/api/v1/segments/prospects')).body.live).toMatchObject({ state: 'building', members: 0 });
    await settle();
    expect((await app.request('GET', '/api/v1/segments/prospects')).body.live).toMatchObject({ state: 'live', members: 1 });
  });

  it('tells who came and went, when and why, page by page', async () => {
    const first = await app.request('GET', '/api/v1/segments/leads/changes?limit=1');
    expect(first.body.items).toEqual([{ id: ids[0], name: 'Eva', at: '2026-06-10T08:00:00.000Z', kind: 'left', cause: 'attribute lifecycle_stage' }]);
    const rest = await app.request('GET', `/api/v1/segments/leads/changes?cursor=${first.body.next}`);
    expect(rest.body).toMatchObject({ items: [{ kind: 'entered' }, { kind: 'entered' }, { kind: 'entered' }], next: null });
    const left = await app.request('GET', `/api/v1/segments/leads/changes?kind=left&id=${ids[0]}`);
    expect(left.body.items).toHaveLength(1);
    expect((await app.request('GET', '/api/v1/segments/nobody/changes')).status).toBe(404);
  });

  it('counts day by day', async () => {
    const { body } = await app.request('GET', '/api/v1/segments/leads/history?from=2026-06-08&to=2026-06-10');
    expect(body.items).toEqual([
      { day: '2026-06-08', entered: 0, left: 0, members: 0 },
      { day: '2026-06-09', entered: 3, left: 0, members: 3 },
      { day: '2026-06-10', entered: 0, left: 1, members: 2 },
    ]);
    expect((await app.request('GET', '/api/v1/segments/leads/history')).body.items).toHaveLength(30);
    expect((await app.request('GET', '/api/v1/segments/leads/history?from=2020-01-01&to=2026-06-10')).status).toBe(422);
  });

  it('tells of one contact which segments it is in, and was', async () => {
    const { body } = await app.request('GET', `/api/v1/contacts/${ids[0]}/segments`);
    expect(body.now).toEqual([{ key: 'prospects', name: 'Prospects', entered_at: '2026-06-10T08:00:00.000Z' }]);
    expect(body.changes.map((change: { key: string; kind: string }) => [change.key, change.kind])).toEqual([['prospects', 'entered'], ['leads', 'left'], ['leads', 'entered']]);
  });

  it('finds, tells and mends a difference; otherwise finds none', async () => {
    const { segment_id } = await app.sql.one<{ segment_id: number }>('test.segment', `select segment_id from segments where key = 'leads'`);
    const reconcile = app.get(ReconcileService);
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: 'leads', missing: 0, surplus: 0 });
    // Past every trigger: somebody taken out, and somebody put in who has no place there.
    await app.sql.exec('test.takeOut', 'delete from segment_members where segment_id = $1 and contact_id = $2', [segment_id, ids[1]]);
    await app.sql.exec('test.putIn', 'insert into segment_members (contact_id, segment_id, entered_at) values ($2, $1, now())', [segment_id, ids[0]]);
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: 'leads', missing: 1, surplus: 1 });
    expect((await app.request('GET', '/api/v1/segments/leads')).body.live).toMatchObject({ reconciled: { missing: 1, surplus: 1 } });
    expect((await app.request('GET', '/metrics', { key: null })).text).toContain('tactful_segment_differences_total{kind="missing"} 1');
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: 'leads', missing: 0, surplus: 0 }); // they wait to be asked
    await settle();
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: 'leads', missing: 0, surplus: 0 });
    const { body } = await app.request('GET', '/api/v1/segments/leads/changes?limit=2');
    expect(body.items.map((change: { cause: string }) => change.cause)).toEqual(['reconcile', 'reconcile']);
    expect((await app.request('GET', '/api/v1/segments/leads')).body.live.members).toBe(2);
  });

  it('compares each segment once a day', async () => {
    const live = app.get(LiveService);
    app.clock.advance(25 * 3_600_000);
    const done: (string | undefined)[] = [];
    for (let next = await live.reconcile(); next; next = await live.reconcile()) done.push(next.segment);
    expect(done.sort()).toEqual(['all-accounts', 'leads', 'prospects']);
    expect(await live.reconcile()).toBeUndefined();
  });

  it.each([
    ['a parent', { kind: 'parent', depth: 'any', rule: { kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'steel' } }, 'above', 'below'],
    ['a subsidiary', { kind: 'subsidiaries', depth: 'any', rule: { kind: 'attribute', attribute: 'sector', operator: 'equals', value: 'steel' } }, 'below', 'above'],
  ])('reports nothing about who reads %s that waits to be asked, and reports it about others', async (_name, rule, changed, reader) => {
    const key = `by-${changed}`;
    const idOf = new Map<string, number>();
    for (const name of ['above', 'below', 'apart']) {
      const { account_id } = await app.sql.one<{ account_id: number }>('test.account', 'insert into accounts (name, name_key, source, parent_account_id, created_at, updated_at) values ($1, $1, $2, $3, now(), now()) returning account_id', [`${name} ${key}`, 'test', name === 'below' ? (idOf.get('above') ?? null) : null]);
      idOf.set(name, account_id);
    }
    expect((await app.request('POST', '/api/v1/segments', { body: { key, name: key, scope: 'account', rule } })).status).toBe(201);
    await settle();
    const { segment_id } = await app.sql.one<{ segment_id: number }>('test.segment', 'select segment_id from segments where key = $1', [key]);
    const reconcile = app.get(ReconcileService);
    await app.sql.exec('test.change', `update accounts set sector = 'steel' where account_id = $1`, [idOf.get(changed)]);
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: key, missing: 0, surplus: 0 });
    await app.sql.exec('test.putIn', 'insert into segment_account_members (account_id, segment_id, entered_at) values ($2, $1, now())', [segment_id, idOf.get('apart')]);
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: key, missing: 0, surplus: 1 });
    await settle();
    const members = await app.sql.many<{ account_id: number }>('test.members', 'select account_id from segment_account_members where segment_id = $1', [segment_id]);
    expect(members).toEqual([{ account_id: idOf.get(reader) }]);
    expect(await reconcile.reconcile(segment_id)).toEqual({ segment: key, missing: 0, surplus: 0 });
  });
});
