import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { PERSON_TABLES } from '../../src/core/privacy/person-tables.js';
import { MergeService } from '../../src/customers/merge/merge.service.js';
import { AuditService } from '../../src/privacy/audit.service.js';
import { ErasureLog } from '../../src/privacy/rights/erasure/erasure-log.js';
import { ErasureService } from '../../src/privacy/rights/erasure/erasure.service.js';
import { TouchesService } from '../../src/tasks/touches/touches.service.js';
import { useApp } from '../support/app.js';
import { addFullPerson, addPersonOnFile, prepareRightsWorld, tracesOf } from '../support/rights-world.js';

// The ledger keeps its chain; whom it is about is a number that nothing leads to.
const LEDGER = ['consent_records', 'consents'];
const BY_HAND = { kind: 'officer', actor: 'key:officer' } as const;

describe('every table with data about people', () => {
  const app = useApp();

  it('says what erasure, access and merge do with it', async () => {
    const tables = await app.sql.many<{ table_name: string }>(
      'test.personTables',
      `select distinct table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)
       where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'events\\_%' and table_name not like 'decisions\\_%'
         and column_name ~ '(^|_)contact_id$|^survivor_id$|email|address|^first_name$|^last_name$|^phone$|^envelope_|^person_keys$' order by 1`,
    );
    expect(tables.map((row) => row.table_name).filter((name) => !(name in PERSON_TABLES))).toEqual([]);
  });

  it('names no table or column that is not there', async () => {
    const rows = await app.sql.many<{ place: string }>('test.columns', `select table_name || '.' || column_name as place from information_schema.columns where table_schema = 'public'`);
    const there = new Set(rows.map((row) => row.place));
    const missing = Object.entries(PERSON_TABLES).flatMap(([table, { erasure }]) => (erasure.act === 'deleted' ? erasure.by : []).map((column) => `${table}.${column}`).filter((place) => !there.has(place)));
    expect(missing).toEqual([]);
  });
});

