import { readdirSync } from 'node:fs';
import { loadConfig } from '../../src/platform/config/config.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import { AuditService } from '../../src/privacy/audit.service.js';
import { MergeValuesService } from '../../src/templates/merge-values.service.js';
import { TemplatesService, type SaveFailure } from '../../src/templates/templates.service.js';
import type { TemplateDraft } from '../../src/templates/template-draft.js';
import { missingFor } from '../../src/core/template/loaded-template.js';
import { useDatabase } from '../support/database.js';

const config = loadConfig({ TACTFUL_SECRET: 'a-secret-of-thirty-two-characters!', TACTFUL_DATA_DIR: '/tmp/tactful-templates-test' });
const clock = new SteppedClock(new Date('2026-06-09T08:00:00Z'));
const links = { unsubscribe: 'https://mail.voorbeeld.example/u/1', preferences: 'https://mail.voorbeeld.example/p/1', human: 'mailto:hallo@voorbeeld.example' };

function draftOf(mjml: string, changes: Partial<NonNullable<TemplateDraft['languages']['en']>> = {}): TemplateDraft {
  return { name: 'Test', languages: { en: { subject: 'Hello', preheader: '', layout: 'base', mjml, ...changes } } };
}

const section = (text: string): string => `<mj-section>\n<mj-column>\n<mj-text>${text}</mj-text>\n</mj-column>\n</mj-section>`;

function problems(failure: SaveFailure): string {
  return failure.kind === 'template_invalid' ? failure.problems.map(({ part, line, message }) => `${part}:${line}: ${message}`).join('\n') : failure.detail;
}

