import { createHash, randomUUID } from 'node:crypto';
import type { ConsentEntry } from '../../src/core/consent/consent-event.js';
import type { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import type { LedgerService } from '../../src/consent/ledger.service.js';
import { useDatabase } from '../support/database.js';
import { ledgerKit } from '../support/ledger.js';

const now = new Date('2026-06-09T08:00:00Z');
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);

describe('the consent ledger', () => {
  const db = useDatabase();
  const ledger = (): LedgerService => ledgerKit(db.sql, now).ledger;
  const check = (): LedgerCheckService => ledgerKit(db.sql, now).check;

  beforeAll(async () => {
    await db.sql.exec('test.purposes', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 365), ('events', 'Evenementen', 'Events', 'consent', 365)`);
  });

  async function somebody(): Promise<number> {
    const row = await db.sql.one<{ contact_id: number }>(
      'test.contact',
      `insert into contacts (contact_id, bucket, email, created_at, updated_at)
       select id, bucket_of(id, null), $1, $2, $2 from nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id returning contact_id`,
      [`${randomUUID()}@voorbeeld.example`, now],
    );
    return row.contact_id;
  }

  function act(contactId: number, event: ConsentEntry['event'], more: Partial<ConsentEntry> = {}): ConsentEntry {
    return { contactId, purpose: 'newsletter', event, legalBasis: 'consent', proof: { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, graag.' }, ...more };
  }

  const standing = (contactId: number, purpose = 'newsletter') => db.sql.maybe<{ state: string; sequence: number }>('test.state', 'select * from consents where contact_id = $1 and purpose = $2', [contactId, purpose]);

  it('writes several acts of one person in one batch, in order, and folds them to what holds', async () => {
    const anna = await somebody();
    const report = await ledger().append(db.sql, [act(anna, 'given', { occurredAt: daysAgo(3) }), act(anna, 'confirmed', { occurredAt: daysAgo(2) }), act(anna, 'given', { purpose: 'events' })], now);
    expect(report.refused).toEqual([]);
    expect(report.appended.map((one) => one.sequence)).toEqual([1, 2, 3]);
    expect(await standing(anna)).toMatchObject({ state: 'confirmed', sequence: 2, given_at: daysAgo(3), confirmed_at: daysAgo(2), evidence_complete: true });
    expect(await standing(anna, 'events')).toMatchObject({ state: 'given', sequence: 3, given_at: now });
    const [first] = await ledger().timeline(anna, 2, 1);
    expect(first?.proof).toMatchObject({ wording: 'Ja, graag.', wordingHash: createHash('sha256').update('Ja, graag.').digest('hex') });
    expect(await check().verify()).toMatchObject({ damaged: 0, records: 3, people: 1 });
  });

  it('takes as many statements for a thousand people as for one', async () => {
    const people = await db.sql.many<{ contact_id: number }>(
      'test.contacts',
      `insert into contacts (contact_id, bucket, created_at, updated_at) select id, bucket_of(id, null), $1, $1
       from (select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id from generate_series(1, 1000)) as ids returning contact_id`,
      [now],
    );
    let statements = 0;
    const counted = new Proxy(db.sql, { get: (target, property, receiver) => (property === 'transaction' ? (work: (sql: unknown) => unknown) => target.transaction((sql) => Promise.resolve(work(count(sql)))) : Reflect.get(target, property, receiver)) });
    const count = (sql: object): object => new Proxy(sql, { get: (target, property) => (property === 'transaction' ? (work: (inner: unknown) => unknown) => work(count(target)) : ((statements += 1), (Reflect.get(target, property) as (...args: unknown[]) => unknown).bind(target))) });
    const report = await ledger().append(counted, people.flatMap(({ contact_id }) => [act(contact_id, 'given'), act(contact_id, 'withdrawn')]), now);
    expect(report.appended).toHaveLength(2_000);
    expect(statements).toBe(8);
  });

  it.each([
    ['of a person nobody knows', (id: number) => act(id + 1_000_000, 'given'), 'contact_missing'],
    ['for a purpose nobody knows', (id: number) => act(id, 'given', { purpose: 'nonsense' }), 'purpose_unknown'],
    ['of tomorrow', (id: number) => act(id, 'given', { occurredAt: daysAgo(-1) }), 'in_future'],
    ['that ran out before it was given', (id: number) => act(id, 'given', { occurredAt: daysAgo(1), validUntil: daysAgo(2) }), 'validity_over'],
    ['with the hash of other words', (id: number) => act(id, 'given', { proof: { actor: 'self', method: 'web_form', wording: 'Ja', wordingHash: 'a'.repeat(64) } }), 'wording_hash_mismatch'],
  ] as const)('refuses an act %s, and writes the others', async (_, bad, problem) => {
    const bert = await somebody();
    const report = await ledger().append(db.sql, [bad(bert), act(bert, 'given', { purpose: 'events' })], now);
    expect(report.refused).toEqual([{ index: 0, problem }]);
    expect(report.appended).toMatchObject([{ index: 1, sequence: 1 }]);
  });

  it('writes nothing twice when an import runs again', async () => {
    const cora = await somebody();
    const entries = [act(cora, 'given', { occurredAt: daysAgo(3) }), act(cora, 'withdrawn', { occurredAt: daysAgo(2) })];
    await ledger().append(db.sql, entries, daysAgo(1));
    const again = await ledger().append(db.sql, entries, now);
    expect(again.appended).toEqual([]);
    expect(again.refused.map((one) => one.problem)).toEqual(['repeated', 'repeated']);
    expect(await standing(cora)).toMatchObject({ state: 'withdrawn', sequence: 2 });
  });

  it('lets a withdrawal hold that reached us before the consent it ends', async () => {
    const dirk = await somebody();
    await ledger().append(db.sql, [act(dirk, 'withdrawn', { occurredAt: daysAgo(1) })], now);
    await ledger().append(db.sql, [act(dirk, 'given', { occurredAt: daysAgo(5) }), act(dirk, 'confirmed', { occurredAt: daysAgo(4) })], now);
    expect(await standing(dirk)).toMatchObject({ state: 'withdrawn', sequence: 1 });
  });

  it('lets an act of this moment count after everything else, also when the clock went back an hour', async () => {
    const els = await somebody();
    await ledger().append(db.sql, [act(els, 'given'), act(els, 'confirmed')], now);
    await ledger().append(db.sql, [act(els, 'withdrawn')], new Date(now.getTime() - 3_600_000));
    expect(await standing(els)).toMatchObject({ state: 'withdrawn' });
  });

  it.each(['update consent_records set event = event', 'delete from consent_records', 'truncate consent_records', 'truncate consent_records, consents cascade'])('refuses "%s"', async (statement) => {
    await ledger().append(db.sql, [act(await somebody(), 'given')], now);
    await expect(db.sql.exec('test.attack', statement)).rejects.toThrow(/append-only/);
  });

  it('keeps the chain whole when many writers append for the same people at once', async () => {
    const people = await Promise.all([somebody(), somebody(), somebody()]);
    const writers = Array.from({ length: 24 }, (_, writer) => {
      const order = writer % 2 === 0 ? people : people.toReversed();
      return ledger().append(db.sql, order.map((id) => act(id, writer % 3 === 0 ? 'withdrawn' : 'given', { proof: { actor: 'self', method: 'web_form', note: `writer ${writer}` } })), now);
    });
    await Promise.all(writers);
    const rows = await db.sql.many<{ contact_id: number; sequence: number }>('test.rows', 'select contact_id, sequence from consent_records where contact_id = any($1) order by contact_id, sequence', [people]);
    for (const id of people) expect(rows.filter((row) => row.contact_id === id).map((row) => row.sequence)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    expect((await check().verify()).findings).toEqual([]);
  });

  it('waits for whoever holds the bucket: what leases mail and what withdraws consent never pass each other', async () => {
    const fien = await somebody();
    await ledger().append(db.sql, [act(fien, 'given'), act(fien, 'confirmed')], now);
    let done = false;
    let withdrawal: Promise<unknown> = Promise.resolve();
    await db.sql.transaction(async (sql) => {
      await sql.exec('test.lease', 'select from buckets where bucket = (select bucket from contacts where contact_id = $1) for update', [fien]);
      withdrawal = ledger().append(db.sql, [act(fien, 'withdrawn')], now).then(() => (done = true));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(done).toBe(false);
    });
    await withdrawal;
    expect(await standing(fien)).toMatchObject({ state: 'withdrawn' });
  });
});

describe('the check of the ledger', () => {
  const db = useDatabase();
  const check = (): LedgerCheckService => ledgerKit(db.sql, now).check;
  let contactId = 0;

  /** Tampers as somebody with the rights of the database's owner would: past the trigger. */
  async function tamper(...statements: string[]): Promise<void> {
    await db.sql.transaction(async (sql) => {
      await sql.exec('test.off', 'alter table consent_records disable trigger user');
      for (const statement of statements) await sql.exec('test.tamper', statement.replaceAll('$id', String(contactId)));
      await sql.exec('test.on', 'alter table consent_records enable trigger user');
    });
  }

  beforeAll(async () => {
    await db.sql.exec('test.purposes', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 365)`);
  });

  beforeEach(async () => {
    await db.sql.exec('test.off', 'alter table consent_records disable trigger user');
    await db.sql.exec('test.clear', 'truncate consent_records, consents');
    await db.sql.exec('test.on', 'alter table consent_records enable trigger user');
    const people = await db.sql.many<{ contact_id: number }>(
      'test.contacts',
      `insert into contacts (contact_id, bucket, created_at, updated_at) select id, bucket_of(id, null), $1, $1
       from (select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id from generate_series(1, 3)) as ids returning contact_id`,
      [now],
    );
    contactId = people[1]!.contact_id;
    const proof = { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja' } as const;
    const acts = (['given', 'confirmed', 'withdrawn'] as const).map((event, index) => ({ event, occurredAt: daysAgo(9 - index) }));
    await ledgerKit(db.sql, now).ledger.append(db.sql, people.flatMap(({ contact_id }) => acts.map((one) => ({ contactId: contact_id, purpose: 'newsletter', legalBasis: 'consent', proof, ...one }) as const)), now);
  });

  it('finds nothing in a ledger that nobody touched', async () => {
    expect(await check().verify()).toMatchObject({ people: 3, records: 9, findings: [], damaged: 0 });
  });

  it.each([
    ['an edited event', ["update consent_records set event = 'requested' where contact_id = $id and sequence = 3"], 3, 'edited'],
    ['an edited date', ["update consent_records set occurred_at = occurred_at - interval '1 year' where contact_id = $id and sequence = 1"], 1, 'edited'],
    ['an edited proof', [`update consent_records set proof = proof || '{"wording": "Nee"}' where contact_id = $id and sequence = 2`], 2, 'proof_edited'],
    ['an edited proof with its hash made to fit', [`update consent_records set proof = '{}', proof_hash = sha256('{}'::bytea) where contact_id = $id and sequence = 2`], 2, 'edited'],
    ['a date that no calendar has', ["update consent_records set valid_until = 'infinity', occurred_at = '-infinity' where contact_id = $id and sequence = 1"], 1, 'edited'],
    ['a proof that is none', ["update consent_records set proof = 'null' where contact_id = $id and sequence = 2"], 2, 'proof_edited'],
    ['a proof with a number that JSON cannot write again', [`update consent_records set proof = '{"x": 1e999}' where contact_id = $id and sequence = 2`], 2, 'proof_edited'],
    ['a deleted record', ['delete from consent_records where contact_id = $id and sequence = 2'], 2, 'missing'],
    ['a deleted beginning', ['delete from consent_records where contact_id = $id and sequence = 1'], 1, 'missing'],
    ['a cut end', ['delete from consent_records where contact_id = $id and sequence = 3'], 3, 'missing'],
    ['a ledger that is gone', ['delete from consent_records where contact_id = $id'], 3, 'missing'],
    [
      'two swapped records',
      ['update consent_records set sequence = 99 where contact_id = $id and sequence = 1', 'update consent_records set sequence = 1 where contact_id = $id and sequence = 2', 'update consent_records set sequence = 2 where contact_id = $id and sequence = 99'],
      1,
      'out_of_place',
    ],
    [
      'an inserted record',
      ['update consent_records set sequence = 4 where contact_id = $id and sequence = 3', "insert into consent_records select contact_id, 3, gen_random_uuid(), purpose, channel, 'given', occurred_at, recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash from consent_records where contact_id = $id and sequence = 2"],
      3,
      'out_of_place',
    ],
    ["another person's record", ['delete from consent_records where contact_id = $id and sequence = 3', 'insert into consent_records select $id, sequence, record_id, purpose, channel, event, occurred_at, recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash from consent_records where contact_id = $id - 1 and sequence = 3'], 3, 'out_of_place'],
    ['a state that nobody consented to', ["update consents set state = 'confirmed', ended_at = null where contact_id = $id"], 3, 'state_differs'],
    ['a state that says more than the ledger', ["update consents set state = 'objected' where contact_id = $id"], 3, 'state_differs'],
    ['a state with another date', ["update consents set valid_until = 'infinity' where contact_id = $id"], 3, 'state_differs'],
    ['a state that is gone', ['delete from consents where contact_id = $id'], 3, 'state_differs'],
  ])('finds %s', async (_, statements, sequence, damage) => {
    await tamper(...statements);
    const { findings } = await check().verify();
    expect(findings).toContainEqual({ contactId, sequence, damage });
    expect(new Set(findings.map((finding) => finding.contactId))).toEqual(new Set([contactId]));
  });
});
