import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ConsentEntry, ConsentEvent, ConsentProof } from '../../src/core/consent/consent-event.js';
import { hashProof, hashRecord } from '../../src/consent/hash-chain.js';
import { shredProofs } from '../../src/consent/person-keys.queries.js';
import { useDatabase } from '../support/database.js';
import { type LedgerKit, ledgerKit } from '../support/ledger.js';

const now = new Date('2026-06-09T08:00:00Z');
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);
const PROOF: ConsentProof = { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, graag.', truncatedIp: '192.0.2.0', captureUrl: 'https://voorbeeld.example/inschrijven' };

const db = useDatabase();
let kit: LedgerKit;
let people: number[] = [];

beforeAll(async () => {
  await db.sql.exec('test.purposes', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('newsletter', 'Nieuwsbrief', 'Newsletter', 'consent', 365)`);
});

beforeEach(async () => {
  await asOwner('truncate consent_records, consents, person_keys');
  kit = ledgerKit(db.sql, now);
  const rows = await db.sql.many<{ contact_id: number }>(
    'test.contacts',
    `insert into contacts (contact_id, bucket, created_at, updated_at) select id, bucket_of(id, null), $1, $1
     from (select nextval(pg_get_serial_sequence('contacts', 'contact_id')) as id from generate_series(1, 3)) as ids returning contact_id`,
    [now],
  );
  people = rows.map((row) => row.contact_id);
  await kit.ledger.append(db.sql, people.flatMap((id) => [act(id, 'given', 9), act(id, 'confirmed', 8), act(id, 'withdrawn', 7)]), now);
});

function act(contactId: number, event: ConsentEvent, days: number, proof: ConsentProof = PROOF): ConsentEntry {
  return { contactId, purpose: 'newsletter', event, legalBasis: 'consent', occurredAt: daysAgo(days), proof };
}

/** As somebody who may do everything in the database: triggers off, or playing a replica. */
async function asOwner(...statements: string[]): Promise<void> {
  await db.sql.transaction(async (sql) => {
    await sql.exec('test.off', 'alter table consent_records disable trigger user');
    for (const statement of statements) await sql.exec('test.tamper', statement.replaceAll('$id', String(people[1])));
    await sql.exec('test.on', 'alter table consent_records enable always trigger consent_records_append_only, enable always trigger consent_records_no_truncate');
  });
}

/** Writes a person's chain anew from what is there, so that every hash fits: what an attacker with patience does. */
async function rehash(contactId: number): Promise<void> {
  const rows = await db.sql.many<any>('test.chain', 'select * from consent_records where contact_id = $1 order by sequence', [contactId]);
  let previous: Buffer = Buffer.alloc(32);
  for (const row of rows) {
    const proofHash = hashProof(row.proof);
    const hash = hashRecord(previous, {
      contactId, sequence: row.sequence, recordId: row.record_id, purpose: row.purpose, channel: row.channel, event: row.event, occurredAt: row.occurred_at, recordedAt: row.recorded_at,
      validUntil: row.valid_until, legalBasis: row.legal_basis, proofHash,
    });
    await asOwner(`update consent_records set proof_hash = '\\x${proofHash.toString('hex')}', previous_hash = '\\x${previous.toString('hex')}', hash = '\\x${hash.toString('hex')}' where contact_id = ${contactId} and sequence = ${row.sequence}`);
    previous = hash;
  }
}

const found = async (): Promise<unknown[]> => (await kit.check.verify()).findings.map(({ contactId, sequence, damage }) => [people.indexOf(contactId), sequence, damage]);

describe('a sealed proof', () => {
  it('keeps what is personal unreadable in the table, and whole for who asks', async () => {
    const [row] = await db.sql.many<{ proof: string }>('test.proof', `select proof::text as proof from consent_records where contact_id = $1 order by sequence`, [people[0]]);
    for (const personal of ['192.0.2.0', 'inschrijven', 'Ja, graag.']) expect(row?.proof).not.toContain(personal);
    expect(JSON.parse(row?.proof ?? '')).toMatchObject({ actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wordingHash: createHash('sha256').update('Ja, graag.').digest('hex') });
    const [record] = await kit.ledger.timeline(people[0]!, 2, 1);
    expect(record?.proof).toMatchObject(PROOF);
  });

  it('is destroyed with its key: the chain stays whole, what it says about texts stays, the person\'s data is gone', async () => {
    await kit.anchor.write();
    await db.sql.transaction(async (sql) => {
      expect(await shredProofs(sql, [people[0]!])).toBe(1);
      await sql.exec('test.erase', 'delete from contacts where contact_id = $1', [people[0]]);
    });
    expect(await kit.check.verify()).toMatchObject({ damaged: 0, records: 9 });
    const records = await kit.ledger.timeline(people[0]!, 100, 10);
    expect(records.map(({ event, proof }) => [event, proof.shredded, proof.truncatedIp, proof.wording, proof.controller])).toEqual(['withdrawn', 'confirmed', 'given'].map((event) => [event, true, undefined, undefined, 'Voorbeeld B.V.']));
    expect((await kit.ledger.timeline(people[1]!, 100, 1))[0]?.proof).toMatchObject(PROOF);
  });

  it('goes with whoever was merged in', async () => {
    await db.sql.exec('test.merge', `insert into contact_merges (merged_contact_id, survivor_id, cause, actor, merged_at, snapshot) values ($1, $2, 'people', 'test', $3, '{}')`, [people[0], people[1], now]);
    expect(await shredProofs(db.sql, [people[1]!])).toBe(2);
  });

  it('cannot be lost silently while the person is there', async () => {
    await db.sql.exec('test.loseKey', 'delete from person_keys where contact_id = $1', [people[1]]);
    expect(await found()).toEqual([1, 2, 3].map((sequence) => [1, sequence, 'key_missing']));
  });

  it('does not open with the secret of another installation', async () => {
    await db.sql.exec('test.otherKey', 'update person_keys set key = $2 where contact_id = $1', [people[1], randomBytes(32)]);
    expect(await found()).toEqual([1, 2, 3].map((sequence) => [1, sequence, 'proof_forged']));
  });

  it('stays valid as it was where it was written before proofs were sealed, and is still recognised when it is imported again', async () => {
    const { sealed: _, ...plain } = { sealed: '', ...PROOF, wordingHash: createHash('sha256').update('Ja, graag.').digest('hex') };
    await asOwner('delete from consent_records where contact_id = $id', 'delete from consents where contact_id = $id');
    const body = { contactId: people[1]!, sequence: 1, recordId: '00000000-0000-4000-8000-000000000001', purpose: 'newsletter', channel: 'email', event: 'given', occurredAt: daysAgo(9), recordedAt: now, validUntil: null, legalBasis: 'consent', proofHash: hashProof(plain) };
    await db.sql.exec(
      'test.plain',
      `insert into consent_records (contact_id, sequence, record_id, purpose, event, occurred_at, recorded_at, legal_basis, proof, proof_hash, previous_hash, hash)
       values ($1, 1, $2, 'newsletter', 'given', $3, $4, 'consent', $5, $6, $7, $8)`,
      [people[1], body.recordId, body.occurredAt, now, JSON.stringify(plain), body.proofHash, Buffer.alloc(32), hashRecord(Buffer.alloc(32), body)],
    );
    expect((await kit.ledger.append(db.sql, [act(people[1]!, 'given', 9)], now)).refused).toEqual([{ index: 0, problem: 'repeated' }]);
    await kit.ledger.append(db.sql, [act(people[1]!, 'confirmed', 8)], now);
    expect(await found()).toEqual([]);
    expect((await kit.ledger.timeline(people[1]!, 100, 10)).map(({ proof }) => proof.wording)).toEqual(['Ja, graag.', 'Ja, graag.']);
  });
});

describe('tampering with everything in the database, hashes made to fit', () => {
  const state = `update consents set state = 'confirmed', ended_at = null, confirmed_at = given_at + interval '1 day', sequence = 2 where contact_id = $id`;

  it.each([
    ['an edited record', [`update consent_records set event = 'refused' where contact_id = $id and sequence = 3`, `update consents set state = 'refused' where contact_id = $id`], [1, 3, 'proof_forged']],
    ['an edited date', [`update consent_records set occurred_at = occurred_at - interval '1 year' where contact_id = $id and sequence = 3`], [1, 3, 'proof_forged']],
    ['a wording put in the place of another', [`update consent_records set proof = jsonb_set(proof, '{wordingHash}', '"${'a'.repeat(64)}"') where contact_id = $id and sequence = 1`], [1, 1, 'proof_forged']],
    ['a plain proof put in', [`update consent_records set proof = '{"actor": "self", "controller": "Voorbeeld B.V.", "wording": "Ja"}' where contact_id = $id and sequence = 2`], [1, 2, 'proof_not_sealed']],
    ['a deleted record, the rest moved up', ['delete from consent_records where contact_id = $id and sequence = 2', 'update consent_records set sequence = 2 where contact_id = $id and sequence = 3', `update consents set sequence = 2 where contact_id = $id`], [1, 3, 'cut']],
    ['a cut tail, the state made to fit', ['delete from consent_records where contact_id = $id and sequence = 3', state], [1, 3, 'cut']],
    ['a whole ledger that is gone', ['delete from consent_records where contact_id = $id', 'delete from consents where contact_id = $id'], [1, 3, 'cut']],
    ['two swapped records', ['update consent_records set sequence = 99 where contact_id = $id and sequence = 1', 'update consent_records set sequence = 1 where contact_id = $id and sequence = 2', 'update consent_records set sequence = 2 where contact_id = $id and sequence = 99'], [1, 3, 'replaced']],
    [
      'an inserted record',
      [
        'update consent_records set sequence = 4 where contact_id = $id and sequence = 3',
        `insert into consent_records select contact_id, 3, gen_random_uuid(), purpose, channel, 're_confirmed', occurred_at + interval '1 hour', recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash from consent_records where contact_id = $id and sequence = 2`,
      ],
      [1, 3, 'replaced'],
    ],
    [
      'a yes put in at the end',
      [`insert into consent_records select contact_id, 4, gen_random_uuid(), purpose, channel, 'given', occurred_at + interval '3 days', recorded_at, valid_until, legal_basis, proof, proof_hash, previous_hash, hash from consent_records where contact_id = $id and sequence = 1`],
      [1, 4, 'proof_forged'],
    ],
  ])('finds %s', async (_, statements, finding) => {
    await kit.anchor.write();
    await asOwner(...statements);
    await rehash(people[1]!);
    const findings = await found();
    expect(findings).toContainEqual(finding);
    expect(new Set(findings.map((one) => (one as number[])[0]))).toEqual(new Set([1]));
  });

  it.each(["set session_replication_role = replica; update consent_records set event = event", 'set session_replication_role = replica; delete from consent_records'])('is refused by the trigger also to whoever plays a replica: %s', async (statements) => {
    const [setting = '', attack = ''] = statements.split('; ');
    await expect(
      db.sql.transaction(async (sql) => {
        await sql.exec('test.role', setting.replace('set ', 'set local '));
        await sql.exec('test.attack', attack);
      }),
    ).rejects.toThrow(/append-only/);
  });

  it('has no rights to give: the owner of the table may add and read, and that is all', async () => {
    const rights = await db.sql.many<{ privilege_type: string }>('test.rights', `select distinct privilege_type from pg_class, aclexplode(relacl) where oid = 'consent_records'::regclass and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE', 'INSERT', 'SELECT') and grantee = relowner order by 1`);
    expect(rights.map((row) => row.privilege_type)).toEqual(['INSERT', 'SELECT']);
  });
});

