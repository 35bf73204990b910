import { REACH } from '../../src/platform/http/scopes.js';
import { ReadTrailService } from '../../src/privacy/read-trail.service.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addFullPerson, prepareRightsWorld } from '../support/rights-world.js';
import { nameOf, type Route, routesOf } from '../support/routes.js';

/** An account with three people, and whatever hangs on them. */
interface Side {
  readonly account: number;
  readonly people: { readonly id: number; readonly traces: readonly string[] }[];
  readonly task: number;
  readonly message: number;
  readonly hold: number;
}

describe('people, on every route there is', () => {
  const app = useApp();
  let north: Side;
  let south: Side;
  let noor: string;
  const is: Record<string, number | string> = {};

  beforeAll(async () => {
    await prepareRightsWorld(app);
    // Numbers that stand in an answer for nothing else.
    await app.sql.exec('test.numbers', `select setval(pg_get_serial_sequence('contacts', 'contact_id'), 7310000)`);
    await app.sql.exec('test.policies', `insert into settings (key, value) values ('policies', '{"holdoutPercent": 0}') on conflict (key) do update set value = excluded.value`);
    north = await side('noor', 'north');
    south = await side('zara', 'south');
    noor = (await app.request('POST', '/api/v1/api-keys', { body: { name: 'noor', user: 'noor@tactful.example' } })).body.key;
    await make('segments', { key: 'everybody', name: 'Everybody', scope: 'contact', rule: { kind: 'attribute', attribute: 'email', operator: 'is_set' } });
    await app.get(LiveService).settle();
    await make('segments/everybody/snapshots', { name: 'june' });
    await make('consent-wordings', { wording: 'sign-up', purpose: 'newsletter', texts: { nl: 'Ja.', en: 'Yes.' } });
    await make('consent-forms', { form: 'site', title: { nl: 'x', en: 'x' }, noticeVersion: '1', wordings: ['sign-up'] });
    const mjml = '<mj-section><mj-column><mj-text>Hi {{contact.first_name}} <a href="{{links.unsubscribe}}">Unsubscribe</a></mj-text></mj-column></mj-section>';
    await make('templates', { key: 'plain', name: 'Plain', languages: { en: { subject: 'Hi', preheader: '', mjml, layout: 'base' } } });
    await make('account-triggers', { key: 'pricing', name: 'Pricing' });
    await make('campaigns', { key: 'summer', name: 'Summer', definition: { audience: { segment: 'everybody', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'plain' }] } });
    await app.request('PUT', '/api/v1/attributes/contact/visits/computation', { body: { computation: { aggregate: 'count', event: 'Product Viewed' } } });
    await app.sql.exec('test.attribute', `insert into attribute_definitions (scope, key, type, purposes, source) values ('contact', 'shoe_size', 'number', '{newsletter}', 'test')`);
    await app.request('POST', '/api/v1/attributes/contact/shoe_size/index');
    await app.request('PUT', '/api/v1/sending-domains/mail.example', { body: { hourlyLimit: 100 } });
    is['request'] = (await make('privacy/requests', { contactId: south.people[0]!.id, kind: 'access', channel: 'phone', identityHow: 'known' })).body.id;
    await make('privacy/requests', { contactId: south.people[1]!.id, kind: 'access', channel: 'phone', identityHow: 'known' });
    await app.sql.exec('test.drafts', `with entered as (update enrollments set step = 1, occurrence = 1 where state = 'active') update messages set state = 'draft', response = 'approval.due' where state = 'queued'`);
    const csv = ['email,name', ...south.people.map(({ traces }) => `${traces[1]}@,${traces[2]}`)].join('\n');
    const part = (name: string, value: string, file = '') => `--x\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
    const fields = { kind: 'contacts', map: JSON.stringify({ fields: { email: 'email', first_name: 'name' } }), source: 'fair', purpose: 'newsletter' };
    const file = `${Object.entries(fields).map(([name, value]) => part(name, value)).join('')}${part('file', csv, '; filename="p.csv"')}--x--\r\n`;
    is['import'] = (await app.request('POST', '/api/v1/imports', { body: Buffer.from(file), headers: { 'content-type': 'multipart/form-data; boundary=x' } })).body.importId;
    for (const [one, other] of [[0, 1], [1, 2]] as const) {
      await app.sql.exec('test.conflict', `insert into identity_conflicts (contact_id, other_contact_id, kind, source, count, first_at, last_at) values ($1, $2, 'email_of_another', 'site', 1, now(), now())`, [south.people[one]!.id, south.people[other]!.id]);
    }
    await app.sql.exec('test.merges', `insert into contact_merges (merged_contact_id, survivor_id, merged_at, actor, cause, snapshot) select 7300000 + row_number() over (), id, now(), 'test', 'people', '{}' from unnest($1::bigint[]) id`, [south.people.map(({ id }) => id)]);
  });

  async function make(path: string, body: unknown): Promise<TestResponse> {
    const answer = await app.request('POST', `/api/v1/${path}`, { body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer;
  }

  async function side(manager: string, region: string): Promise<Side> {
    await make('users', { email: `${manager}@tactful.example`, name: manager, role: 'account_manager', region });
    const account = (await make('accounts', { name: `Company ${region}`, source: 'test', owner: { email: `${manager}@tactful.example` } })).body.id as number;
    const people = [];
    for (const [index, firstName] of ['Aagje', 'Berend', 'Clara'].entries()) {
      const [email, first, last] = [`${region}-${index}@secret-${region}.example`, `${firstName}van${region}`, `Surname${index}of${region}`];
      people.push({ id: await addFullPerson(app, { email, firstName: first, lastName: last, accountId: account }), traces: ['', email, first, last] });
    }
    for (const person of people) person.traces[0] = String(person.id);
    const { id: task } = await app.sql.one<{ id: number }>('test.task', 'select task_id as id from tasks where contact_id = $1', [people[0]!.id]);
    const { id: hold } = await app.sql.one<{ id: number }>('test.hold', 'select hold_id as id from contact_holds where contact_id = $1', [people[0]!.id]);
    const { id: message } = await app.sql.one<{ id: number }>('test.mail', `select message_id as id from messages where contact_id = $1 and state = 'queued'`, [people[0]!.id]);
    return { account, people, task, hold, message };
  }

  /** What stands for each parameter of a path: somebody or something of this side. */
  function fill(path: string, of: Side): string {
    const person = of.people[0]!.id;
    const values: readonly (readonly [RegExp, number | string])[] = [
      [/contacts\/:id/, `contacts/${person}`], [/:contactId\/:messageId/, `${person}/${of.message}`], [/accounts\/(matches|merges)\/:id/, 'accounts/$1/1'], [/accounts\/:id/, `accounts/${of.account}`],
      [/imports\/:id/, `imports/${is['import']}`], [/requests\/:id/, `requests/${is['request']}`], [/tasks\/:id/, `tasks/${of.task}`], [/holds\/:scope\/:id/, `holds/contact/${of.hold}`],
      [/mailbox\/:id/, 'mailbox/1'], [/members\/:id/, `members/${person}`], [/lists\/:key/, 'lists/fair'], [/segments\/:key/, 'segments/everybody'], [/snapshots\/:name/, 'snapshots/june'], [/versions\/:version/, 'versions/1'],
      [/triggers\/:key/, 'triggers/pricing'], [/purposes\/:key/, 'purposes/newsletter'], [/consent-wordings\/:wording/, 'consent-wordings/sign-up'], [/consent-forms\/:form/, 'consent-forms/site'], [/templates\/:key/, 'templates/plain'],
      [/campaigns\/:key/, 'campaigns/summer'], [/domains\/:domain/, 'domains/mail.example'], [/attributes\/contact\/:key/, 'attributes/contact/visits'], [/attributes\/:scope\/:key/, 'attributes/contact/shoe_size'], [/definitions\/:name/, 'definitions/Product%20Viewed'],
      [/:id/, 1],
    ];
    const query: Record<string, string> = {
      '/api/v1/decisions': `?contact=${person}&campaign=summer`, '/api/v1/segments/:key/why': `?contact=${person}`, '/api/v1/reports/events': '?event=Product%20Viewed&from=2026-05-01&to=2026-06-30',
    };
    return `${values.reduce((filled, [parameter, value]) => filled.replace(parameter, String(value)), path)}${query[path] ?? ''}`;
  }

  const reading = (): Route[] => routesOf(app).filter(({ method, path }) => method === 'GET' && path.startsWith('/api/v1/'));
  const POSTED_READS: Readonly<Record<string, unknown>> = {
    'POST /api/v1/segments/preview': { scope: 'contact', rule: { kind: 'attribute', attribute: 'email', operator: 'is_set' } },
    'POST /api/v1/campaigns/:key/dry-run': undefined,
  };
  /** What shows people by number, and needs no note. */
  const UNNOTED: Readonly<Record<string, string>> = { 'GET /api/v1/audit': 'the trail itself, which names nobody', 'GET /api/v1/audit/csv': 'the same' };
  const shown = (text: string, of: Side): number => of.people.filter(({ traces }) => traces.some((trace) => text.includes(trace))).length;

  it('are noted as read wherever more than one of them is shown', async () => {
    const silent: string[] = [];
    const seeing: string[] = [];
    const posted = routesOf(app).filter((route) => nameOf(route) in POSTED_READS);
    for (const route of [...reading(), ...posted]) {
      const answer = await app.request(route.method as 'GET', fill(route.path, south), { ...(route.method === 'POST' && { body: POSTED_READS[nameOf(route)] }) });
      expect([nameOf(route), answer.status, answer.status === 200 ? '' : answer.text]).toEqual([nameOf(route), 200, '']);
      await app.get(ReadTrailService).flush();
      const { noted } = await app.sql.one<{ noted: number }>('test.noted', `select count(*) as noted from audit_entries where action = 'people.read'`);
      const before = Number(is['noted'] ?? 0);
      is['noted'] = noted;
      if (shown(answer.text, south) < 2) continue;
      seeing.push(nameOf(route));
      if (noted === before && !(nameOf(route) in UNNOTED)) silent.push(nameOf(route));
    }
    expect(silent).toEqual([]);
    expect(seeing).toEqual(expect.arrayContaining(['GET /api/v1/contacts', 'GET /api/v1/accounts/:id', 'GET /api/v1/segments/:key/members', 'GET /api/v1/messages', 'GET /api/v1/drafts', 'POST /api/v1/segments/preview']));
  });

  it('of another region are shown to no account manager, by number, in a list, or in a sum of their names', async () => {
    for (const route of reading()) {
      for (const whose of [south, north]) {
        const path = fill(route.path, whose);
        const answer = await app.request('GET', path, { key: noor });
        expect([nameOf(route), answer.status < 500, shown(answer.text.replaceAll(String(south.people[0]!.id), (id) => (path.includes(id) ? 'asked for' : id)), south)]).toEqual([nameOf(route), true, 0]);
      }
    }
  });

  it('of his own region are shown to him', async () => {
    const answers = await Promise.all(['contacts', `contacts/${north.people[0]!.id}`, `accounts/${north.account}`, `accounts/${north.account}/people`, 'messages', 'tasks', 'holds', `tasks/${north.task}`, `holds/contact/${north.hold}`].map((path) => app.request('GET', `/api/v1/${path}`, { key: noor })));
    for (const answer of answers) expect(shown(answer.text, north)).toBeGreaterThan(0);
  });

  it('of another region are changed by no account manager: whatever he may do at all, he is told that they do not exist', async () => {
    const person = south.people[0]!.id;
    const bodies: Readonly<Record<string, unknown>> = {
      'POST /api/v1/tasks/:id/assign': { owner: 'me' },
      'POST /api/v1/tasks/:id/notes': { note: 'seen' },
      'POST /api/v1/tasks/:id/close': { outcome: 'done' },
      'POST /api/v1/tasks/:id/hand-back': { outcome: 'done' },
      'POST /api/v1/tasks/:id/drop': { outcome: 'done' },
      'POST /api/v1/tasks/:id/approve': undefined,
      'POST /api/v1/tasks/:id/write': { subject: 'Hi', text: 'Hi', purpose: 'newsletter' },
      'POST /api/v1/holds': { kind: 'complaint', contact: person, reason: 'mine' },
      'POST /api/v1/holds/:scope/:id/close': { step: 'lifted' },
      'POST /api/v1/holds/:scope/:id/retract': { why: 'mine' },
      'POST /api/v1/replies': { contact: person, key: 'k' },
      'POST /api/v1/drafts/:contactId/:messageId/approve': undefined,
      'POST /api/v1/drafts/:contactId/:messageId/drop': undefined,
      'POST /api/v1/drafts/approve': { campaign: 'summer', step: 2, account: south.account, count: 3 },
      'PUT /api/v1/accounts/:id/buying-group': { source: 'mine', members: [] },
      'POST /api/v1/contacts/:id/touches': { kind: 'call', at: app.clock.now().toISOString() },
    };
    const changing = routesOf(app).filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/v1/'));
    const open = changing.filter(({ handler, controller }) => (Reflect.getMetadata(REACH, handler) ?? Reflect.getMetadata(REACH, controller)) !== undefined);
    expect(open.map(nameOf).sort()).toEqual(Object.keys(bodies).sort());
    for (const route of changing) {
      const answer = await app.request(route.method as 'POST', fill(route.path, south), { key: noor, body: bodies[nameOf(route)] });
      expect([nameOf(route), answer.status, shown(answer.text.replace(String(person), ''), south)]).toEqual([nameOf(route), nameOf(route) in bodies ? 404 : 403, 0]);
    }
  });
});
