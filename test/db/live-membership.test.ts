import { LiveService } from '../../src/segments/live/live.service.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, value } from '../support/campaign-world.js';

describe('live membership', () => {
  const app = useApp();
  let world: CampaignWorld;
  const live = (): LiveService => app.get(LiveService);

  beforeAll(async () => {
    world = new CampaignWorld(app);
    await world.prepare();
  });
  afterEach(async () => {
    await world.clear();
    await live().settle();
    app.clock.set(TEST_NOW);
  });

  const members = async (key: string): Promise<number[]> =>
    (await app.sql.many<{ id: number }>('test.members', 'select contact_id as id from segment_members join segments using (segment_id) where key = $1 union all select account_id from segment_account_members join segments using (segment_id) where key = $1 order by 1', [key])).map((row) => row.id);
  const changes = async (key: string): Promise<[number, string, string][]> =>
    (await app.sql.many<{ contact_id: number; kind: string; cause: string }>('test.changes', 'select contact_id, c.kind, cause from segment_changes c join segments using (segment_id) where key = $1 order by change_id', [key])).map((row) => [row.contact_id, row.kind, row.cause]);
  /** What the compiled rule says now. */
  const selected = async (key: string): Promise<number[]> => {
    const book = await RuleBook.load(app.sql, app.config.defaultTimeZone);
    const segment = book.segment(key);
    const compiled = segment?.rule && book.compile(segment.rule, segment.scope, app.clock.now());
    if (!compiled?.ok) throw new Error('not compiled');
    return (await app.sql.many<{ id: number }>('test.selected', `select ${segment?.scope}_id as id from (${compiled.value.text}) member order by 1`, compiled.value.params)).map((row) => row.id);
  };
  const settled = async (key: string): Promise<number[]> => {
    await live().settle();
    expect(await members(key)).toEqual(await selected(key));
    return members(key);
  };

  it('fills a new segment, and follows what changes about people', async () => {
    const [first, second] = await world.people(2);
    expect(await settled('leads')).toEqual([first, second]);
    await app.sql.exec('test.change', `update contacts set lifecycle_stage = 'prospect' where contact_id = $1`, [first]);
    expect(await settled('leads')).toEqual([second]);
    expect((await changes('leads')).filter(([id]) => id === first)).toEqual([
      [first, 'entered', 'backfill'],
      [first, 'left', 'attribute lifecycle_stage'],
    ]);
    await app.sql.exec('test.gone', 'delete from contacts where contact_id = $1', [second]);
    expect(await settled('leads')).toEqual([]);
  });

  it('follows events in, and the clock out', async () => {
    await world.segment('keen', 'contact', { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 7 } });
    const [one, two] = await world.people(2);
    await settled('keen');
    await world.event([one!, two!], 'Pricing Viewed', {}, new Date(TEST_NOW.getTime() - 5 * DAY));
    await world.event([one!], 'Pricing Viewed');
    expect(await settled('keen')).toEqual([one]);
    app.clock.advance(2 * DAY);
    expect(await settled('keen')).toEqual([one]);
    app.clock.advance(1);
    expect(await settled('keen')).toEqual([]);
    expect(await changes('keen')).toEqual([
      [one, 'entered', 'event Pricing Viewed'],
      [one, 'left', 'clock'],
    ]);
    expect(await app.sql.many('test.checks', 'select * from segment_checks')).toEqual([]);
  });

  it('lets people in by the clock, also those who were there before the segment', async () => {
    const [one] = await world.people(1);
    await world.event([one!], 'Signed In', {}, new Date(TEST_NOW.getTime() - 6 * DAY));
    await world.segment('quiet', 'contact', { kind: 'event', event: 'Signed In', count: { operator: 'at_most', value: 0 }, within: { kind: 'last_days', days: 7 } });
    await world.segment('old', 'contact', { kind: 'attribute', attribute: 'created_at', operator: 'more_than_days_ago', days: 3 });
    expect(await settled('quiet')).toEqual([]);
    app.clock.advance(DAY + 1);
    expect(await settled('quiet')).toEqual([one]);
    app.clock.advance(3 * DAY);
    expect(await settled('old')).toEqual([one]);
  });

  it('follows a custom moment, which knows no time zone, in and out', async () => {
    await app.sql.exec('test.define', `insert into attribute_definitions (scope, key, type, purposes) values ('contact', 'last_visit', 'timestamp', '{*}')`);
    const [one] = await world.people(1);
    await app.sql.exec('test.visit', 'update contacts set attributes = $2 where contact_id = $1', [one, { last_visit: new Date(TEST_NOW.getTime() - 6 * DAY).toISOString() }]);
    await world.segment('visitors', 'contact', { kind: 'attribute', attribute: 'last_visit', operator: 'in_last_days', days: 7 });
    expect(await settled('visitors')).toEqual([one]);
    app.clock.advance(DAY + 1);
    expect(await settled('visitors')).toEqual([]);
  });

  it('follows accounts to their people, and people to their account', async () => {
    await world.segment('of-big', 'contact', { kind: 'account', rule: { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: 50 } });
    await world.segment('warm', 'account', { kind: 'people', count: { operator: 'at_least', value: 2 }, role: 'any', rule: { kind: 'event', event: 'Pricing Viewed', within: { kind: 'last_days', days: 7 } } });
    await world.segment('of-warm', 'contact', { kind: 'account', rule: { kind: 'segment', operator: 'in', segment: 'warm' } });
    const [big, small] = await world.accounts(2);
    const ids = await world.people(4, { accounts: [big!, small!] });
    const ofBig = (await app.sql.many<{ contact_id: number }>('test.of', 'select contact_id from contacts where account_id = $1 order by 1', [big])).map((row) => row.contact_id);
    const ofSmall = ids.filter((id) => !ofBig.includes(id));
    await app.sql.exec('test.big', 'update accounts set employees = 70 where account_id = $1', [big]);
    expect(await settled('of-big')).toEqual(ofBig);
    await world.members(ofSmall, 'user');
    await world.event(ofSmall, 'Pricing Viewed');
    expect(await settled('warm')).toEqual([small]);
    expect(await settled('of-warm')).toEqual(ofSmall);
    await app.sql.exec('test.move', 'update contacts set account_id = $2 where contact_id = $1', [ofSmall[0], big]);
    expect(await settled('warm')).toEqual([]);
    expect(await settled('of-warm')).toEqual([]);
    expect(await settled('of-big')).toEqual([...ofBig, ofSmall[0]].sort((a, b) => a! - b!));
  });

  it('builds anew what a changed rule bears on, also through another segment', async () => {
    await world.people(2);
    const [prospect] = await world.people(1, { stage: 'prospect' });
    await world.segment('not-leads', 'contact', { kind: 'segment', operator: 'not_in', segment: 'leads' });
    expect(await settled('not-leads')).toEqual([prospect]);
    value(await app.get(SegmentsService).change('leads', { name: 'leads', scope: 'contact', rule: { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'prospect' } }, 'test'));
    expect(await settled('not-leads')).toHaveLength(2);
    expect((await changes('leads')).at(-1)).toEqual([prospect, 'entered', 'rule changed']);
    value(await app.get(SegmentsService).change('leads', { name: 'leads', scope: 'contact', rule: { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' } }, 'test'));
    await settled('leads');
  });

  it('counts members as they come and go', async () => {
    await world.people(5);
    await settled('leads');
    const counted = async (): Promise<number> => (await app.sql.one<{ members: number }>('test.count', `select sum(members) as members from segment_counts join segments using (segment_id) where key = 'leads'`)).members;
    expect(await counted()).toBe(5);
    await app.sql.exec('test.one', 'delete from contacts where contact_id = (select min(contact_id) from contacts)');
    await settled('leads');
    expect(await counted()).toBe(4);
  });

  it('stays as it is when nothing it reads changes', async () => {
    await world.people(3);
    await settled('leads');
    await app.sql.exec('test.other', `update contacts set city = 'Utrecht'`);
    await world.event([1], 'Nobody Asks About This');
    expect((await app.sql.one<{ marks: number }>('test.marks', 'select count(*) as marks from dirty_contacts')).marks).toBe(0);
  });
});
