import { simpleParser } from 'mailparser';
import { PurposesService } from '../../src/consent/purposes.service.js';
import { ClaimService } from '../../src/messages/claim.service.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { SmtpTransport } from '../../src/platform/mail/smtp-transport.js';
import { MailTransport } from '../../src/platform/mail/transport.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTestApp, TEST_NOW, type TestApp } from '../support/app.js';
import { addReaders, forgetEverybody, messageStates, prepareMailWorld, queueCampaign, readers } from '../support/mail-world.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';

const CONNECTIONS = 4;

describe('delivering what is queued', () => {
  let app: TestApp & { close(): Promise<void> };
  let server: ScriptedSmtp;
  let delivery: DeliveryService;
  let campaign = 0;
  /** A worker of another process: the same services, but for what the test puts in their place. */
  const workerWith = (changes: object): DeliveryService => Object.assign(Object.create(DeliveryService.prototype) as object, delivery, { last: Promise.resolve() }, changes);
  const next = (): string => `campaign-${(campaign += 1)}`;

  beforeAll(async () => {
    server = await ScriptedSmtp.start();
    app = await startTestApp({ smtpUrl: server.url, smtpConnections: CONNECTIONS, batchSize: 25 });
    delivery = app.get(DeliveryService);
    // The server's pauses would make every test wait: shorter timeouts, same transport.
    Object.assign(app.get(MailTransport), { timeouts: { connect: 1_000, silence: 1_000, message: 3_000 } });
    await prepareMailWorld(app);
  });
  afterAll(async () => {
    await app.close();
    await server.stop();
  });
  beforeEach(async () => {
    await forgetEverybody(app);
    app.clock.set(TEST_NOW);
    server.script = () => undefined;
    server.mails.length = 0;
    Object.assign(app.get(MailTransport) as SmtpTransport, { pausedUntil: 0, failures: 0 });
  });

  it('sends each person one mail, in their language, and records it', async () => {
    await addReaders(app, [...readers(60), { email: 'nel@readers.example', firstName: 'Nel', language: 'nl' }]);
    await queueCampaign(app, next());
    const report = await delivery.deliverDue(app.clock.now());
    expect(report).toEqual({ sent: 61, failed: 0, retried: 0, denied: 0, deferred: 0, review: 0, uncertain: 0, withheld: 0, serverDown: false });
    expect(await messageStates(app)).toEqual({ sent: 61 });
    expect(new Set(server.mails.map(({ to }) => to)).size).toBe(61);
    expect(server.mostConnections).toBeLessThanOrEqual(CONNECTIONS);
    const nel = server.mails.find(({ to }) => to === 'nel@readers.example');
    const mail = await simpleParser(nel?.source ?? '');
    expect(mail.text).toContain('Dag Nel,');
    expect(mail.subject).toBe('Drie flessen voor een lange tafel');
    const [row] = await app.sql.many('test.row', 'select state, sent_at, leased_by, leased_until, attempts, response from messages limit 1');
    expect(row).toEqual({ state: 'sent', sent_at: TEST_NOW, leased_by: null, leased_until: null, attempts: 1, response: '250 2.0.0 taken' });
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0 });
    expect(server.mails).toHaveLength(61);
  });

  it('carries every header that big mailbox providers ask for, and links that work', async () => {
    const [contactId] = await addReaders(app, [{ email: 'anna@readers.example', firstName: 'Anna', lastName: 'de Vries' }]);
    await queueCampaign(app, next());
    await delivery.deliverDue(app.clock.now());
    const { from, source = '' } = server.mails[0] ?? {};
    const mail = await simpleParser(source);
    const head = Object.fromEntries(mail.headerLines.map(({ key, line }) => [key, line.slice(key.length + 2)]));
    expect(head).toMatchObject({
      from: 'Voorbeeld & Co <hallo@voorbeeld.example>',
      to: 'Anna de Vries <anna@readers.example>',
      'reply-to': 'hallo@voorbeeld.example',
      'list-id': 'Newsletter <newsletter.voorbeeld.example>',
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    expect(head['list-unsubscribe']).toMatch(/^<https:\/\/mail\.voorbeeld\.example\/unsubscribe\/[\w-]+>, <mailto:unsubscribe\+[a-z0-9.]+@voorbeeld\.example\?subject=unsubscribe>$/);
    expect(head['message-id']).toMatch(/^<m[0-9a-z]+\.[0-9a-z]+@voorbeeld\.example>$/);
    expect(head['auto-submitted']).toBeUndefined();
    expect(from).toMatch(/^bounce\+[a-z0-9.]+@voorbeeld\.example$/);
    expect(mail.html).toContain('/preferences/');
    const oneClick = /<https:\/\/mail\.voorbeeld\.example([^>]+)>/.exec(head['list-unsubscribe'] ?? '')?.[1] ?? '';
    const answer = await app.request('POST', oneClick, { key: null, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' });
    expect(answer.status).toBe(200);
    expect(await app.sql.maybe('test.consent', 'select state from consents where contact_id = $1', [contactId])).toEqual({ state: 'withdrawn' });
  });

  it('lets no name, subject or address reach the headers or the markup', async () => {
    await addReaders(app, [
      { email: 'a@readers.example', firstName: 'Eve\r\nBcc: everyone@x.example', lastName: '=?UTF-8?Q?evil?=' },
      { email: 'b@readers.example', firstName: '<script>alert(1)</script>"\'' },
      { email: 'c@readers.example\r\nRCPT TO:<d@x.example>', firstName: 'Crlf' },
    ]);
    await queueCampaign(app, next(), 'lead-follow-up-1');
    const report = await delivery.deliverDue(app.clock.now());
    expect(server.mails.map(({ to }) => to).sort()).toEqual(['a@readers.example', 'b@readers.example']);
    expect(report.sent).toBe(2);
    for (const { source } of server.mails) {
      expect(source.split('\r\n\r\n')[0]).not.toMatch(/^bcc:/im);
      expect(source).not.toContain('=?UTF-8?Q?evil?=');
      expect(String((await simpleParser(source)).html)).not.toContain('<script>');
    }
  });

  it('refuses connections: everything stays queued, nothing is counted as a try, and comes later', async () => {
    await addReaders(app, readers(30));
    await queueCampaign(app, next());
    const { port } = server;
    await server.stop();
    const report = await delivery.deliverDue(app.clock.now());
    expect(report).toMatchObject({ sent: 0, failed: 0, retried: 0, uncertain: 0, serverDown: true });
    expect(await messageStates(app)).toEqual({ queued: 30 });
    expect(await app.sql.one('test.untouched', 'select count(*) filter (where attempts > 0 or leased_by is not null) as touched from messages')).toEqual({ touched: 0 });
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, serverDown: true });
    server = await ScriptedSmtp.start(port);
    await new Promise((resolve) => setTimeout(resolve, app.get(MailTransport).pausedFor() + 50));
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 30 });
  });

  it.each([
    ['421 4.3.2 Closing', 'content'],
    ['450 4.2.1 Greylisted', 'RCPT'],
  ] as const)('tries again after %s, later and later, under the same Message-ID', async (answer, stage) => {
    await addReaders(app, readers(1));
    await queueCampaign(app, next());
    server.script = (at) => (at === stage ? answer : undefined);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ retried: 1, sent: 0 });
    expect(await app.sql.one('test.retry', 'select state, attempts, due_at, response from messages')).toEqual({ state: 'queued', attempts: 1, due_at: new Date(TEST_NOW.getTime() + 5 * 60_000), response: answer });
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ retried: 0 });
    app.clock.advance(5 * 60_000);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ retried: 1 });
    expect(await app.sql.one('test.retry', 'select attempts, due_at from messages')).toEqual({ attempts: 2, due_at: new Date(TEST_NOW.getTime() + 20 * 60_000) });
    server.script = () => undefined;
    app.clock.advance(15 * 60_000);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 1 });
    const { message_id: messageId, contact_id: contactId } = await app.sql.one<{ message_id: number; contact_id: number }>('test.id', 'select message_id, contact_id from messages');
    expect(server.mails[0]?.source).toContain(`Message-ID: <m${messageId.toString(36)}.${contactId.toString(36)}@voorbeeld.example>`);
  });

  it.each([
    ['550 5.1.1 No such user', true],
    ['550 5.7.1 We do not like you', false],
  ] as const)('fails for good on %s; suppresses the address: %s', async (answer, suppressed) => {
    const [gone] = await addReaders(app, [{ email: 'gone@readers.example' }, ...readers(3)]);
    await queueCampaign(app, next());
    server.script = (stage, line) => (stage === 'RCPT' && line.includes('gone@') ? answer : undefined);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ failed: 1, sent: 3 });
    expect(await app.sql.one('test.failed', 'select state, response from messages where contact_id = $1', [gone])).toEqual({ state: 'failed', response: answer });
    const rows = await app.sql.many('test.suppressed', 'select s.reason, s.source from suppressions s join contacts c using (address_hash) where contact_id = $1', [gone]);
    expect(rows).toEqual(suppressed ? [{ reason: 'hard_bounce', source: 'smtp' }] : []);
  });

  it.each(['drop', 'hang'] as const)('a server that does this after DATA: %s, leaves one uncertain message, never sent again by itself', async (answer) => {
    await addReaders(app, readers(10));
    await queueCampaign(app, next());
    server.script = (stage, _line, count) => (stage === 'content' && count === server.seen.filter((seen) => seen === 'content').length && unlucky-- === 1 ? answer : undefined);
    let unlucky = 1;
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 9, uncertain: 1, serverDown: false });
    expect(await messageStates(app)).toEqual({ sent: 9, uncertain: 1 });
    app.clock.advance(48 * 3_600_000);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0 });
    expect(server.mails).toHaveLength(9);
  });

  it('a crash in the middle of handing over leaves at most as many uncertain as there are connections, listed by name', async () => {
    await addReaders(app, readers(40));
    await queueCampaign(app, next());
    let release = (): void => undefined;
    const silent = new Promise<void>((resolve) => (release = resolve));
    let handedOver = 0;
    const stuck = { connections: CONNECTIONS, pausedFor: () => 0, close: () => Promise.resolve(), send: async () => { handedOver += 1; await silent; return { kind: 'unknown', reason: 'late' } as const; } };
    const crashed = workerWith({ transport: stuck, worker: 'crashed' });
    const run = crashed.deliverDue(app.clock.now());
    while (handedOver < CONNECTIONS) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await messageStates(app)).toEqual({ queued: 40 - CONNECTIONS, sending: CONNECTIONS });
    // The process is dead: its leases run out. A second worker starts.
    await app.sql.exec('test.expire', `update messages set leased_until = now() - interval '1 second' where leased_until is not null`);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 40 - CONNECTIONS, uncertain: CONNECTIONS });
    const listed = await app.request('GET', '/api/v1/messages?state=uncertain');
    expect(listed.body.items).toHaveLength(CONNECTIONS);
    expect(server.mails).toHaveLength(40 - CONNECTIONS);

    // One of them is sent again by hand, once.
    const [{ contactId, messageId }] = listed.body.items;
    const resend = (): ReturnType<TestApp['request']> => app.request('POST', `/api/v1/messages/${contactId}/${messageId}/resend`);
    expect((await resend()).status).toBe(202);
    expect((await resend()).status).toBe(409);
    await crashed.beforeApplicationShutdown.call({ closing: false, current: Reflect.get(crashed, 'current') as object, last: undefined, transport: stuck }); // starts nothing more
    release();
    await run; // the dead one's late word about the others is still true; about this one it no longer counts
    expect(await messageStates(app)).toEqual({ queued: 1, sent: 40 - CONNECTIONS, uncertain: CONNECTIONS - 1 });
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 1 });
    expect(server.mails).toHaveLength(40 - CONNECTIONS + 1);
  });

  it('two workers at once never send one message twice', async () => {
    await addReaders(app, readers(120));
    await queueCampaign(app, next());
    const other = workerWith({ worker: 'other' });
    const [one, two] = await Promise.all([delivery.deliverDue(app.clock.now()), other.deliverDue(app.clock.now())]);
    expect(one.sent + two.sent).toBe(120);
    expect(server.mails).toHaveLength(120);
    expect(new Set(server.mails.map(({ to }) => to)).size).toBe(120);
  });

  it('a withdrawal, a suppression, a pause or a stop between claim and hand-over stops what has not gone', async () => {
    const ids = await addReaders(app, readers(30));
    const key = next();
    await queueCampaign(app, key);
    // The first mail is answered only after the people and the campaign have changed.
    let release = (): void => undefined;
    const changed = new Promise<void>((resolve) => (release = resolve));
    const inner = app.get(MailTransport);
    let first = true;
    const slow = { connections: 1, pausedFor: () => 0, close: () => Promise.resolve(), send: async (...args: Parameters<MailTransport['send']>) => { if (first) { first = false; await changed; } return inner.send(...args); } };
    const worker = workerWith({ transport: slow });
    const run = worker.deliverDue(app.clock.now());
    while ((await messageStates(app))['sending'] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const waiting = await app.sql.many<{ contact_id: number }>('test.waiting', `select contact_id from messages where state = 'queued' order by contact_id`);
    const [withdrawn, suppressed] = waiting.map(({ contact_id: id }) => id);
    await app.sql.exec('test.withdraw', `update consents set state = 'withdrawn', ended_at = $2 where contact_id = $1`, [withdrawn, app.clock.now()]);
    await app.sql.exec('test.suppress', `insert into suppressions (address_hash, reason, suppressed_at, source) select address_hash, 'complaint', $2, 'test' from contacts where contact_id = $1`, [suppressed, app.clock.now()]);
    release();
    expect(await run).toMatchObject({ sent: 28, withheld: 2 });
    app.clock.advance(60_000);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, denied: 2 });
    const reasons = await app.sql.many('test.denied', `select contact_id, response from messages where state = 'denied' order by contact_id`);
    expect(reasons).toEqual([{ contact_id: withdrawn, response: 'legal.withdrawn' }, { contact_id: suppressed, response: 'suppression.complaint' }]);
    expect(ids).toHaveLength(30);
  });

  it.each<[string, string, number, string[]]>([
    ['a hold on the person', `insert into contact_holds (contact_id, kind, cause, opened_at, opened_by) values ($1, 'complaint', 'test', $2, 'test')`, 1, ['relationship.complaint_open']],
    ['a restriction', 'update contacts set restricted_at = $2 where contact_id = $1', 1, ['legal.restricted']],
    ['a wish to hear from humans only', 'update contacts set prefers_human_at = $2 where contact_id = $1', 1, ['relationship.prefers_human']],
    ['a domain that is blocked', `with moved as (update contacts set email = 'ann@mail.blocked.example' where contact_id = $1) insert into suppressed_domains (domain, suppressed_at, source) values ('blocked.example', $2, 'test')`, 1, ['suppression.domain']],
    ['the switch for all mail', `update settings set value = value || '{"killSwitch": true}', updated_at = coalesce($2, updated_at) where key = 'policies' and $1::bigint is not null`, 9, ['delivery.kill_switch']],
  ])('%s between claim and hand-over stops what has not gone', async (_, change, held, codes) => {
    await addReaders(app, readers(10));
    await queueCampaign(app, next());
    let release = (): void => undefined;
    const changed = new Promise<void>((resolve) => (release = resolve));
    const inner = app.get(MailTransport);
    let first = true;
    const slow = { connections: 1, pausedFor: () => 0, close: () => Promise.resolve(), send: async (...args: Parameters<MailTransport['send']>) => { if (first) { first = false; await changed; } return inner.send(...args); } };
    const run = workerWith({ transport: slow }).deliverDue(app.clock.now());
    while ((await messageStates(app))['sending'] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const { contact_id: id } = await app.sql.one<{ contact_id: number }>('test.waiting', `select max(contact_id) as contact_id from messages where state = 'queued'`);
    await app.sql.exec('test.change', change, [id, app.clock.now()]);
    release();
    expect(await run).toMatchObject({ sent: 10 - held, withheld: held });
    app.clock.advance(60_000);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0 });
    expect((await app.sql.many<{ response: string }>('test.left', `select distinct response from messages where state <> 'sent'`)).map(({ response }) => response)).toEqual(codes);
    await app.sql.exec('test.open', `update settings set value = value || '{"killSwitch": false}' where key = 'policies'`);
    await app.sql.exec('test.unblock', 'delete from suppressed_domains');
  });

  it('sends what the owner agreed to while a deal is open, and only that', async () => {
    const ids = await addReaders(app, readers(4));
    const key = next();
    await queueCampaign(app, key);
    await app.sql.exec(
      'test.deal',
      `with account as (insert into accounts (name, name_key, source, created_at, updated_at) values ($2, $2, 'test', $3, $3) returning account_id),
            task as (insert into tasks (kind, reason, due_at, opened_at, opened_by) values ('opportunity', 'a deal is open', $3, $3, 'test') returning task_id),
            held as (insert into account_holds (account_id, kind, cause, opened_at, opened_by) select account_id, 'opportunity', 'test', $3, 'test' from account),
            agreed as (insert into hold_approvals (account_id, campaign_id, task_id, approved_at, approved_by) select account_id, campaign_id, task_id, $3, 'test' from account, task, campaigns where key = $4)
       update contacts set account_id = account.account_id from account where contact_id = any($1)`,
      [ids, key, app.clock.now(), key],
    );
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 4, withheld: 0, deferred: 0 });
    await app.sql.exec('test.withdrawApproval', 'delete from hold_approvals');
    await queueCampaign(app, next());
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, withheld: 0 });
  });

  it('pause holds queued mail back and resume lets it go; stop denies it', async () => {
    await addReaders(app, readers(6));
    const key = next();
    await queueCampaign(app, key);
    expect((await app.request('POST', `/api/v1/campaigns/${key}/pause`)).body).toMatchObject({ state: 'paused' });
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, denied: 0 });
    expect(await messageStates(app)).toEqual({ queued: 6 });
    await app.request('POST', `/api/v1/campaigns/${key}/resume`);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 6 });

    await forgetEverybody(app);
    await addReaders(app, readers(6, 'q'));
    const stopped = next();
    await queueCampaign(app, stopped);
    await app.request('POST', `/api/v1/campaigns/${stopped}/stop`);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, denied: 6 });
    expect(await app.sql.one('test.reason', 'select distinct response from messages')).toEqual({ response: 'campaign.stopped' });
  });

  it('puts off what the second decision puts off, and drops what is past its time', async () => {
    await addReaders(app, readers(3));
    await queueCampaign(app, next());
    app.clock.set(new Date('2026-06-09T20:30:00Z')); // half past ten in the evening in Amsterdam
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, deferred: 3 });
    const put = await app.sql.many<{ due_at: Date; leased_by: string | null }>('test.due', 'select due_at, leased_by from messages');
    // Over the first half hour of the morning, each at a minute of his own.
    for (const { due_at, leased_by } of put) expect([due_at >= new Date('2026-06-10T06:00:00Z') && due_at < new Date('2026-06-10T06:30:00Z'), leased_by]).toEqual([true, null]);
    app.clock.set(new Date('2026-06-13T10:00:00Z'));
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, denied: 3 });
    expect(await app.sql.one('test.reason', 'select distinct response from messages')).toEqual({ response: 'timing.stale' });
  });

  it('denies by name what lacks a merge field by the time it is sent', async () => {
    const [id] = await addReaders(app, readers(1));
    const draft = { key: 'needs-name', name: 'x', languages: { en: { subject: 'Dear {{contact.first_name}}', mjml: '<mj-section><mj-column><mj-text>Dear {{contact.first_name}},</mj-text></mj-column></mj-section>' } } };
    expect((await app.request('POST', '/api/v1/templates', { body: draft })).status).toBe(201);
    await queueCampaign(app, next(), 'needs-name');
    await app.sql.exec('test.nameless', `update contacts set first_name = ' ' where contact_id = $1`, [id]);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 0, denied: 1 });
    expect(server.mails).toHaveLength(0);
  });

  it('lists the outbox in pages, by state, campaign and person', async () => {
    const [id] = await addReaders(app, readers(5));
    const key = next();
    await queueCampaign(app, key);
    await delivery.deliverDue(app.clock.now());
    const first = await app.request('GET', `/api/v1/messages?state=sent&campaign=${key}&limit=3`);
    const second = await app.request('GET', `/api/v1/messages?state=sent&campaign=${key}&limit=3&cursor=${first.body.next}`);
    expect([first.body.items.length, second.body.items.length, second.body.next]).toEqual([3, 2, null]);
    expect((await app.request('GET', `/api/v1/messages?contactId=${id}`)).body.items).toMatchObject([{ contactId: id, campaign: key, state: 'sent', template: 'newsletter', templateVersion: 1, attempts: 1 }]);
    expect((await app.request('GET', '/api/v1/messages?state=uncertain')).body.items).toEqual([]);
    const { contactId, messageId } = first.body.items[0];
    expect((await app.request('POST', `/api/v1/messages/${contactId}/${messageId}/resend`)).body).toMatchObject({ status: 409, detail: 'This one is sent.' });
    expect((await app.request('POST', '/api/v1/messages/1/999999/resend')).status).toBe(404);
    expect((await app.request('GET', '/api/v1/messages?state=lost')).status).toBe(422);
  });

  it('writes what it knows once the database is back, and sends nothing twice', async () => {
    await addReaders(app, readers(20));
    await queueCampaign(app, next());
    let left = 3;
    const { sql } = app;
    const failing: Pick<Sql, 'many' | 'manyKept' | 'exec' | 'transaction'> = {
      many: sql.many.bind(sql),
      exec: sql.exec.bind(sql),
      transaction: sql.transaction.bind(sql),
      manyKept: (name, ...rest) => (name === 'messages.recordAndStart' && server.mails.length > 3 && left-- > 0 ? Promise.reject(new Error('connection terminated')) : sql.manyKept(name, ...rest)),
    };
    const worker = workerWith({ sql: failing });
    await expect(worker.deliverDue(app.clock.now())).rejects.toThrow('connection terminated');
    const states = await messageStates(app);
    expect(Object.keys(states)).toEqual(['queued', 'sent']);
    expect(states['sent']).toBe(server.mails.length);
    expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ uncertain: 0 });
    expect(server.mails).toHaveLength(20);
    expect(new Set(server.mails.map(({ to }) => to)).size).toBe(20);
  });

  describe('under a limit of the sending domain', () => {
    /** A campaign of a purpose of this class to everybody, planned a minute after what was planned before: by age alone it would go last. */
    const queueClass = async (messageClass: 'marketing' | 'service' | 'legal_duty'): Promise<string> => {
      const key = next();
      if (messageClass === 'marketing') {
        await queueCampaign(app, key);
        return key;
      }
      const purpose = `of_${messageClass}`;
      const basis = messageClass === 'service' ? 'contract' : 'legal_duty';
      await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, message_class, double_opt_in, retention_days) values ($1, $1, $1, $2, $3, false, 3650) on conflict do nothing`, [purpose, basis, messageClass]);
      app.get(PurposesService).forget();
      app.clock.advance(60_000);
      await queueCampaign(app, key, 'newsletter', 'workspace', { purpose, messageClass });
      return key;
    };
    const limited = (hourlyLimit: number): Promise<unknown> => app.sql.exec('test.limit', `insert into sending_domains (domain, hourly_limit) values ('voorbeeld.example', $1)`, [hourlyLimit]);
    const sentByClass = async (): Promise<Record<string, number>> => {
      const rows = await app.sql.many<{ class: string; count: number }>('test.sent', `select class, count(*) from messages where state = 'sent' group by class order by class`);
      return Object.fromEntries(rows.map((row) => [row.class, row.count]));
    };

    afterEach(async () => {
      await app.sql.exec('test.unlimited', 'delete from sending_counts');
      await app.sql.exec('test.unlimited', 'delete from sending_domains');
    });

    it('service mail goes before the newsletter that waits longer, hour by hour, and no place is lost', async () => {
      await addReaders(app, readers(12));
      await queueClass('marketing');
      await queueClass('service');
      await limited(10);
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 10 });
      expect(await sentByClass()).toEqual({ service: 10 });
      app.clock.advance(3_600_000);
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 10 });
      expect(await sentByClass()).toEqual({ marketing: 8, service: 12 });
      app.clock.advance(3_600_000);
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 4 });
    });

    it('what the law asks for goes before both', async () => {
      await addReaders(app, readers(6));
      for (const messageClass of ['marketing', 'service', 'legal_duty'] as const) await queueClass(messageClass);
      await limited(9);
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 9 });
      expect(await sentByClass()).toEqual({ legal_duty: 6, service: 3 });
    });

    it('a worker that has only the newsletter at hand leaves room for service mail that another worker will take', async () => {
      await addReaders(app, readers(40));
      await queueClass('marketing');
      await queueClass('service');
      await app.sql.exec('test.few', `delete from messages where class = 'service' and contact_id not in (select contact_id from messages where class = 'service' order by bucket desc limit 6)`);
      const { buckets } = await app.sql.one<{ buckets: number[] }>('test.buckets', `select array_agg(distinct bucket) as buckets from messages where bucket not in (select bucket from messages where class = 'service')`);
      await limited(10);
      const claims = app.get(ClaimService);
      expect((await claims.claim(buckets, 'newsletters only', app.clock.now())).claimed).toHaveLength(4);
      expect((await claims.claim(buckets, 'newsletters only', app.clock.now())).claimed).toHaveLength(0);
      expect((await claims.claim(Array.from({ length: 256 }, (_, bucket) => bucket), 'all', app.clock.now())).claimed.map(({ message }) => message.class)).toEqual(Array.from({ length: 6 }, () => 'service'));
    });

    it('two workers at once keep to the limit, and to the order', async () => {
      await addReaders(app, readers(40));
      await queueClass('marketing');
      await queueClass('service');
      await limited(50);
      const other = workerWith({ worker: 'other' });
      const [one, two] = await Promise.all([delivery.deliverDue(app.clock.now()), other.deliverDue(app.clock.now())]);
      expect(one.sent + two.sent).toBe(50);
      expect(await sentByClass()).toEqual({ marketing: 10, service: 40 });
    });

    it('service mail of a paused campaign keeps no place', async () => {
      await addReaders(app, readers(12));
      await queueClass('marketing');
      const key = await queueClass('service');
      await app.request('POST', `/api/v1/campaigns/${key}/pause`);
      await limited(10);
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 10 });
      expect(await sentByClass()).toEqual({ marketing: 10 });
    });

    it('without one, service mail still leaves first', async () => {
      await addReaders(app, readers(30));
      await queueClass('marketing');
      await queueClass('service');
      expect(await delivery.deliverDue(app.clock.now())).toMatchObject({ sent: 60 });
      const order = server.mails.map(({ source }) => (/^List-Id:.*of_service/im.test(source) ? 'service' : 'marketing'));
      expect(order.slice(0, 30 - CONNECTIONS)).toEqual(Array.from({ length: 30 - CONNECTIONS }, () => 'service'));
    });
  });
});
