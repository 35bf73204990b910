import { ACCOUNT_TABLES } from '../../src/core/account/account-tables.js';
import { PRESSING_CLASSES } from '../../src/core/decision/message-class.js';
import { readAccountTouches } from '../../src/decisions/pressure.queries.js';
import { addAccount, addLead } from '../support/accounts.js';
import { useApp } from '../support/app.js';

const app = useApp();
const send = (method: 'POST' | 'PATCH' | 'PUT', path: string, body: unknown = {}) => app.request(method, `/api/v1/accounts/${path}`, { body });
const get = async (path: string) => (await app.request('GET', `/api/v1/accounts/${path}`)).body;

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('sales', 'x', 'x', 'consent', 365)`);
  await app.sql.exec('test.us', `insert into users (email, name) values ('paired@us.example', 'Paul Paired')`);
  await app.sql.exec('test.trigger', `insert into account_triggers (trigger_id, key, name, definition, active_since, created_at, updated_at, updated_by) values (1, 'pricing', 'x', '{}', now(), now(), now(), 'test')`);
  await app.sql.exec('test.list', `insert into segments (key, name, scope, kind, rule, created_at, updated_at, updated_by) values ('vip', 'VIP', 'account', 'list', null, now(), now(), 'test')`);
});

describe('every table with data about accounts', () => {
  it('says what becomes of it when two accounts are one', async () => {
    const tables = await app.sql.many<{ name: string }>(
      'test.accountTables',
      `select distinct table_name as name from information_schema.columns join information_schema.tables using (table_schema, table_name)
       where table_schema = 'public' and table_type = 'BASE TABLE' and column_name ~ '(^|_)account_id$'
       union select conrelid::regclass::text from pg_constraint where contype = 'f' and confrelid = 'accounts'::regclass order by 1`,
    );
    const names = tables.map(({ name }) => name);
    expect(names.filter((name) => !(name in ACCOUNT_TABLES))).toEqual([]);
    expect(Object.keys(ACCOUNT_TABLES).filter((name) => name !== 'accounts' && !names.includes(name))).toEqual([]);
  });
});

let number = 0;
const unique = (name: string) => `${name} ${(number += 1)}`;

/** Everything that hangs on these accounts, to compare before and after. Times of change and sequence numbers aside. */
async function everything(accountIds: readonly number[]): Promise<unknown> {
  const read = (name: string, text: string) => app.sql.many(`test.${name}`, text, [accountIds]);
  return {
    accounts: await read('accounts', `select to_jsonb(a) - 'updated_at' as row from accounts a where account_id = any($1) or parent_account_id = any($1) order by account_id`),
    contacts: await read('contacts', 'select contact_id, account_id, bucket = bucket_of(contact_id, account_id) as placed from contacts where account_id = any($1) order by 1'),
    opportunities: await read('opportunities', 'select opportunity_id, account_id from opportunities where account_id = any($1) order by 1'),
    domains: await read('domains', 'select domain, account_id, source from account_domains where account_id = any($1) order by 1, 2'),
    roles: await read('roles', 'select contact_id, account_id, role, source, valid_to, colleague_id from buying_group_members where account_id = any($1) order by 1, 2, 3, valid_from'),
    messages: await read('messages', 'select contact_id, account_id, state, bucket = bucket_of(contact_id, account_id) as placed from messages where account_id = any($1) order by contact_id, message_id'),
    enrollments: await read('enrollments', 'select contact_id, account_id, state, bucket = bucket_of(contact_id, account_id) as placed from enrollments where account_id = any($1) order by 1, campaign_id'),
    lists: await read('lists', 'select account_id from segment_account_members where account_id = any($1) order by 1'),
    snapshots: await read('snapshots', 'select account_id, snapshot_id from segment_snapshot_accounts s where account_id = any($1) and exists (select from accounts a where a.account_id = s.account_id) order by 1, 2'),
    holds: await read('holds', 'select hold_id, account_id, kind, cause, task_id, ends_at from account_holds where account_id = any($1) order by 1'),
    approvals: await read('approvals', 'select account_id, campaign_id, approved_at, approved_by from hold_approvals where account_id = any($1) order by 1, 2'),
    tasks: await read('tasks', 'select task_id, account_id from tasks where account_id = any($1) order by 1'),
    touches: await read('touches', 'select touch_id, account_id from human_touches where account_id = any($1) order by 1'),
    answers: await read('answers', 'select contact_id, account_id, score from nps_responses where account_id = any($1) order by 1'),
    firings: await read('firings', 'select trigger_id, account_id, fired_at, people from account_trigger_firings where account_id = any($1) order by 1, 2, 3'),
    matches: await read('matches', 'select match_id, account_id, previous_account_id, state from account_matches where account_id = any($1) order by 1'),
  };
}

async function mail(contactId: number, state: 'sent' | 'queued', campaign: number): Promise<void> {
  await app.sql.exec(
    'test.mail',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
     select contact_id, $3, 1, 0, 1, bucket, account_id, 'sales', 'marketing', 'nl', $2, now(), now(), now(), case when $2 = 'sent' then now() end from contacts where contact_id = $1`,
    [contactId, state, campaign],
  );
  await app.sql.exec(
    'test.enroll',
    `insert into enrollments (contact_id, campaign_id, campaign_version, bucket, account_id, state, due_at, step_since, entered_at, entry_cause)
     select contact_id, $3, 1, bucket, account_id, case when $2 = 'sent' then 'done' else 'active' end, now(), now(), now(), 'now' from contacts where contact_id = $1`,
    [contactId, state, campaign],
  );
}

