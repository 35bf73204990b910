import { LedgerService } from '../../src/consent/ledger.service.js';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { LinkRequestsService } from '../../src/consent/preferences/link-requests.service.js';
import type { ConsentEvent } from '../../src/core/consent/consent-event.js';
import { LinkMailsService } from '../../src/messages/link-mails/link-mails.service.js';
import { MailboxService } from '../../src/messages/mailbox/mailbox.service.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addContact, addPurpose } from '../support/people.js';

const DAY = 86_400_000;

describe('the preference centre', () => {
  const app = useApp();
  let contactId = 0;
  let people = 0;

  beforeAll(async () => {
    await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
    await addPurpose(app, { key: 'customers', name: { nl: 'Klantenpost', en: 'Customer post' }, legalBasis: 'soft_opt_in' });
  });
  beforeEach(async () => {
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `bea-${(people += 1)}@voorbeeld.example`, firstName: 'Bea' });
    await say('given');
    await say('confirmed');
  });

  const say = (event: ConsentEvent, channel = 'email'): Promise<unknown> =>
    app.get(LedgerService).append(app.sql, [{ contactId, purpose: 'newsletter', channel, event, legalBasis: 'consent', proof: { actor: 'self', method: 'web_form', wording: 'Ja, stuur mij <b>de nieuwsbrief</b>.', controller: 'Voorbeeld B.V.' } }], app.clock.now());
  const token = (): string => app.get(LinkTokens).preferences({ contactId, issuedAt: app.clock.now() });
  const form = (path: string, fields: readonly (readonly [string, string])[]): Promise<TestResponse> =>
    app.request('POST', path, { key: null, body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const show = (lang = 'nl'): Promise<TestResponse> => app.request('GET', `/preferences/${token()}?lang=${lang}`, { key: null });
  const post = (...fields: readonly (readonly [string, string])[]): Promise<TestResponse> => form(`/preferences/${token()}`, fields);
  const chosen = (): Promise<unknown[]> => app.sql.many('test.chosen', 'select purpose, frequency, paused_until from contact_preferences where contact_id = $1 order by purpose', [contactId]);
  const factor = async (): Promise<number | undefined> => (await app.sql.maybe<{ factor: number }>('test.factor', 'select factor from pressure_factors where contact_id = $1', [contactId]))?.factor;
  const person = (): Promise<{ prefers_human_at: Date | null; profiling_off_at: Date | null }> => app.sql.one('test.person', 'select prefers_human_at, profiling_off_at from contacts where contact_id = $1', [contactId]);
  const audit = async (): Promise<unknown[]> => (await app.request('GET', `/api/v1/audit?subjectType=contact&subjectId=${contactId}`)).body.items;

  describe('what it says', () => {
    it('tells what really came lately beside what is promised', async () => {
      const mail = (id: number, at: Date, state = 'sent'): Promise<unknown> =>
        app.sql.exec(
          'test.mail',
          `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at) values ($1, 1, 1, 0, $2, 1, 'newsletter', 'marketing', 'nl', $4, $3, $3, $3, $3)`,
          [contactId, id, at, state],
        );
      const now = app.clock.now().getTime();
      await mail(1, new Date(now - 95 * DAY));
      await mail(2, new Date(now - 40 * DAY));
      await mail(3, new Date(now - 3 * DAY));
      await mail(4, new Date(now - 2 * DAY), 'denied');
      const { text } = await show();
      expect(text).toContain('Eens per maand.');
      expect(text).toContain('De afgelopen 90 dagen kwamen er 2 mails, de laatste op 6 juni 2026.');
      expect(text).toContain('De afgelopen 90 dagen kwam er niets.');
      expect((await show('en')).text).toContain('In the last 90 days 2 mails came, the last on 6 June 2026.');
    });

    it('says since when and why: the basis in plain words, the text that was agreed to, and where the data came from', async () => {
      await app.sql.exec('test.source', `update contacts set source = 'beurs <2026>', source_at = '2026-03-04T10:00:00Z', obtained_from = 'third_party' where contact_id = $1`, [contactId]);
      const { text } = await show();
      expect(text).toContain('Omdat je er zelf ja tegen zei.');
      expect(text).toContain('Op 9 juni 2026, met een formulier op een website:');
      expect(text).toContain('<q>Ja, stuur mij &lt;b&gt;de nieuwsbrief&lt;/b&gt;.</q>');
      expect(text).toContain('Omdat je klant bij ons bent');
      expect(text).toContain('Van een ander, niet van jou zelf (beurs &lt;2026&gt;), op 4 maart 2026.');
    });
  });

  describe('less often', () => {
    it.each([
      ['weekly', 'Hooguit één keer per week'],
      ['digest', 'Hooguit één keer per twee weken'],
      ['monthly', 'Hooguit één keer per maand'],
    ])('keeps a topic to %s, and counts it as a sign that it was too much', async (choice, words) => {
      const { text } = await post(['action', 'save'], ['often', `newsletter:${choice}`], ['often_shown', 'newsletter:']);
      expect(text).toMatch(new RegExp(`<option value="newsletter:${choice}" selected>${words}`));
      expect(await chosen()).toEqual([{ purpose: 'newsletter', frequency: choice, paused_until: null }]);
      expect(await factor()).toBeCloseTo(0.5, 5);
      expect(await audit()).toMatchObject([{ actor: 'self', action: 'preferences.changed', details: { often: { newsletter: choice } } }]);
    });

    it('does so for all mail together, and lets go of it again without a sign', async () => {
      await post(['action', 'save'], ['often', ':monthly'], ['often_shown', ':']);
      expect(await chosen()).toMatchObject([{ purpose: '', frequency: 'monthly' }]);
      await app.sql.exec('test.factors', 'delete from pressure_factors');
      await post(['action', 'save'], ['often', ':'], ['often_shown', ':monthly']);
      expect(await chosen()).toMatchObject([{ purpose: '', frequency: null }]);
      expect(await factor()).toBeUndefined();
    });

    it.each([
      ['what was not touched', [['often', 'newsletter:'], ['often_shown', 'newsletter:']]],
      ['a topic that the page did not show', [['often', 'newsletter:monthly'], ['often_shown', 'customers:']]],
      ['a frequency that is none', [['often', 'newsletter:hourly'], ['often_shown', 'newsletter:']]],
      ['a purpose that does not exist', [['often', 'nonsense:weekly'], ['often_shown', 'nonsense:']]],
      ['nonsense', [['often', 'x'], ['often_shown', '']]],
    ] as const)('changes nothing for %s', async (_, fields) => {
      expect((await post(['action', 'save'], ...fields)).status).toBe(200);
      expect(await chosen()).toEqual([]);
      expect(await factor()).toBeUndefined();
    });

    it('counts switching a topic off as a sign too, once', async () => {
      await post(['action', 'save'], ['shown', 'newsletter:on']);
      await post(['action', 'save'], ['shown', 'newsletter:on']);
      expect(await factor()).toBeCloseTo(0.5, 5);
    });
  });

  describe('a pause', () => {
    it.each([30, 90])('of %i days holds all mail, says until when, and can be ended', async (days) => {
      const { text } = await post(['action', `pause_${days}`]);
      const until = new Date(app.clock.now().getTime() + days * DAY);
      expect(await chosen()).toEqual([{ purpose: '', frequency: null, paused_until: until }]);
      expect(text).toContain(`Er is pauze tot en met ${new Intl.DateTimeFormat('nl-NL', { dateStyle: 'long', timeZone: 'Europe/Amsterdam' }).format(until)}`);
      expect(text).toContain('value="resume"');
      expect((await post(['action', 'resume'])).text).toContain('De pauze is voorbij');
      expect(await chosen()).toEqual([{ purpose: '', frequency: null, paused_until: null }]);
    });

    it('is over by itself, keeps what was chosen beside it, and resuming without a pause writes nothing', async () => {
      await post(['action', 'save'], ['often', ':monthly'], ['often_shown', ':']);
      await post(['action', 'pause_30']);
      expect(await chosen()).toMatchObject([{ purpose: '', frequency: 'monthly', paused_until: expect.any(Date) }]);
      app.clock.advance(31 * DAY);
      expect((await show()).text).toContain('value="pause_30"');
      const before = await audit();
      await post(['action', 'resume']);
      expect(await audit()).toEqual(before);
    });
  });

  describe('how somebody is treated', () => {
    const shown = ['email_opens:off', 'email_clicks:off', 'profiling:on', 'automated:on'].map((one) => ['privacy_shown', one] as const);
    const privacy = (...on: string[]): Promise<TestResponse> => post(['action', 'privacy'], ...shown, ...on.map((one) => ['privacy', one] as const));
    const tracking = async (): Promise<string[]> =>
      (await app.sql.many<{ line: string }>('test.tracking', `select concat_ws(' ', purpose, channel, state) as line from consents where contact_id = $1 and channel <> 'email' order by 1`, [contactId])).map((row) => row.line);

    it('is not followed unless he says so himself; his yes is a record of its own with the words that stood beside the switch', async () => {
      expect((await show()).text).toMatch(/value="email_opens"[^>]*>/);
      expect((await show()).text).not.toMatch(/value="email_opens"[^>]* checked>/);
      await privacy('email_opens', 'profiling', 'automated');
      expect(await tracking()).toEqual(['customers email_opens confirmed', 'newsletter email_opens confirmed']);
      const [record] = await app.get(LedgerService).timeline(contactId, 99, 1);
      expect(record).toMatchObject({ channel: 'email_opens', event: 'confirmed', proof: { method: 'preference_page', wording: 'Houd bij of ik jullie mails open.' } });
      expect((await show()).text).toMatch(/value="email_opens"[^>]* checked>/);
      expect((await app.request('GET', `/api/v1/contacts/${contactId}/consents`)).body.current.find((row: { purpose: string; channel: string }) => row.purpose === 'newsletter' && row.channel === 'email').state).toBe('confirmed');
    });

    it('can take it back; the mail itself goes on', async () => {
      await privacy('email_opens', 'email_clicks', 'profiling', 'automated');
      await post(['action', 'privacy'], ['privacy_shown', 'email_opens:on'], ['privacy_shown', 'email_clicks:on'], ['privacy', 'email_clicks']);
      expect(await tracking()).toEqual(['customers email_clicks confirmed', 'customers email_opens withdrawn', 'newsletter email_clicks confirmed', 'newsletter email_opens withdrawn']);
    });

    it('is not asked about being followed where that is not done to anybody', async () => {
      await app.sql.exec('test.country', 'update contacts set country = null where contact_id = $1', [contactId]);
      const { text } = await show();
      expect(text).not.toContain('value="email_opens"');
      expect(text).toContain('In jouw land volgen we niemand');
    });

    it('gets the generic mail once profiling is off, and the other again', async () => {
      await privacy('automated');
      expect(await person()).toEqual({ prefers_human_at: null, profiling_off_at: app.clock.now() });
      await post(['action', 'privacy'], ['privacy_shown', 'profiling:off'], ['privacy', 'profiling']);
      expect(await person()).toEqual({ prefers_human_at: null, profiling_off_at: null });
    });

    it('gets no automated mail when only a person may write, and the page says so', async () => {
      await privacy('profiling');
      expect(await person()).toEqual({ prefers_human_at: app.clock.now(), profiling_off_at: null });
      expect((await show()).text).toContain('Je krijgt geen automatische mail van ons');
      expect(await audit()).toMatchObject([{ action: 'preferences.changed', details: { prefersHuman: true } }]);
    });

    it('is followed no more when everything is switched off', async () => {
      await privacy('email_opens', 'email_clicks', 'profiling', 'automated');
      await post(['action', 'all_off']);
      expect((await tracking()).every((line) => /(withdrawn|objected)$/.test(line))).toBe(true);
    });
  });

  describe('a link that expired or was forwarded', () => {
    const link = (): string => `/preferences/${token()}`;
    const mails = async (): Promise<{ text: string; headers: string; to: string }[]> => {
      await app.get(LinkRequestsService).settled();
      await app.get(LinkMailsService).deliverDue(app.clock.now());
      const mailbox = app.get(MailboxService);
      const rows = await mailbox.list(`bea-${people}@voorbeeld.example`, Number.MAX_SAFE_INTEGER, 20);
      return Promise.all(rows.map(async (row) => (await mailbox.read(row.mail_id))!));
    };

    it('is good for 400 days; one of before links had an end, for good', async () => {
      const [dated, undated] = [link(), `/preferences/${app.get(LinkTokens).preferences({ contactId })}`];
      app.clock.advance(400 * DAY - 1);
      expect((await app.request('GET', dated, { key: null })).status).toBe(200);
      app.clock.advance(1);
      expect((await app.request('GET', dated, { key: null })).status).toBe(404);
      expect((await form(dated, [['action', 'all_off']])).status).toBe(404);
      expect((await app.request('GET', undated, { key: null })).status).toBe(200);
    });

    it('still unsubscribes after 400 days, when the same link no longer opens the preferences', async () => {
      const { message_id: messageId } = await app.sql.one<{ message_id: number }>(
        'test.mail',
        `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at) values ($1, 1, 1, 0, 1, 1, 'newsletter', 'marketing', 'nl', 'sent', $2, $2, $2, $2) returning message_id`,
        [contactId, app.clock.now()],
      );
      const unsubscribe = new URL(app.get(PreferenceLinks).unsubscribeUrl({ contactId, messageId, purpose: 'newsletter' })).pathname;
      const preferences = unsubscribe.replace('/unsubscribe/', '/preferences/');
      expect((await app.request('GET', preferences, { key: null })).status).toBe(200);
      app.clock.advance(401 * DAY);
      expect((await app.request('GET', preferences, { key: null })).status).toBe(404);
      expect((await app.request('POST', unsubscribe, { key: null })).status).toBe(200);
      expect((await app.request('GET', `/api/v1/contacts/${contactId}/consents`)).body.suppressions).toMatchObject([{ reason: 'unsubscribed_topic' }]);
    });

    it('shows no name and no whole address while it works, and nothing at all afterwards', async () => {
      expect((await show()).text).not.toMatch(/Bea|bea-/);
      const old = link();
      app.clock.advance(500 * DAY);
      const { text } = await app.request('GET', old, { key: null });
      expect(text).not.toMatch(/Bea|bea|voorbeeld\.example<\/span>|Nieuwsbrief/);
      expect(text).toContain('Mail mij een nieuwe link');
    });

    it('is renewed by a button: the new one goes to the address on file, and works', async () => {
      const old = link();
      app.clock.advance(500 * DAY);
      expect((await form(`${old}/renew`, [])).text).toContain('Kijk in je mail');
      const [mail] = await mails();
      expect(mail).toMatchObject({ subject: 'Je nieuwe link', to: `bea-${people}@voorbeeld.example` });
      expect(mail?.headers).not.toContain('List-Unsubscribe');
      const path = /https:\/\/mail\.voorbeeld\.example(\/preferences\/[\w-]+)/.exec(mail!.text)![1]!;
      expect((await app.request('GET', path, { key: null })).status).toBe(200);
    });

    it('answers the same for any token, and mails nobody for one that is not ours', async () => {
      const good = await form(`${link()}/renew`, []);
      const before = await app.sql.one<{ count: number }>('test.count', 'select count(*) from link_mails');
      for (const strange of ['AQEAAAAAAAEAAAAAAAduZXdzbGV0dGVyAAAAAAAAAAAAAAAAAAAAAA', token().slice(0, -1), 'x', encodeURIComponent('"><script>'), app.get(LinkTokens).preferences({ contactId: 999_999_999 })]) {
        const answer = await form(`/preferences/${strange}/renew`, []);
        expect([answer.status, answer.text]).toEqual([good.status, good.text]);
      }
      await app.get(LinkRequestsService).settled();
      expect(await app.sql.one('test.count', 'select count(*) from link_mails')).toEqual(before);
    });

    it('mails three times an hour and six times a day at most, and one at a time', async () => {
      const ask = async (): Promise<number> => {
        await form(`${link()}/renew`, []);
        return (await mails()).length;
      };
      await Promise.all([1, 2, 3, 4, 5].map(() => form(`${link()}/renew`, [])));
      expect((await mails()).length).toBe(1);
      expect([await ask(), await ask(), await ask(), await ask()]).toEqual([2, 3, 3, 3]);
      const counts: number[] = [];
      for (let hour = 0; hour < 5; hour += 1) {
        app.clock.advance(3_600_001);
        counts.push(await ask());
      }
      expect(counts).toEqual([4, 5, 6, 6, 6]);
    });

    it('asks for data by mail too: that link is good for 24 hours, and a preference link never opens data', async () => {
      await form(`${link()}/my-data`, []);
      const [mail] = await mails();
      expect(mail).toMatchObject({ subject: 'Je link naar je gegevens' });
      expect(mail?.text).toMatch(/https:\/\/mail\.voorbeeld\.example\/my-data\/[\w-]+/);
    });

    it('does not mail an address that bounced', async () => {
      await app.request('POST', '/api/v1/suppressions', { body: { contactId, reason: 'hard_bounce' } });
      await form(`${link()}/renew`, []);
      expect(await mails()).toEqual([]);
    });

    it.each(['GET', 'HEAD'] as const)('changes nothing and mails nobody on %s', async (method) => {
      for (const page of ['', '/renew', '/my-data']) expect((await app.request(method, `${link()}${page}`, { key: null })).status).toBe(200);
      expect((await app.request(method, `/person/${token()}`, { key: null })).status).toBe(200);
      expect(await mails()).toEqual([]);
      expect(await chosen()).toEqual([]);
      expect(await audit()).toEqual([]);
    });
  });

  describe('talk to a person', () => {
    const person = (message: string, path = `/person/${app.get(LinkTokens).person({ contactId, messageId: 5 })}`): Promise<TestResponse> => form(path, [['message', message]]);
    const tasks = (): Promise<{ kind: string; details: Record<string, unknown>; due_at: Date; opened_by: string; state: string }[]> =>
      app.sql.many('test.tasks', 'select kind, details, due_at, opened_by, state from tasks where contact_id = $1 order by task_id', [contactId]);
    const holds = (): Promise<unknown[]> => app.sql.many('test.holds', 'select kind, ends_at from contact_holds where contact_id = $1', [contactId]);

    it('hands the message to a human and holds the machine, and says by when somebody answers', async () => {
      const { text } = await person('Ik wil <iemand> spreken.\r\nBel 06-12345678.');
      expect(await tasks()).toMatchObject([{ kind: 'talk_to_person', opened_by: 'self', state: 'open', details: { message: 'Ik wil <iemand> spreken.\nBel 06-12345678.', language: 'nl', messageId: 5 } }]);
      expect(await holds()).toEqual([{ kind: 'conversation', ends_at: null }]);
      const [task] = await tasks();
      expect(text).toContain(`uiterlijk ${new Intl.DateTimeFormat('nl-NL', { dateStyle: 'long', timeZone: 'Europe/Amsterdam' }).format(task?.due_at)}`);
      expect(task!.due_at.getTime() - app.clock.now().getTime()).toBeLessThanOrEqual(5 * DAY); // one working day, and no holiday takes longer
    });

    it('is one task, however often the same is sent, and a second message stands with it', async () => {
      await Promise.all([person('Hallo?'), person('Hallo?')]);
      await person('En nog iets: het is dringend.');
      expect(await tasks()).toHaveLength(1);
      expect(await app.sql.many('test.notes', 'select author, note from task_notes n join tasks t using (task_id) where t.contact_id = $1', [contactId])).toEqual([{ author: 'self', note: 'En nog iets: het is dringend.' }]);
    });

    it('goes to the owner of the account', async () => {
      const { account_id: accountId, owner_id: owner } = await app.sql.one<{ account_id: number; owner_id: number }>(
        'test.account',
        `with o as (insert into users (email, name) values ('vera@voorbeeld.example', 'Vera') returning user_id) insert into accounts (name, name_key, owner_id, source, created_at, updated_at) select 'A', 'a', user_id, 'test', $1, $1 from o returning account_id, owner_id`,
        [app.clock.now()],
      );
      await app.sql.exec('test.move', 'update contacts set account_id = $2, bucket = bucket_of(contact_id, $2) where contact_id = $1', [contactId, accountId]);
      await person('Hallo');
      expect(await app.sql.one('test.owner', 'select owner_id from tasks where contact_id = $1', [contactId])).toEqual({ owner_id: owner });
    });

    it('asks for words when there are none', async () => {
      const { status, text } = await person(' \n ');
      expect([status, text.includes('Er staat nog niets in je bericht')]).toEqual([422, true]);
      expect(await tasks()).toEqual([]);
    });

    it('opens with the link of the preference page as well, and with nothing that is not ours', async () => {
      expect((await person('Hallo', `/person/${token()}`)).status).toBe(200);
      for (const strange of ['x', token().slice(1), app.get(LinkTokens).survey({ contactId, messageId: 1 })]) expect((await person('Hallo', `/person/${strange}`)).status).toBe(404);
      expect(await tasks()).toHaveLength(1);
    });

    it('cannot be used to bury a colleague in tasks', async () => {
      const answers: number[] = [];
      for (let attempt = 0; attempt < 32; attempt += 1) answers.push((await person(`Bericht ${attempt}`)).status);
      expect(answers.filter((status) => status === 429)).toHaveLength(2);
      expect(await tasks()).toHaveLength(1);
    });
  });
});
