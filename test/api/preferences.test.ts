import { LedgerService } from '../../src/consent/ledger.service.js';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { PreferenceLinks } from '../../src/consent/preference-links.js';
import type { ConsentEvent } from '../../src/core/consent/consent-event.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addContact, addPurpose, addSentMail, askToConfirm } from '../support/people.js';

describe('the preference page', () => {
  const app = useApp();
  let contactId = 0;
  let people = 0;

  beforeAll(async () => {
    await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
    await addPurpose(app, { key: 'events', name: { nl: 'Uitnodigingen', en: 'Invitations' } });
    await addPurpose(app, { key: 'customers', name: { nl: 'Klantenpost', en: 'Customer post' }, legalBasis: 'soft_opt_in' });
    await addPurpose(app, { key: 'orders', name: { nl: 'Je bestelling', en: 'Your order' }, legalBasis: 'contract', messageClass: 'service' });
    await addPurpose(app, { key: 'old', name: { nl: 'Oud nieuws', en: 'Old news' } });
    await app.request('POST', '/api/v1/purposes/old/retire');
  });

  beforeEach(async () => {
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `anna-${(people += 1)}@voorbeeld.example`, firstName: '<script>alert("Anna")</script>' });
    await append('newsletter', 'given');
    await append('newsletter', 'confirmed');
  });

  const append = (purpose: string, event: ConsentEvent): Promise<unknown> =>
    app.get(LedgerService).append(app.sql, [{ contactId, purpose, event, legalBasis: 'consent', proof: { actor: 'self', method: 'web_form', wording: 'Ja', controller: 'Voorbeeld B.V.' } }], app.clock.now());
  const path = (): string => new URL(app.get(PreferenceLinks).preferenceUrl({ contactId })).pathname;
  const show = (query = '', headers: Record<string, string> = {}): Promise<TestResponse> => app.request('GET', `${path()}${query}`, { key: null, headers });
  const post = (fields: readonly (readonly [string, string])[], query = ''): Promise<TestResponse> =>
    app.request('POST', `${path()}${query}`, { key: null, body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });

  /** Fills the form as a browser would: what the page shows, with these switches in another position. */
  async function save(...switches: string[]): Promise<TestResponse> {
    const page = await show();
    const shown = [...page.text.matchAll(/name="shown" value="([^"]+)"/g)].map((match) => match[1]!);
    const on = shown.filter((one) => one.endsWith(':on') !== switches.includes(one.split(':')[0]!)).map((one) => one.split(':')[0]!);
    return post([...shown.map((one) => ['shown', one] as const), ...on.map((one) => ['topic', one] as const), ['action', 'save']]);
  }
  const allOff = (): Promise<TestResponse> => post([['action', 'all_off']]);
  const positions = async (): Promise<Record<string, boolean>> =>
    Object.fromEntries([...(await show()).text.matchAll(/name="topic" value="([^"]+)"[^>]*?( checked)?>/g)].map((match) => [match[1]!, match[2] !== undefined]));
  const events = async (): Promise<string[]> => (await app.get(LedgerService).timeline(contactId, 99, 50)).toReversed().map((row) => `${row.purpose} ${row.event}`);
  const suppressions = async (): Promise<string[]> =>
    (await app.request('GET', `/api/v1/contacts/${contactId}/consents`)).body.suppressions.map((one: { reason: string; purpose: string | null }) => [one.reason, one.purpose].filter(Boolean).join(' '));

  it('shows each topic with what it is and how often it comes, and what cannot be switched off apart', async () => {
    const { status, text } = await show();
    expect(status).toBe(200);
    expect(await positions()).toEqual({ newsletter: true, events: false, customers: true });
    expect(text).toContain('Nieuwsbrief');
    expect(text).toContain('Eens per maand.');
    expect(text).toContain('Staat aan sinds 9 juni 2026.');
    expect(text).toMatch(/<dt>Je bestelling<\/dt>/);
    expect(text).not.toContain('Oud nieuws');
  });

  it('names the address only as far as its owner needs, and no name at all', async () => {
    const { text } = await show();
    expect(text).toContain('a•••@v•••.example');
    expect(text).not.toContain('anna-');
    expect(text).not.toContain('alert');
  });

  it('speaks the language of the person, and the other one at the switch', async () => {
    expect((await show('', { 'accept-language': 'en' })).text).toContain('<html lang="nl">');
    const english = await show('?lang=en');
    expect(english.text).toContain('<html lang="en">');
    expect(english.text).toContain('On since 9 June 2026.');
    expect(english.text).toContain('Newsletter');
    expect((await post([['action', 'all_off']], '?lang=en')).text).toContain('Everything is off.');
  });

  it('switches a topic off: a withdrawal in the ledger, and nothing else', async () => {
    const { text, headers } = await save('newsletter');
    expect(text).toContain('Je keuze is bewaard');
    expect(headers['set-cookie']).toBeUndefined();
    expect(await positions()).toEqual({ newsletter: false, events: false, customers: true });
    expect(await events()).toEqual(['newsletter given', 'newsletter confirmed', 'newsletter withdrawn']);
    expect(await suppressions()).toEqual(['unsubscribed_topic newsletter']);
  });

  it('switches a topic on: consent and its confirmation, with the words that stood beside the switch', async () => {
    await save('events');
    expect(await events()).toEqual(['newsletter given', 'newsletter confirmed', 'events given', 'events confirmed']);
    const [record] = await app.get(LedgerService).timeline(contactId, 99, 1);
    expect(record?.proof).toMatchObject({ actor: 'self', method: 'preference_page', wording: 'Stuur mij: Uitnodigingen. Wat erin staat. Eens per maand.', controller: app.config.mailFrom.name, language: 'nl', captureUrl: `${app.config.publicUrl}/preferences` });
    expect((await app.request('GET', `/api/v1/contacts/${contactId}/consents`)).body.current).toContainEqual(expect.objectContaining({ purpose: 'events', state: 'confirmed', evidenceComplete: true }));
  });

  it('takes a topic off and on again, with the suppression going as it came', async () => {
    await save('newsletter');
    await save('newsletter');
    expect(await positions()).toMatchObject({ newsletter: true });
    expect(await suppressions()).toEqual([]);
    expect((await events()).slice(2)).toEqual(['newsletter withdrawn', 'newsletter given', 'newsletter confirmed']);
  });

  it('ends mail that needs no consent just the same', async () => {
    await save('customers');
    expect(await events()).toContain('customers withdrawn');
    expect(await positions()).toMatchObject({ customers: false });
  });

  it('lets somebody confirm who signed up and never did', async () => {
    await append('events', 'given');
    expect((await show()).text).toContain('maar nog niet bevestigd');
    expect(await positions()).toMatchObject({ events: false });
    await save('events');
    expect(await positions()).toMatchObject({ events: true });
  });

  it('switches everything off: an objection for each purpose of advertising, and a suppressed address', async () => {
    const { text } = await allOff();
    expect(text).toContain('Alles staat uit.');
    expect(await positions()).toEqual({ newsletter: false, events: false, customers: false });
    expect((await events()).slice(2).sort()).toEqual(['customers objected', 'events objected', 'newsletter objected', 'old objected']);
    expect(await suppressions()).toEqual(['unsubscribed_all']);
    expect((await show()).text).toContain('Zet een onderwerp aan als je dat weer wilt');
  });

  it('writes nothing more when everything is switched off again', async () => {
    await allOff();
    const before = await events();
    await allOff();
    await Promise.all([allOff(), allOff(), allOff()]);
    expect(await events()).toEqual(before);
  });

  it('welcomes somebody back for the one topic that was chosen', async () => {
    await allOff();
    await save('events');
    expect(await positions()).toEqual({ newsletter: false, events: true, customers: false });
    expect(await suppressions()).toEqual([]);
    expect((await events()).slice(-2)).toEqual(['events given', 'events confirmed']);
    const audit = await app.request('GET', `/api/v1/audit?subjectType=contact&subjectId=${contactId}`);
    expect(audit.body.items).toMatchObject([{ actor: 'self', action: 'suppression.lifted', details: { reason: 'unsubscribed_all' } }]);
  });

  it('does not lift a bounce or a complaint because a box was ticked', async () => {
    for (const reason of ['hard_bounce', 'complaint']) await app.request('POST', '/api/v1/suppressions', { body: { contactId, reason } });
    await allOff();
    await save('events');
    expect((await suppressions()).sort()).toEqual(['complaint', 'hard_bounce']);
  });

  it.each([
    ['an empty form', []],
    ['a form that is not ours', [['action', 'drop table']]],
    ['a topic that the page did not show', [['action', 'save'], ['topic', 'events']]],
    ['a purpose that is no topic', [['action', 'save'], ['shown', 'orders:off'], ['topic', 'orders']]],
    ['a retired purpose', [['action', 'save'], ['shown', 'old:off'], ['topic', 'old']]],
    ['a purpose that does not exist', [['action', 'save'], ['shown', 'nonsense:off'], ['topic', 'nonsense'], ['shown', '__proto__:on']]],
    ['nothing but what is so already', [['action', 'save'], ['shown', 'newsletter:on'], ['topic', 'newsletter'], ['shown', 'events:off']]],
  ] as const)('changes nothing for %s', async (_, fields) => {
    const before = await events();
    expect((await post(fields)).status).toBe(200);
    expect(await events()).toEqual(before);
    expect(await suppressions()).toEqual([]);
  });

  it('changes only what was touched on a page that stood open while something else changed', async () => {
    const stale = [['shown', 'newsletter:on'], ['topic', 'newsletter'], ['shown', 'events:off'], ['topic', 'events'], ['action', 'save']] as const;
    await save('newsletter');
    await post(stale);
    expect(await positions()).toMatchObject({ newsletter: false, events: true });
  });

  it('opens with the unsubscribe link of a mail too, and not with one whose mail is gone, so that nobody knows how old it is', async () => {
    const messageId = await addSentMail(app, contactId, 'events');
    const link = (of: number): string => new URL(app.get(PreferenceLinks).unsubscribeUrl({ contactId, messageId: of, purpose: 'events' })).pathname.replace('/unsubscribe/', '/preferences/');
    expect((await app.request('GET', link(messageId), { key: null })).text).toContain('Wat wil je van ons ontvangen?');
    const gone = await app.request('GET', link(messageId + 1_000), { key: null });
    expect([gone.status, gone.text.includes('Mail mij een nieuwe link')]).toEqual([404, true]);
  });

  it('escapes what officers write', async () => {
    await addPurpose(app, { key: 'markup', name: { nl: '<img src=x onerror=alert(1)>', en: '"\'><b>x' }, description: { nl: '</style><script>', en: 'x' } });
    const { text } = await show();
    expect(text).toContain('&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt;');
    expect(text).not.toMatch(/<img|<script|<b>/);
    await app.request('POST', '/api/v1/purposes/markup/retire');
  });

  it('asks somebody to wait who changes his mind more than thirty times a minute, and changes nothing meanwhile', async () => {
    const answers: TestResponse[] = [];
    for (let attempt = 0; attempt < 32; attempt += 1) answers.push(await post([]));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(30);
    const refused = await allOff();
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    expect(refused.text).toContain('Even geduld');
    expect(await positions()).toMatchObject({ newsletter: true });
  });

  it('leaves ledgers that hold', async () => {
    expect((await app.get(LedgerCheckService).verify()).findings).toEqual([]);
  });
});