async function deal(accountId: number, id: string, stage: 'won' | 'engaging', value: number): Promise<void> {
  await app.sql.exec('test.deal', `insert into opportunities (opportunity_id, account_id, stage, value, closed_on, source, updated_at) values ($1, $2, $3, $4, case when $3 = 'won' then date '2026-05-01' end, 'test', now())`, [id, accountId, stage, value]);
}

/** A hold, with its task. */
async function hold(accountId: number, kind: string, cause: string): Promise<void> {
  await app.sql.exec(
    'test.hold',
    `with task as (insert into tasks (kind, account_id, reason, due_at, opened_at, opened_by) values ($2, $1, 'x', now(), now(), 'test') returning task_id)
     insert into account_holds (account_id, kind, cause, task_id, opened_at, opened_by) select $1, $2, $3, task_id, now(), 'test' from task`,
    [accountId, kind, cause],
  );
}

async function campaign(): Promise<number> {
  const row = await app.sql.one<{ campaign_id: number }>('test.campaign', `insert into campaigns (key, name, scope, state, created_at, updated_at) values ($1, 'x', 'contact', 'running', now(), now()) returning campaign_id`, [`c${(number += 1)}`]);
  return row.campaign_id;
}

async function approve(accountId: number, campaignId: number): Promise<void> {
  await app.sql.exec('test.approve', `insert into hold_approvals (account_id, campaign_id, approved_at, approved_by) values ($1, $2, now(), 'owner')`, [accountId, campaignId]);
}

