import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImportService } from '../../src/customers/import/import.service.js';
import { ErasureLog } from '../../src/privacy/rights/erasure/erasure-log.js';
import { ErasureService } from '../../src/privacy/rights/erasure/erasure.service.js';
import { ReplayService } from '../../src/privacy/rights/erasure/replay.service.js';
import { type TestResponse, useApp } from '../support/app.js';
import { addTracker, contactOf } from '../support/tracking.js';
import { addFullPerson, addPersonOnFile, prepareRightsWorld, tracesOf } from '../support/rights-world.js';

/** One mailbox in ten spellings. */
const SPELLINGS = [
  'jan.jansen@gmail.com', 'JAN.JANSEN@GMAIL.COM', 'janjansen@gmail.com', 'j.a.n.jansen@gmail.com', 'jan.jansen+news@gmail.com', 'jan.jansen@googlemail.com', '  jan.jansen@gmail.com ', 'ｊan.jansen@gmail.com', 'Jan.Jansen+Shop@GoogleMail.com',
  'jan.jansen@ｇmail.com',
];

describe('somebody who was erased', () => {
  const app = useApp();
  const erase = (contactId: number) => app.get(ErasureService).erase(contactId, { kind: 'officer', actor: 'key:officer' });

  beforeAll(async () => {
    await prepareRightsWorld(app);
    await erase(await addFullPerson(app, { email: 'jan.jansen@gmail.com', firstName: 'Jan', lastName: 'Jansen' }));
    await erase(await addPersonOnFile(app, { email: 'info@xn--bcher-kva.example' }));
  });

  const people = async (): Promise<number> => (await app.sql.one<{ count: number }>('test.people', 'select count(*) from contacts')).count;

  it.each([...SPELLINGS, 'info@bücher.example', 'INFO@XN--BCHER-KVA.example'])('is not brought back by an import of %p', async (spelling) => {
    const before = await people();
    const file = join(app.config.dataDir, 'again.csv');
    writeFileSync(file, `email,first_name\n"${spelling}",Jan\nsomebody-${SPELLINGS.indexOf(spelling)}-${Buffer.from(spelling).toString('hex').slice(0, 8)}@else.example,Els\n`);
    const report = await app.get(ImportService).run({ kind: 'contacts', file, map: { fields: { email: 'email', first_name: 'first_name' } }, source: 'crm', purposes: ['newsletter'] } as never);
    expect(report).toMatchObject({ ok: true, value: { rejected: 1 } });
    expect((await people()) - before).toBeLessThanOrEqual(1);
    expect(readFileSync(`${file}.rejected.csv`.replace('.csv.rejected', '.rejected'), 'utf8')).toContain('legal.erased');
  });

  it.each(SPELLINGS)('is not brought back by the API with %p', async (spelling) => {
    const { status, body } = await app.request('POST', '/api/v1/contacts', { body: { email: spelling, provenance: { source: 'form', purposes: ['newsletter'] } } });
    expect({ status, type: body.type }).toEqual({ status: 409, type: expect.stringContaining('legal-erased') });
  });

  const notStored = async (act: () => Promise<TestResponse>): Promise<TestResponse> => {
    const before = await people();
    const answer = await act();
    expect((await people()) - before).toBe(0);
    const { traces } = await app.sql.one<{ traces: number }>('test.traces', `select count(*) as traces from identities where value ilike '%jansen%' or value ilike '%cher-kva%'`);
    expect(traces).toBe(0);
    return answer;
  };

  it.each([...SPELLINGS, 'info@bücher.example', 'INFO@XN--BCHER-KVA.example'])('is not brought back by tracking that tells of %p, which is counted', async (spelling) => {
    const server = await addTracker(app, { source: `shop-${SPELLINGS.indexOf(spelling)}-${spelling.length}` });
    const answer = await notStored(() => server.send('identify', { userId: `u ${spelling.length}`, traits: { email: spelling, firstName: 'Jan' } }));
    expect(answer.body).toMatchObject({ success: true, warnings: [{ index: 0, kind: 'address_erased' }] });
  });

  it.each([
    ['a visitor who fills in a form with it', 'identify', { anonymousId: 'visitor', traits: { email: 'J.A.N.Jansen@gmail.com' } }],
    ['an identify that names nobody else', 'identify', { traits: { email: 'jan.jansen+2@gmail.com' } }],
    ['an identify that tells it in its context', 'identify', { userId: 'u-context', context: { traits: { email: 'janjansen@gmail.com' } } }],
    ['a user id that is the address', 'track', { userId: 'JanJansen@googlemail.com', event: 'Ordered' }],
    ['an alias of it', 'alias', { userId: 'u-new', previousId: 'jan.jansen@gmail.com' }],
  ])('nor by %s', async (_, path, body) => {
    const server = await addTracker(app, { source: `forms-${Object.keys(body).join('-')}-${path}` });
    expect((await notStored(() => server.send(path, body))).body.warnings).toMatchObject([{ kind: 'address_erased' }]);
  });

  it('is not told of to a browser, whose key anybody can read; the rest of its batch is stored, and the officer sees the count', async () => {
    const browser = await addTracker(app, { source: 'website-erased', kind: 'browser' });
    const batch = [{ type: 'identify', anonymousId: 'b1', traits: { email: 'jan.jansen@gmail.com' } }, { type: 'identify', anonymousId: 'b2', traits: { email: 'els@else.example' } }];
    expect((await browser.send('batch', { batch })).text).toBe('{"success":true}');
    expect([await contactOf(app, 'anonymous_id', 'b1'), (await contactOf(app, 'anonymous_id', 'b2')).email]).toEqual([undefined, 'els@else.example']);
    const problems = (await app.request('GET', '/api/v1/tracking/problems')).body.items as { kind: string; source: string; count: number }[];
    expect(problems.filter(({ kind, source }) => kind === 'address_erased' && source === 'website-erased')).toMatchObject([{ count: 1 }]);
  });

  it('leaves somebody else as he was, whose identify names the address', async () => {
    const server = await addTracker(app, { source: 'crm-erased' });
    await server.send('identify', { userId: 'els', traits: { email: 'els@elders.example', firstName: 'Els' } });
    await notStored(() => server.send('identify', { userId: 'els', traits: { email: 'jan.jansen@gmail.com', firstName: 'Jan' } }));
    expect(await contactOf(app, 'user_id', 'els')).toMatchObject({ email: 'els@elders.example', first_name: 'Els' });
  });

  it('stays gone when a backup from before is put back: at the start, and only he', async () => {
    const colleague = await addFullPerson(app, { email: 'stays@molen.example', firstName: 'Stien' });
    const contactId = await addFullPerson(app, { email: 'back@molen.example', firstName: 'Bea', lastName: 'Terug' });
    const withoutAddress = await addPersonOnFile(app, { email: 'none@molen.example', firstName: 'Nel', lastName: 'Naamloos' });
    await app.sql.exec('test.noAddress', `with i as (delete from identities where contact_id = $1) update contacts set email = null, address_hash = null where contact_id = $1`, [withoutAddress]);
    for (const table of ['contacts', 'identities', 'events']) await app.sql.exec('test.dump', `create table dump_${table} as table ${table}`);
    await erase(contactId);
    await erase(withoutAddress);
    // The backup: rows of before, and no word of the erasures.
    await app.sql.exec('test.restore', 'delete from erasures');
    await app.sql.exec('test.restore', `delete from suppressions where reason = 'erased' and address_hash = any(select address_hash from dump_contacts)`);
    for (const table of ['contacts', 'identities', 'events']) {
      await app.sql.exec('test.restore', `insert into ${table} overriding system value select * from dump_${table} d where contact_id = any($1)`, [[contactId, withoutAddress]]);
      await app.sql.exec('test.restore', `drop table dump_${table}`);
    }
    expect((await app.request('GET', `/api/v1/contacts/${contactId}`)).status).toBe(200);
    appendFileSync(app.get(ErasureLog).path, '{"id":"torn');
    await app.get(ReplayService).onModuleInit();
    expect(await app.sql.many('test.gone', 'select contact_id from contacts where contact_id = any($1)', [[contactId, withoutAddress, colleague]])).toEqual([{ contact_id: colleague }]);
    expect((await tracesOf(app, ['back@molen', 'naamloos'], [contactId])).sort()).toEqual(['consent_records', 'consents']);
    expect((await app.request('POST', '/api/v1/contacts', { body: { email: 'BACK@molen.example', provenance: { source: 'form', purposes: ['newsletter'] } } })).status).toBe(409);
    expect(await app.get(ReplayService).replay()).toMatchObject({ replayed: 0, people: 0, unreadable: 1 });
  });

  it('cannot be chosen by whoever writes into the file: each line is signed', async () => {
    const contactId = await addPersonOnFile(app, { email: 'victim@molen.example' });
    const line = { id: '11111111-1111-4111-8111-111111111111', at: app.clock.now().toISOString(), cause: 'request', people: [app.get(ErasureService).personKey(contactId).toString('hex')], addresses: [], mac: '0'.repeat(64) };
    appendFileSync(app.get(ErasureLog).path, `\n${JSON.stringify(line)}\n`);
    expect(await app.get(ReplayService).replay()).toMatchObject({ replayed: 0, unreadable: 2 });
  });
});
