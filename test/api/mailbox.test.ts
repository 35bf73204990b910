import { DeliveryService } from '../../src/messages/delivery.service.js';
import { MailboxServer } from '../../src/messages/mailbox/mailbox-server.js';
import { subjectOf } from '../../src/messages/mailbox/subject-of.js';
import { SmtpTransport } from '../../src/platform/mail/smtp-transport.js';
import { useApp } from '../support/app.js';
import { addReaders, prepareMailWorld, queueCampaign, readers } from '../support/mail-world.js';

describe('the built-in mailbox', () => {
  const app = useApp();
  let transport: SmtpTransport;
  const put = (to: string, source: string): ReturnType<SmtpTransport['send']> => transport.send({ from: 'sender@x.example', to }, Buffer.from(source.replace(/\n/g, '\r\n')));

  beforeAll(async () => {
    await prepareMailWorld(app);
    transport = new SmtpTransport(() => app.get(MailboxServer).target(), 5, 'x.example');
  });
  afterAll(() => transport.close());

  it('receives what a campaign sends, while no mail server is set', async () => {
    await addReaders(app, [{ email: 'anna@readers.example', firstName: 'Anna', language: 'nl' }, ...readers(20)]);
    await queueCampaign(app, 'spring');
    expect(await app.get(DeliveryService).deliverDue(app.clock.now())).toMatchObject({ sent: 21, serverDown: false });
    const list = await app.request('GET', '/api/v1/mailbox?to=ANNA@');
    expect(list.body.items).toEqual([{ id: expect.any(Number) as number, receivedAt: app.clock.now().toISOString(), from: expect.stringMatching(/^bounce\+/) as string, to: 'anna@readers.example', subject: 'Drie flessen voor een lange tafel' }]);
    const { body: mail } = await app.request('GET', `/api/v1/mailbox/${list.body.items[0].id}`);
    expect(mail).toMatchObject({ subject: 'Drie flessen voor een lange tafel', from: '"Voorbeeld & Co" <hallo@voorbeeld.example>', replyTo: 'hallo@voorbeeld.example' });
    expect(mail.text).toContain('Dag Anna,');
    expect(mail.links.map(({ text }: { text: string }) => text)).toEqual(['Bekijk de drie flessen', 'Liever een mens spreken?', 'Minder mail of andere onderwerpen', 'Afmelden']);
    expect(mail.headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  });

  it('pages the list, newest first', async () => {
    const first = await app.request('GET', '/api/v1/mailbox?limit=15');
    const second = await app.request('GET', `/api/v1/mailbox?limit=15&cursor=${first.body.next}`);
    expect([first.body.items.length, second.body.items.length, second.body.next]).toEqual([15, 6, null]);
    const ids = [...first.body.items, ...second.body.items].map(({ id }: { id: number }) => id);
    expect(ids).toEqual([...ids].sort((left, right) => right - left));
    const page = await app.request('GET', '/mailbox?limit=15', { key: null });
    expect(page.status).toBe(200);
    expect(page.text).toContain('21 mails so far.');
    expect(page.text).toMatch(/href="\/mailbox\?cursor&#x3D;[\w-]+">Older|href="\/mailbox\?cursor=[\w-]+">Older/);
  });

  it('shows a mail without letting anything in it run', async () => {
    await put('victim@x.example', 'Subject: <img src=x onerror=alert(1)>\nFrom: "<b>x</b>" <a@x.example>\nContent-Type: text/html\n\n<script>alert(1)</script><p onclick="x()">Hi</p><a href="javascript:alert(1)">click</a><a href="https://ok.example/?a=1&amp;b=2">ok</a>\n');
    const { id } = (await app.request('GET', '/api/v1/mailbox?to=victim@')).body.items[0];
    const page = await app.request('GET', `/mailbox/${id}`, { key: null });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; frame-src 'self'/);
    expect(page.text).toContain(`<iframe sandbox="" src="/mailbox/${id}/body"`);
    expect(page.text).not.toMatch(/<script|<img|<b>|href="javascript/i);
    expect(page.text).toContain('href="https://ok.example/?a&#x3D;1&amp;b&#x3D;2"');
    const body = await app.request('GET', `/mailbox/${id}/body`, { key: null });
    expect(body.headers['content-security-policy']).toBe(`default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`);
    const source = await app.request('GET', `/mailbox/${id}/source`, { key: null });
    expect(source.headers['content-type']).toBe('message/rfc822');
    expect(source.text).toContain('Subject: <img src=x onerror=alert(1)>');
  });

  it('keeps every mail of a burst, answering only what is stored', async () => {
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => put(`burst${index}@x.example`, `Subject: ${index}\n\nx\n`)));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(await app.sql.one('test.burst', `select count(*), count(distinct subject) as subjects from mailbox_mails where envelope_to like 'burst%'`)).toEqual({ count: 200, subjects: 200 });
  });

  it.each(['/mailbox/0', '/mailbox/999999', '/mailbox/x', '/mailbox/1e99', '/mailbox/999999/body', "/mailbox/1'--/source"])('answers 404 for %s', async (path) => {
    expect((await app.request('GET', path, { key: null })).status).toBe(404);
  });

  it.each(['/mailbox?cursor=nonsense', '/mailbox?limit=0', '/api/v1/mailbox?limit=201'])('answers 422 for %s', async (path) => {
    expect((await app.request('GET', path)).status).toBe(422);
  });

  it('asks for a key on the API', async () => {
    expect((await app.request('GET', '/api/v1/mailbox', { key: null })).status).toBe(401);
  });

  it.each([
    ['Subject: plain', 'plain'],
    ['subject: =?UTF-8?B?w6nDqW4=?=\n =?UTF-8?B?IGZsZXM=?=', 'één fles'],
    ['X: y\nSubject: =?utf-8?q?caf=C3=A9_au?= lait', 'café au lait'],
    ['Subject: folded\n  here', 'folded  here'],
    ['From: x', ''],
    ['Subject:\nFrom: x', ''],
  ])('reads the subject of %j', (head, subject) => {
    expect(subjectOf(Buffer.from(`${head}\n\nSubject: not this\n`.replace(/\n/g, '\r\n')))).toBe(subject);
  });
});

describe('with a mail server set', () => {
  const app = useApp({ smtpUrl: 'smtp://127.0.0.1:9' });

  it.each(['/mailbox', '/mailbox/1', '/mailbox/1/body', '/api/v1/mailbox', '/api/v1/mailbox/1'])('there is no %s', async (path) => {
    expect((await app.request('GET', path)).status).toBe(404);
  });
});