/** Two accounts as a company that bought another has them: each with people, deals, mail, a domain, a subsidiary and a buying group. */
async function twoCompanies() {
  const [kept, merged] = [await addAccount(app, { name: unique('Kept'), domain: `kept-${number}.example` }), await addAccount(app, { name: unique('Merged'), domain: `merged-${number}.example`, coc: `1234567${number % 10}` })];
  const subsidiary = await addAccount(app, { name: unique('Subsidiary'), parentId: merged });
  await app.sql.exec('test.fields', `update accounts set external_id = 'X' || account_id, sector = 'retail', attributes = '{"tone": "formal", "size": 3}' where account_id = $1`, [merged]);
  await app.sql.exec('test.kept', `update accounts set attributes = '{"size": 9}' where account_id = $1`, [kept]);
  const people = [];
  for (const account of [kept, merged, merged]) people.push(await addLead(app, { email: `p${(number += 1)}@gmail.com`, account: { id: account } }));
  const [ours, theirs, mailed] = people as [number, number, number];
  await send('PUT', `${kept}/buying-group`, { source: 'workshop', members: [{ contactId: ours, role: 'decider' }] });
  await send('PUT', `${merged}/buying-group`, { source: 'workshop', members: [{ contactId: theirs, role: 'decider' }, { contactId: mailed, role: 'user' }] });
  await app.sql.exec('test.pairs', `update buying_group_members set colleague_id = (select user_id from users where email = 'paired@us.example') where contact_id = $1`, [theirs]);
  for (const [account, day] of [[kept, 1], [merged, 1], [merged, 2]]) await app.sql.exec('test.fired', `insert into account_trigger_firings (trigger_id, account_id, fired_at, people, rearms_at, noticed_at) values (1, $1, timestamptz '2026-05-01' + $2 * interval '1 day', 3, now(), now())`, [account, day]);
  await mail(ours, 'sent', 1);
  await mail(theirs, 'sent', 1);
  await mail(mailed, 'queued', 1);
  await deal(kept, `K${number}`, 'won', 100);
  await deal(merged, `M${number}`, 'won', 50);
  await deal(merged, `O${number}`, 'engaging', 10);
  await app.sql.exec('test.roll', `update accounts set won_opportunities = 1, won_value = case when account_id = $1 then 100 else 50 end, open_opportunities = case when account_id = $1 then 0 else 1 end, last_won_on = '2026-05-01' where account_id in ($1, $2)`, [kept, merged]);
  await app.sql.exec('test.inList', `insert into segment_account_members (account_id, segment_id, entered_at) select $1, segment_id, now() from segments where key = 'vip'`, [merged]);
  await send('POST', 'matches/pin', { contactId: theirs, accountId: merged });
  for (const account of [kept, merged]) await hold(account, 'dispute', 'letter of May');
  await hold(merged, 'legal', 'court');
  await app.sql.exec('test.snapshot', `insert into segment_snapshots (segment_id, name, segment_version, members, taken_at, taken_by) select segment_id, 'S' || $1::bigint, 1, 1, now(), 'test' from segments where key = 'vip'`, [merged]);
  await app.sql.exec('test.inSnapshot', `insert into segment_snapshot_accounts (account_id, snapshot_id) select $1, snapshot_id from segment_snapshots where name = 'S' || $1::bigint`, [merged]);
  await app.sql.exec('test.touched', `insert into human_touches (contact_id, touched_at, kind, account_id) values ($1, now(), 'call', $2)`, [theirs, merged]);
  await app.sql.exec('test.answered', `insert into nps_responses (contact_id, message_id, score, account_id, purpose, answered_at, changed_at) values ($1, 1, 3, $2, 'sales', now(), now())`, [theirs, merged]);
  return { kept, merged, subsidiary, ours, theirs, mailed, all: [kept, merged] };
}