describe('templates in the database', () => {
  const db = useDatabase();
  let templates: TemplatesService;

  beforeEach(() => {
    templates = new TemplatesService(db.sql, clock, new AuditService(db.sql), config);
  });

  const files = readdirSync('templates/mails').sort();

  it('takes in the files of /templates once, in both languages', async () => {
    expect((await templates.seed()).sort()).toEqual(files);
    expect(await templates.seed()).toEqual([]);
    expect((await templates.list(undefined, 100)).map(({ key, languages, current_version }) => [key, languages.join(), current_version])).toEqual(files.map((key) => [key, 'en,nl', 1]));
  });

  it('seeds once when two processes start together', async () => {
    await db.sql.exec('test.forget', `update settings set value = '{}' where key = 'templates.seeded'`);
    const other = new TemplatesService(db.sql, clock, new AuditService(db.sql), config);
    const seeded = await Promise.all([templates.seed(), other.seed()]);
    expect(seeded.map((keys) => keys.length).sort()).toEqual([0, files.length]);
  });

  it.each(['newsletter', 'lead-follow-up-1', 'lead-follow-up-2', 'account-play'])('renders %s for a person with and without a name', async (key) => {
    const loaded = await templates.load(key);
    if (!loaded.ok) throw new Error(loaded.error.detail);
    for (const language of ['nl', 'en'] as const) {
      const workspace = { name: 'Voorbeeld & Co', postal_address: 'Voorbeeldstraat 1' };
      const shared = { workspace, links, campaign: { purpose: 'Newsletter' }, account: { name: 'Isdom & Zn' }, sender: { name: 'Vera Smit', email: 'vera@voorbeeld.example' } };
      const named = loaded.value.languages[language]?.render({ ...shared, contact: { first_name: 'Anna' } });
      const nameless = loaded.value.languages[language]?.render({ ...shared, contact: {} });
      if (!named?.ok || !nameless?.ok) throw new Error('not rendered');
      expect(named.value.text).toContain('Anna');
      expect(named.value.html).toContain('Voorbeeld &amp; Co');
      for (const { subject, html, text } of [named.value, nameless.value]) {
        expect(`${subject}\n${html}\n${text}`).not.toMatch(/\{\{|\}\}|\[\[| ,|undefined|null/);
        for (const link of Object.values(links)) expect([html.includes(link), text.includes(link)]).toEqual([true, true]);
        expect(text).not.toMatch(/<[a-z]/);
        expect(html.length).toBeLessThan(24_000);
      }
      expect(missingFor(loaded.value, language, { contact: {}, account: { name: 'x' }, sender: { name: 'x', email: 'x' } })).toEqual([]);
    }
  });

  it('denies by name what a person lacks', async () => {
    const loaded = await templates.load('account-play');
    if (!loaded.ok) throw new Error(loaded.error.detail);
    expect(missingFor(loaded.value, 'en', { contact: {} })).toEqual(['account.name', 'sender.email', 'sender.name']);
    expect(loaded.value.touches.accountAttributes).toEqual(['last_won_on', 'name', 'sector', 'won_opportunities']);
  });

  it('keeps every version', async () => {
    expect(await templates.save('versions', draftOf(section('one')), 'tester', true)).toEqual({ ok: true, value: { version: 1, stops: [] } });
    expect(await templates.save('versions', draftOf(section('two')), 'tester')).toEqual({ ok: true, value: { version: 2, stops: [] } });
    expect(await templates.save('versions', draftOf(section('three')), 'tester', true)).toMatchObject({ ok: false, error: { kind: 'template_exists' } });
    const [first, current] = [await templates.load('versions', 1), await templates.load('versions')];
    if (!first.ok || !current.ok) throw new Error('not loaded');
    expect([first.value.version, current.value.version]).toEqual([1, 2]);
    expect(await templates.loadById(first.value.templateId, 1)).toEqual(first);
    expect((await templates.versions('versions')).map(({ version, created_by }) => [version, created_by])).toEqual([[2, 'tester'], [1, 'tester']]);
    expect(await templates.load('versions', 9)).toMatchObject({ ok: false, error: { kind: 'template_missing' } });
    expect(await templates.load('nothing')).toMatchObject({ ok: false, error: { kind: 'template_missing' } });
  });

  it('gives two saves at once two numbers', async () => {
    const saves = await Promise.all([1, 2, 3].map((count) => templates.save('at-once', draftOf(section(`text ${count}`)), 'tester')));
    expect(saves.map((save) => save.ok && save.value.version).sort()).toEqual([1, 2, 3]);
  });

  it.each([
    ['the constructor attack', section('{{constructor.constructor "return process"}}'), 'cannot reach into the program'],
    ['an unknown field, with its line', section('\n{{contact.firstname}}'), 'mjml:4: unknown field "contact.firstname"; did you mean "contact.first_name"?'],
    ['a loop of a million', section('{{#each (range 1000000)}}x{{/each}}'), '{{#each}} takes a field'],
    ['a tag that does not exist, with its line', '<mj-section>\n<mj-colum>\n</mj-colum>\n</mj-section>', 'mjml:2: <mj-colum>: Element mj-colum'],
    ['a file of this machine', '<mj-section><mj-column><mj-include path="/etc/passwd" /></mj-column></mj-section>', 'mj-include'],
    ['a script', section('<script>alert(1)</script>'), 'does not belong in a mail'],
    ['a document without a way out', '<mjml><mj-body><mj-section><mj-column><mj-text>Buy!</mj-text></mj-column></mj-section></mj-body></mjml>', 'has no {{links.unsubscribe}}'],
    ['a subject that cannot be read', section('x'), 'subject:1: cannot be read', { subject: 'Hello {{contact.first_name' }],
    ['a layout that does not exist', section('x'), 'there is no layout "fancy"; there are base, letter', { layout: 'fancy' }],
  ])('refuses %s', async (_name, mjml, message, changes: { subject?: string; layout?: string } = {}) => {
    const saved = await templates.save('refused', draftOf(mjml, changes), 'tester');
    expect(saved.ok ? 'saved' : problems(saved.error)).toContain(message);
    expect(await db.sql.maybe('test.none', `select 1 as one from templates where key = 'refused'`)).toBeUndefined();
  });

  it('knows the attributes that the workspace defined', async () => {
    const draft = draftOf(section('{{contact.attributes.tea}} {{account.attributes.plan}}'), { subject: 'Sub & <b>', preheader: 'Pre & <i> {{fallback contact.first_name "you"}} $&' });
    const before = await templates.save('own', draft, 'tester');
    expect(before.ok ? 'saved' : problems(before.error)).toContain('unknown field "contact.attributes.tea"');
    await db.sql.exec('test.define', `insert into attribute_definitions (scope, key, type) values ('contact', 'tea', 'text'), ('account', 'plan', 'text')`);
    expect(await templates.save('own', draft, 'tester')).toMatchObject({ ok: true });
    const [row] = await templates.sources('own');
    expect(row?.html).toContain('Pre &amp; &lt;i&gt; {{fallback contact.first_name "you"}} $&amp;');
    expect(row?.merge_fields).toContainEqual({ path: 'contact.attributes.tea', required: true });
  });

  it('loads what templates read, one statement for all', async () => {
    const account = await db.sql.one<{ account_id: number }>(
      'test.account',
      `with owner as (insert into users (email, name) values ('vera@voorbeeld.example', 'Vera Smit') returning user_id)
       insert into accounts (name, name_key, sector, employees, attributes, owner_id, source, created_at, updated_at)
       select 'Isdom', 'isdom', ' ', 12, '{"plan": "gold", "secret": 1}', user_id, 'test', now(), now() from owner returning account_id`,
    );
    const people = await db.sql.many<{ contact_id: number }>(
      'test.contacts',
      `insert into contacts (bucket, account_id, email, first_name, last_name, language, city, attributes, created_at, updated_at)
       values (1, $1, 'anna@isdom.example', 'Anna', 'de Vries', 'nl', '  ', '{"tea": "mint", "secret": 2}', now(), now()), (1, null, 'ben@x.example', null, null, null, null, '{}', now(), now()) returning contact_id`,
      [account.account_id],
    );
    const ids = people.map(({ contact_id }) => contact_id);
    const fields = ['contact.first_name', 'contact.city', 'contact.attributes.tea', 'account.name', 'account.sector', 'account.employees', 'account.attributes.plan'].map((path) => ({ path, required: true }));
    const campaign = { key: 'c', name: 'C', purpose: 'Newsletter' };
    const loaded = await new MergeValuesService(config).load(db.sql, [...ids, 999_999], fields, { sender: 'account_owner', campaign });
    expect([...loaded.keys()]).toEqual(ids);
    expect(loaded.get(ids[0] ?? 0)).toMatchObject({ name: 'Anna de Vries', language: 'nl', email: 'anna@isdom.example', sender: { name: 'Vera Smit', address: 'vera@voorbeeld.example' } });
    expect(loaded.get(ids[0] ?? 0)?.values).toEqual({
      campaign,
      workspace: { name: 'Voorbeeld & Co', email: 'hallo@voorbeeld.example', postal_address: 'Voorbeeld & Co, Voorbeeldstraat 1, 1000 AA Amsterdam', domain: 'voorbeeld.example' },
      contact: { first_name: 'Anna', attributes: { tea: 'mint' } },
      account: { name: 'Isdom', employees: 12, attributes: { plan: 'gold' } },
      sender: { name: 'Vera Smit', first_name: 'Vera', email: 'vera@voorbeeld.example' },
      profiling: { off: false },
    });
    expect(loaded.get(ids[1] ?? 0)).toMatchObject({ name: undefined, sender: undefined, values: { account: undefined, sender: undefined, contact: { attributes: {} } } });
  });
});
