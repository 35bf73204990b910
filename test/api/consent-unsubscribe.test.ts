import { LedgerService } from '../../src/consent/ledger.service.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import { type RequestOptions, type TestResponse, useApp } from '../support/app.js';
import { addContact, addPurpose, addSentMail } from '../support/people.js';

const URLENCODED = { body: 'List-Unsubscribe=One-Click', headers: { 'content-type': 'application/x-www-form-urlencoded' }, key: null } satisfies RequestOptions;
const MULTIPART = {
  body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
  headers: { 'content-type': 'multipart/form-data; boundary=x' },
  key: null,
} satisfies RequestOptions;

describe('one-click unsubscribe', () => {
  const app = useApp();
  let contactId = 0;
  let people = 0;

  beforeAll(async () => {
    await addPurpose(app, { key: 'newsletter' });
    await addPurpose(app, { key: 'events' });
  });

  beforeEach(async () => {
    contactId = await addContact(app, { email: `persoon-${(people += 1)}@voorbeeld.example` });
    const given = { contactId, event: 'given', legalBasis: 'consent', proof: { actor: 'self', method: 'web_form' } } as const;
    await app.get(LedgerService).append(app.sql, [{ ...given, purpose: 'newsletter' }, { ...given, purpose: 'newsletter', event: 'confirmed' }, { ...given, purpose: 'events' }], app.clock.now());
  });

  const linkOf = (messageId = 7, purpose = 'newsletter'): string => new URL(app.get(PreferenceLinks).unsubscribeUrl({ contactId, messageId, purpose })).pathname;
  const state = async (purpose = 'newsletter'): Promise<string | undefined> =>
    (await app.sql.maybe<{ state: string }>('test.state', 'select state from consents where contact_id = $1 and purpose = $2', [contactId, purpose]))?.state;
  const everything = (): Promise<unknown> =>
    app.sql.one(
      'test.everything',
      `select (select jsonb_agg(c order by c.sequence) from consent_records c where contact_id = $1) as ledger, (select jsonb_agg(c order by c.purpose) from consents c where contact_id = $1) as states,
         (select count(*) from suppressions) as suppressions, (select count(*) from audit_entries) as audit`,
      [contactId],
    );

  it.each([
    ['urlencoded', URLENCODED],
    ['as multipart', MULTIPART],
    ['with an empty body', { key: null }],
    ['with another body', { key: null, body: 'whatever', headers: { 'content-type': 'text/plain' } }],
  ] as const)('withdraws at once when it is posted %s', async (_, options) => {
    const response = await app.request('POST', linkOf(), options);
    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect(response.headers['location']).toBeUndefined();
    expect(await state()).toBe('withdrawn');
    expect(await state('events')).toBe('given');
  });

  it('keeps a proof of the click: which mail, from where, with which device, but nobody could find the person by it', async () => {
    await app.request('POST', linkOf(42), { ...URLENCODED, headers: { ...URLENCODED.headers, 'user-agent': 'Mailprogramma/1.0' } });
    const [record] = await app.get(LedgerService).timeline(contactId, 99, 1);
    expect(record).toMatchObject({ event: 'withdrawn', purpose: 'newsletter', legal_basis: 'consent' });
    expect(record?.proof).toEqual({
      actor: 'self', method: 'one_click', controller: app.config.mailFrom.name, policyVersion: expect.stringMatching(/^[0-9a-f]{16}$/), jurisdiction: 'NL', language: 'nl', messageId: 42, captureUrl: `${app.config.publicUrl}/unsubscribe`, truncatedIp: '127.0.0.0',
      userAgentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is one record, however often it is clicked, also all at once', async () => {
    await app.request('POST', linkOf(), URLENCODED);
    const after = await everything();
    for (let click = 0; click < 4; click += 1) expect((await app.request('POST', linkOf(), URLENCODED)).status).toBe(200);
    expect(await everything()).toEqual(after);
    await Promise.all(Array.from({ length: 8 }, () => app.request('POST', linkOf(7, 'events'), URLENCODED)));
    const clicks = await app.sql.one<{ count: number }>('test.count', `select count(*) from consent_records where contact_id = $1 and event = 'withdrawn'`, [contactId]);
    expect(clicks.count).toBe(2);
  });

  it('refuses nobody, however much comes from the address of a mailbox provider', async () => {
    const from = { ...URLENCODED, headers: { ...URLENCODED.headers, 'x-forwarded-for': '203.0.113.7' } };
    const guessed = await Promise.all(Array.from({ length: 400 }, () => app.request('POST', '/unsubscribe/guessed', from)));
    const first = await app.request('POST', linkOf(), from);
    expect(await state()).toBe('withdrawn');
    const again = await Promise.all(Array.from({ length: 400 }, () => app.request('POST', linkOf(), from)));
    const looked = await app.request('GET', linkOf(), { key: null, headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(new Set([...guessed, first, ...again, looked].map(({ status }) => status))).toEqual(new Set([200]));
    // The page of a link that is not ours is the same, but for the way on to the settings.
    const shown = (answer: TestResponse, token: string): string => answer.text.replaceAll(token, 'TOKEN');
    expect(shown(guessed[399]!, 'guessed')).toBe(shown(first, linkOf().split('/')[2]!));
  });

  it('takes effect for each of many people whose clicks come at once from one address', async () => {
    const people = await Promise.all(Array.from({ length: 40 }, (_, index) => addContact(app, { email: `burst-${index}@voorbeeld.example` })));
    await app.get(LedgerService).append(app.sql, people.map((one) => ({ contactId: one, purpose: 'events', event: 'given', legalBasis: 'consent', proof: { actor: 'self', method: 'web_form' } }) as const), app.clock.now());
    const links = people.map((one) => new URL(app.get(PreferenceLinks).unsubscribeUrl({ contactId: one, messageId: 9, purpose: 'events' })).pathname);
    await Promise.all(Array.from({ length: 60 }, () => app.request('POST', '/unsubscribe/guessed', URLENCODED)));
    const answers = await Promise.all(links.map((link) => app.request('POST', link, URLENCODED)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await app.sql.many('test.states', 'select distinct state from consents where contact_id = any($1)', [people])).toEqual([{ state: 'withdrawn' }]);
  });

  it('stops the mail again of somebody who changed his mind more often than a form may be sent', async () => {
    const given = { contactId, purpose: 'newsletter', event: 'given', legalBasis: 'consent', proof: { actor: 'self', method: 'web_form' } } as const;
    for (let turn = 0; turn < 35; turn += 1) {
      await app.get(LedgerService).append(app.sql, [given], app.clock.now());
      expect([(await app.request('POST', linkOf(), URLENCODED)).status, await state()]).toEqual([200, 'withdrawn']);
    }
  });

  it('works for mail of a campaign long gone, and for a purpose that was retired', async () => {
    await addPurpose(app, { key: `old_${contactId}` });
    await app.request('POST', `/api/v1/purposes/old_${contactId}/retire`);
    const link = linkOf(1, `old_${contactId}`);
    app.clock.advance(3_650 * 86_400_000);
    expect((await app.request('POST', link, URLENCODED)).status).toBe(200);
    expect(await state(`old_${contactId}`)).toBe('withdrawn');
    app.clock.advance(-3_650 * 86_400_000);
  });

  it('also ends the topic for the same mailbox in another spelling', async () => {
    const twin = await addContact(app, { email: `persoon-${people}+werk@voorbeeld.example` });
    await app.request('POST', linkOf(), URLENCODED);
    const response = await app.request('GET', `/api/v1/contacts/${twin}/consents`);
    expect(response.body.suppressions).toMatchObject([{ reason: 'unsubscribed_topic', purpose: 'newsletter' }]);
  });

  it.each(['GET', 'HEAD'] as const)('changes nothing on %s: scanners follow links', async (method) => {
    const link = linkOf(await addSentMail(app, contactId));
    const before = await everything();
    for (const path of [link, link.replace('/unsubscribe/', '/preferences/'), new URL(app.get(PreferenceLinks).preferenceUrl({ contactId })).pathname]) {
      const response = await app.request(method, path, { key: null });
      expect(response.status).toBe(200);
      if (method === 'GET') expect(response.text).toMatch(/<form method="post"/);
    }
    expect(await everything()).toEqual(before);
  });

  describe('with a token that this installation did not sign', () => {
    const shape = ({ status, headers, text }: TestResponse, token: string): unknown => {
      const { date: _date, ...rest } = headers;
      return { status, headers: rest, text: text.replaceAll(token, 'TOKEN') };
    };
    const strange = (token: string): [string, string][] => [
      ['made up', 'AQEAAAAAAAEAAAAAAAduZXdzbGV0dGVyAAAAAAAAAAAAAAAAAAAAAA'],
      ['truncated', token.slice(0, -1)],
      ['truncated at the front', token.slice(1)],
      ['with one letter changed', `${token.slice(0, 12)}${token[12] === 'A' ? 'B' : 'A'}${token.slice(13)}`],
      ['with something behind it', `${token}A`],
      ['in another spelling of the same bytes', `${token}%3D`],
      ['for another use', new URL(app.get(PreferenceLinks).preferenceUrl({ contactId })).pathname.split('/')[2]!],
      ['for another use still', new URL(app.get(PreferenceLinks).confirmUrl({ contactId, requestId: 1 })).pathname.split('/')[2]!],
      ['of a person who is gone', new URL(app.get(PreferenceLinks).unsubscribeUrl({ contactId: 999_999_999, messageId: 1, purpose: 'newsletter' })).pathname.split('/')[2]!],
      ['that is markup', encodeURIComponent('"><script>alert(1)</script>')],
      ['that is a thousand letters', 'A'.repeat(1_000)],
    ];

    it('looks exactly as with a good one, on GET and POST, and changes nothing', async () => {
      const token = linkOf().split('/')[2]!;
      const goodGet = shape(await app.request('GET', `/unsubscribe/${token}`, { key: null }), token);
      const before = await everything();
      const answers: unknown[] = [];
      for (const [, text] of strange(token)) {
        expect(shape(await app.request('GET', `/unsubscribe/${text}`, { key: null }), text)).toEqual({ ...(goodGet as object), headers: expect.any(Object) });
        answers.push(shape(await app.request('POST', `/unsubscribe/${text}`, URLENCODED), text));
      }
      expect(await everything()).toEqual(before);
      const good = shape(await app.request('POST', `/unsubscribe/${token}`, URLENCODED), token) as { headers: object };
      const { 'content-length': _length, ...headers } = good.headers as Record<string, unknown>;
      for (const answer of answers) expect(answer).toEqual({ ...good, headers: expect.objectContaining(headers) });
      expect(await state()).toBe('withdrawn');
    });

    it.each(['preferences', 'confirm'])('says no more than that the link does not work, on the %s page', async (page) => {
      const token = linkOf().split('/')[2]!;
      const pages = new Set<string>();
      for (const [name, text] of strange(token).filter(([name]) => !name.startsWith('for another use'))) {
        for (const method of ['GET', 'POST'] as const) {
          const response = await app.request(method, `/${page}/${text}`, { key: null });
          expect([name, page, response.status]).toEqual([name, page, 404]);
          pages.add(response.text.replaceAll(encodeURIComponent(decodeURIComponent(text)), 'TOKEN'));
        }
      }
      expect(pages.size).toBe(1);
    });

    it('never writes a foreign text into the page', async () => {
      const response = await app.request('GET', `/unsubscribe/${encodeURIComponent('"><script>alert(1)</script>')}`, { key: null });
      expect(response.text).not.toContain('<script');
      expect(response.text).not.toContain('alert(1)</');
    });
  });

  it('speaks the language of the browser, or the one that was asked for', async () => {
    const page = async (path: string, accepted?: string): Promise<string> => (await app.request('GET', path, { key: null, headers: accepted === undefined ? {} : { 'accept-language': accepted } })).text;
    expect(await page(linkOf())).toContain('<html lang="nl">');
    expect(await page(linkOf(), 'de-DE,de;q=0.9,en-GB;q=0.8,nl;q=0.7')).toContain('<html lang="en">');
    expect(await page(linkOf(), 'en;q=0')).toContain('<html lang="nl">');
    expect(await page(`${linkOf()}?lang=en`, 'nl')).toContain('<html lang="en">');
    expect(await page(`${linkOf()}?lang=xx&lang=yy`, 'en')).toContain('<html lang="en">');
  });

  it('sends headers that keep the token to the page', async () => {
    const { headers } = await app.request('GET', linkOf(), { key: null });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'noindex, nofollow' });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
  });
});
