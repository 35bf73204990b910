import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { DataRetentionService } from '../../src/privacy/retention/data-retention.service.js';
import { ErasureService } from '../../src/privacy/rights/erasure/erasure.service.js';
import { ReplayService } from '../../src/privacy/rights/erasure/replay.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { addFullPerson, prepareRightsWorld } from '../support/rights-world.js';

const DAY = 86_400_000;
const FIVE_YEARS = 1_826;

describe('the proofs of consent of somebody who is gone', () => {
  const app = useApp();
  const retention = () => app.get(DataRetentionService);
  const keyOf = (contactId: number) => app.sql.maybe<{ shred_after: Date | null }>('test.key', 'select shred_after from person_keys where contact_id = $1', [contactId]);
  const faults = async () => (await app.get(LedgerCheckService).verify()).findings;
  const evidence = async (now: Date) => (await retention().preview(now)).classes.find((one) => one.dataClass === 'consent_evidence');
  let letGo = 0;
  let asked = 0;

  beforeAll(async () => {
    const { accountId } = await prepareRightsWorld(app);
    letGo = await addFullPerson(app, { email: 'long-ago@molen.example', accountId });
    asked = await addFullPerson(app, { email: 'asks@molen.example', accountId });
    expect([await keyOf(letGo), await keyOf(asked)]).toEqual([{ shred_after: null }, { shred_after: null }]);
  });

  it('go at once when the person asked to be forgotten', async () => {
    await app.get(ErasureService).erase(asked, { kind: 'request', actor: 'self' });
    expect(await keyOf(asked)).toBeUndefined();
    expect(await faults()).toEqual([]);
  });

  it('can be opened for five years more when retention let him go', async () => {
    const until = new Date(TEST_NOW.getTime() + FIVE_YEARS * DAY);
    await app.get(ErasureService).erase(letGo, { kind: 'retention', actor: 'system', evidenceUntil: until });
    expect(await keyOf(letGo)).toEqual({ shred_after: until });
    expect(await faults()).toEqual([]);
  });

  it('then end in the night, shown before and reported after, and the chain stays whole', async () => {
    const day = (days: number): Date => new Date(TEST_NOW.getTime() + days * DAY);
    expect(await evidence(day(FIVE_YEARS - 1))).toBeUndefined();
    expect(await evidence(day(FIVE_YEARS))).toEqual({ dataClass: 'consent_evidence', purpose: '', count: 1 });
    await retention().run(day(FIVE_YEARS - 1));
    expect(await keyOf(letGo)).toBeDefined();
    await retention().run(day(FIVE_YEARS));
    expect(await keyOf(letGo)).toBeUndefined();
    expect((await retention().runs(Number.MAX_SAFE_INTEGER, 1))[0]!.results).toContainEqual({ dataClass: 'consent_evidence', purpose: '', count: 1 });
    expect(await faults()).toEqual([]);
  });

  describe('of somebody whom retention let go, and who asks for erasure after all', () => {
    const until = new Date(TEST_NOW.getTime() + FIVE_YEARS * DAY);
    const letGoNow = async (...addresses: string[]): Promise<number[]> => {
      const ids: number[] = [];
      for (const email of addresses) ids.push(await addFullPerson(app, { email }));
      // As in the night: many in one transaction, under one certificate.
      await app.sql.transaction((sql) => app.get(ErasureService).eraseContacts(sql, ids, { kind: 'retention', actor: 'system', evidenceUntil: until }, app.clock.now()));
      return ids;
    };
    const suppressed = (address: string) => app.request('GET', `/api/v1/suppressions?email=${encodeURIComponent(address)}`);

    it('go at once when an officer erases him by his address, in any spelling, and only his', async () => {
      const [one, other] = await letGoNow('j.jansen@gmail.com', 'stays@elders.example');
      const answer = await app.request('POST', '/api/v1/privacy/erasures', { body: { email: 'JJansen+old@googlemail.com' } });
      expect(answer).toMatchObject({ status: 200, body: { cause: 'officer', people: 0, anonymised: { person_keys: 1 } } });
      expect([await keyOf(one!), await keyOf(other!)]).toEqual([undefined, { shred_after: until }]);
      expect((await suppressed('j.jansen@gmail.com')).text).toContain('erased');
      expect((await app.request('POST', '/api/v1/contacts', { body: { email: 'jjansen@gmail.com', provenance: { source: 'form', purposes: ['newsletter'] } } })).status).toBe(409);
      expect(await faults()).toEqual([]);
    });

    it('go when he came back meanwhile and asks as the contact he is now', async () => {
      const [before] = await letGoNow('returns@elders.example');
      const now = await addFullPerson(app, { email: 'Returns@elders.example' });
      expect(await app.get(ErasureService).erase(now, { kind: 'request', actor: 'self' })).toMatchObject({ anonymised: { person_keys: 2 } });
      expect([await keyOf(before!), await keyOf(now)]).toEqual([undefined, undefined]);
      expect(await faults()).toEqual([]);
    });

    it('go under every address he had, with those of whoever was merged into him', async () => {
      const [survivor, merged] = [await addFullPerson(app, { email: 'work@elders.example' }), await addFullPerson(app, { email: 'private@thuis.example' })];
      expect((await app.request('POST', `/api/v1/contacts/${survivor}/merge`, { body: { contactId: merged } })).status).toBe(200);
      await app.get(ErasureService).erase(survivor, { kind: 'retention', actor: 'system', evidenceUntil: until });
      expect([await keyOf(survivor), await keyOf(merged)]).toEqual([{ shred_after: until }, { shred_after: until }]);
      await app.get(ErasureService).eraseAddress('work@elders.example', { actor: 'operator' });
      expect([await keyOf(survivor), await keyOf(merged)]).toEqual([undefined, undefined]);
    });

    it('go again when a backup from before is put back', async () => {
      const [gone] = await letGoNow('backup@elders.example');
      const key = await app.sql.one<{ contact_id: number; key: Buffer; shred_after: Date; address_hashes: Buffer[] }>('test.key', 'select * from person_keys where contact_id = $1', [gone]);
      const { erasureId } = await app.get(ErasureService).eraseAddress('backup@elders.example', { actor: 'operator' });
      await app.sql.exec('test.restore', 'insert into person_keys (contact_id, key, shred_after, address_hashes) values ($1, $2, $3, $4)', [key.contact_id, key.key, key.shred_after, key.address_hashes]);
      await app.sql.exec('test.restore', 'delete from erasures where erasure_id = $1', [erasureId]);
      await app.get(ReplayService).replay();
      expect(await keyOf(gone!)).toBeUndefined();
    });

    it('leave nothing to find of an address that nobody had, which is kept away all the same', async () => {
      expect(await app.get(ErasureService).eraseAddress('nobody@nergens.example', { actor: 'operator' })).toMatchObject({ people: 0, anonymised: {} });
      expect((await app.request('POST', '/api/v1/privacy/erasures', { body: { email: 'no address' } })).status).toBe(422);
    });
  });
});
