import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { simpleParser } from 'mailparser';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { SuppressionsService } from '../../src/consent/suppressions.service.js';
import { MailTransport } from '../../src/platform/mail/transport.js';
import { LettersService } from '../../src/privacy/rights/letters/letters.service.js';
import { exportFile } from '../../src/privacy/rights/access/access-exports.service.js';
import { RecipientsService } from '../../src/privacy/rights/recipients/recipients.service.js';
import { WebhookSender } from '../../src/privacy/rights/recipients/webhook-sender.js';
import { RightsRequestsService } from '../../src/privacy/rights/requests/requests.service.js';
import { RightsScheduler } from '../../src/privacy/rights/rights-scheduler.service.js';
import { HoldsService } from '../../src/tasks/holds/holds.service.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { type TestResponse, useApp } from '../support/app.js';
import { ApiKeysService } from '../../src/users/api-keys.service.js';
import { type HttpsRecipient, startHttpsRecipient, StrangerSender, TrustingSender } from '../support/https-recipient.js';
import { addFullPerson, addPersonOnFile, prepareRightsWorld, tracesOf } from '../support/rights-world.js';

interface Mail { to: string; subject: string; text: string; link: string | undefined }

/** A header every now and then, and never the end of them. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.socket?.write('x: y\r\n'), 20);
  response.socket?.write('HTTP/1.1 200 OK\r\n');
  response.socket?.once('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('x'.repeat(1_000)), 5);
  response.once('close', () => clearInterval(timer));
}

describe('requests about one’s own data', () => {
  const app = useApp();
  let accountId = 0;
  const mails: Mail[] = [];
  let people = 0;

  beforeAll(async () => {
    ({ accountId } = await prepareRightsWorld(app));
    jest.spyOn(app.get(MailTransport), 'send').mockImplementation(async (envelope, source) => {
      const mail = await simpleParser(source);
      mails.push({ to: envelope.to, subject: mail.subject ?? '', text: mail.text ?? '', link: /https:\/\/\S+/.exec(mail.text ?? '')?.[0] });
      return { kind: 'accepted', response: '250 ok' };
    });
  });

  beforeEach(async () => {
    app.clock.advance(60_000);
    await letters(); // of the test before
  });

  const newAddress = (): string => `anna-${(people += 1)}@molen.example`;
  const get = (path: string): Promise<TestResponse> => app.request('GET', path, { key: null });
  const post = (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<TestResponse> =>
    app.request('POST', path, { key: null, body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
  const letters = async (): Promise<Mail[]> => {
    while ((await app.get(LettersService).deliverDue(app.clock.now())).sent > 0);
    return mails.splice(0);
  };
  const pathOf = (mail: Mail | undefined): string => new URL(mail!.link!).pathname;
  const openByOfficer = async (contactId: number, kind: string, more: object = {}) => (await app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind, channel: 'phone', identityHow: 'called back on the number on file', ...more } })).body;
  const act = (id: number, what: string, body: object = {}): Promise<TestResponse> => app.request('POST', `/api/v1/privacy/requests/${id}/${what}`, { body });

  async function askAndConfirm(email: string, kind: string): Promise<Mail[]> {
    await post('/my-data?lang=nl', { email, kind });
    const [identity] = await letters();
    const confirmed = await post(pathOf(identity));
    expect(confirmed.status).toBe(200);
    return letters();
  }

  describe('made by the person', () => {
    it('begins with a mailed link to the address on file, which shows a button and works once', async () => {
      const email = newAddress();
      await addFullPerson(app, { email, accountId });
      const page = await post('/my-data?lang=nl', { email: email.toUpperCase(), kind: 'access' });
      expect(page.text).toContain('Kijk in je mailbox');
      const [identity] = await letters();
      expect(identity).toMatchObject({ to: email, subject: 'Bevestig dat u dit verzoek deed' });
      const path = pathOf(identity);
      for (let scan = 0; scan < 3; scan += 1) expect((await get(path)).text).toContain('Ja, dit is mijn verzoek');
      expect((await app.request('HEAD', path, { key: null })).status).not.toBe(500);
      expect((await post(path)).text).toContain('Geregeld');
      expect((await post(path)).status).toBe(404);
      expect((await get(path)).status).toBe(404);
      expect((await letters()).map((one) => one.subject)).toEqual(['Uw verzoek om inzage in uw gegevens is ontvangen', 'Uw gegevens staan klaar']);
    });

    it('looks the same for an address that nobody here has, and mails nobody', async () => {
      const email = newAddress();
      await addPersonOnFile(app, { email });
      const known = await post('/my-data?lang=nl', { email, kind: 'erasure' });
      const unknown = await post('/my-data?lang=nl', { email: 'nobody@elsewhere.example', kind: 'erasure' });
      expect({ status: unknown.status, text: unknown.text }).toEqual({ status: known.status, text: known.text });
      expect((await letters()).map((one) => one.to)).toEqual([email]);
    });

    it('for somebody else’s address reaches only that somebody: nothing happens without his click, and his mailbox is not filled', async () => {
      const email = newAddress();
      const contactId = await addPersonOnFile(app, { email });
      for (let attempt = 0; attempt < 6; attempt += 1) await post('/my-data', { email, kind: 'erasure' });
      const sent = await letters();
      expect(sent).toHaveLength(3);
      expect(sent.every((one) => one.to === email)).toBe(true);
      expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).status).toBe(200);
    });

    it.each([
      ['guessed', () => Buffer.alloc(32, 7).toString('base64url')],
      ['cut short', (token: string) => token.slice(0, -2)],
      ['with something behind it', (token: string) => `${token}A`],
      ['of an export page', () => 'x'.repeat(43)],
    ])('refuses a link that is %s', async (_, change) => {
      const email = newAddress();
      await addPersonOnFile(app, { email });
      await post('/my-data', { email, kind: 'access' });
      const token = pathOf((await letters())[0]).split('/').at(-1)!;
      expect((await post(`/my-data/confirm/${change(token)}`)).status).toBe(404);
      expect((await post(`/my-data/export/${token}`, { form: 'html' })).status).toBe(404); // swapped
      expect((await post(`/my-data/${token}`, { action: 'access' })).status).toBe(404);
      expect((await post(`/my-data/confirm/${token}`)).status).toBe(200);
    });

    it('does not work after a week', async () => {
      const email = newAddress();
      await addPersonOnFile(app, { email });
      await post('/my-data', { email, kind: 'access' });
      const [identity] = await letters();
      app.clock.advance(7 * 86_400_000);
      expect((await post(pathOf(identity))).status).toBe(404);
    });

    describe('by the public form, and never confirmed', () => {
      // From an address of its own: the form is limited by address, and the real clock.
      const ask = (address: string) => post('/my-data?lang=nl', { email: address, kind: 'erasure', note: `Ik ben ${address}` }, { 'x-forwarded-for': '203.0.113.40' });
      const of = async (contactId: number, query = '') => (await app.request('GET', `/api/v1/privacy/requests?contactId=${contactId}${query}`)).body.items;
      const lapse = () => app.get(RightsRequestsService).lapse();
      const week = 7 * 86_400_000;
      let email = '';
      let contactId = 0;
      beforeEach(async () => {
        app.clock.advance(week);
        await lapse(); // of the tests before
        contactId = await addPersonOnFile(app, { email: (email = newAddress()) });
      });

      it('is over when its link is, says so, and leaves no wish behind', async () => {
        await ask(email);
        const [mail] = await letters();
        expect(mail!.text).toContain('Daarna vervalt het verzoek; u kunt het altijd opnieuw doen.');
        app.clock.advance(week - 1);
        expect([await lapse(), (await of(contactId))[0].told.nl]).toEqual([0, 'Wacht tot de persoon bevestigt']);
        app.clock.advance(1);
        expect([await lapse(), await lapse()]).toEqual([1, 0]);
        const [lapsed] = await of(contactId, '&state=lapsed');
        expect(lapsed).toMatchObject({ state: 'lapsed', told: { nl: 'Vervallen: nooit bevestigd', en: 'Lapsed: never confirmed' }, closedBy: 'system', outcome: 'never confirmed', wish: {}, overdue: false });
        expect((await app.request('GET', `/api/v1/privacy/requests/${lapsed.id}`)).body.steps.at(-1)).toMatchObject({ actor: 'system', state: 'lapsed', note: 'never confirmed' });
        expect((await app.request('GET', `/api/v1/audit?action=privacy.request_lapsed&subjectId=${lapsed.id}`)).body.items).toHaveLength(1);
        const page = await post(pathOf(mail));
        expect([page.status, page.text.includes('Doe een nieuw verzoek')]).toEqual([404, true]);
        expect((await act(lapsed.id, 'identity', { how: 'passport seen' })).body.type).toMatch(/transition-refused/);
        expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).status).toBe(200);
      });

      it('is over too when the night took its link before', async () => {
        await ask(email);
        await app.sql.exec('test.night', 'update privacy_requests set token_hash = null, token_expires_at = null where contact_id = $1', [contactId]);
        expect([await lapse(), (await of(contactId))[0].state]).toEqual([1, 'lapsed']);
      });

      it('is a request of its own with a month of its own when it is made again', async () => {
        await ask(email);
        app.clock.advance(week);
        await lapse();
        await ask(email);
        const [again, before] = await of(contactId);
        expect([again.state, before.state, again.dueOn > before.dueOn]).toEqual(['identity_pending', 'lapsed', true]);
        await letters().then((mails) => post(pathOf(mails.at(-1))));
        expect((await of(contactId)).map((one: { state: string }) => one.state)).toEqual(['verified', 'lapsed']);
      });

      it('is nobody’s lateness and no colleague’s task, however old', async () => {
        await ask(email);
        app.clock.advance(60 * 86_400_000); // no scheduler ran
        expect((await of(contactId))[0].overdue).toBe(false);
        expect(await of(contactId, '&overdue=true')).toEqual([]);
        await app.get(RightsScheduler).remind();
        expect(await app.sql.many('test.tasks', 'select from tasks where contact_id = $1', [contactId])).toEqual([]);
      });

      it.each([
        ['asked by phone', () => app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind: 'erasure', channel: 'phone' } })],
        ['asked by the form, then by phone', async () => {
          await ask(email);
          await app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind: 'erasure', channel: 'phone' } });
        }],
        ['asked by phone, then by the form', async () => {
          await app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind: 'erasure', channel: 'phone' } });
          await ask(email);
        }],
      ])('does not happen to somebody who %s: that waits for an officer, and its day counts', async (_, asked) => {
        await asked();
        app.clock.advance(60 * 86_400_000);
        expect([await lapse(), (await of(contactId)).length]).toEqual([0, 1]);
        expect((await of(contactId, '&overdue=true'))[0]).toMatchObject({ state: 'identity_pending', channel: 'phone', overdue: true });
      });
    });

    it('from a link mailed just now needs no second one; a preference link is not such a link', async () => {
      const email = newAddress();
      const contactId = await addPersonOnFile(app, { email });
      const tokens = app.get(LinkTokens);
      expect((await get(`/my-data/${tokens.preferences({ contactId, issuedAt: app.clock.now() })}`)).status).toBe(404);
      const path = `/my-data/${tokens.myData({ contactId, issuedAt: app.clock.now() })}`;
      expect((await get(`${path}?lang=nl`)).text).toContain(email);
      expect((await post(`${path}?lang=nl`, { action: 'restriction' })).text).toContain('Je verzoek ligt bij ons');
      expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).body.restrictedAt).not.toBeNull();
      app.clock.advance(25 * 3_600_000);
      expect((await get(path)).status).toBe(404);
    });
  });

  describe('the copy of somebody’s data', () => {
    it('is given out once in each form, by the mailed link only, and is gone after a week', async () => {
      const email = newAddress();
      await addFullPerson(app, { email, accountId });
      const path = pathOf((await askAndConfirm(email, 'access')).at(-1));
      expect((await get(path)).text).toContain('Leesbare pagina');
      const page = await post(path, { form: 'html' });
      expect(page.headers['content-disposition']).toBe('attachment; filename="my-data.html"');
      expect(page.text).toContain(email);
      expect((await post(path, { form: 'html' })).status).toBe(404);
      expect((await post(path, { form: 'json' })).status).toBe(200);
      expect((await post(path, { form: 'exe' })).status).toBe(404);
      app.clock.advance(7 * 86_400_000);
      expect((await post(path, { form: 'csv' })).status).toBe(404);
    });

    it('cannot be read from the database: the key stands in the link alone', async () => {
      const email = newAddress();
      await addFullPerson(app, { email, accountId });
      await askAndConfirm(email, 'access');
      const { sealed } = await app.sql.one<{ sealed: Buffer }>('test.sealed', 'select sealed from privacy_exports order by export_id desc limit 1');
      expect(sealed.includes(email)).toBe(false);
      expect(await app.sql.many('test.letters', 'select letter_id from privacy_letters where sealed is not null')).toEqual([]);
    });

    it('holds every section, with texts shown, decisions in words, scores with formula, and without others’ names', async () => {
      const email = newAddress();
      await addFullPerson(app, { email: `willem-${people}@molen.example`, firstName: 'Willem', lastName: 'Kok', accountId });
      const contactId = await addFullPerson(app, { email, accountId });
      const { body } = await app.request('GET', `/api/v1/privacy/contacts/${contactId}/access`);
      const { sections } = body;
      expect(Object.keys(sections).length).toBeGreaterThanOrEqual(22);
      const empty = Object.keys(sections).filter((key) => sections[key].length === 0);
      expect(empty.sort()).toEqual(['merges', 'opt_in_requests', 'rectifications', 'requests', 'suppressions', 'surveys']);
      expect(sections.profile).toContainEqual(expect.objectContaining({ field: 'first_name', value: 'Anna', source: 'crm', purposes: ['newsletter'] }));
      expect(sections.consent_records[0]).toMatchObject({ wording: 'Ja, stuur mij de nieuwsbrief.' });
      expect(sections.decisions.map((one: { outcome: string }) => one.outcome).join(' ')).toMatch(/Anna/);
      expect(sections.scores.map((one: { score: string }) => one.score)).toEqual(['RFM', 'Klantfase', 'Druk', 'Draagkracht', 'Betrokkenheid']);
      expect(sections.touches[0].text).toBe('Gebeld met Anna; collega █████ (█████) luisterde mee');
      expect(sections.holds[0].text).toBe('Zonnebloem is boos; █████ belt terug');
      expect((await app.request('GET', '/api/v1/audit?action=privacy.access_read')).body.items[0]).toMatchObject({ subjectId: String(contactId) });
    });

    it.each([
      ['nl', 'Gaf een 3 van de 10. Bel, luister, en zet recht wat misging.', 'Vraagt om een mens, via de link in een mail.', 'Uitgevoerd'],
      ['en', 'Gave a 3 out of 10. Call, listen, and put right what went wrong.', 'Asks for a person, by the link in a mail.', 'Carried out'],
    ] as const)('says in %s why the machine stepped back, on the page and for a computer, and leaves the words of colleagues', async (language, score, asks, done) => {
      const contactId = await addPersonOnFile(app, { email: newAddress() });
      const hold = { contactId, kind: 'detractor', cause: `survey ${contactId}`, by: 'system' } as const;
      await app.get(HoldsService).open(app.sql, [{ ...hold, reason: { code: 'score', score: 3 } }, { ...hold, kind: 'complaint', cause: `by hand ${contactId}`, reason: 'Zegt: te laat' }], app.clock.now());
      await app.get(TasksService).open(app.sql, [{ kind: 'talk_to_person', contactId, cause: `mail ${contactId}`, reason: { code: 'asks_for_person' }, by: 'system' }], app.clock.now());
      const request = await openByOfficer(contactId, 'objection');
      await act(request.id, 'fulfil');
      await letters();
      const { body } = await app.request('GET', `/api/v1/privacy/contacts/${contactId}/access?language=${language}`);
      const texts = (section: string): string[] => body.sections[section].map((row: { text: string }) => row.text);
      expect([texts('holds').sort(), texts('tasks').includes(asks), texts('tasks').includes(score)]).toEqual([[score, 'Zegt: te laat'].sort(), true, true]);
      expect(body.sections.requests).toMatchObject([{ state: 'done', told: done }]);
      expect(Object.keys(body.sections.holds[0])).not.toContain('said');
      const page = exportFile(body, 'html').content;
      for (const words of [score, asks, 'Zegt: te laat', done]) expect(page).toContain(words);
      expect(page).not.toContain('asks_for_person');
    });

    it('shows as text whatever somebody wrote into a name or an event', async () => {
      const email = newAddress();
      const evil = '<script>alert("x")</script><img src=x onerror=alert(1)>';
      const contactId = await addFullPerson(app, { email, firstName: evil });
      await app.sql.exec('test.evil', `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) values ($1, $2, 'evil', 'Product Viewed', $3, 'site')`, [contactId, app.clock.now(), { [evil]: `"'>${evil}`, formula: '=HYPERLINK("http://evil.example")' }]);
      const path = pathOf((await askAndConfirm(email, 'portability')).at(-1));
      const { text } = await post(path, { form: 'html' });
      expect(text).not.toMatch(/<script|<img|onerror=alert\(1\)>(?!&)/);
      expect(text).toContain('&#60;script&#62;');
      const csv = await post(path, { form: 'csv' });
      expect(csv.text).not.toMatch(/(^|,)[=+@]/m);
      expect(csv.text).not.toContain('decisions'); // only what the person gave or did
    });
  });

  describe('handled by an officer', () => {
    it('is due a month later, on a working day, and says so to the person', async () => {
      app.clock.set(new Date('2027-01-31T10:00:00Z'));
      const email = newAddress();
      const request = await openByOfficer(await addPersonOnFile(app, { email }), 'erasure');
      expect(request).toMatchObject({ state: 'verified', dueOn: '2027-03-01', overdue: false }); // 28 February is a Sunday
      const [letter] = await letters();
      expect(letter!.text).toContain('1 maart 2027');
    });

    it('takes two months more with a reason, within the first month only', async () => {
      const request = await openByOfficer(await addPersonOnFile(app, { email: newAddress() }), 'erasure');
      const other = await openByOfficer(await addPersonOnFile(app, { email: newAddress() }), 'erasure');
      expect((await act(request.id, 'extend', { reason: '' })).status).toBe(422);
      expect((await act(request.id, 'extend', { reason: 'Veel systemen' })).body).toMatchObject({ state: 'extended', extensionReason: 'Veel systemen' });
      expect((await letters()).at(-1)!.text).toContain('Veel systemen');
      app.clock.advance(40 * 86_400_000);
      expect((await act(other.id, 'extend', { reason: 'Te laat gezien' })).body.type).toMatch(/too-late-to-extend/);
      const overdue = (await app.request('GET', '/api/v1/privacy/requests?overdue=true&limit=100')).body.items.map((one: { id: number }) => one.id);
      expect(overdue).toContain(other.id);
      expect(overdue).not.toContain(request.id);
    });

    it('is handed to a human before its day, once', async () => {
      const request = await openByOfficer(await addPersonOnFile(app, { email: newAddress() }), 'erasure');
      app.clock.advance(25 * 86_400_000);
      expect(await app.get(RightsScheduler).remind()).toBeGreaterThan(0);
      expect(await app.get(RightsScheduler).remind()).toBe(0);
      const { count } = await app.sql.one<{ count: number }>('test.tasks', `select count(*) from tasks where kind = 'rights_request' and reason like $1`, [`Request ${request.id} %`]);
      expect(count).toBe(1);
    });

    it('is refused with the reason and with where to complain', async () => {
      const request = await openByOfficer(await addPersonOnFile(app, { email: newAddress() }), 'erasure');
      expect((await act(request.id, 'refuse', { reason: 'Wij moeten de factuur zeven jaar bewaren.' })).body).toMatchObject({ state: 'refused' });
      const text = (await letters()).at(-1)!.text;
      expect(text).toContain('zeven jaar');
      expect(text).toContain('Autoriteit Persoonsgegevens');
      expect((await act(request.id, 'fulfil')).body.type).toMatch(/closed/);
    });

    it('does nothing for somebody who has not shown who he is', async () => {
      const contactId = await addPersonOnFile(app, { email: newAddress() });
      const { body } = await app.request('POST', '/api/v1/privacy/requests', { body: { contactId, kind: 'erasure' } });
      expect(body.state).toBe('identity_pending');
      expect((await act(body.id, 'fulfil')).body.type).toMatch(/not-identified/);
      expect((await act(body.id, 'identity', { how: 'passport seen at the desk' })).body).toMatchObject({ state: 'verified', identity: { how: 'passport seen at the desk' } });
    });

    it('erases, tells the person at an address that is no longer here, and leaves the request without a name', async () => {
      const email = newAddress();
      const contactId = await addFullPerson(app, { email, accountId });
      const request = await openByOfficer(contactId, 'erasure', { note: `Ik ben ${email}` });
      await letters();
      expect((await act(request.id, 'fulfil')).body).toMatchObject({ state: 'done', outcome: 'erased' });
      expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).status).toBe(404);
      expect(await letters()).toMatchObject([{ to: email, subject: 'Uw verzoek om verwijdering van uw gegevens is uitgevoerd' }]);
      expect((await tracesOf(app, [email], [contactId])).sort()).toEqual(['consent_records', 'consents']);
      const found = (await app.request('GET', `/api/v1/privacy/requests?email=${encodeURIComponent(email)}`)).body.items;
      expect(found).toMatchObject([{ id: request.id, contactId: null, wish: {}, state: 'done' }]);
      expect((await app.request('GET', '/api/v1/privacy/erasures?limit=1')).body.items[0]).toMatchObject({ requestId: request.id, cause: 'request', people: 1 });
    });

    it('restricts and lifts at once', async () => {
      const contactId = await addPersonOnFile(app, { email: newAddress() });
      const put = (restricted: boolean) => app.request('PUT', `/api/v1/privacy/contacts/${contactId}/restriction`, { body: { restricted } });
      expect((await put(true)).body).toEqual({ restricted: true, changed: true });
      expect((await put(true)).body).toEqual({ restricted: true, changed: false });
      expect((await put(false)).body).toEqual({ restricted: false, changed: true });
    });

    it('carries an objection out: to advertising for every topic, to profiling for the generic content', async () => {
      const email = newAddress();
      const contactId = await addFullPerson(app, { email });
      const request = await openByOfficer(contactId, 'objection', { to: 'both' });
      expect((await act(request.id, 'fulfil')).body).toMatchObject({ state: 'done' });
      const { rows } = { rows: await app.sql.many('test.state', 'select state from consents where contact_id = $1', [contactId]) };
      expect(rows).toEqual([{ state: 'objected' }]);
      const { off } = await app.sql.one<{ off: boolean }>('test.off', 'select profiling_off_at is not null as off from contacts where contact_id = $1', [contactId]);
      expect(off).toBe(true);
      expect((await app.get(SuppressionsService).of(app.sql, app.get(SuppressionsService).hashOf(email))).map((one) => one.reason)).toEqual(['unsubscribed_all']);
    });

    it('corrects what was asked, and keeps which recipients must be told', async () => {
      const contactId = await addPersonOnFile(app, { email: newAddress() });
      await app.request('POST', '/api/v1/privacy/recipients', { body: { name: `crm ${contactId}`, url: 'https://crm.example/hook', toldOf: ['rectified'] } });
      const request = await openByOfficer(contactId, 'rectification', { fields: { last_name: 'Zonneveld' } });
      expect((await act(request.id, 'fulfil')).body).toMatchObject({ state: 'done', outcome: 'corrected: last_name' });
      expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).body.last_name).toBe('Zonneveld');
      expect((await app.request('GET', `/api/v1/privacy/contacts/${contactId}/rectifications`)).body.items).toMatchObject([{ fields: ['last_name'], told: [{ recipient: `crm ${contactId}`, state: 'queued' }] }]);
    });

    it.each([
      ['reads requests without privacy:read', 'GET', '/api/v1/privacy/requests', ['contacts:read']],
      ['erases with privacy:read alone', 'DELETE', '/api/v1/privacy/contacts/1', ['privacy:read']],
      ['reads somebody’s copy with contacts:read', 'GET', '/api/v1/privacy/contacts/1/access', ['contacts:read', 'contacts:write']],
    ] as const)('answers 403 to a key that %s', async (_, method, path, scopes) => {
      const made = await app.get(ApiKeysService).create({ name: scopes.join(' '), scopes }, 'test');
      expect((await app.request(method, path, { key: made.ok ? made.value.key : null })).status).toBe(403);
    });
  });

  describe('recipients of data', () => {
    it('are told of an erasure, signed, and again after a refusal', async () => {
      const { body } = await app.request('POST', '/api/v1/privacy/recipients', { body: { name: 'mail house', url: 'https://mailhouse.example/hook', toldOf: ['erased'] } });
      const calls: { body: string; headers: Readonly<Record<string, string>> }[] = [];
      const post = jest.spyOn(app.get(WebhookSender), 'post').mockImplementation((_url, text, headers) => {
        calls.push({ body: text, headers });
        return Promise.resolve(calls.length === 1 ? { ok: false, response: 'HTTP 503', forGood: false } : { ok: true, response: 'HTTP 204' });
      });
      const email = newAddress();
      const contactId = await addFullPerson(app, { email });
      expect((await app.request('DELETE', `/api/v1/privacy/contacts/${contactId}`)).body).toMatchObject({ people: 1, recipientsToTell: 1 });
      await app.sql.exec('test.others', `delete from recipient_notices where kind <> 'erased'`);
      expect(await app.get(RecipientsService).deliverDue(app.clock.now())).toEqual({ delivered: 0, failed: 0, retried: 1 });
      expect(await app.get(RecipientsService).deliverDue(app.clock.now())).toEqual({ delivered: 0, failed: 0, retried: 0 });
      app.clock.advance(6 * 60_000);
      expect(await app.get(RecipientsService).deliverDue(app.clock.now())).toEqual({ delivered: 1, failed: 0, retried: 0 });
      const [, last] = calls;
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(last!.headers['tactful-signature']!)!;
      expect(createHmac('sha256', body.secret).update(`${t}.${last!.body}`).digest('hex')).toBe(v1);
      expect(JSON.parse(last!.body)).toMatchObject({ event: 'person.erased', people: [{ externalIds: [`crm-${contactId}`] }] });
      expect(last!.body).not.toContain(email);
      expect(await tracesOf(app, [email, `crm-${contactId}`])).toEqual([]);
      post.mockRestore();
    });

    describe('over real https', () => {
      let recipient: HttpsRecipient;
      beforeAll(async () => (recipient = await startHttpsRecipient()));
      beforeEach(() => recipient.calls.splice(0));
      afterAll(() => recipient.close());
      const send = (sender: WebhookSender, path = '/hook') => sender.post(`${recipient.url}${path}`, '{"event":"person.erased"}', { 'tactful-event': 'person.erased' });

      it.each([
        ['takes it', (response: ServerResponse) => response.writeHead(204).end(), { ok: true, response: 'HTTP 204' }],
        ['is down for a moment', (response: ServerResponse) => response.writeHead(503).end('later'), { ok: false, response: 'HTTP 503', forGood: false }],
        ['is gone for good', (response: ServerResponse) => response.writeHead(410).end(), { ok: false, response: 'HTTP 410', forGood: true }],
        ['sends on to a place inside the house', (response: ServerResponse) => response.writeHead(307, { location: 'https://169.254.169.254/latest/meta-data' }).end(), { ok: false, response: 'HTTP 307', forGood: false }],
        ['sends on to another place of its own', (response: ServerResponse) => response.writeHead(302, { location: '/elsewhere' }).end(), { ok: false, response: 'HTTP 302', forGood: false }],
        ['never answers', () => undefined, { ok: false, response: 'no answer in time', forGood: false }],
        ['answers by the byte', (response: ServerResponse) => drip(response), { ok: false, response: 'no answer in time', forGood: false }],
        ['hangs up', (response: ServerResponse) => response.socket?.destroy(), { ok: false, response: 'socket hang up', forGood: false }],
        ['goes on and on after its status', (response: ServerResponse) => flood(response), { ok: true, response: 'HTTP 200' }],
      ] as const)('knows what to make of a server that %s, and calls it once', async (_, answer, expected) => {
        recipient.answer = (_call, response) => void answer(response);
        expect(await send(new TrustingSender())).toEqual(expected);
        expect(recipient.calls).toMatchObject([{ path: '/hook', body: '{"event":"person.erased"}', headers: { 'content-type': 'application/json', 'tactful-event': 'person.erased' } }]);
      });

      it('trusts no certificate that nobody vouches for, and no name inside the house', async () => {
        expect((await send(new StrangerSender())).response).toMatch(/self-signed certificate/);
        expect((await send(new WebhookSender())).response).toMatch(/not allowed|private/i);
        expect(recipient.calls).toEqual([]);
      });

      it('tells of an erasure and of a correction until it was taken, signed, with the same number', async () => {
        const { body } = await app.request('POST', '/api/v1/privacy/recipients', { body: { name: 'live', url: `${recipient.url}/hook`, toldOf: ['erased', 'rectified'] } });
        const trusting = new TrustingSender();
        const post = jest.spyOn(app.get(WebhookSender), 'post').mockImplementation((url, text, headers) => (url.startsWith(recipient.url) ? trusting.post(url, text, headers) : Promise.resolve({ ok: true, response: 'another' })));
        let refuse = 2;
        recipient.answer = (_call, response) => void response.writeHead((refuse -= 1) >= 0 ? 500 : 200).end();
        const contactId = await addFullPerson(app, { email: newAddress() });
        const request = await openByOfficer(contactId, 'rectification', { fields: { last_name: 'Zonneveld' } });
        await app.request('POST', `/api/v1/privacy/requests/${request.id}/fulfil`, { body: {} });
        for (let tries = 0; tries < 4; tries += 1) {
          await app.get(RecipientsService).deliverDue(app.clock.now());
          app.clock.advance(3 * 3_600_000);
        }
        await app.request('DELETE', `/api/v1/privacy/contacts/${contactId}`);
        await app.get(RecipientsService).deliverDue(app.clock.now());
        expect(recipient.calls.map(({ headers }) => headers['tactful-event'])).toEqual(['person.rectified', 'person.rectified', 'person.rectified', 'person.erased']);
        expect(new Set(recipient.calls.slice(0, 3).map(({ headers }) => headers['tactful-delivery'])).size).toBe(1);
        for (const call of recipient.calls) {
          const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call.headers['tactful-signature']))!;
          expect(createHmac('sha256', body.secret).update(`${t}.${call.body}`).digest('hex')).toBe(v1);
        }
        expect(JSON.parse(recipient.calls[2]!.body)).toMatchObject({ event: 'person.rectified', fields: { last_name: 'Zonneveld' } });
        post.mockRestore();
        await app.request('DELETE', `/api/v1/privacy/recipients/${body.id}`);
      });
    });

    it.each([['http://mailhouse.example/'], ['ftp://mailhouse.example/'], ['javascript:alert(1)']])('cannot be at %s', async (url) => {
      expect((await app.request('POST', '/api/v1/privacy/recipients', { body: { name: 'odd', url } })).status).toBe(422);
    });

    it.each([['https://127.0.0.1/'], ['https://localhost/'], ['https://169.254.169.254/latest/meta-data'], ['https://[::1]/'], ['https://10.0.0.1/'], ['https://[::ffff:10.0.0.1]/']])('are never called inside the house: %s', async (url) => {
      const answer = await new WebhookSender().post(url, '{}', {});
      expect(answer).toMatchObject({ ok: false });
      expect(answer.response).toMatch(/not allowed|private|DNS lookup/i);
    });
  });
});
