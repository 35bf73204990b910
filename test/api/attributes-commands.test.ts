import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerAttributesCommands } from '../../src/customers/attributes.commands.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';

describe('attributes on the command line', () => {
  const app = useApp();
  const folder = mkdtempSync(join(tmpdir(), 'tactful-computations-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    await app.sql.exec('test.contact', `insert into contacts (contact_id, bucket, email, created_at, updated_at) values (1, 1, 'anna@acme.example', $1, $1)`, [TEST_NOW]);
    await app.sql.exec('test.event', `insert into event_definitions (name, purposes) values ('Visited', '{*}')`);
    await app.sql.exec('test.events', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values (1, $1, 'a', 'Visited', 'test')`, [TEST_NOW]);
  });

  const run = commandLine(app, registerAttributesCommands);
  const tactful = (...words: string[]) => run('attributes', ...words);

  it('lists what is unclassified, and classifies it', async () => {
    expect((await tactful('list', '--unclassified')).out).toMatch(/^contact\.birth_date +date +unclassified\ncontact\.phone +text +unclassified$/);
    expect((await tactful('classify', 'contact', 'phone', '--purposes', '*')).out).toBe('contact.phone may be used for *.');
    expect((await tactful('classify', 'contact', 'birth_date', '--purposes', '*', '--sensitive')).code).toBeUndefined();
    expect((await tactful('list', '--unclassified')).out).toBe('Every attribute is classified.');
    expect((await tactful('list')).out).toMatch(/contact\.birth_date +date +\*, sensitive/);
  });

  it('computes an attribute from events', async () => {
    const file = join(folder, 'visits.json');
    writeFileSync(file, '{"computation": {"aggregate": "count", "event": "Visited"}}');
    expect((await tactful('compute', 'visits', file)).out).toContain('contact.visits is computed.');
    expect((await tactful('list')).out).toMatch(/contact\.visits +number +\*, computed from Visited/);
  });

  it('shows of one attribute, and of one kind of event, where it is from, what for, and who uses it', async () => {
    const rule = { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'birth_date', operator: 'is_set' }, { kind: 'event', event: 'Visited', count: { operator: 'at_least', value: 1 } }] };
    expect((await app.request('POST', '/api/v1/segments', { body: { key: 'grown', name: 'Grown', scope: 'contact', rule } })).status).toBe(201);
    await app.request('PATCH', '/api/v1/events/definitions/Visited', { body: { purposes: ['*'] } });
    const attribute = await tactful('show', 'contact', 'birth_date');
    expect(attribute.out.split('\n')).toEqual([
      'contact.birth_date', expect.stringMatching(/^ {2}from {13}tactful, since \d{4}-\d\d-\d\d$/), '  may be used for  *', '  sensitive        yes: asks for explicit consent (GDPR art. 9)', '  classified by    operator, 2026-06-09',
      '  values are kept  as long as the person', '  segments         grown', '  templates        none', '  campaigns        none',
    ]);
    const event = await tactful('show', 'event', 'Visited');
    for (const says of ['event.Visited', 'may be used for  *', 'classified by    key:', 'segments         grown', 'computed from it visits']) expect(event.out).toContain(says);
    expect((await app.request('GET', '/api/v1/events/definitions/Visited')).body).toMatchObject({ name: 'Visited', purposes: ['*'], users: { segments: ['grown'] }, computed: ['visits'], classified: { actor: expect.stringMatching(/^key:/) } });
    expect((await app.request('GET', '/api/v1/events/definitions/Nothing')).status).toBe(404);
  });

  it.each([
    [['show', 'event', 'Nothing'], 'There is no kind of event "Nothing".'],
    [['show', 'account', 'shoe_size'], 'There is no attribute "shoe_size".'],
    [['classify', 'contact', 'phone', '--purposes', 'nothing'], 'There is no such purpose.'],
    [['classify', 'contact', 'shoe_size', '--purposes', '*'], 'There is no attribute "shoe_size".'],
    [['compute', 'visits', '/nowhere.json'], 'cannot be read'],
  ])('says what is wrong with %j', async (words, says) => {
    const { err, code } = await tactful(...words);
    expect(err).toContain(says);
    expect(code).toBe(1);
  });
});
