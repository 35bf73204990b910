import iconv from 'iconv-lite';
import { reportText } from '../../src/customers/import/print-report.js';
import { mapOf, useImport } from './import-harness.js';

const MAP = { fields: { external_id: 'id', email: 'mail', first_name: 'name', 'attributes.score': { column: 'score', type: 'number' } } };

describe('who a row is about', () => {
  const harness = useImport();
  const { run } = harness;
  const person = (where: string) => harness.sql.many<Record<string, unknown>>('test.person', `select contact_id, email, first_name, attributes from contacts where ${where} order by contact_id`);

  it('is found by external id, and an empty cell erases nothing', async () => {
    await run('contacts', 'id,mail,name,score\na1,ann@x.example,Ann,5\n', MAP);
    const report = await run('contacts', 'id,mail,name,score\na1,,,6\n', MAP);
    expect(report).toMatchObject({ updated: 1, inserted: 0 });
    expect(await person(`email = 'ann@x.example'`)).toMatchObject([{ first_name: 'Ann', attributes: { score: 6 } }]);
  });

  it('takes a new address, and still knows the old one', async () => {
    await run('contacts', 'id,mail,name,score\na1,ann@new.example,,\n', MAP);
    const [ann] = await person(`email = 'ann@new.example'`);
    const report = await run('contacts', 'mail,name\nann@x.example,Anna\n', { fields: { email: 'mail', first_name: 'name' } });
    expect(report).toMatchObject({ updated: 1, inserted: 0 });
    expect(await person(`first_name = 'Anna'`)).toMatchObject([{ contact_id: ann?.['contact_id'] }]);
  });

  it('in one file counts once, the last row; a row that says the person is somebody else is rejected', async () => {
    const csv = ['id,mail,name,score', 'b1,bob@x.example,Bobby,1', 'b1,bob@x.example,Bob,2', 'b2,bob@x.example,Rob,3', 'b3,carl@x.example,Carl,4', 'b3,carl@x.example,Carl,4'].join('\n');
    const report = await run('contacts', csv, MAP);
    expect(report).toMatchObject({ rows: 5, inserted: 2, duplicates: 2, rejected: 1 });
    expect(report.firstRejected).toEqual([{ line: 3, reason: 'line 4 has the same bob@x.example with other identities: one is one person' }]);
    expect(await run('contacts', csv, MAP)).toMatchObject({ inserted: 0, updated: 0, unchanged: 2, duplicates: 2, rejected: 1 });
  });

  it('is refused where id and address belong to two contacts, and where an address would get a second id', async () => {
    await run('contacts', 'id,mail,name,score\nd1,dan@x.example,Dan,\nd2,eve@x.example,Eve,\n', MAP);
    const report = await run('contacts', 'id,mail,name,score\nd1,eve@x.example,?,\nd9,dan@x.example,?,\n', MAP);
    expect(report).toMatchObject({ rejected: 2, updated: 0, inserted: 0 });
    expect(harness.rejected(report)).toEqual([
      'id,mail,name,score,line,reason',
      'd1,eve@x.example,?,,2,the address eve@x.example belongs to another contact than this external_id or user_id',
      'd9,dan@x.example,?,,3,"dan@x.example belongs to a contact that has another external_id than ""d9"": one address is one person"',
    ]);
  });

  it('in several spellings of an address is one person', async () => {
    const report = await run('contacts', 'mail\nFred@X.example\n fred@x.example \n', { fields: { email: 'mail' } });
    expect(report).toMatchObject({ inserted: 1, duplicates: 1 });
  });
});

