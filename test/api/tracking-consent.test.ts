import { ConsentService, preferenceIn } from '../../src/consent/consent.service.js';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { PurposesService } from '../../src/consent/purposes.service.js';
import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, contactOf, eventsOf, type Tracker } from '../support/tracking.js';

const app = useApp();
let web: Tracker;
let plain: Tracker;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  await addPurpose(app, { key: 'offers' });
  const consentCategories = { Marketing: ['newsletter', 'offers'], Personal: ['offers'] };
  web = await addTracker(app, { consentCategories, consentWordingVersion: 'banner-7' });
  plain = await addTracker(app, { source: 'plain', consentCategories });
});

const track = (tracker: Tracker, userId: string, categoryPreferences: Record<string, boolean>, context: object = {}) =>
  tracker.send('track', { userId, event: 'Visited', context: { consent: { categoryPreferences }, ...context } }, { 'user-agent': 'Secret Browser 1.0' });
const ledgerOf = async (userId: string): Promise<any> => (await app.request('GET', `/api/v1/contacts/${(await contactOf(app, 'user_id', userId)).id}/consents`)).body;

describe('context.consent', () => {
  it('a yes is recorded once as consent to tracking, with its proof, and never as consent to mail', async () => {
    const context = { ip: '203.0.113.77', page: { url: 'https://shop.example/pricing?email=ann@example.org#x' } };
    for (let visit = 0; visit < 3; visit += 1) await track(web, 'yes', { Marketing: true }, context);
    const { current, items } = await ledgerOf('yes');
    expect(current.map((row: any) => [row.purpose, row.channel, row.state])).toEqual([['newsletter', 'tracking', 'given'], ['offers', 'tracking', 'given']]);
    expect(items).toHaveLength(2);
    expect(items[0].proof).toMatchObject({ actor: 'self', method: 'consent_tool', noticeVersion: '2026-01', wordingVersion: 'banner-7', truncatedIp: '203.0.113.0', captureUrl: 'https://shop.example/pricing' });
    const decision = await app.sql.many('test.mail', `select state from consents where channel = 'email'`);
    expect(decision).toEqual([]);
    expect(JSON.stringify(items)).not.toContain('Secret Browser');
  });

  it('a no is recorded as refusal, after a yes as withdrawal', async () => {
    await track(plain, 'no', { Marketing: false });
    expect((await ledgerOf('no')).current.map((row: any) => row.state)).toEqual(['refused', 'refused']);
    await track(web, 'changed', { Marketing: true });
    app.clock.advance(1_000);
    await track(web, 'changed', { Marketing: false });
    expect((await ledgerOf('changed')).current.map((row: any) => row.state)).toEqual(['withdrawn', 'withdrawn']);
  });

  it('a no to one of the categories of a purpose is a no', async () => {
    await track(web, 'mixed', { Marketing: true, Personal: false });
    expect((await ledgerOf('mixed')).current.map((row: any) => [row.purpose, row.state])).toEqual([['newsletter', 'given'], ['offers', 'refused']]);
  });

  it('a yes without the text that was agreed to proves nothing', async () => {
    expect((await track(plain, 'unproven', { Marketing: true })).body.warnings.map((one: any) => one.kind)).toEqual(['consent_without_evidence', 'consent_without_evidence']);
    expect((await ledgerOf('unproven')).items).toEqual([]);
  });

  it('an unknown category is named and ignored', async () => {
    expect((await track(web, 'unknown', { Toys: true, __proto__: true })).body.warnings).toMatchObject([{ kind: 'consent_category_unknown', path: 'context.consent.categoryPreferences.Toys' }]);
  });

  it('marks the event with what the person had chosen', async () => {
    await track(web, 'marked', { Marketing: true, Personal: false });
    const [event] = await eventsOf(app, (await contactOf(app, 'user_id', 'marked')).id);
    expect(event.properties).toEqual({ consent_given_for: ['newsletter'], consent_refused_for: ['offers'] });
  });

  it('says nothing about mail on the preference page', async () => {
    const { id } = await contactOf(app, 'user_id', 'yes');
    await app.sql.exec('test.address', `update contacts set email = 'yes@example.org', country = 'NL' where contact_id = $1`, [id]);
    const known = await app.get(ConsentService).load(id);
    const purpose = await app.get(PurposesService).get('newsletter');
    expect(known && purpose && preferenceIn(known, purpose, app.clock.now())).toBe('off');
  });

  it('keeps every chain whole', async () => {
    expect(await app.get(LedgerCheckService).verify()).toMatchObject({ damaged: 0 });
  });
});
