import { CampaignWorld, HOUR } from '../support/campaign-world.js';
import { DeliveryService } from '../../src/messages/delivery.service.js';
import { CountryProfilesService } from '../../src/consent/country-profiles.service.js';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { startTestApp, useApp } from '../support/app.js';
import { addContact, addPurpose, askToConfirm } from '../support/people.js';

const PROOF = { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, graag.' } as const;

describe('a scanner that follows every link of a mail', () => {
  const app = useApp();

  it.each(['GET', 'HEAD'] as const)('with %s changes nothing, not in any table', async (method) => {
    const world = new CampaignWorld(app);
    if (method === 'GET') await world.prepare();
    await world.clear();
    const [contactId] = await world.people(1);
    await world.started(`june-${method.toLowerCase()}`);
    await world.turn();
    await app.get(DeliveryService).deliverDue(app.clock.now());
    const [mail] = await app.sql.many<{ source: string }>('test.mail', `select convert_from(source, 'UTF8') as source from mailbox_mails order by mail_id desc limit 1`);
    const source = (mail?.source ?? '').replace(/=\r?\n/g, '').replaceAll('=3D', '=');
    const links = [...new Set([...source.matchAll(/https:\/\/mail\.voorbeeld\.example[^\s"<>)\]]*/g)].map(([url]) => new URL(url)))].map((url) => url.pathname + url.search);
    expect(links.length).toBeGreaterThan(2);
    links.push(await askToConfirm(app, contactId!));
    const everything = async (): Promise<unknown> => {
      const tables = await app.sql.many<{ name: string }>('test.tables', `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'pgboss%' and tablename not in ('api_keys', 'buckets') order by 1`);
      const digests = tables.map(({ name }) => `select '${name}' as name, count(*) as rows, coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as digest from "${name}" t`);
      return app.sql.many('test.everything', digests.join(' union all '));
    };
    const before = await everything();
    for (const link of links) for (const target of [link, link.replace('lang=nl', 'lang=en'), `${link.split('?')[0]}?lang=en`]) expect((await app.request(method, target, { key: null })).status).toBeLessThan(500);
    expect(await everything()).toEqual(before);
  });
});

describe('a clock that is put back an hour', () => {
  const app = useApp();
  beforeAll(() => addPurpose(app, { key: 'newsletter' }));

  it.each([
    ['withdraws', 'withdrawn', ['given', 'confirmed'], 'withdrawn'],
    ['says yes again', 'given', ['given', 'withdrawn'], 'given'],
    ['confirms', 'confirmed', ['given'], 'confirmed'],
    ['objects', 'objected', ['given', 'confirmed'], 'objected'],
  ] as const)('does not undo what somebody does after it: who %s then, stands so', async (_, last, before, state) => {
    const contactId = await addContact(app, { email: `klok-${last}@lezer.example` });
    const act = (event: 'given' | 'confirmed' | 'withdrawn' | 'objected') => ({ contactId, purpose: 'newsletter', event, legalBasis: 'consent' as const, proof: PROOF });
    for (const event of before) await app.get(LedgerService).append(app.sql, [act(event)], app.clock.now());
    app.clock.advance(-HOUR);
    await app.get(LedgerService).append(app.sql, [act(last)], app.clock.now());
    const rows = await app.get(LedgerService).timeline(contactId, 99, 9);
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => rows.length - index));
    expect(rows.every((row, index) => index === 0 || (rows[index - 1]?.occurred_at ?? 0) > row.occurred_at)).toBe(true);
    expect(await app.sql.one('test.state', 'select state from consents where contact_id = $1', [contactId])).toEqual({ state });
    expect((await app.get(LedgerCheckService).verify()).damaged).toBe(0);
    app.clock.advance(HOUR);
  });

  it('keeps a link to confirm good for its time, and not for longer', async () => {
    const contactId = await addContact(app, { email: 'klok-link@lezer.example' });
    await app.get(LedgerService).append(app.sql, [{ contactId, purpose: 'newsletter', event: 'given', legalBasis: 'consent', proof: PROOF }], app.clock.now());
    const path = await askToConfirm(app, contactId);
    app.clock.advance(-HOUR);
    expect((await app.request('GET', path, { key: null })).status).toBe(200);
    app.clock.advance(73 * HOUR);
    expect((await app.request('POST', path, { key: null })).status).toBe(404);
  });
});

describe('country profiles of the operator', () => {
  const profiles = { BE: { businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'never' }, NL: null };

  it('hold from the start on, in the API and on the pages, and the trail says so', async () => {
    const app = await startTestApp({ countryProfiles: profiles });
    try {
      const { body } = await app.request('GET', '/api/v1/country-profiles');
      expect([body.countries.BE, body.countries.NL, body.countries.DE.doubleOptIn, body.unknown.existingCustomers]).toEqual([profiles.BE, undefined, 'required', 'never']);
      await addPurpose(app, { key: 'newsletter', doubleOptIn: false });
      const standing: Record<string, string> = {};
      for (const country of ['BE', 'NL', 'DE']) {
        const contactId = await addContact(app, { email: `land-${country.toLowerCase()}@lezer.example`, country });
        await app.get(LedgerService).append(app.sql, [{ contactId, purpose: 'newsletter', event: 'given', legalBasis: 'consent', proof: PROOF }], app.clock.now());
        const report = await app.request('POST', '/api/v1/purposes/newsletter/re-confirmations', { body: {} });
        standing[country] = report.body.people.map((row: any) => `${row.people} ${row.class}`).sort().join(', ');
      }
      expect(standing).toEqual({ BE: '1 good', NL: '1 good, 1 unconfirmed', DE: '1 good, 2 unconfirmed' });
      expect((await app.request('GET', '/api/v1/audit?action=country_profiles.changed')).body.items).toHaveLength(1);
      expect((await app.request('GET', '/api/v1/policies')).body.countries).toBeUndefined();
    } finally {
      await app.close();
    }
  });

  it.each([
    ['half a profile', { BE: { businessMail: 'consent' } }, /BE\.doubleOptIn/],
    ['a country in full', { Belgium: null }, /two-letter country code/],
  ])('stop the start, with a word on what is wrong: %s', (_, countryProfiles, message) => {
    const never = undefined as never; // what is wrong is told before anything else is looked at
    expect(() => new CountryProfilesService(never, never, never, { roles: ['api'], countryProfiles })).toThrow(message);
  });
});