describe('bad rows', () => {
  const harness = useImport();
  const { run } = harness;

  it('are written down with their reason, and stop no good one', async () => {
    const csv = [
      'id;mail;name;score',
      '1;one@x.example;One;1,5',
      '2;two@;Two;2',
      '3;three@x.example;Three;many',
      '4;four@x.example;Four',
      '5;"five@x.example\r\nBcc: everybody@x.example";Five;5',
      '6;"six@x.example;Six;6',
      ';;Nobody;7',
      '8;eight@x.example;"Eight; the ""8th""";8',
    ].join('\r\n');
    const report = await run('contacts', csv, { ...MAP, decimal: ',' });
    expect(report).toMatchObject({ rows: 8, inserted: 2, rejected: 6, delimiter: ';' });
    expect(harness.rejected(report)).toEqual([
      'id;mail;name;score;line;reason',
      '2;two@;Two;2;3;"email (column ""mail""): ""two@"" is not an e-mail address (nothing stands after the @)"',
      '3;three@x.example;Three;many;4;"attributes.score (column ""score""): ""many"" is not a number written like 1.234,56"',
      '"4;four@x.example;Four";;;;5;has 3 columns where the header has 4',
      '5;"five@x.example\r',
      'Bcc: everybody@x.example";Five;5;6;"email (column ""mail""): ""five@x.example  Bcc: everybody@x.example"" is an address with a line end in it"',
      '"6;""six@x.example;Six;6";;;;8;a quotation mark is missing or stands in the wrong place',
      ';;Nobody;7;9;the row does not tell who it is about: external_id, email is empty',
    ]);
    expect(report.firstRejected.map(({ line }) => line)).toEqual([3, 4, 5, 6, 8, 9]);
    expect(await harness.sql.many('test.names', `select first_name, attributes from contacts order by 1`)).toEqual([
      { first_name: 'Eight; the "8th"', attributes: { score: 8 } },
      { first_name: 'One', attributes: { score: 1.5 } },
    ]);
  });

  it('can be mended in the rejected file and imported from there', async () => {
    const first = await run('contacts', 'id,mail,name,score\n11,eleven,Eleven,1\n12,twelve@y.example,"Twelve, T.",x\n', MAP);
    const mended = harness.rejected(first).join('\n').replace('eleven,', 'eleven@y.example,').replace(',x,', ',2,');
    expect(await run('contacts', mended, MAP)).toMatchObject({ rows: 2, inserted: 2, rejected: 0 });
    expect(await harness.sql.many('test.twelve', `select email from contacts where first_name = 'Twelve, T.'`)).toEqual([{ email: 'twelve@y.example' }]);
  });

  it('do not leave an older rejected file behind when there are none any more', async () => {
    const rejectedFile = `${harness.folder}/same.rejected.csv`;
    expect((await run('contacts', 'mail\nwrong\n', { fields: { email: 'mail' } }, { rejectedFile })).rejectedFile).toBe(rejectedFile);
    const report = await run('contacts', 'mail\nright@x.example\n', { fields: { email: 'mail' } }, { rejectedFile });
    expect(report.rejectedFile).toBeNull();
    expect(harness.rejected({ ...report, rejectedFile: null })).toEqual([]);
  });

  it('cost the good ones nothing when the rejected file cannot be written', async () => {
    const report = await run('contacts', 'mail\nwrong\nfine@x.example\n', { fields: { email: 'mail' } }, { rejectedFile: '/proc/none/rejected.csv' });
    expect(report).toMatchObject({ inserted: 1, rejected: 1, rejectedFile: null });
    expect(report.warnings.at(-1)?.message).toContain('could not be written');
  });
});

describe('what the gate will refuse later', () => {
  const { run, db } = useImport();
  const CSV = 'mail,land\na@g.example,NL\nb@g.example,\nwrong,\n';
  const withCountry = { fields: { email: 'mail', country: 'land' } };

  it.each([
    ['neither notice nor country', { fields: { email: 'mail' } }, undefined, ['no notice version is given', 'the map names no country']],
    ['no notice, and a country for some', withCountry, undefined, ['no notice version is given', '1 row has no country']],
    ['a notice, and the same country for everybody', { fields: { email: 'mail', country: { const: 'NL' } } }, '2026-01', []],
  ])('is told while the file is at hand: %s', async (_, map, noticeVersion, expected) => {
    const report = await run('contacts', CSV, map, { dryRun: true, ...(noticeVersion !== undefined && { noticeVersion }) });
    expect(report.warnings.map(({ message }) => message)).toEqual(expected.map((text) => expect.stringContaining(text)));
    expect(report.warnings.every(({ line }) => line === undefined)).toBe(true);
    const printed = reportText(report);
    for (const text of expected) expect(printed).toContain(`note: ${text}`);
  });

  it('is not asked of files that are not about people', async () => {
    expect((await run('accounts', 'name\nAcme\n', { fields: { name: 'name' } })).warnings).toEqual([]);
    expect(await db.sql.many('test.none', 'select from contacts')).toEqual([]);
  });
});