describe('an erasure', () => {
  const app = useApp();
  let accountId = 0;
  const erase = (contactId: number) => app.get(ErasureService).erase(contactId, BY_HAND);

  beforeAll(async () => {
    ({ accountId } = await prepareRightsWorld(app));
  });

  beforeEach(() => app.clock.advance(60_000));

  it('leaves no trace of the person in any table, and touches nobody else', async () => {
    const colleague = await addFullPerson(app, { email: 'willem.kok@molen.example', firstName: 'Willem', lastName: 'Kok', accountId });
    const contactId = await addFullPerson(app, { email: 'anna.zonnebloem@molen.example', accountId });
    expect((await tracesOf(app, ['zonnebloem', 'anna.'], [contactId])).length).toBeGreaterThan(20);
    const certificate = await erase(contactId);
    expect(await tracesOf(app, ['zonnebloem', `crm-${contactId}`, `u-${contactId}`, `device-${contactId}`], [contactId])).toEqual(LEDGER);
    expect(certificate).toMatchObject({ people: 1, cause: 'officer', deleted: { contacts: 1, events: 2, identities: 4, mailbox_mails: 1 }, anonymised: { messages: 2, decisions: 2, enrollments: 1, imports: 1 } });
    expect(JSON.stringify(certificate)).not.toMatch(/anna|molen/i);
    const { messages, events, holds } = await app.sql.one<{ messages: number; events: number; holds: number }>(
      'test.colleague',
      `select (select count(*) from messages where contact_id = $1) as messages, (select count(*) from events where contact_id = $1) as events, (select count(*) from contact_holds where contact_id = $1) as holds`,
      [colleague],
    );
    expect({ messages, events, holds }).toEqual({ messages: 2, events: 2, holds: 1 });
  });

  it('stops what has not left yet, and keeps what reports count', async () => {
    const contactId = await addFullPerson(app, { email: 'gone@molen.example', firstName: 'Gina', lastName: 'Weg', accountId });
    await erase(contactId);
    const rows = await app.sql.many<{ state: string; response: string | null; account_id: number | null; contact_id: number }>('test.messages', `select state, response, account_id, contact_id from messages where contact_id < 0 order by message_id desc limit 2`);
    expect(rows.map(({ state, response, account_id: account }) => ({ state, response, account })).sort((a, b) => (a.state < b.state ? -1 : 1))).toEqual([{ state: 'denied', response: 'erased', account: null }, { state: 'sent', response: null, account: null }]);
    const { facts, evidence } = await app.sql.one<{ facts: number[]; evidence: number | null }>('test.decisions', 'select facts, evidence from decisions where contact_id = $1 limit 1', [rows[0]!.contact_id]);
    expect({ facts, evidence }).toEqual({ facts: [], evidence: null });
  });

  it('takes along what was merged into the person, and everybody with the same mailbox', async () => {
    const first = await addFullPerson(app, { email: 'piet.puk@gmail.com', firstName: 'Piet', lastName: 'Puk' });
    const merged = await addPersonOnFile(app, { email: 'p.puk@oud.example', firstName: 'Pieter', lastName: 'Puk' });
    const twin = await addPersonOnFile(app, { email: 'pietpuk+shop@googlemail.com', firstName: 'Piet', lastName: 'Puk' });
    await app.get(MergeService).merge(first, merged, 'test');
    const certificate = await erase(merged);
    expect(certificate?.people).toBe(2);
    expect(await tracesOf(app, ['puk@', 'pietpuk'], [first, merged, twin])).toEqual(LEDGER);
    const { count } = await app.sql.one<{ count: number }>('test.suppressed', `select count(*) from suppressions where reason = 'erased' and suppressed_at = $1`, [app.clock.now()]);
    expect(count).toBe(2); // two mailboxes
  });

  it('keeps the ledger whole', async () => {
    await erase(await addFullPerson(app, { email: 'ledger@molen.example', accountId }));
    expect((await app.get(LedgerCheckService).verify()).findings).toEqual([]);
  });

  it('takes the rows that name the person out of files with rejected rows', async () => {
    const file = join(app.config.dataDir, 'people.rejected.csv');
    writeFileSync(file, 'name;email;line;reason\n"Anna\nZ";ANNA@rejected.example;2;no country\nBob;bob@rejected.example;3;no country\n');
    await app.sql.exec('test.import', `insert into imports (kind, source, purposes, file_name, mapping, rejected_file) values ('contacts', 'crm', '{newsletter}', 'people.csv', '{}', $1)`, [file]);
    await erase(await addPersonOnFile(app, { email: 'anna@rejected.example' }));
    expect(readFileSync(file, 'utf8')).toBe('name;email;line;reason\nBob;bob@rejected.example;3;no country\n');
  });

  it('stands in the trail without a name, and in the log without one', async () => {
    const contactId = await addPersonOnFile(app, { email: 'trail@molen.example' });
    const certificate = await erase(contactId);
    const [entry] = await app.get(AuditService).list({ action: 'privacy.erased' }, Number.MAX_SAFE_INTEGER, 1);
    expect(entry).toMatchObject({ actor: 'key:officer', subject_id: certificate!.erasureId });
    const { erasures } = await app.get(ErasureLog).read();
    expect(erasures.at(-1)).toMatchObject({ erasureId: certificate!.erasureId, cause: 'officer' });
    expect(readFileSync(app.get(ErasureLog).path, 'utf8')).not.toMatch(/trail|molen/);
    expect(existsSync(app.get(ErasureLog).path)).toBe(true);
  });

  it('is undone whole when something fails', async () => {
    const contactId = await addFullPerson(app, { email: 'whole@molen.example', accountId });
    const before = await tracesOf(app, ['whole@molen'], [contactId]);
    await expect(app.sql.transaction(async (sql) => {
      await app.get(ErasureService).eraseContacts(sql, [contactId], BY_HAND, app.clock.now());
      throw new Error('the disk is full');
    })).rejects.toThrow('the disk is full');
    expect(await tracesOf(app, ['whole@molen'], [contactId])).toEqual(before);
  });

  it('is waited for by a colleague who writes down a call with the person at that moment: nobody was called', async () => {
    const contactId = await addPersonOnFile(app, { email: 'called@molen.example' });
    const { promise: logged, resolve } = Promise.withResolvers<number | undefined>();
    await app.sql.transaction(async (sql) => {
      await app.get(ErasureService).eraseContacts(sql, [contactId], BY_HAND, app.clock.now());
      resolve(app.get(TouchesService).log({ contactId, kind: 'call', at: app.clock.now(), note: '', userId: null }, 'key:anna', undefined));
      const waits = (): Promise<{ count: number }> => app.sql.one('test.waits', `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      for (let looks = 0; looks < 200 && (await waits()).count === 0; looks += 1) await setTimeout(10);
    });
    expect(await logged).toBeUndefined();
  });

  it('finds nobody when there is nobody', async () => {
    expect(await erase(999_999_999)).toBeUndefined();
  });

  it('by retention does not keep the address away: whoever signs up again is welcome', async () => {
    const contactId = await addPersonOnFile(app, { email: 'old@molen.example' });
    await app.sql.transaction((sql) => app.get(ErasureService).eraseContacts(sql, [contactId], { kind: 'retention', actor: 'system' }, app.clock.now()));
    const { count } = await app.sql.one<{ count: number }>('test.suppressed', `select count(*) from suppressions where reason = 'erased' and suppressed_at = $1`, [app.clock.now()]);
    expect(count).toBe(0);
  });
});
