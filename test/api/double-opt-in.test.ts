import { DEFAULT_POLICIES } from '../../src/core/decision/policies.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { SuppressionsService } from '../../src/consent/suppressions.service.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { ApiKeysService } from '../../src/users/api-keys.service.js';
import { TEST_NOW, type TestApp, type TestResponse, useApp } from '../support/app.js';
import { addContact, addPurpose } from '../support/people.js';

const HOUR = 3_600_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Browser/1.0' };

/** A published form for the newsletter, with a consent of its own for opens. */
async function publish(app: TestApp): Promise<void> {
  await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' } });
  const post = async (path: string, body: unknown): Promise<void> => {
    const answer = await app.request('POST', path, { body });
    if (answer.status !== 201) throw new Error(answer.text);
  };
  await post('/api/v1/consent-wordings', { wording: 'newsletter-sign-up', purpose: 'newsletter', texts: { nl: 'Ja, stuur mij één keer per maand de nieuwsbrief.', en: 'Yes, send me the newsletter once a month.' } });
  await post('/api/v1/consent-wordings', { wording: 'newsletter-opens', purpose: 'newsletter', channel: 'email_opens', texts: { nl: 'Jullie mogen zien of ik de nieuwsbrief open.', en: 'You may see whether I open the newsletter.' } });
  await post('/api/v1/consent-forms', { form: 'site', title: { nl: 'Nieuwsbrief', en: 'Newsletter' }, noticeVersion: 'privacy-4', wordings: ['newsletter-sign-up', 'newsletter-opens'] });
  await app.get(PoliciesService).replace({ ...DEFAULT_POLICIES, holdoutPercent: 0 }, 'test', app.clock.now());
}