describe('the confirm page of a double opt-in', () => {
  const app = useApp();
  let contactId = 0;
  let flooding = 0;

  beforeAll(async () => {
    await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
  });
  beforeEach(async () => {
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `bert-${app.clock.now().getTime()}@voorbeeld.example`, language: 'en' });
    await append('given');
  });

  const append = (event: ConsentEvent): Promise<unknown> =>
    app.get(LedgerService).append(app.sql, [{ contactId, purpose: 'newsletter', event, legalBasis: 'consent', proof: { actor: 'self', method: 'web_form', wording: 'Yes', controller: 'Voorbeeld B.V.' } }], app.clock.now());
  const link = (): Promise<string> => askToConfirm(app, contactId);
  const state = async (): Promise<string> => (await app.request('GET', `/api/v1/contacts/${contactId}/consents`)).body.current[0].state;
  const count = async (): Promise<number> => (await app.get(LedgerService).timeline(contactId, 99, 50)).length;

  it('shows what is confirmed and a button on GET, and changes nothing by it', async () => {
    const path = await link();
    const page = await app.request('GET', path, { key: null });
    expect(page.text).toContain('you want to get this from us: Newsletter.');
    await app.request('HEAD', path, { key: null });
    expect(await state()).toBe('given');
  });

  it('confirms by POST, with its proof', async () => {
    const sentAt = app.clock.now();
    const path = await link();
    app.clock.advance(3_600_000);
    const page = await app.request('POST', path, { key: null });
    expect(page.status).toBe(200);
    expect(page.text).toContain('Thank you');
    expect(await state()).toBe('confirmed');
    const [record] = await app.get(LedgerService).timeline(contactId, 99, 1);
    expect(record?.proof).toMatchObject({ method: 'confirm_page', sentAt: sentAt.toISOString(), confirmedAt: app.clock.now().toISOString(), doubleOptInTokenId: expect.stringMatching(/^[0-9a-f]{32}$/), wording: expect.stringContaining('Newsletter') });
    expect(path).not.toContain(record?.proof.doubleOptInTokenId);
  });

  it('counts once: the token is used up, also for somebody who withdrew and came back', async () => {
    const path = await link();
    await Promise.all([1, 2, 3].map(() => app.request('POST', path, { key: null })));
    expect(await count()).toBe(2);
    await append('withdrawn');
    expect((await app.request('POST', path, { key: null })).status).toBe(404);
    expect(await state()).toBe('withdrawn');
    await append('given');
    expect((await app.request('POST', path, { key: null })).status).toBe(404);
    expect(await state()).toBe('given');
  });

  it('answers 429 to too many tries by one person, and to a flood from one address', async () => {
    const path = await link();
    const tries = await Promise.all(Array.from({ length: 31 }, () => app.request('POST', path, { key: null })));
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(1);
    expect(await state()).toBe('confirmed');
    const from = { key: null, headers: { 'x-forwarded-for': '203.0.113.9' } };
    const flood = await Promise.all(Array.from({ length: 301 }, () => app.request('GET', '/confirm/guessed', from)));
    const refused = flood.filter(({ status }) => status === 429);
    expect([refused.length, refused[0]?.headers['retry-after']]).toEqual([241, '60']);
  });

  it.each([
    ['the preference page', 'GET', () => `/preferences/${app.get(LinkTokens).preferences({ contactId, issuedAt: app.clock.now() })}`],
    ['a choice on it', 'POST', () => `/preferences/${app.get(LinkTokens).preferences({ contactId, issuedAt: app.clock.now() })}`],
    ['one’s own data', 'GET', () => `/my-data/${app.get(LinkTokens).myData({ contactId, issuedAt: app.clock.now() })}`],
    ['the confirmation', 'POST', () => link()],
    ['a new link by mail', 'POST', () => `/preferences/${app.get(LinkTokens).preferences({ contactId, issuedAt: app.clock.now() })}/renew`],
    ['the way to a person', 'GET', () => `/person/${app.get(LinkTokens).person({ contactId, messageId: 1 })}`],
  ] as const)('lets %s through from an address at which somebody guesses links', async (_, method, genuine) => {
    const from = { key: null, headers: { 'x-forwarded-for': `198.51.100.${(flooding += 1)}` } };
    const path = await genuine();
    const wrong = ['/preferences/guessed', `/preferences/${path.split('/')[2]!.slice(0, -2)}AA`, '/my-data/guessed', '/confirm/guessed', '/person/guessed', '/survey/guessed'];
    const flood = await Promise.all(Array.from({ length: 360 }, (_one, index) => app.request('GET', wrong[index % wrong.length]!, from)));
    expect(flood.filter(({ status }) => status === 429)).toHaveLength(300);
    expect((await app.request(method, path, from)).status).toBe(200);
    expect((await app.request('GET', '/preferences/another-guess', from)).status).toBe(429);
  });

  it('is over after 72 hours', async () => {
    const path = await link();
    app.clock.advance(72 * 3_600_000 - 1);
    expect((await app.request('GET', path, { key: null })).status).toBe(200);
    app.clock.advance(1);
    expect((await app.request('POST', path, { key: null })).status).toBe(404);
    expect(await state()).toBe('given');
  });
});
