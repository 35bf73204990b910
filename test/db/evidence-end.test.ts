import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { DataRetentionService } from '../../src/privacy/retention/data-retention.service.js';
import { ErasureService } from '../../src/privacy/rights/erasure/erasure.service.js';
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
    expect(await evidence(day(FIVE_YEARS))).toEqual({ dataClass: 'consent_evidence', purpose: '', count: 1, keptDays: FIVE_YEARS });
    await retention().run(day(FIVE_YEARS - 1));
    expect(await keyOf(letGo)).toBeDefined();
    await retention().run(day(FIVE_YEARS));
    expect(await keyOf(letGo)).toBeUndefined();
    expect((await retention().runs(Number.MAX_SAFE_INTEGER, 1))[0]!.results).toContainEqual({ dataClass: 'consent_evidence', purpose: '', count: 1 });
    expect(await faults()).toEqual([]);
  });
});