describe('double opt-in', () => {
  const app = useApp();
  let people = 0;
  let email = '';

  beforeAll(() => publish(app));
  beforeEach(() => {
    app.clock.set(new Date(TEST_NOW.getTime() + (people + 1) * 7 * 24 * HOUR)); // every test has a Tuesday morning of its own
    email = `nieuw-${(people += 1)}@lezer.example`;
  });

  const signUp = (address = email, more = '', headers: Record<string, string> = {}): Promise<TestResponse> =>
    app.request('POST', '/subscribe/site', { key: null, body: `email=${encodeURIComponent(address)}${more}`, headers: { ...FORM, 'x-forwarded-for': `203.0.113.${people % 250}`, ...headers } });
  const send = async (): Promise<void> => {
    await app.get(PlannerService).planDue(app.clock.now());
    await app.get(DeliveryService).deliverDue(app.clock.now());
  };
  const contactOf = async (address = email): Promise<number | undefined> =>
    (await app.sql.maybe<{ contact_id: number }>('test.contact', `select contact_id from identities where kind = 'email' and value = $1`, [address]))?.contact_id;
  const mails = (address = email): Promise<{ subject: string; source: string }[]> =>
    app.sql.many('test.mails', `select subject, convert_from(source, 'UTF8') as source from mailbox_mails where envelope_to = $1 order by mail_id`, [address]);
  const states = async (address = email): Promise<Record<string, string>> => {
    const rows = await app.sql.many<{ channel: string; state: string }>('test.states', 'select channel, state from consents where contact_id = $1', [(await contactOf(address)) ?? 0]);
    return Object.fromEntries(rows.map((row) => [row.channel, row.state]));
  };
  const linkIn = ({ source }: { source: string }): string => {
    const text = source.replace(/=\r?\n/g, '').replaceAll('=3D', '=');
    return new URL(/https:\/\/[^\s"<>)\]]+\/confirm\/[A-Za-z0-9_-]+/.exec(text)?.[0] ?? '').pathname;
  };
  const askedOf = async (): Promise<string> => {
    await signUp();
    await send();
    const [mail] = await mails();
    return linkIn(mail!);
  };

  it('goes from the form over one mail and a button to a confirmed consent with all its proof', async () => {
    const page = await app.request('GET', '/subscribe/site?lang=nl', { key: null });
    expect(page.text).toContain('Ja, stuur mij één keer per maand de nieuwsbrief.');
    expect(page.text).not.toMatch(/<input[^>]*checked/);
    const answer = await signUp(email, '&also=newsletter-opens', { referer: 'https://voorbeeld.example/wijn?utm=1' });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Kijk in je mail')]);
    expect(await states()).toEqual({ email: 'requested', email_opens: 'requested' });
    const sentAt = app.clock.now();
    await send();
    const [mail, ...others] = await mails();
    expect(others).toEqual([]);
    expect(mail?.subject).toContain('Bevestig uw aanmelding voor Nieuwsbrief');
    app.clock.advance(2 * HOUR);
    const path = linkIn(mail!);
    for (const method of ['GET', 'HEAD', 'GET'] as const) expect((await app.request(method, path, { key: null })).status).toBe(200);
    expect(await states()).toEqual({ email: 'requested', email_opens: 'requested' });
    expect((await app.request('POST', path, { key: null, headers: { 'user-agent': 'Browser/1.0' } })).text).toContain('Bedankt');
    expect(await states()).toEqual({ email: 'confirmed', email_opens: 'confirmed' });
    const records = await app.get(LedgerService).timeline((await contactOf())!, 99, 10);
    expect(records.map(({ event, channel }) => `${event} ${channel}`)).toEqual(['confirmed email_opens', 'confirmed email', 'requested email_opens', 'requested email']);
    expect(records[3]?.proof).toEqual({
      actor: 'self', method: 'web_form', controller: app.config.mailFrom.name, language: 'nl', noticeVersion: 'privacy-4', wordingVersion: 'newsletter-sign-up@1', wordingHash: expect.stringMatching(/^[0-9a-f]{64}$/), wording: 'Ja, stuur mij één keer per maand de nieuwsbrief.',
      formVersion: 'site@1', captureUrl: 'https://voorbeeld.example/wijn', truncatedIp: expect.stringMatching(/^203\.0\.113\.0$/), userAgentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      policyVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(records[1]?.proof).toMatchObject({
      method: 'confirm_page', doubleOptInTokenId: expect.stringMatching(/^[0-9a-f]{32}$/), sentAt: sentAt.toISOString(), confirmedAt: app.clock.now().toISOString(), wordingVersion: 'newsletter-sign-up@1',
      policyVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(records[0]?.proof.wordingVersion).toBe('newsletter-opens@1');
  });

  it('asks through the API of a company\'s own site just the same', async () => {
    const body = { email, language: 'en', wordings: ['newsletter-sign-up@1'], noticeVersion: 'privacy-4', proof: { method: 'web_form', captureUrl: 'https://voorbeeld.example/', truncatedIp: '198.51.100.77' } };
    expect(await app.request('POST', '/api/v1/opt-in-requests', { body })).toMatchObject({ status: 202, body: { accepted: true } });
    await send();
    const [mail] = await mails();
    expect(mail?.subject).toContain('Please confirm Newsletter');
    await app.request('POST', linkIn(mail!), { key: null });
    expect(await states()).toEqual({ email: 'confirmed' });
    expect((await app.get(LedgerService).timeline((await contactOf())!, 2, 1))[0]?.proof.truncatedIp).toBe('198.51.100.0');
  });

  it('has no advertising in its mail, and three ways out', async () => {
    await signUp();
    await send();
    const source = (await mails())[0]?.source.replace(/=\r?\n/g, '') ?? '';
    expect([...source.matchAll(/https?:\/\/[^\s"<>)\]]+/g)].map(([url]) => new URL(url.replaceAll('=3D', '=')).host).filter((host) => host !== 'mail.voorbeeld.example' && !host.startsWith('www.w3.org'))).toEqual([]);
    for (const way of ['/unsubscribe/', '/preferences/', 'mailto:']) expect(source).toContain(way);
  });

  it('uses up its link: once confirmed, every link of the person is spent, also after a withdrawal', async () => {
    const path = await askedOf();
    app.clock.advance(HOUR);
    await signUp();
    await send();
    const second = linkIn((await mails())[1]!);
    expect(second).not.toBe(path);
    await Promise.all([1, 2, 3].map(() => app.request('POST', second, { key: null })));
    expect((await app.get(LedgerService).timeline((await contactOf())!, 99, 50)).filter(({ event }) => event === 'confirmed')).toHaveLength(1);
    expect((await app.request('POST', path, { key: null })).status).toBe(404);
    expect((await app.request('POST', second, { key: null })).text).toContain('Bedankt'); // whoever presses twice is thanked twice
    await app.get(LedgerService).append(app.sql, [{ contactId: (await contactOf())!, purpose: 'newsletter', event: 'withdrawn', legalBasis: 'consent', proof: { actor: 'self', method: 'phone' } }], app.clock.now());
    expect((await app.request('POST', second, { key: null })).status).toBe(404);
    expect((await states())['email']).toBe('withdrawn');
  });

  it.each([
    ['after 72 hours', () => app.clock.advance(72 * HOUR), 404],
    ['a minute before', () => app.clock.advance(72 * HOUR - 60_000), 200],
    ['when the person said no since', async () => app.get(LedgerService).append(app.sql, [{ contactId: (await contactOf())!, purpose: 'newsletter', event: 'objected', legalBasis: 'consent', proof: { actor: 'self', method: 'phone' } }], app.clock.now()), 404],
    ['when the person has another mailbox now', async () => app.sql.exec('test.move', `update contacts set address_hash = '\\x00' where contact_id = $1`, [(await contactOf())!]), 404],
  ] as const)('answers the link %s as it should', async (_, before, status) => {
    const path = await askedOf();
    await before();
    expect((await app.request('POST', path, { key: null })).status).toBe(status);
    expect((await states())['email']).toEqual(status === 200 ? 'confirmed' : expect.not.stringMatching('confirmed'));
  });

  it.each([
    ['truncated', (path: string) => path.slice(0, -1)],
    ['with one letter changed', (path: string) => path.replace(/(\/confirm\/.{8})./, (_, start: string) => `${start}_`)],
    ['of the unsubscribe link', (path: string, source: string) => path.replace(/[^/]+$/, /\/unsubscribe\/([\w-]+)/.exec(source)?.[1] ?? 'x')],
    ['of the preference page', (path: string, source: string) => path.replace(/[^/]+$/, /\/preferences\/([\w-]+)/.exec(source)?.[1] ?? 'x')],
    ['guessed', () => '/confirm/AQMAAAAAAAEAAAAAAAEAAAAAAAAAAAAAAAAAAAAA'],
  ])('confirms nothing with a token %s, nor opens another page with this one', async (_, attack) => {
    const path = await askedOf();
    const source = (await mails())[0]?.source.replace(/=\r?\n/g, '') ?? '';
    expect((await app.request('POST', attack(path, source), { key: null })).status).toBe(404);
    for (const page of ['unsubscribe', 'preferences']) await app.request('POST', path.replace('confirm', page), { key: null, body: 'action=all_off', headers: FORM });
    expect(await states()).toEqual({ email: 'requested' });
  });

  it('never bombs a mailbox: ten minutes between two, three a day, whoever asks and however it is spelled', async () => {
    for (let hour = 0; hour < 8; hour += 1) {
      await signUp();
      await signUp(email.toUpperCase());
      await signUp(email.replace('@', '+wijn@'), '', { 'x-forwarded-for': `198.51.100.${hour}` });
      await send();
      app.clock.advance(HOUR / 2);
    }
    const all = [...(await mails()), ...(await mails(email.replace('@', '+wijn@')))];
    expect(all.length).toBe(3);
    app.clock.advance(24 * HOUR);
    await signUp();
    await send();
    expect(await mails()).toHaveLength(all.length + 1 - (await mails(email.replace('@', '+wijn@'))).length);
  });

  it('counts for the mailbox that gets the mail, whichever of the person\'s addresses is typed', async () => {
    const contactId = await addContact(app, { email });
    await app.sql.exec('test.origin', `update contacts set source = 'shop', source_at = now(), notice_version = '1', collected_for = '{*}' where contact_id = $1`, [contactId]);
    for (let other = 0; other < 6; other += 1) await app.sql.exec('test.second', `insert into identities (kind, value, contact_id) values ('email', $1, $2)`, [`tweede-${other}-${email}`, contactId]);
    for (let other = 0; other < 6; other += 1) {
      await signUp(`tweede-${other}-${email}`);
      app.clock.advance(HOUR / 2);
      await send();
    }
    expect(await mails()).toHaveLength(3);
  });

  it('holds back whoever types many addresses', async () => {
    const answers: number[] = [];
    for (let index = 0; index < 22; index += 1) answers.push((await signUp(`vloed-${index}@lezer.example`, '', { 'x-forwarded-for': '192.0.2.77' })).status);
    expect(answers.filter((status) => status === 429)).toHaveLength(2);
  });

  it('tells nobody what is known of an address: new, known, confirmed, unsubscribed, erased, asked too often', async () => {
    const known = await addContact(app, { email: `bekend-${people}@lezer.example` });
    const gone = await addContact(app, { email: `weg-${people}@lezer.example` });
    const act = (contactId: number, event: 'given' | 'confirmed' | 'objected') => ({ contactId, purpose: 'newsletter', event, legalBasis: 'consent' as const, proof: { actor: 'self' as const, method: 'web_form', controller: 'Voorbeeld', wording: 'Ja' } });
    await app.get(LedgerService).append(app.sql, [act(known, 'given'), act(known, 'confirmed'), act(gone, 'objected')], app.clock.now());
    const suppressions = app.get(SuppressionsService);
    await suppressions.suppress(app.sql, [{ addressHash: suppressions.hashOf(`gewist-${people}@lezer.example`), reason: 'erased', source: 'test' }], app.clock.now());
    const answers = [];
    for (const name of ['nieuw', 'bekend', 'weg', 'gewist', 'nieuw', 'nieuw']) {
      const { status, text, headers } = await signUp(`${name}-${people}@lezer.example`);
      const { date: _date, ...rest } = headers;
      answers.push({ status, text, headers: rest });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await send();
    expect(await Promise.all(['nieuw', 'bekend', 'weg', 'gewist'].map(async (name) => [name, (await mails(`${name}-${people}@lezer.example`)).length]))).toEqual([['nieuw', 1], ['bekend', 0], ['weg', 0], ['gewist', 0]]);
    expect(await contactOf(`gewist-${people}@lezer.example`)).toBeUndefined();
    expect((await states(`weg-${people}@lezer.example`))['email']).toBe('objected');
  });

  it('changes nothing that is known of somebody whose address a stranger types', async () => {
    const contactId = await addContact(app, { email, language: 'en', firstName: 'Eva' });
    const before = await app.sql.one('test.row', 'select to_jsonb(c) as row from contacts c where contact_id = $1', [contactId]);
    await signUp();
    expect(await app.sql.one('test.row', 'select to_jsonb(c) as row from contacts c where contact_id = $1', [contactId])).toEqual(before);
  });

  it.each(['', 'geen adres', 'a@b', 'a@b.example\r\nBcc: x@y.example'])('shows the form again for "%s"', async (text) => {
    const answer = await signUp(text);
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('geen e-mailadres')]);
  });

  it('shows the same page for a form that there never was and for one that is closed', async () => {
    await app.request('POST', '/api/v1/consent-forms', { body: { form: 'oud', title: { nl: 'Oud', en: 'Old' }, noticeVersion: 'privacy-4', wordings: ['newsletter-sign-up'], open: false } });
    const [never, closed] = [await app.request('GET', '/subscribe/nooit', { key: null }), await app.request('GET', '/subscribe/oud', { key: null })];
    expect([never.status, closed.status]).toEqual([404, 404]);
    expect(never.text).toBe(closed.text);
    expect((await app.request('POST', '/subscribe/oud', { key: null, body: `email=${email}`, headers: FORM })).status).toBe(404);
  });
});

describe('the versions of what people agree to', () => {
  const app = useApp();
  const WORDING = { wording: 'offers', purpose: 'offers', texts: { nl: 'Ja.' } };
  beforeAll(async () => {
    await addPurpose(app, { key: 'offers' });
    await addPurpose(app, { key: 'events' });
  });
  const publishWording = (body: unknown) => app.request('POST', '/api/v1/consent-wordings', { body });

  it('counts up with each publication, and keeps every text with its digest', async () => {
    expect((await publishWording(WORDING)).body).toMatchObject({ version: 1, texts: { nl: { text: 'Ja.', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } } });
    expect((await publishWording({ ...WORDING, texts: { nl: 'Ja, graag.' } })).body).toMatchObject({ version: 2 });
    expect((await app.request('GET', '/api/v1/consent-wordings/offers')).body.items.map((one: any) => [one.version, one.texts.nl.text])).toEqual([[2, 'Ja, graag.'], [1, 'Ja.']]);
  });

  it.each([
    ['the same words again', { ...WORDING, texts: { nl: 'Ja, graag.' } }, 409],
    ['the same name for another purpose', { ...WORDING, purpose: 'events', texts: { nl: 'Nee.' } }, 409],
    ['the same name for another channel', { ...WORDING, channel: 'email_opens', texts: { nl: 'Nee.' } }, 409],
    ['a purpose that is none', { ...WORDING, wording: 'x', purpose: 'nonsense' }, 422],
    ['no text', { ...WORDING, texts: {} }, 422],
    ['a channel that is none', { ...WORDING, wording: 'x', channel: 'fax' }, 422],
  ])('does not publish %s', async (_, body, status) => {
    expect((await publishWording(body)).status).toBe(status);
  });

  it.each(['consent_wordings', 'consent_forms', 'balancing_assessments'])('is never edited: %s', async (table) => {
    await app.request('POST', '/api/v1/consent-forms', { body: { form: 'f', title: { nl: 'F', en: 'F' }, noticeVersion: '1', wordings: ['offers'] } });
    await app.sql.exec('test.assessment', `insert into balancing_assessments (purpose, version, interest, necessity, balance, safeguards, assessed_by, assessed_on, review_on, recorded_at, recorded_by)
      values ('offers', 1, 'a', 'b', 'c', 'd', 'e', '2026-01-01', '2027-01-01', now(), 'test') on conflict do nothing`);
    for (const statement of [`update ${table} set version = version`, `delete from ${table}`, `truncate ${table} cascade`]) await expect(app.sql.exec('test.edit', statement)).rejects.toThrow('append-only');
  });

  it('is published by the officer only', async () => {
    const made = await app.get(ApiKeysService).create({ name: 'marketer', scopes: ['purposes:write', 'consents:write'] }, 'test');
    expect((await app.request('POST', '/api/v1/consent-wordings', { key: made.ok ? made.value.key : '', body: WORDING })).status).toBe(403);
  });
});
