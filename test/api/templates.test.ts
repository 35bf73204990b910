import { useApp } from '../support/app.js';
import { addReaders, prepareMailWorld } from '../support/mail-world.js';

const section = (text: string): string => `<mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section>`;

describe('templates over HTTP', () => {
  const app = useApp();

  it('lists the templates that come with the program', async () => {
    const first = await app.request('GET', '/api/v1/templates?limit=3');
    const second = await app.request('GET', `/api/v1/templates?limit=3&cursor=${first.body.next}`);
    expect([...first.body.items, ...second.body.items].map(({ key }: { key: string }) => key)).toEqual(expect.arrayContaining(['account-play', 'lead-follow-up-1', 'lead-follow-up-2', 'newsletter']));
    expect(first.body.items[0]).toMatchObject({ name: 'Account advice', version: 1, languages: ['en', 'nl'] });
  });

  it('creates, changes, versions and shows a template', async () => {
    const made = await app.request('POST', '/api/v1/templates', { body: { key: 'hello', name: 'Hello', languages: { en: { subject: 'Hi {{contact.first_name}}', mjml: section('One') } } } });
    expect([made.status, made.body]).toEqual([201, { key: 'hello', version: 1 }]);
    expect((await app.request('POST', '/api/v1/templates', { body: { key: 'hello', name: 'x', languages: { en: { subject: 'x', mjml: section('x') } } } })).body).toMatchObject({ status: 409, type: expect.stringContaining('template-exists') as string });
    const changed = await app.request('PUT', '/api/v1/templates/hello', { body: { name: 'Hello', languages: { en: { subject: 'Hi', mjml: section('Two') } } } });
    expect(changed.body).toEqual({ key: 'hello', version: 2, stops: [] });
    const [now, before] = [await app.request('GET', '/api/v1/templates/hello'), await app.request('GET', '/api/v1/templates/hello?version=1')];
    expect([now.body.languages.en.text.includes('Two'), before.body.languages.en.text.includes('One')]).toEqual([true, true]);
    expect(before.body.languages.en.mergeFields).toContainEqual({ path: 'contact.first_name', required: true });
    // What is shown is a whole document: it can be saved again as it is.
    const { mjml, subject } = now.body.languages.en;
    expect((await app.request('PUT', '/api/v1/templates/hello', { body: { name: 'Hello', languages: { en: { subject, mjml } } } })).body).toEqual({ key: 'hello', version: 3, stops: [] });
    expect((await app.request('GET', '/api/v1/templates/hello/versions')).body.items.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
    expect(await app.sql.many('test.audit', `select action, subject_id from audit_entries where subject_id = 'hello' order by audit_id`)).toEqual(Array.from({ length: 3 }, () => ({ action: 'template.saved', subject_id: 'hello' })));
  });

  it('says what is wrong, where, and saves nothing', async () => {
    const body = { key: 'bad', name: 'Bad', languages: { nl: { subject: 'x', mjml: '<mj-section>\n<mj-column>\n<mj-text>{{contact.firstname}}</mj-text></mj-column></mj-section>' }, en: { subject: '{{constructor.constructor "return process"}}', mjml: section('x') } } };
    const response = await app.request('POST', '/api/v1/templates', { body });
    expect(response.status).toBe(422);
    expect(response.body.errors).toEqual([
      { path: 'languages.nl.mjml', message: 'line 3: unknown field "contact.firstname"; did you mean "contact.first_name"?' },
      { path: 'languages.en.subject', message: 'line 1: "constructor.constructor" is not a field: templates cannot reach into the program' },
    ]);
    expect((await app.request('GET', '/api/v1/templates/bad')).status).toBe(404);
  });

  it.each([
    ['no language', { key: 'x', name: 'x', languages: {} }],
    ['a strange key', { key: '../x', name: 'x', languages: { en: { subject: 'x', mjml: 'x' } } }],
    ['a prototype as languages', JSON.parse('{"key": "x", "name": "x", "languages": {"__proto__": {"subject": "x", "mjml": "x"}}}')],
    ['no body', null],
    ['too much', { key: 'x', name: 'x', languages: { en: { subject: 'x', mjml: 'x'.repeat(600_000) } } }],
  ])('answers 4xx to %s', async (_name, body) => {
    const response = await app.request('POST', '/api/v1/templates', { body });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });

  it('previews for one contact, with what is missing, and with links that lead nowhere', async () => {
    await prepareMailWorld(app);
    const [contactId] = await addReaders(app, [{ email: 'anna@readers.example', firstName: 'Anna', language: 'nl' }]);
    const byId = await app.request('POST', '/api/v1/templates/newsletter/preview', { body: { contactId } });
    expect(byId.body).toMatchObject({ version: 1, language: 'nl', subject: 'Drie flessen voor een lange tafel', missingFields: [] });
    expect(byId.body.html).not.toContain('/unsubscribe/');
    const byAddress = await app.request('POST', '/api/v1/templates/account-play/preview', { body: { email: 'Anna@Readers.example', language: 'en', sender: 'account_owner' } });
    expect(byAddress.body).toMatchObject({ language: 'en', missingFields: ['account.name', 'sender.email', 'sender.name'] });
    expect((await app.request('POST', '/api/v1/templates/newsletter/preview', { body: { contactId: 999_999 } })).status).toBe(404);
    expect((await app.request('POST', '/api/v1/templates/nothing/preview', { body: { contactId } })).status).toBe(404);
    expect((await app.request('POST', '/api/v1/templates/newsletter/preview', { body: {} })).status).toBe(422);
  });

  it('needs the scopes', async () => {
    for (const [method, path] of [['GET', '/api/v1/templates'], ['POST', '/api/v1/templates'], ['PUT', '/api/v1/templates/hello'], ['POST', '/api/v1/templates/hello/preview']] as const) {
      expect((await app.request(method, path, { key: null })).status).toBe(401);
    }
  });
});