describe('the anchor', () => {
  const lines = (): string[] => readFileSync(file('anchors.jsonl'), 'utf8').trim().split('\n');
  const file = (end: string): string => join(kit.anchorDir, readdirSync(kit.anchorDir).find((name) => name.endsWith(end)) ?? '');

  it('writes only the ledgers that grew, and all of them are compared', async () => {
    expect(await kit.anchor.write()).toMatchObject({ number: 1, heads: 3 });
    await kit.ledger.append(db.sql, [act(people[2]!, 'given', 2)], now);
    await nothingElseRuns(); // a transaction of another database holds the horizon back: then ledgers are written down twice
    await kit.anchor.write();
    await kit.ledger.append(db.sql, [act(people[2]!, 'confirmed', 1)], now);
    expect(await kit.anchor.write()).toMatchObject({ number: 3, heads: 1 });
    expect(await kit.check.verify()).toMatchObject({ damaged: 0, anchors: { anchors: 3, problems: [], last: now } });
  });

  async function nothingElseRuns(): Promise<void> {
    const next = 'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest';
    const { next: goal } = await db.sql.one<{ next: number }>('test.next', next);
    for (let oldest = 0; oldest < goal; ) {
      ({ oldest } = await db.sql.one<{ oldest: number }>('test.oldest', next));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('is written once a day, and again when the clock went back behind it', async () => {
    for (const hours of [0, 1, 10, 14]) {
      kit.clock.advance(hours * 3_600_000);
      await kit.anchor.writeDaily();
    }
    expect(lines()).toHaveLength(2);
  });

  it.each([
    ['a line that was changed', () => writeFileSync(file('anchors.jsonl'), readFileSync(file('anchors.jsonl'), 'utf8').replace('"heads":3', '"heads":2')), /line 1 .* changed/],
    ['a first line that is gone', () => writeFileSync(file('anchors.jsonl'), `${lines().slice(1).join('\n')}\n`), /line 1 .* changed/],
    ['a line that somebody else added', () => appendFileSync(file('anchors.jsonl'), `${JSON.stringify({ ...JSON.parse(lines()[1]!), number: 3 })}\n`), /line 3 .* changed/],
    ['heads that were changed', () => writeFileSync(file('000001.heads'), readFileSync(file('000001.heads'), 'utf8').replace(/ 3 .*/, ' 3 AAAAAAAAAAAAAAAAAAAAAA')), /heads .* changed/],
    ['heads that are gone', () => rmSync(file('000001.heads')), /heads .* gone/],
  ])('does not believe %s', async (_, damage, problem) => {
    await kit.anchor.write();
    await kit.ledger.append(db.sql, [act(people[2]!, 'given', 2)], now);
    await kit.anchor.write();
    damage();
    expect((await kit.check.verify()).anchors.problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  });

  it('is also posted away, each once, and later when the other side is not there', async () => {
    const got: number[] = [];
    let open = false;
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => open && got.push((JSON.parse(text) as { number: number }).number)).on('end', () => response.writeHead(open ? 204 : 503).end());
    }).listen(0);
    kit = ledgerKit(db.sql, now, `http://127.0.0.1:${(server.address() as AddressInfo).port}/anchors`);
    await expect(kit.anchor.writeDaily()).rejects.toThrow('503');
    open = true;
    await kit.anchor.writeDaily();
    kit.clock.advance(86_400_000);
    await kit.anchor.writeDaily();
    await kit.anchor.writeDaily();
    server.close();
    expect(got).toEqual([1, 2]);
  });
});
