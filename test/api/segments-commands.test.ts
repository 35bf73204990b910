import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerSegmentsCommands } from '../../src/segments/segments.commands.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';

describe('segments on the command line', () => {
  const app = useApp();
  const folder = mkdtempSync(join(tmpdir(), 'tactful-rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    await app.sql.exec('test.contacts', `insert into contacts (contact_id, bucket, email, first_name, country, created_at, updated_at) values (1, 1, 'anna@acme.example', 'Anna', 'NL', $1, $1), (2, 2, 'bob@acme.example', 'Bob', 'BE', $1, $1)`, [TEST_NOW]);
  });

  const tactful = commandLine(app, registerSegmentsCommands);

  function file(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  it('previews a rule from a file', async () => {
    const { out } = await tactful('preview', file('dutch.json', '{ "kind": "attribute", "attribute": "country", "operator": "equals", "value": "NL" }'));
    expect(out).toMatch(/^1 contact\n\nen {2}Contacts whose country is NL\.\nnl {2}Contacten bij wie het land NL is\.\n\nReads contact\.country\n\nId {3}Name {3}E-mail/);
    expect(out).toMatch(/1 {4}Anna {3}anna@acme\.example/);
  });

  it('previews what the API takes: a rule with its scope', async () => {
    const whole = { key: 'large', name: 'Large', scope: 'account', rule: { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: 1 } };
    expect((await tactful('preview', file('whole.json', JSON.stringify(whole)))).out).toContain('Accounts whose number of employees is at least 1.');
    expect((await tactful('preview', file('whole-rule.json', JSON.stringify({ rule: { kind: 'all', conditions: [] } })))).out).toContain('All contacts.');
  });

  it('previews who may be mailed and what stops the others, aligned', async () => {
    await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 730)`);
    const rule = file('both.json', '{ "kind": "all", "conditions": [] }');
    const { out } = await tactful('preview', rule, '--purpose', 'newsletter');
    expect(out).toMatch(/^2 contacts\n\nen {2}All contacts\.\nnl {2}Alle contacten\.\n\nFor “newsletter”: 0 may be mailed now, 2 not\n\n {2}2 {3}It is not on record where the data of this person came from, when, and under which notice\. {2}\[input\.provenance_missing\]\n\nId {3}Name/);
    expect((await tactful('preview', rule, '--purpose', 'newsletter', '--language', 'nl')).out).toMatch(/ {2}2 {3}Er is niet|deze persoon/);
    expect(await tactful('preview', rule, '--purpose', 'newsleter')).toMatchObject({ out: '', err: 'There is no purpose “newsleter”. Did you mean “newsletter”?', code: 1 });
  });

  it('tells why somebody is in a segment, and what segments share', async () => {
    await app.get(SegmentsService).create({ key: 'dutch', name: 'Dutch', scope: 'contact', rule: { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' }] } }, 'test');
    expect((await tactful('segments', 'why', 'dutch', '--contact', '2')).out).toBe('Bob is not in “dutch”\n\n✗ Contacts whose country is NL.\n  ✗ Contacts whose country is NL.  (country is BE)');
    expect((await tactful('segments', 'why', 'dutch', '--contact', '1', '--language', 'nl')).out).toMatch(/^Anna is in “dutch”\n\n✓ Contacten bij wie het land NL is\./);
    expect(await tactful('segments', 'why', 'dutch', '--contact', 'nobody@acme.example')).toMatchObject({ err: 'There is no contact nobody@acme.example.', code: 1 });
    expect(await tactful('segments', 'why', 'dutch')).toMatchObject({ err: 'Give either --contact or --account.', code: 1 });
    expect(await tactful('segments', 'why', 'dutch', '--account', '1')).toMatchObject({ err: 'Segment “dutch” is about contacts, not about accounts.', code: 1 });
    expect((await tactful('segments', 'overlap', 'dutch')).out).toBe('dutch: 1 contact\nThere is no other segment to compare with.');
    await app.get(SegmentsService).remove('dutch', 'test');
  });

  it('previews a saved segment and lists it', async () => {
    expect((await tactful('segments', 'list')).out).toMatch(/There are no segments yet/);
    await app.get(SegmentsService).create({ key: 'everybody', name: 'Everybody', scope: 'contact', rule: { kind: 'all', conditions: [] } }, 'test');
    expect(JSON.parse((await tactful('preview', 'everybody', '--json')).out)).toMatchObject({ count: 2 });
    expect((await tactful('segments', 'list')).out).toMatch(/everybody {3}contact {3}1 {9}All contacts\./);
  });

  it('lists, restores and compares', async () => {
    const service = app.get(SegmentsService);
    const country = (value: string) => ({ kind: 'attribute', attribute: 'country', operator: 'equals', value });
    await service.create({ key: 'near', name: 'Near', scope: 'contact', rule: country('NL') }, 'key:anna');
    expect((await tactful('segments', 'snapshot', 'near', 'before')).out).toBe('Snapshot “before” of “near”: 1 member.');
    await service.change('near', { name: 'Near', scope: 'contact', rule: country('BE') }, 'key:bob');
    const compared = (await tactful('segments', 'snapshot', 'near', 'before', '--compare')).out;
    expect(compared).toMatch(/^1 then, 1 now: 1 entered, 1 left\n\nEntered, among others:\n[^]+bob@acme.example[^]+Left, among others:\n[^]+anna@acme.example/);
    expect((await tactful('segments', 'snapshot', 'near', 'before', '--list', 'were-near')).out).toBe('List “were-near”: 1 of snapshot “before”.');
    expect((await tactful('segments', 'restore', 'near', '1')).out).toBe('Segment “near” is at version 3: Contacts whose country is NL.');
    expect((await tactful('segments', 'versions', 'near')).out).toMatch(/3 \(now\) .+ operator {2}.* 1 .+country is NL\.\n2 .+ key:bob .+country is BE\.\n1 .+ key:anna /);
    expect(await tactful('segments', 'restore', 'near', '9')).toMatchObject({ err: expect.stringContaining('has no version 9'), code: 1 });
    expect(await tactful('segments', 'versions', 'nobody')).toMatchObject({ err: expect.stringContaining('There is no segment “nobody”'), code: 1 });
  });

  it('makes a list, puts people in and takes them out', async () => {
    await app.sql.exec('test.identities', `insert into identities (kind, value, contact_id) values ('email', 'anna@acme.example', 1), ('external_id', 'CRM-2', 2)`);
    expect((await tactful('lists', 'create', 'fair', '--name', 'The fair')).out).toBe('List “fair” is there, and empty.');
    expect(await tactful('lists', 'create', 'fair')).toMatchObject({ err: 'There is a segment or list “fair” already.', code: 1 });
    expect(await tactful('lists', 'add', 'fair', 'Anna@acme.example', 'external:CRM-2', 'who@x.example', 'id:x')).toMatchObject({ out: '2 put in, 0 in already, 2 unknown', err: 'Nobody here is known as who@x.example, id:x.', code: 1 });
    expect((await tactful('lists', 'members', 'fair')).out).toMatch(/^2 in the list “fair”\nId [^]+1 {4}Anna[^]+2 {4}Bob/);
    expect((await tactful('lists', 'remove', 'fair', '--file', file('out.txt', 'id:1\r\n\n1\n'))).out).toBe('1 taken out, 1 not in it, 0 unknown');
    expect(await tactful('lists', 'add', 'fair')).toMatchObject({ err: 'Name members, or a file with one on each line.', code: 1 });
    expect(await tactful('lists', 'members', 'everybody')).toMatchObject({ err: expect.stringContaining('is no list'), code: 1 });
  });

  it.each([
    ['a file that is not there', () => join(folder, 'none.json'), /none.json cannot be read as a rule: ENOENT/],
    ['a file that is no JSON', () => file('broken.json', '{ "kind": '), /broken.json cannot be read as a rule/],
    ['a segment that does not exist', () => 'nobody', /There is no segment “nobody”. A file with a rule must end in .json/],
    ['a rule with a slip', () => file('slip.json', '{ "kind": "attribute", "attribute": "contry", "operator": "is_set" }'), /attribute: Contacts have no attribute “contry”. Did you mean “country”\?/],
  ])('tells what to do about %s', async (_, argument, message) => {
    expect(await tactful('preview', argument())).toMatchObject({ out: '', err: expect.stringMatching(message), code: 1 });
  });
});