describe('files of any make', () => {
  const harness = useImport();
  const { run } = harness;
  const text = 'Klantnummer;E-mail;Voornaam;Achternaam;Land;Geboortedatum;Omzet\r\nK1;zoë@voorbeeld.example;Zoë;"van ’t Hoff";België;31-12-1976;1.234,56\r\nK2;jose@voorbeeld.example;José;-;Duitsland;3 mei 1980;€ 12\r\n';

  it.each([
    ['utf-8', Buffer.from(text)],
    ['utf-8', Buffer.from(`\uFEFF${text}`)],
    ['windows-1252', iconv.encode(text.replace('zoë@', 'zoe@'), 'windows-1252')],
    ['utf-16le', iconv.encode(text, 'utf-16le', { addBOM: true })],
  ])('are read: %s', async (encoding, bytes) => {
    await harness.sql.exec('test.clear', 'truncate contacts, identities cascade');
    const report = await run('contacts', bytes, mapOf('contacts-nl'));
    expect(report).toMatchObject({ encoding, delimiter: ';', inserted: 2, rejected: 0 });
    expect(await harness.sql.many('test.people', 'select first_name, last_name, country, birth_date, attributes from contacts order by contact_id')).toEqual([
      { first_name: 'Zoë', last_name: 'van ’t Hoff', country: 'BE', birth_date: '1976-12-31', attributes: { turnover: 1234.56 } },
      { first_name: 'José', last_name: null, country: 'DE', birth_date: '1980-05-03', attributes: { turnover: 12 } },
    ]);
  });

  it('lose one record to a missing quote, whatever follows', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `q${index}@x.example,"Name ${index}"`);
    lines[1_000] = 'q1000@x.example,"Name 1000';
    const report = await run('contacts', ['mail,name', ...lines].join('\n'), { fields: { email: 'mail', first_name: 'name' } });
    expect(report).toMatchObject({ rows: 3_000, inserted: 2_999, rejected: 1 });
    expect(report.firstRejected).toEqual([{ line: 1_002, reason: 'a quotation mark is missing or stands in the wrong place' }]);
  });

  it('of a header alone say so', async () => {
    const report = await harness.run('contacts', 'mail,name\n', { fields: { email: 'mail' } });
    expect(report.warnings.map(({ message }) => message)).toContain('the file has a header and no row below it: nothing was imported');
  });

  it('that are empty or no text begin nothing', async () => {
    const map = { fields: { email: 'mail' } };
    expect(await harness.attempt('contacts', '', map)).toEqual({ kind: 'file_unreadable', detail: 'the file is empty' });
    expect(await harness.attempt('contacts', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 255, 254]), map)).toMatchObject({ kind: 'file_unreadable', detail: expect.stringContaining('save it as "CSV UTF-8"') });
    expect(await harness.attempt('contacts', { path: '/nowhere/x.csv' }, map)).toMatchObject({ kind: 'file_unreadable' });
  });
});

