import { LinkTokens } from '../../src/consent/link-tokens.js';
import { RecipientsService } from '../../src/privacy/rights/recipients/recipients.service.js';
import { WebhookSender } from '../../src/privacy/rights/recipients/webhook-sender.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addContact } from '../support/people.js';

const HOUR = 3_600_000;

describe('my data', () => {
  const app = useApp();
  let contactId = 0;
  let people = 0;

  beforeEach(async () => {
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `carla-${(people += 1)}@voorbeeld.example`, firstName: 'Carla <b>' });
  });

  const link = (): string => `/my-data/${app.get(LinkTokens).myData({ contactId, issuedAt: app.clock.now() })}`;
  const show = (path = link()): Promise<TestResponse> => app.request('GET', path, { key: null });
  const post = (fields: Record<string, string>, path = link()): Promise<TestResponse> =>
    app.request('POST', path, { key: null, body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const contact = (): Promise<Record<string, unknown>> => app.sql.one('test.contact', 'select first_name, last_name, language, country, time_zone from contacts where contact_id = $1', [contactId]);
  const requests = (): Promise<Record<string, unknown>[]> => app.sql.many('test.requests', 'select kind, state, channel, wish, due_on::text as due_on, received_by from privacy_requests where contact_id = $1 order by request_id', [contactId]);
  const audit = async (): Promise<Record<string, unknown>[]> => (await app.request('GET', `/api/v1/audit?subjectType=contact&subjectId=${contactId}`)).body.items;

  it('shows what it is about only by a link that was mailed within 24 hours', async () => {
    const path = link();
    app.clock.advance(24 * HOUR - 1);
    expect((await show(path)).text).toContain(`carla-${people}@voorbeeld.example`);
    app.clock.advance(1);
    const { status, text } = await show(path);
    expect([status, /Carla|carla/.test(text), text.includes('Mail mij een nieuwe link')]).toEqual([404, false, true]);
  });

  it('opens with no other link, and says the same of all of them', async () => {
    const tokens = app.get(LinkTokens);
    const good = link().split('/')[2]!;
    const strange = [
      tokens.preferences({ contactId, issuedAt: app.clock.now() }), tokens.preferences({ contactId }), tokens.unsubscribe({ contactId, messageId: 1, purpose: 'newsletter' }), tokens.person({ contactId, messageId: 1 }),
      good.slice(0, -1), good.slice(1), `${good}A`, 'nonsense', tokens.myData({ contactId: 999_999_999, issuedAt: app.clock.now() }),
    ];
    const pages = new Set<string>();
    for (const token of strange) {
      for (const page of [await show(`/my-data/${token}`), await post({ action: 'erasure', sure: 'yes' }, `/my-data/${token}`)]) {
        expect(page.status).toBe(404);
        pages.add(page.text.replaceAll(token, 'TOKEN'));
      }
    }
    expect(pages.size).toBe(1);
    expect(await requests()).toEqual([]);
  });

  it('corrects name, language, country and time zone at once, with a trail', async () => {
    const { text } = await post({ action: 'correct', first_name: 'Carla', last_name: 'de Vries', language: 'en', country: 'Duitsland', time_zone: 'Europe/Berlin' });
    expect(text).toContain('Bewaard');
    expect(await contact()).toEqual({ first_name: 'Carla', last_name: 'de Vries', language: 'en', country: 'DE', time_zone: 'Europe/Berlin' });
    expect(await audit()).toMatchObject([{ actor: 'self', action: 'contact.changed', details: { fields: ['first_name', 'last_name', 'language', 'country', 'time_zone'] } }]);
    await post({ action: 'correct', first_name: '', country: '' });
    expect(await contact()).toMatchObject({ first_name: null, last_name: 'de Vries', country: null });
  });

  it('tells whoever got the data from us of what was corrected, and of nothing that stayed', async () => {
    await app.request('POST', '/api/v1/privacy/recipients', { body: { name: `crm ${contactId}`, url: 'https://crm.example/hook', toldOf: ['rectified'] } });
    await post({ action: 'correct', first_name: 'Carla', language: 'nl', country: 'Nederland' });
    const told = async () => (await app.request('GET', `/api/v1/privacy/contacts/${contactId}/rectifications`)).body.items;
    expect(await told()).toMatchObject([{ actor: 'self', fields: ['first_name'], requestId: null, told: [{ recipient: `crm ${contactId}`, state: 'queued' }] }]);
    await post({ action: 'correct', first_name: 'Carla' });
    expect(await told()).toHaveLength(1);
    const send = jest.spyOn(app.get(WebhookSender), 'post').mockResolvedValue({ ok: true, response: 'HTTP 200' });
    await app.get(RecipientsService).deliverDue(app.clock.now());
    expect(JSON.parse(send.mock.calls.at(-1)![1])).toMatchObject({ event: 'person.rectified', fields: { first_name: 'Carla' } });
    expect(JSON.parse(send.mock.calls.at(-1)![1]).fields).toEqual({ first_name: 'Carla' });
    send.mockRestore();
  });

  it('is still found by links of an earlier version, filled in or not', async () => {
    const old = `${link().replace('/my-data/', '/my-profile/')}?lang=en`;
    const moved = await app.request('GET', old, { key: null });
    expect([moved.status, moved.headers['location']]).toEqual([308, `${link()}?lang=en`]);
    expect((await post({ action: 'correct', first_name: 'X' }, old)).status).toBe(308);
    expect((await app.request('GET', '/my-profile/%0d%0aSet-Cookie:x?lang=//evil', { key: null })).headers['location']).toBe('/my-data/%0D%0ASet-Cookie%3Ax');
  });

  it.each([
    ['a country that is none', { country: 'Absurdistan' }],
    ['a time zone that is none', { time_zone: 'Mars/Olympus' }],
    ['a language that we do not write', { language: 'de' }],
  ])('keeps nothing of %s, and says what is wrong', async (_, fields) => {
    const before = await contact();
    const page = await post({ action: 'correct', first_name: 'Niet', ...fields });
    expect([page.status, page.text.includes('Dit kunnen we niet bewaren')]).toEqual([422, true]);
    expect(await contact()).toEqual(before);
  });

  it.each(['access', 'portability', 'restriction', 'objection'] as const)('takes a request for %s of somebody known, due within a month, and carries it out', async (kind) => {
    const { text } = await post({ action: kind });
    const [request] = await requests();
    expect(request).toMatchObject({ kind, channel: 'link', received_by: 'self' });
    expect(request?.['state']).toBe('done');
    expect(text).toContain(`uiterlijk ${new Intl.DateTimeFormat('nl-NL', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(String(request?.['due_on'])))}`);
    expect(request?.['due_on']).toMatch(/^2026-07-1\d$/);
  });

  it('erases only for whoever ticked that he means it', async () => {
    const refused = await post({ action: 'erasure' });
    expect([refused.status, refused.text.includes('Zet eerst het vinkje'), await requests()]).toEqual([422, true, []]);
    await post({ action: 'erasure', sure: 'yes' });
    expect(await requests()).toMatchObject([{ kind: 'erasure' }]);
  });

  it('takes the words of somebody who wants something else corrected', async () => {
    expect((await post({ action: 'rectification', wish: '  ' })).status).toBe(422);
    await post({ action: 'rectification', wish: 'Mijn functie is <directeur>.' });
    expect(await requests()).toMatchObject([{ kind: 'rectification', wish: { note: 'Mijn functie is <directeur>.' } }]);
  });

  it('escapes what it shows, and changes nothing on GET and HEAD', async () => {
    const page = await show();
    expect(page.text).toContain('value="Carla &lt;b&gt;"');
    expect(page.text).not.toContain('<b>');
    await app.request('HEAD', link(), { key: null });
    expect([await requests(), await audit()]).toEqual([[], []]);
  });
});

