import { DataRetentionService } from '../../src/privacy/retention/data-retention.service.js';
import { ClosingService } from '../../src/customers/history/closing.service.js';
import { CampaignWorld, DAY } from '../support/campaign-world.js';
import { TEST_NOW, useApp } from '../support/app.js';

describe('what was kept long enough', () => {
  const app = useApp();
  const ids: Record<string, number> = {};
  const ago = (days: number): Date => new Date(TEST_NOW.getTime() - days * DAY);
  const retention = () => app.get(DataRetentionService);

  beforeAll(async () => {
    const world = new CampaignWorld(app);
    await world.prepare();
    const names = ['old', 'fresh', 'met', 'on_hold', 'account_on_hold', 'asking', 'restricted', 'customer', 'visited', 'brief'];
    const people = await world.people(names.length, { consent: null });
    for (const [index, name] of names.entries()) ids[name] = people[index]!;
    const of = (name: string): number => ids[name]!;
    await app.sql.exec('test.age', 'update contacts set created_at = $1, source_at = $1', [ago(800)]);
    await app.sql.exec('test.fresh', 'update contacts set source_at = $2 where contact_id = $1', [of('fresh'), ago(729)]);
    await app.sql.exec('test.met', `insert into human_touches (contact_id, touched_at, kind) values ($1, $2, 'call')`, [of('met'), ago(100)]);
    await app.sql.exec('test.hold', `insert into contact_holds (contact_id, kind, cause, opened_at, opened_by) values ($1, 'legal', 'by hand', $2, 'test')`, [of('on_hold'), ago(10)]);
    const { account_id: account } = await app.sql.one<{ account_id: number }>('test.account', `insert into accounts (name, name_key, source, created_at, updated_at) values ('A', 'a', 'test', $1, $1) returning account_id`, [ago(900)]);
    await app.sql.exec('test.of', 'update contacts set account_id = $2 where contact_id = $1', [of('account_on_hold'), account]);
    await app.sql.exec('test.account_hold', `insert into account_holds (account_id, kind, cause, opened_at, opened_by) values ($1, 'dispute', 'by hand', $2, 'test')`, [account, ago(10)]);
    await app.sql.exec('test.asking', `insert into privacy_requests (contact_id, kind, state, language, channel, received_at, received_by, due_on) values ($1, 'access', 'verified', 'nl', 'mail', $2, 'self', '2026-07-01')`, [of('asking'), ago(3)]);
    await app.sql.exec('test.restricted', 'update contacts set restricted_at = $2 where contact_id = $1', [of('restricted'), ago(5)]);
    await app.sql.exec('test.customer', 'update contacts set last_order_at = $2 where contact_id = $1', [of('customer'), ago(750)]);
    await app.sql.exec('test.visited', 'insert into contact_last_events (contact_id, last_at) values ($1, $2) on conflict (contact_id) do update set last_at = excluded.last_at', [of('visited'), ago(20)]);
    await app.request('POST', '/api/v1/purposes', { body: { key: 'fair', name: { nl: 'Beurs', en: 'Fair' }, legalBasis: 'consent', retentionDays: 90 } });
    await app.sql.exec('test.brief', `update contacts set collected_for = '{fair}', created_at = $2, source_at = $2 where contact_id = $1`, [of('brief'), ago(100)]);
    await app.sql.exec('test.mails', `insert into mailbox_mails (received_at, envelope_from, envelope_to, source) select $1::timestamptz - n * interval '1 day', 'a', 'b', '' from generate_series(1, 100) n`, [TEST_NOW]);
    const batch = await app.sql.one<{ batch_id: number }>('test.batch', `insert into decision_batches (decided_at, phase, campaign_id, campaign_version, purpose, class, policy_version, shared) values ($1, 'plan', 1, 1, 'newsletter', 'marketing', 'x', '{}') returning batch_id`, [ago(900)]);
    const decide = (contact: number, days: number) => app.sql.exec('test.decide', `insert into decisions (contact_id, decided_at, batch_id, campaign_id, step, occurrence, verdict, facts) values ($1, $2, $3, 1, 0, $4, 4, '{}')`, [contact, ago(days), batch.batch_id, days]);
    await app.sql.exec('test.months', `select create_decision_partitions('2023-12-01', '2024-06-30')`);
    for (const days of [10, 200, 300, 800]) await decide(of('fresh'), days);
    await app.sql.exec('test.reports', `insert into mailbox_mails (received_at, envelope_from, envelope_to, source) select $1::timestamptz - n * interval '1 day', '', 'bounce+x@mail.example', 'for jan@x.example' from generate_series(29, 31) n`, [TEST_NOW]);
    const message = (days: number, state: string, response: string) => app.sql.exec(
      'test.message',
      `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, response) values ($1, 1, 1, 0, $2, 0, 'newsletter', 'marketing', 'nl', $3, $4, $4, $4, $5)`,
      [of('fresh'), days, state, ago(days), response],
    );
    await message(29, 'failed', '550 5.1.1 <jan@x.example> unknown');
    await message(31, 'failed', '550 5.1.1 <jan@x.example> unknown, and do not come back');
    await message(32, 'bounced', '554 we do not like jan');
    await message(33, 'sent', '250 2.0.0 thank you');
    await message(34, 'failed', 'no_reply_sender');
    const asked = (days: number, state: string) => app.sql.exec('test.link', `insert into link_mails (contact_id, kind, language, state, requested_at, due_at) values ($1, 'preferences', 'nl', $2, $3, $3)`, [of('fresh'), state, ago(days)]);
    await asked(29, 'sent');
    await asked(31, 'sent');
    await asked(31, 'failed');
    await asked(31, 'queued');
    const request = (hours: number) => app.sql.one<{ request_id: number }>(
      'test.token',
      `insert into privacy_requests (contact_id, kind, state, language, channel, received_at, received_by, due_on, token_hash, token_expires_at) values ($1, 'access', 'identity_pending', 'nl', 'form', $2, 'self', '2026-07-01', $3, $4) returning request_id`,
      [of('fresh'), ago(3), Buffer.from(`token ${hours}`), new Date(TEST_NOW.getTime() + hours * 3_600_000)],
    );
    const lapsed = (name: string, days: number) => app.sql.exec(
      'test.lapsed',
      `insert into privacy_requests (contact_id, kind, state, language, channel, received_at, received_by, due_on, closed_at, closed_by, outcome) values ($1, 'erasure', 'lapsed', 'nl', 'form', $2, 'self', '2026-07-01', $3, 'system', $4)`,
      [of(name), ago(days + 7), ago(days), `after ${days}`],
    );
    for (const days of [89, 91]) await lapsed('fresh', days);
    await lapsed('old', 30); // keeps nobody
    await app.sql.exec('test.step', `insert into privacy_request_steps (request_id, at, actor, state) select request_id, closed_at, 'system', 'lapsed' from privacy_requests where state = 'lapsed'`);
    const asks = [await request(-1), await request(1)];
    for (const [index, hours] of [-1, 1].entries())
      await app.sql.exec('test.copy', `insert into privacy_exports (contact_id, request_id, token_hash, sealed, made_at, expires_at) values ($1, $2, $3, 'x', $4, $5)`, [of('fresh'), asks[index]!.request_id, Buffer.from(`copy ${hours}`), ago(7), new Date(TEST_NOW.getTime() + hours * 3_600_000)]);
    for (const day of ['2023-01-10', '2025-04-30', '2025-05-01', '2026-06-01'])
      await app.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, received_at, name, properties, source) values ($1, $2, $3, $2, 'Page Viewed', '{}', 'test')`, [of('fresh'), new Date(day), day]);
    await app.sql.exec('test.value', `update contacts set city = 'Delft' where contact_id = $1`, [of('met')]);
    await app.sql.exec('test.kept', `update attribute_definitions set retention_days = 60 where scope = 'contact' and key = 'city'`);
    await app.sql.exec('test.noted', `insert into retained_values (scope, key, id, digest, set_at) values ('contact', 'city', $1, md5('Delft'), $2)`, [of('met'), ago(61)]);
  });

  const due = ['old', 'customer', 'brief'];

  it('is shown before it goes: so many of each class and purpose, who, since when; and nothing goes', async () => {
    const { body } = await app.request('GET', '/api/v1/privacy/retention/preview');
    expect(body.classes).toEqual([
      { dataClass: 'customer', purpose: 'newsletter', count: 1, keptDays: 730 },
      { dataClass: 'prospect', purpose: 'fair', count: 1, keptDays: 730 },
      { dataClass: 'prospect', purpose: 'newsletter', count: 1, keptDays: 730 },
      { dataClass: 'bounce_mails', purpose: '', count: 1, keptDays: 30 },
      { dataClass: 'bounce_answers', purpose: '', count: 2, keptDays: 30 },
      { dataClass: 'mailbox', purpose: '', count: 10, keptDays: 90 },
      { dataClass: 'link_mails', purpose: '', count: 2, keptDays: 30 },
      { dataClass: 'identity_links', purpose: '', count: 1 },
      { dataClass: 'lapsed_requests', purpose: '', count: 1, keptDays: 90 },
      { dataClass: 'access_copies', purpose: '', count: 1 },
      { dataClass: 'decisions', purpose: '', count: 1, keptDays: 730 },
      { dataClass: 'decisions_named', purpose: '', count: 3, keptDays: 183 },
      { dataClass: 'events', purpose: '', count: 2, keptMonths: 13 },
      { dataClass: 'values of contact.city', purpose: '', count: 1, keptDays: 60 },
    ]);
    expect(body.sample.map((one: { contactId: number }) => one.contactId).sort()).toEqual(due.map((name) => ids[name]).sort());
    expect((await app.sql.one<{ count: number }>('test.left', 'select count(*) as count from contacts')).count).toBe(10);
  });

  it('goes, and whom a hold, a request, a restriction, a call or a visit keeps stays', async () => {
    await retention().run(TEST_NOW);
    const left = (await app.sql.many<{ contact_id: number }>('test.left', 'select contact_id from contacts')).map(({ contact_id: id }) => id);
    for (const [name, id] of Object.entries(ids)) expect([name, left.includes(id)]).toEqual([name, !due.includes(name)]);
    expect((await app.sql.one<{ count: number }>('test.mails', 'select count(*) as count from mailbox_mails')).count).toBe(92);
    const decisions = await app.sql.many<{ contact_id: number; days: number }>('test.decisions', 'select contact_id, occurrence as days from decisions order by occurrence');
    expect(decisions.map(({ days, contact_id: id }) => [days, id === ids['fresh']])).toEqual([[10, true], [200, false], [300, false]]);
    expect(decisions[1]!.contact_id).toBe(decisions[2]!.contact_id); // still one person, and nobody knows which
    expect(decisions[1]!.contact_id).toBeLessThan(0);
  });

  it('leaves of a refusal its code, of an expired link nothing, and of old months no events', async () => {
    const texts = (statement: string) => app.sql.many<{ text: string }>('test.texts', statement).then((rows) => rows.map(({ text }) => text));
    expect(await texts('select response as text from messages order by occurrence')).toEqual(['550 5.1.1 <jan@x.example> unknown', '550 5.1.1', '554', '250 2.0.0 thank you', 'no_reply_sender']);
    expect(await texts('select state as text from link_mails order by state')).toEqual(['queued', 'sent']);
    expect(await texts(`select convert_from(token_hash, 'utf8') as text from privacy_requests where token_hash is not null`)).toEqual(['token 1']);
    expect(await texts(`select convert_from(token_hash, 'utf8') as text from privacy_exports`)).toEqual(['copy 1']);
    expect(await texts(`select outcome as text from privacy_requests join privacy_request_steps using (request_id) where privacy_requests.state = 'lapsed' order by closed_at`)).toEqual(['after 89', 'after 30']);
    expect(await texts('select idempotency_key as text from events order by occurred_at')).toEqual(['2025-05-01', '2026-06-01']);
    expect(await texts(`select coalesce(city, 'gone') as text from contacts where contact_id = ${ids['met']}`)).toEqual(['gone']);
  });

  it('is reported', async () => {
    const { body } = await app.request('GET', '/api/v1/privacy/retention/runs');
    expect(body.items).toHaveLength(1);
    expect(body.items[0].finishedAt).not.toBeNull();
    expect(Object.fromEntries(body.items[0].went.map((one: { dataClass: string; purpose: string; count: number }) => [`${one.dataClass} ${one.purpose}`.trim(), one.count]))).toEqual({ 'customer newsletter': 1, 'prospect fair': 1, 'prospect newsletter': 1, mailbox: 10, decisions: 1, decisions_named: 2, bounce_mails: 1, bounce_answers: 2, link_mails: 2, identity_links: 1, lapsed_requests: 1, access_copies: 1, events: 2, 'values of contact.city': 1 });
  });

  it('goes on with a night that broke off, measured as it began', async () => {
    const { run_id: run } = await app.sql.one<{ run_id: number }>('test.broken', 'insert into retention_runs (started_at) values ($1) returning run_id', [TEST_NOW]);
    expect(await retention().run(new Date(TEST_NOW.getTime() + 5 * DAY))).toBe(run);
    expect((await app.sql.one<{ count: number }>('test.left', 'select count(*) as count from contacts')).count).toBe(7);
  });

  it.each([
    ['not by day', 21 + 10, false],
    ['at night', 21 + 18, true],
    ['by day when the machine was off at night', 50, true],
  ])('runs again %s', async (_, hours, expected) => {
    const last = await app.sql.one<{ run_id: number; started_at: Date }>('test.last', 'select run_id, started_at from retention_runs order by run_id desc limit 1');
    await retention().runIfDue(new Date(last.started_at.getTime() + hours * 3_600_000));
    const { run_id: now } = await app.sql.one<{ run_id: number }>('test.last', 'select run_id from retention_runs order by run_id desc limit 1');
    expect(now > last.run_id).toBe(expected);
  });

  it('lets the rest go when a month of events is in the way, and takes that up the next night', async () => {
    await app.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, received_at, name, properties, source) values ($1, '2025-06-10', 'held', now(), 'Page Viewed', '{}', 'test')`, [ids['fresh']]);
    const later = new Date(TEST_NOW.getTime() + 120 * DAY);
    const closing = jest.spyOn(app.get(ClosingService), 'closeOldMonths').mockRejectedValueOnce(new Error('canceling statement due to lock timeout'));
    const went = async (run: number | undefined): Promise<string[]> => (await app.sql.many<{ data_class: string }>('test.went', 'select data_class from retention_results where run_id = $1 order by 1', [run])).map((row) => row.data_class);
    const first = await retention().run(later);
    expect(await went(first)).toEqual(expect.arrayContaining(['mailbox']));
    expect(await went(first)).not.toContain('events');
    expect(await went(await retention().run(new Date(later.getTime() + DAY)))).toContain('events');
    closing.mockRestore();
  });

  it('is decided by the officer alone', async () => {
    const { key } = (await app.request('POST', '/api/v1/api-keys', { body: { name: 'reader', scopes: ['privacy:read'] } })).body;
    expect((await app.request('PUT', '/api/v1/privacy/retention', { key, body: { mailbox: 9_999 } })).status).toBe(403);
    expect((await app.request('PUT', '/api/v1/privacy/retention', { body: { mailbox: 30 } })).body).toMatchObject({ mailbox: 30, prospect: 730 });
    expect((await app.request('GET', '/api/v1/audit?action=retention.changed')).body.items).toHaveLength(1);
  });
});
