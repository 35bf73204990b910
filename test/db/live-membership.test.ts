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

  /** Each trigger by itself: what was there, what a live segment reads, what happens, and whom it bears on. Ada and Bo work at one account, Cy at none. */
  describe('marks those whom a change bears on', () => {
    const [ADA, BO, CY, FIRM, GROUP] = [9001, 9002, 9003, 9101, 9102];
    const consent = (contact: number, purpose = 'wanted'): string => `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence) values (${contact}, '${purpose}', 'confirmed', 'consent', now(), now(), 1)`;
    const suppression = (hash: number): string => `insert into suppressions (address_hash, reason, purpose, suppressed_at, source) values (int8send(${hash}), 'manual', '', now(), 'test')`;
    const hold = (table: string, whose: number, kind: string): string => `insert into ${table}_holds (${table}_id, kind, cause, opened_at, opened_by) values (${whose}, '${kind}', 'test', now(), 'test')`;
    const message = (contact: number, state: string): string =>
      `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at) values (${contact}, 9201, 1, 0, 1, 0, 'wanted', 'marketing', 'nl', '${state}', now(), now(), now(), now())`;
    const role = `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values (${ADA}, ${FIRM}, 'decider', 'test', now())`;
    const event = (contact: number, name: string): string => `insert into events (contact_id, occurred_at, idempotency_key, name, source) values (${contact}, now(), 'mark-${contact}', '${name}', 'test')`;
    const listed = (scope: string, whose: number): string => `insert into segment_${scope === 'contact' ? '' : 'account_'}members (${scope}_id, segment_id, entered_at) values (${whose}, 9301, now())`;
    const added = (account: number, parent: number | null): string => `insert into accounts (account_id, parent_account_id, name, name_key, source, created_at, updated_at) values (${account}, ${parent}, 'N', 'n${account}', 'test', now(), now())`;
    const came = (contact: number, account: number | null): string => `insert into contacts (contact_id, bucket, account_id, created_at, updated_at) values (${contact}, 0, ${account}, now(), now())`;

    it.each<[string, string, string | undefined, string, number[]]>([
      ['somebody says yes to a purpose', 'contact consent wanted', undefined, consent(ADA), [ADA]],
      ['somebody says yes to another purpose', 'contact consent wanted', undefined, consent(ADA, 'other'), []],
      ['somebody takes a yes back', 'contact consent wanted', consent(ADA), `update consents set state = 'withdrawn' where contact_id = ${ADA}`, [ADA]],
      ['what somebody said is moved to another person', 'contact consent wanted', consent(ADA), `update consents set contact_id = ${BO} where contact_id = ${ADA}`, [ADA, BO]],
      ['what somebody said is erased', 'contact consent wanted', consent(ADA), `delete from consents where contact_id = ${ADA}`, [ADA]],
      ['consent changes that nobody asks about', 'contact suppression', undefined, consent(ADA), []],
      ['an address is suppressed', 'contact suppression', undefined, suppression(ADA), [ADA]],
      ['a suppression gets an end', 'contact suppression', suppression(ADA), `update suppressions set ends_at = now() where address_hash = int8send(${ADA})`, [ADA]],
      ['a suppression is moved to another address', 'contact suppression', suppression(ADA), `update suppressions set address_hash = int8send(${BO}) where address_hash = int8send(${ADA})`, [ADA, BO]],
      ['a suppression is taken away', 'contact suppression', suppression(ADA), `delete from suppressions where address_hash = int8send(${ADA})`, [ADA]],
      ['suppressions that nobody asks about come', 'contact consent wanted', undefined, suppression(ADA), []],
      ['a domain is blocked, also for those below it', 'contact suppression', undefined, `insert into suppressed_domains (domain, suppressed_at, source) values ('marked.example', now(), 'test')`, [ADA, BO]],
      ['a domain is free again', 'contact suppression', `insert into suppressed_domains (domain, suppressed_at, source) values ('sub.marked.example', now(), 'test')`, `delete from suppressed_domains where domain = 'sub.marked.example'`, [BO]],
      ['an account gets into a dispute', 'contact suppression', undefined, hold('account', FIRM, 'dispute'), [ADA, BO]],
      ['the dispute of an account ends', 'contact suppression', hold('account', FIRM, 'dispute'), `update account_holds set ends_at = now() where account_id = ${FIRM}`, [ADA, BO]],
      ['the hold of an account is deleted', 'contact suppression', hold('account', FIRM, 'legal'), `delete from account_holds where account_id = ${FIRM}`, [ADA, BO]],
      ['an account gets a hold that does not last', 'contact suppression', undefined, hold('account', FIRM, 'meeting'), []],
      ['a person turns out to be a competitor', 'contact suppression', undefined, hold('contact', CY, 'competitor'), [CY]],
      ['the hold of a person ends', 'contact suppression', hold('contact', CY, 'legal'), `update contact_holds set ends_at = now() where contact_id = ${CY}`, [CY]],
      ['the hold of a person is deleted', 'contact suppression', hold('contact', CY, 'legal'), `delete from contact_holds where contact_id = ${CY}`, [CY]],
      ['a person gets a hold that does not last', 'contact suppression', undefined, hold('contact', CY, 'reply'), []],
      ['mail of a campaign is sent', 'contact message mark-spring', message(ADA, 'sending'), `update messages set state = 'sent' where contact_id = ${ADA}`, [ADA]],
      ['mail of any campaign is sent', 'contact message *', undefined, message(ADA, 'sent'), [ADA]],
      ['mail of another campaign is sent', 'contact message mark-other', undefined, message(ADA, 'sent'), []],
      ['mail is queued', 'contact message *', undefined, message(ADA, 'queued'), []],
      ['mail comes back', 'contact message *', message(ADA, 'sent'), `update messages set state = 'bounced' where contact_id = ${ADA}`, [ADA]],
      ['mail is replied to, which it was got for already', 'contact message *', message(ADA, 'sent'), `update messages set state = 'replied' where contact_id = ${ADA}`, []],
      ['mail turns out to have been sent at another moment', 'contact message *', message(ADA, 'sent'), `update messages set sent_at = sent_at - interval '1 day' where contact_id = ${ADA}`, [ADA]],
      ['mail that was got is deleted', 'contact message *', message(ADA, 'sent'), `delete from messages where contact_id = ${ADA}`, [ADA]],
      ['mail that was not got is deleted', 'contact message *', message(ADA, 'queued'), `delete from messages where contact_id = ${ADA}`, []],
      ['somebody becomes a decider', 'contact role', undefined, role, [ADA]],
      ['somebody stops being a decider', 'contact role', role, `update buying_group_members set valid_to = now() where contact_id = ${ADA}`, [ADA]],
      ['a part in the buying group goes to somebody else', 'contact role', role, `update buying_group_members set contact_id = ${BO} where contact_id = ${ADA}`, [ADA, BO]],
      ['a part in the buying group is deleted', 'contact role', role, `delete from buying_group_members where contact_id = ${ADA}`, [ADA]],
      ['an account gets a subsidiary', 'account subsidiaries', undefined, added(9103, FIRM), [FIRM]],
      ['a subsidiary goes to another account', 'account subsidiaries', added(9103, FIRM), `update accounts set parent_account_id = ${GROUP} where account_id = 9103`, [FIRM, GROUP]],
      ['a subsidiary gets another city', 'account subsidiaries', added(9103, FIRM), `update accounts set city = 'Delft' where account_id = 9103`, []],
      ['a subsidiary is deleted', 'account subsidiaries', added(9103, FIRM), 'delete from accounts where account_id = 9103', [FIRM]],
      ['subsidiaries come that nobody asks about', 'account people', undefined, added(9103, FIRM), []],
      ['somebody new works at an account', 'account people', undefined, came(9004, FIRM), [FIRM]],
      ['somebody new works nowhere', 'account people', undefined, came(9004, null), []],
      ['somebody changes employers', 'account people', undefined, `update contacts set account_id = ${GROUP} where contact_id = ${ADA}`, [FIRM, GROUP]],
      ['somebody leaves', 'account people', undefined, `delete from contacts where contact_id = ${ADA}`, [FIRM]],
      ['somebody new comes', 'contact row', undefined, came(9004, null), [9004]],
      ['somebody is deleted', 'contact row', undefined, `delete from contacts where contact_id = ${CY}`, [CY]],
      ['a new account comes', 'account row', undefined, added(9103, null), [9103]],
      ['an account is deleted', 'account row', undefined, `delete from accounts where account_id = ${GROUP}`, [GROUP]],
      ['an account gets another sector', 'account column sector', undefined, `update accounts set sector = 'retail' where account_id = ${FIRM}`, [FIRM]],
      ['an account gets another city, which nobody asks about', 'account column sector', undefined, `update accounts set city = 'Delft' where account_id = ${FIRM}`, []],
      ['an attribute of a person changes', 'contact attribute plan', undefined, `update contacts set attributes = '{"plan":"pro"}' where contact_id = ${ADA}`, [ADA]],
      ['another attribute changes', 'contact attribute plan', undefined, `update contacts set attributes = '{"seats":3}' where contact_id = ${ADA}`, []],
      ['somebody does something', 'contact event Marked', undefined, event(ADA, 'Marked'), [ADA]],
      ['somebody does something else', 'contact event Marked', undefined, event(ADA, 'Other'), []],
      ['an event is renamed', 'contact event Marked', event(ADA, 'Marked'), `update events set name = 'Other' where contact_id = ${ADA}`, [ADA]],
      ['an event goes to another person', 'contact event Marked', event(ADA, 'Marked'), `update events set contact_id = ${BO} where contact_id = ${ADA}`, [ADA, BO]],
      ['an event is deleted', 'contact event Marked', event(ADA, 'Marked'), `delete from events where contact_id = ${ADA}`, [ADA]],
      ['somebody is put on a list', 'contact list 9301', undefined, listed('contact', ADA), [ADA]],
      ['somebody is taken off a list', 'contact list 9301', listed('contact', ADA), `delete from segment_members where contact_id = ${ADA}`, [ADA]],
      ['somebody is put on another list', 'contact list 9302', undefined, listed('contact', ADA), []],
      ['an account is put on a list', 'account list 9301', undefined, listed('account', FIRM), [FIRM]],
    ])('%s', async (_, reads, before, happens, marked) => {
      const [scope, kind, ...name] = reads.split(' ');
      const undone = new Error('undone');
      const found = { marked: [] as number[] };
      const tried = app.sql.transaction(async (sql) => {
        const run = (text: string): Promise<number> => sql.exec('test.mark', text);
        await run(`insert into accounts (account_id, name, name_key, sector, source, created_at, updated_at) values (${FIRM}, 'Firm', 'mark-firm', 'software', 'test', now(), now()), (${GROUP}, 'Group', 'mark-group', 'software', 'test', now(), now())`);
        await run(
          `insert into contacts (contact_id, bucket, account_id, email, address_hash, created_at, updated_at) values (${ADA}, 0, ${FIRM}, 'ada@marked.example', int8send(${ADA}), now(), now()),
             (${BO}, 0, ${FIRM}, 'bo@sub.marked.example', int8send(${BO}), now(), now()), (${CY}, 0, null, 'cy@unmarked.example', int8send(${CY}), now(), now())`,
        );
        await run(`insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('wanted', 'W', 'W', 'consent', 730), ('other', 'O', 'O', 'consent', 730)`);
        await run(`insert into campaigns (campaign_id, key, name, scope, created_at, updated_at) values (9201, 'mark-spring', 'Spring', 'contact', now(), now())`);
        await run(`insert into segments (segment_id, key, name, scope, kind, created_at, updated_at, updated_by) values (9301, 'mark-list', 'List', '${scope}', 'list', now(), now(), 'test')`);
        if (before !== undefined) await run(before);
        await run('delete from live_dependencies');
        await sql.exec('test.reads', 'insert into live_dependencies (on_scope, kind, name) values ($1, $2, $3)', [scope, kind, name.join(' ')]);
        await run(`delete from dirty_${scope}s`);
        await run(happens);
        found.marked = (await sql.many<{ id: number }>('test.marked', `select distinct ${scope}_id as id from dirty_${scope}s where kind = $1 order by 1`, [kind])).map(({ id }) => id);
        throw undone;
      });
      await expect(tried).rejects.toBe(undone);
      expect(found).toEqual({ marked });
    });
  });
});