describe('before the first row', () => {
  const harness = useImport();

  it('a purpose that does not exist or is retired is named, with those that can be used', async () => {
    expect(await harness.attempt('contacts', 'mail\na@x.example\n', { fields: { email: 'mail' } }, { purposes: ['sales', 'nope', 'retired_one'] })).toEqual({
      kind: 'purpose_unknown',
      unknown: ['nope', 'retired_one'],
      existing: ['newsletter', 'sales'],
    });
    expect(await harness.attempt('contacts', 'mail\na@x.example\n', { fields: { email: 'mail' } }, { purposes: [] })).toMatchObject({ kind: 'purpose_unknown' });
  });

  it('a map that does not fit the file is told with the columns that are there', async () => {
    expect(await harness.attempt('contacts', 'e-mail;naam\na@x.example;A\n', { fields: { email: 'mail' } })).toEqual({
      kind: 'map_invalid',
      problems: [{ path: 'fields.email', message: 'the file has no column "mail"' }],
      columns: ['e-mail', 'naam'],
    });
  });

  it('an attribute of another type is refused, so is one that Tactful fills in itself', async () => {
    await harness.run('contacts', 'mail,x\na@x.example,5\n', { fields: { email: 'mail', 'attributes.size': { column: 'x', type: 'number' } } });
    const problem = await harness.attempt('contacts', 'mail,x\na@x.example,5\n', { fields: { email: 'mail', 'attributes.size': 'x', 'attributes.created_at': 'x' } });
    expect(problem).toMatchObject({ kind: 'map_invalid', problems: [{ path: 'fields.attributes.size', message: 'is a number here; the map reads it as text' }, { path: 'fields.attributes.created_at' }] });
  });

  it('nothing at all is stored or left behind', async () => {
    await harness.attempt('contacts', 'mail\n', { fields: { email: 'other' } });
    expect(await harness.sql.one('test.imports', `select count(*) filter (where state <> 'done') as open from imports`)).toEqual({ open: 0 });
    expect(await harness.sql.many('test.tables', `select relname from pg_class where relname like 'import\\_rows%' or relname like 'import\\_left%'`)).toEqual([]);
  });
});

describe('a dry run', () => {
  const harness = useImport();

  it('reports what the import would, and writes nothing but its report', async () => {
    const csv = 'id,mail,name,score,firm\n1,a@x.example,A,1,Acme\n2,b@x.example,B,x,Acme\n3,c@x.example,C,3,Acme\n';
    const map = { fields: { ...MAP.fields, account: 'firm' }, createAccounts: true };
    const dry = await harness.run('contacts', csv, map, { dryRun: true });
    const counts = () => harness.sql.one('test.counts', `select (select count(*) from contacts) as contacts, (select count(*) from identities) as identities, (select count(*) from accounts) as accounts, (select count(*) from attribute_definitions where not standard) as attributes`);
    expect(await counts()).toEqual({ contacts: 0, identities: 0, accounts: 0, attributes: 0 });
    const real = await harness.run('contacts', csv, map);
    expect(await counts()).toEqual({ contacts: 2, identities: 4, accounts: 1, attributes: 1 });
    const told = ({ inserted, rejected, firstRejected, defined }: typeof dry) => ({ inserted, rejected, firstRejected, defined });
    expect(told(dry)).toEqual(told(real));
    expect(harness.rejected(dry)).toEqual(harness.rejected(real));
    expect(await harness.sql.many('test.imports', `select dry_run, state, inserted, rejected from imports order by import_id`)).toEqual([
      { dry_run: true, state: 'done', inserted: 2, rejected: 1 },
      { dry_run: false, state: 'done', inserted: 2, rejected: 1 },
    ]);
  });
});

describe('imports that died with their process', () => {
  const harness = useImport();

  it('are found by the next one, marked, and cleaned up', async () => {
    await harness.sql.exec('test.dead', `insert into imports (import_id, kind, source, purposes, file_name, mapping) values (900, 'contacts', 's', '{}', 'f', '{}')`);
    await harness.sql.exec('test.rest', 'create unlogged table import_rows_900 (line integer)');
    await harness.run('contacts', 'mail\na@x.example\n', { fields: { email: 'mail' } });
    expect(await harness.sql.one('test.state', 'select state, error from imports where import_id = 900')).toEqual({ state: 'failed', error: 'interrupted: the process ended; run it again' });
    expect(await harness.sql.many('test.tables', `select from pg_class where relname = 'import_rows_900'`)).toEqual([]);
  });

  it('are not those that begin at this moment: each is locked before others can see it', async () => {
    await harness.sql.exec(
      'test.watch',
      `create function is_locked() returns trigger language plpgsql as $$ begin
         if not exists (select from pg_locks where locktype = 'advisory' and objid = new.import_id::oid and granted and pid <> pg_backend_pid()) then raise 'import % can be taken for dead', new.import_id; end if;
         return new;
       end $$`,
    );
    await harness.sql.exec('test.watchAll', 'create trigger is_locked before insert on imports for each row execute function is_locked()');
    expect(await harness.run('contacts', 'mail\nb@x.example\n', { fields: { email: 'mail' } })).toMatchObject({ inserted: 1 });
  });
});