describe('a flood of requests for preferences', () => {
  const app = useApp();

  it('is limited whether it comes from one address or from a thousand, and does not hurt the rest', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, (_, index) => addContact(app, { email: `f${index}@voorbeeld.example` })));
    const tokens = ids.map((contactId) => app.get(LinkTokens).preferences({ contactId, issuedAt: app.clock.now() }));
    await app.request('GET', `/preferences/${tokens[0]}`, { key: null }); // compiled and connected
    const flood = (from: (index: number) => string): Promise<TestResponse[]> =>
      Promise.all(Array.from({ length: 1_000 }, (_, index) => app.request('GET', `/preferences/${tokens[index % 40]}`, { key: null, headers: { 'x-forwarded-for': from(index) } })));
    const count = (answers: readonly TestResponse[], status: number): number => answers.filter((answer) => answer.status === status).length;

    const fromOne = await flood(() => '203.0.113.7');
    expect(count(fromOne, 429)).toBeGreaterThanOrEqual(700);
    expect(count(fromOne, 200) + count(fromOne, 429)).toBe(1_000);

    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const began = performance.now();
    const attack = flood((index) => `198.51.${index >> 8}.${index & 255}`);
    const rest = Promise.all(Array.from({ length: 20 }, () => app.request('GET', '/api/v1/purposes')));
    const unsubscribed = app.request('POST', `/unsubscribe/${app.get(LinkTokens).unsubscribe({ contactId: ids[0]!, messageId: 1, purpose: 'none' })}`, { key: null });
    expect((await rest).every((answer) => answer.status === 200)).toBe(true);
    expect((await unsubscribed).status).toBe(200);
    const fromMany = await attack;
    const seconds = Math.ceil((performance.now() - began) / 1_000);
    expect(count(fromMany, 200)).toBeLessThanOrEqual(100 * (seconds + 1));
    expect(count(fromMany, 200) + count(fromMany, 429)).toBe(1_000);
    expect(fromMany.find((answer) => answer.status === 429)?.headers['retry-after']).toBe('60');
  });
});