describe('two accounts that are one company', () => {
  it('are merged with everything that hangs on them, and taken apart again to the letter', async () => {
    const { kept, merged, subsidiary, ours, theirs, mailed, all } = await twoCompanies();
    const before = await everything(all);
    const done = await send('POST', `${kept}/merge`, { accountId: merged });
    expect(done.body).toMatchObject({ keptAccountId: kept, mergedAccountId: merged, undoneAt: null });
    expect((await app.request('GET', `/api/v1/accounts/${merged}`)).status).toBe(404);
    const one = await get(`${kept}`);
    expect(one).toMatchObject({
      external_id: `X${merged}`, sector: 'retail', coc_number: expect.stringContaining('1234567'), attributes: { size: 9, tone: 'formal' }, won_opportunities: 2, won_value: 150, open_opportunities: 1,
    });
    expect(one.people.map((person: { id: number; roles: { role: string }[] }) => [person.id, person.roles.map(({ role }) => role)])).toEqual([[ours, ['decider']], [theirs, ['decider']], [mailed, ['user']]]);
    expect(await everything([merged])).toEqual({ accounts: [], contacts: [], opportunities: [], domains: [], roles: [], messages: [{ contact_id: theirs, account_id: merged, state: 'sent', placed: true }], enrollments: [], lists: [], snapshots: [], holds: [], approvals: [], tasks: [], touches: [], answers: [], firings: [], matches: [] });
    expect(await everything([kept])).toMatchObject({
      messages: [{ contact_id: ours, account_id: kept, placed: true }, { contact_id: mailed, account_id: kept, placed: true }],
      enrollments: [{ account_id: kept, placed: true }, { account_id: kept, placed: true }, { account_id: kept, placed: true }],
      lists: [{ account_id: kept }],
      snapshots: [{ account_id: kept }],
      holds: [{ kind: 'dispute', cause: 'letter of May' }, { kind: 'dispute', cause: `letter of May (account ${merged})` }, { kind: 'legal', cause: 'court' }],
      touches: [{ account_id: kept }],
      answers: [{ account_id: kept, score: 3 }],
    });
    expect(((await everything([kept])) as { tasks: unknown[] }).tasks).toHaveLength(3);
    expect((await get(`${subsidiary}`)).parent.id).toBe(kept);
    expect((await app.request('GET', '/api/v1/accounts/merges')).body.items[0]).toMatchObject({ id: done.body.id, mergedName: expect.stringContaining('Merged') });

    expect((await send('POST', `merges/${done.body.id}/undo`)).body).toMatchObject({ undoneAt: expect.any(String) });
    expect(await everything(all)).toEqual(before);
    expect((await get(`${subsidiary}`)).parent.id).toBe(merged);
    expect((await send('POST', `merges/${done.body.id}/undo`)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:merge-undone-already' });
    const trail = await app.sql.many<{ action: string }>('test.trail', `select action from audit_entries where subject_type = 'account' and subject_id = $1 and action like '%merged' order by audit_id`, [String(merged)]);
    expect(trail.map(({ action }) => action)).toEqual(['account.merged', 'account.unmerged']);
  });

  it('count all mail of both against the caps of the one, also when that is merged on, and each its own after an undo', async () => {
    const { kept, merged, ours, theirs, mailed } = await twoCompanies();
    const owner = await addAccount(app, { name: unique('Owner') });
    const felt = async (accountId: number) => {
      const now = app.clock.now();
      const rows = await readAccountTouches(app.sql, [accountId], new Date(now.getTime() - 30 * 86_400_000), PRESSING_CLASSES, now);
      expect(rows.filter((row) => row.account_id !== accountId)).toEqual([]);
      return rows.filter(({ campaign_id: campaignId }) => campaignId !== null).map((row) => row.contact_id).sort((one, other) => one - other);
    };
    await app.sql.exec('test.sentAt', `update messages set sent_at = $2 where contact_id = any($1) and state = 'sent'`, [[ours, theirs], app.clock.now()]);
    expect([await felt(kept), await felt(merged)]).toEqual([[ours], [theirs, mailed]]);
    const first = await send('POST', `${kept}/merge`, { accountId: merged });
    expect(await felt(kept)).toEqual([ours, theirs, mailed]);
    const second = await send('POST', `${owner}/merge`, { accountId: kept });
    expect(await felt(owner)).toEqual([ours, theirs, mailed]);
    await send('POST', `merges/${second.body.id}/undo`);
    await send('POST', `merges/${first.body.id}/undo`);
    expect([await felt(owner), await felt(kept), await felt(merged)]).toEqual([[], [ours], [theirs, mailed]]);
  });

  it('take along what was approved, sent or not', async () => {
    const { kept, merged, theirs } = await twoCompanies();
    await app.sql.exec('test.approved', `update messages set approved_at = now(), approved_by = 'owner' where contact_id = $1`, [theirs]);
    const { body } = await send('POST', `${kept}/merge`, { accountId: merged });
    const accountOf = async () => (await app.sql.one<{ account_id: number }>('test.accountOf', 'select account_id from messages where contact_id = $1', [theirs])).account_id;
    expect(await accountOf()).toBe(kept);
    await send('POST', `merges/${body.id}/undo`);
    expect(await accountOf()).toBe(merged);
  });

  it('let an owner’s yes for mail during a deal hold only where the owner of the other deal agreed too, and give it back', async () => {
    const { kept, merged, all } = await twoCompanies();
    const [first, second, third] = [await campaign(), await campaign(), await campaign()] as const;
    for (const account of all) await hold(account, 'opportunity', `by hand ${account}`);
    await approve(kept, first);
    await approve(merged, first);
    await approve(kept, second);
    await approve(merged, third);
    const before = await everything(all);
    const { body } = await send('POST', `${kept}/merge`, { accountId: merged });
    expect(await everything([kept])).toMatchObject({ approvals: [{ campaign_id: first }] });
    await send('POST', `merges/${body.id}/undo`);
    expect(await everything(all)).toEqual(before);
  });

  it('take the yes along where the other has no deal; who is held while they are one is held as two', async () => {
    const { kept, merged, all } = await twoCompanies();
    const agreed = await campaign();
    await hold(merged, 'opportunity', 'by hand');
    await approve(merged, agreed);
    const { body } = await send('POST', `${kept}/merge`, { accountId: merged });
    expect(await everything([kept])).toMatchObject({ approvals: [{ campaign_id: agreed }] });
    await hold(kept, 'complaint', 'a call in June');
    await send('POST', `merges/${body.id}/undo`);
    const { approvals, holds } = (await everything(all)) as { approvals: { account_id: number }[]; holds: { account_id: number; kind: string }[] };
    expect(approvals.map(({ account_id: account }) => account)).toEqual([merged]);
    expect(holds.filter(({ kind }) => kind === 'complaint').map(({ account_id: account }) => account).sort()).toEqual([...all].sort());
  });

  it('keep what was changed since: who left, what was renamed, who came', async () => {
    const { kept, merged, theirs, mailed } = await twoCompanies();
    const { body } = await send('POST', `${kept}/merge`, { accountId: merged });
    const elsewhere = await addAccount(app, { name: unique('Elsewhere') });
    await app.request('PATCH', `/api/v1/contacts/${theirs}`, { body: { account: { id: elsewhere } } });
    await send('PATCH', `${kept}`, { sector: 'finance' });
    const newcomer = await addLead(app, { email: `new${number}@gmail.com`, account: { id: kept } });
    await send('POST', `merges/${body.id}/undo`);
    const place = async (contactId: number) => (await app.sql.one<{ account_id: number }>('test.place', 'select account_id from contacts where contact_id = $1', [contactId])).account_id;
    expect([await place(theirs), await place(mailed), await place(newcomer)]).toEqual([elsewhere, merged, kept]);
    expect(await get(`${kept}`)).toMatchObject({ sector: 'finance', external_id: null });
    expect(await get(`${merged}`)).toMatchObject({ sector: 'retail', external_id: `X${merged}` });
  });

  it.each([
    ['the parent swallows its subsidiary', 0, 1],
    ['the subsidiary swallows its parent', 1, 0],
    ['the grandchild swallows the grandparent', 2, 0],
    ['the grandparent swallows the grandchild', 0, 2],
    ['the grandchild swallows its parent', 2, 1],
  ])('stand in a hierarchy: %s, without a circle, and back', async (_, keeps, goes) => {
    const top = await addAccount(app, { name: unique('Top') });
    const middle = await addAccount(app, { name: unique('Middle'), parentId: top });
    const low = await addAccount(app, { name: unique('Low'), parentId: middle });
    const all = [top, middle, low];
    const parents = async () => (await app.sql.many<{ parent: number | null }>('test.parents', 'select parent_account_id as parent from accounts where account_id = any($1) order by account_id', [all])).map(({ parent }) => parent);
    expect(await parents()).toEqual([null, top, middle]);
    const merge = await send('POST', `${all[keeps]}/merge`, { accountId: all[goes] });
    expect(merge.status).toBe(200);
    const after = await app.sql.many<{ account_id: number; parent: number | null }>('test.after', 'select account_id, parent_account_id as parent from accounts where account_id = any($1)', [all]);
    expect(after).toHaveLength(2);
    expect(after.filter(({ parent }) => parent === null)).toHaveLength(1);
    expect((await send('POST', `merges/${merge.body.id}/undo`)).status).toBe(200);
    expect(await parents()).toEqual([null, top, middle]);
  });

  it('can be merged again into a third, and are taken apart from the last to the first', async () => {
    const [one, two, three] = [await addAccount(app, { name: unique('One') }), await addAccount(app, { name: unique('Two') }), await addAccount(app, { name: unique('Three') })];
    const lead = await addLead(app, { email: `chain${number}@gmail.com`, account: { id: one } });
    const first = await send('POST', `${two}/merge`, { accountId: one });
    const second = await send('POST', `${three}/merge`, { accountId: two });
    expect((await send('POST', `merges/${first.body.id}/undo`)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:merge-survivor-gone' });
    await send('POST', `merges/${second.body.id}/undo`);
    await send('POST', `merges/${first.body.id}/undo`);
    expect((await get(`${one}`)).people).toMatchObject([{ id: lead }]);
  });

  it('stay one when somebody else has the name by now', async () => {
    const [kept, merged] = [await addAccount(app, { name: unique('Kept') }), await addAccount(app, { name: 'Twice Ltd' })];
    const { body } = await send('POST', `${kept}/merge`, { accountId: merged });
    await addAccount(app, { name: 'Twice Ltd' });
    expect((await send('POST', `merges/${body.id}/undo`)).body).toMatchObject({ status: 409, type: 'urn:tactful:problem:account-exists' });
    expect((await app.request('GET', `/api/v1/accounts/${merged}`)).status).toBe(404);
  });

  it('merged both ways at once end as one of the two', async () => {
    const [one, two] = [await addAccount(app, { name: unique('One') }), await addAccount(app, { name: unique('Two') })];
    const both = await Promise.all([send('POST', `${one}/merge`, { accountId: two }), send('POST', `${two}/merge`, { accountId: one })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
  });

  it.each([
    ['itself', (id: number) => [id, id], 422],
    ['nobody', (id: number) => [id, 999_999], 404],
    ['from nobody', (id: number) => [999_999, id], 404],
  ])('cannot be merged with %s', async (_, pair, status) => {
    const [kept, merged] = pair(await addAccount(app, { name: unique('Lone') }));
    expect((await send('POST', `${kept}/merge`, { accountId: merged })).status).toBe(status);
  });
});

describe('the hierarchy of accounts', () => {
  it('is never a circle, whoever writes it, also when two write at once', async () => {
    const [one, two] = [await addAccount(app, { name: unique('One') }), await addAccount(app, { name: unique('Two') })];
    const both = await Promise.all([send('PATCH', `${one}`, { parent: { id: two } }), send('PATCH', `${two}`, { parent: { id: one } })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(both.find(({ status }) => status === 422)!.body.type).toBe('urn:tactful:problem:account-circular');
    const [a, b, c] = [await addAccount(app, { name: unique('A') }), await addAccount(app, { name: unique('B') }), await addAccount(app, { name: unique('C') })];
    const circle = app.sql.exec('test.circle', `update accounts set parent_account_id = case account_id when $1::bigint then $2::bigint when $2 then $3 else $1 end where account_id in ($1, $2, $3)`, [a, b, c]);
    await expect(circle).rejects.toThrow('its own ancestor');
    await expect(app.sql.exec('test.self', 'update accounts set parent_account_id = account_id where account_id = $1', [a])).rejects.toThrow('its own ancestor');
  });
});
