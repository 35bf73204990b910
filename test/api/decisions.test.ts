import { DEFAULT_POLICIES, ownController } from '../../src/core/decision/policies.js';
import { PoliciesService } from '../../src/decisions/policies.service.js';
import { WorkspaceNameService } from '../../src/decisions/workspace-name.service.js';
import { registerDecisionsCommands } from '../../src/decisions/decisions.commands.js';
import { ExplainService } from '../../src/decisions/explain.service.js';
import { CampaignWorld } from '../support/campaign-world.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';

describe('why did this person get this, and why not?', () => {
  const app = useApp();
  const world = new CampaignWorld(app);
  let ids: number[];
  const [GETS, WITHDREW, NAMELESS, CAPPED, LATER] = [0, 1, 2, 3, 4];

  beforeAll(async () => {
    await world.prepare();
    ids = [...(await world.people(2)), ...(await world.people(1, { firstName: null })), ...(await world.people(1))];
    await world.consent([ids[WITHDREW]!], 'withdrawn');
    await app.sql.exec(
      'test.earlier',
      `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
       select $1, 900 + n, 1, 0, 1, 0, 'newsletter', 'marketing', 'en', 'sent', at, at, at, at from (select n, $2::timestamptz - n * interval '2 days' as at from generate_series(1, 2) n) earlier`,
      [ids[CAPPED], TEST_NOW],
    );
    await app.sql.exec('test.identities', `insert into identities (kind, value, contact_id) select 'email', email, contact_id from contacts on conflict do nothing`);
    await world.started('june', { steps: [{ kind: 'send', template: 'reminder' }] });
    await world.turn();
    ids.push(...(await world.people(1)));
  });

  const ask = async (person: number | string, campaign = 'june') => app.request('GET', `/api/v1/decisions?contact=${encodeURIComponent(person)}&campaign=${campaign}`);
  const explained = async (person: number | string) => (await ask(person)).body.items[0];

  it('tells what a send rests on, in Dutch and English', async () => {
    const item = await explained(ids[GETS]!);
    expect(item).toMatchObject({ step: 0, occurrence: 1, phase: 'plan', verdict: 'send', basis: 'consent', evidenceIds: ['ledger:1'], decidedAt: TEST_NOW.toISOString(), message: { state: 'queued' } });
    expect(item.explanations.en.headline).toBe('Eva gets "Campaign june": there is proven consent, and no restraint stands in the way.');
    expect(item.explanations.nl.headline).toBe('Eva krijgt "Campaign june": er is bewezen toestemming, en geen enkele rem houdt het tegen.');
    expect(item.policyVersion).toMatch(/^[0-9a-f]{16}$/);
    expect(item.factsHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('finds a person by address, however it is spelt', async () => {
    expect((await ask(`PERSON${ids[GETS]}@People.Example`)).body.items).toHaveLength(1);
  });

  it('tells every reason of a refusal, and what can be done', async () => {
    const item = await explained(ids[WITHDREW]!);
    expect(item).toMatchObject({ verdict: 'deny', primary: 'legal.withdrawn', reasons: ['legal.withdrawn', 'basis.consent_missing'], evidenceIds: [], message: null });
    expect(item.explanations.en.reasons[0]).toEqual({
      code: 'legal.withdrawn',
      text: 'Eva withdrew consent for "Newsletter" on Tuesday 9 June 2026 at 10:00.',
      advice: 'Nothing: the person can subscribe again in the preference centre.',
    });
    expect(item.explanations.nl.reasons[0].text).toBe('Eva trok de toestemming voor "Nieuwsbrief" in op dinsdag 9 juni 2026 om 10:00.');
  });

  it('names the merge field that is missing', async () => {
    const item = await explained(ids[NAMELESS]!);
    expect(item.primary).toBe('input.merge_field_missing');
    expect(item.explanations.en.reasons[0].text).toBe(`The template needs contact.first_name, which is not known of person${ids[NAMELESS]}@people.example.`);
  });

  it('tells until when a mail waits, from the stored facts', async () => {
    const item = await explained(ids[CAPPED]!);
    expect(item).toMatchObject({ verdict: 'defer', primary: 'pressure.cap_purpose', notBefore: '2026-06-12T08:00:00.000Z' });
    expect(item.explanations.en.reasons[0].text).toBe('Eva had 2 of at most 2 messages about "Newsletter" in 7 days; there is room from Friday 12 June 2026 at 10:00.');
  });

  it('tells the same after the policies have changed: old decisions keep the policies they were taken on', async () => {
    const before = await explained(ids[CAPPED]!);
    await app.request('PUT', '/api/v1/policies', { body: { ...DEFAULT_POLICIES, contactCaps: { total: null, purpose: null, channels: { email: null } } } });
    expect(await explained(ids[CAPPED]!)).toEqual(before);
  });

  it('tells what would be decided now on somebody nobody decided on yet', async () => {
    const item = await explained(ids[LATER]!);
    expect(item).toMatchObject({ phase: 'now', verdict: 'send', message: null });
    expect((await app.sql.many('test.count', 'select 1 from decisions where contact_id = $1', [ids[LATER]])).length).toBe(0);
  });

  it('says who or what is unknown', async () => {
    expect(await ask(999_999)).toMatchObject({ status: 404, body: { title: 'There is no contact "999999".' } });
    expect((await ask('not an address')).status).toBe(404);
    expect((await ask('nobody@people.example')).status).toBe(404);
    expect(await ask(ids[GETS]!, 'nonsense')).toMatchObject({ status: 404, body: { title: 'There is no campaign "nonsense".' } });
    expect((await app.request('GET', '/api/v1/decisions?contact=1')).status).toBe(422);
    expect((await ask('99999999999999999999')).status).toBe(404);
  });

  it('says why nothing can be decided', async () => {
    await app.sql.exec('test.broken', `update segments set key = 'gone' where key = 'leads'`);
    const answer = await ask(ids[LATER]!);
    await app.sql.exec('test.mended', `update segments set key = 'leads' where key = 'gone'`);
    expect(answer).toMatchObject({ status: 409, body: { type: expect.stringContaining('campaign-unusable') } });
    expect(answer.body.detail).toMatch(/leads/);
  });

  it('answers only to those who may read decisions', async () => {
    expect((await app.request('GET', `/api/v1/decisions?contact=${ids[GETS]}&campaign=june`, { key: null })).status).toBe(401);
    const { key } = (await app.request('POST', '/api/v1/api-keys', { body: { name: 'segments only', scopes: ['segments:read', 'policies:read'] } })).body;
    expect((await app.request('GET', `/api/v1/decisions?contact=${ids[GETS]}&campaign=june`, { key })).status).toBe(403);
    expect((await app.request('PUT', '/api/v1/policies', { key, body: DEFAULT_POLICIES })).status).toBe(403);
  });

  describe('tactful explain', () => {
    const run = commandLine(app, registerDecisionsCommands);
    const tactful = (...words: string[]) => run('explain', ...words);

    it('speaks English, and Dutch when asked', async () => {
      const english = await tactful('--contact', String(ids[WITHDREW]), '--campaign', 'june');
      expect(english.out.split('\n')).toEqual([
        'Step 1 (decided 2026-06-09T08:00:00.000Z, when it was planned)',
        '  Eva does not get "Campaign june".',
        '  - Eva withdrew consent for "Newsletter" on Tuesday 9 June 2026 at 10:00.  [legal.withdrawn]',
        '    What you can do: Nothing: the person can subscribe again in the preference centre.',
        '  - Eva said no to "Newsletter" on Tuesday 9 June 2026 at 10:00.  [basis.consent_missing]',
        '    What you can do: Offer the subscription form; do not add people by hand.',
        expect.stringMatching(/^ {2}Policies [0-9a-f]{16}$/),
      ]);
      const dutch = await tactful('--contact', `person${ids[GETS]}@people.example`, '--campaign', 'june', '--language', 'nl');
      expect(dutch.out).toMatch(/^Stap 1 \(besloten .*\n {2}Eva krijgt "Campaign june".*\n {2}Bewijs: ledger:1\n {2}Bericht: queued\n {2}Beleid /);
    });

    it('ends with 1 when there is no such person or campaign', async () => {
      expect(await tactful('--contact', 'nobody@people.example', '--campaign', 'june')).toMatchObject({ err: 'There is no contact "nobody@people.example".', code: 1 });
      expect(await tactful('--contact', String(ids[GETS]), '--campaign', 'nonsense')).toMatchObject({ err: 'There is no campaign "nonsense".', code: 1 });
      await expect(tactful('--contact', '1', '--campaign', 'june', '--language', 'fr')).rejects.toThrow(/Allowed choices/);
    });
  });

  it('still tells the reasons of a decision whose facts are of a layout we no longer read', async () => {
    await app.sql.exec('test.old', `update decision_batches set shared = jsonb_set(shared, '{layout}', '0')`);
    const answer = await app.get(ExplainService).explain({ contactId: ids[WITHDREW]!, campaignKey: 'june' }, ['en']);
    expect(answer.ok && answer.value[0]).toMatchObject({ verdict: 'deny', primary: 'legal.withdrawn', headline: 'Eva does not get "Campaign june".' });
  });
});

describe('the restraint policies', () => {
  const app = useApp({ defaultTimeZone: 'Europe/Brussels', defaultCountry: 'BE' });
  const put = (body: unknown) => app.request('PUT', '/api/v1/policies', { body });

  it('take data for the workspace\'s own that name who its mail is from, and show the name as nobody\'s choice', async () => {
    expect((await app.request('GET', '/api/v1/policies')).body).toMatchObject({ controller: null });
    const policies = await app.get(PoliciesService).current();
    expect([policies.workspaceName, ownController(policies), ownController({ ...policies, controller: 'Klant B.V.' })]).toEqual([app.config.mailFrom.name, app.config.mailFrom.name, 'Klant B.V.']);
  });

  it.each([
    ['the application', ['api'], 'Renamed B.V.'],
    ['a command', [], 'Voorbeeld & Co'],
  ] as const)('believe the name that %s was started with: %j', async (_, roles, name) => {
    await new WorkspaceNameService(app.sql, app.clock, { roles, mailFrom: { name: 'Renamed B.V. ', address: 'x@y.example' } }).onApplicationBootstrap();
    expect((await app.get(PoliciesService).current()).workspaceName).toBe(name);
    await new WorkspaceNameService(app.sql, app.clock, { ...app.config, roles: ['api'] }).onApplicationBootstrap();
  });


  it('are the defaults, in the workspace\'s zone, until somebody sets them', async () => {
    const { status, body } = await app.request('GET', '/api/v1/policies');
    expect(status).toBe(200);
    expect(body).toEqual({ ...DEFAULT_POLICIES, workspace: { timeZone: 'Europe/Brussels', country: 'BE' }, version: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('may be put back as they were got, and change with their version', async () => {
    const { body: got } = await app.request('GET', '/api/v1/policies');
    expect((await put(got)).body).toEqual(got);
    const stricter = await put({ ...got, minimumGapHours: 48 });
    expect(stricter).toMatchObject({ status: 200, body: { minimumGapHours: 48 } });
    expect(stricter.body.version).not.toBe(got.version);
    expect((await app.request('GET', '/api/v1/policies')).body).toEqual(stricter.body);
  });

  it('leave a trail of who changed what', async () => {
    const { details, actor } = await app.sql.one<{ details: any; actor: string }>('test.audit', `select details, actor from audit_entries where action = 'policies.changed' order by audit_id desc limit 1`);
    expect(actor).toMatch(/^key:/);
    expect(details).toMatchObject({ settings: { minimumGapHours: 48 }, from: expect.any(String), to: expect.any(String) });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a cap of nothing', { contactCaps: { ...DEFAULT_POLICIES.contactCaps, total: { limit: 0, days: 7 } } }, 'contactCaps.total.limit'],
    ['a window of a year', { contactCaps: { ...DEFAULT_POLICIES.contactCaps, total: { limit: 9, days: 365 } } }, 'contactCaps.total.days'],
    ['hours that end before they begin', { openHours: { ...DEFAULT_POLICIES.openHours, from: '20:00', to: '08:00' } }, 'openHours.to'],
    ['a time that is none', { openHours: { ...DEFAULT_POLICIES.openHours, from: '25:00' } }, 'openHours.from'],
    ['a week without a day', { openHours: { ...DEFAULT_POLICIES.openHours, closedWeekdays: [1, 2, 3, 4, 5, 6, 7] } }, 'openHours.closedWeekdays'],
    ['a zone on Mars', { workspace: { timeZone: 'Mars/Olympus', country: 'NL' } }, 'workspace.timeZone'],
    ['a country in full', { openHoursByCountry: { Netherlands: DEFAULT_POLICIES.openHours } }, 'openHoursByCountry.Netherlands'],
    ['a control group of everybody', { holdoutPercent: 100 }, 'holdoutPercent'],
    ['something we do not know', { quietHours: true }, ''],
  ])('refuse %s', async (_, change, path) => {
    const answer = await put({ ...DEFAULT_POLICIES, ...change });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  /** Every part of the policies by its path, down to single values. */
  const parts = (value: unknown, path: readonly string[] = []): string[][] =>
    typeof value !== 'object' || value === null || Array.isArray(value) ? [] : Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...parts(inner, [...path, name])]);
  // What is named by the workspace itself may be there or not: a country with hours of its own, a tier.
  const NAMED = ['openHoursByCountry.BE', 'tiers.1:1', 'tiers.1:few', 'tiers.1:many'];

  it('are refused when any part of them is left out, by its name; none goes back to a default in silence', async () => {
    const own = { ...DEFAULT_POLICIES, openHoursByCountry: { BE: DEFAULT_POLICIES.openHours }, tiers: { ...DEFAULT_POLICIES.tiers, '1:few': { ...DEFAULT_POLICIES.tiers['1:few']!, firstWaveAccounts: 9, contactCaps: { total: null, purpose: null } } } };
    const { body: stored } = await put(own);
    for (const path of parts(own).filter((one) => !NAMED.includes(one.join('.')))) {
      const partial = JSON.parse(JSON.stringify(own)) as Record<string, any>;
      Reflect.deleteProperty(path.slice(0, -1).reduce((at, name) => at[name], partial), path.at(-1)!);
      const { status, body } = await put(partial);
      expect([path, status, body.errors?.map((error: { path: string }) => error.path)]).toEqual([path, 422, [path.join('.')]]);
    }
    expect((await app.request('GET', '/api/v1/policies')).body).toEqual(stored);
    expect((await put(withoutTier(own, '1:few'))).body.tiers).toEqual(withoutTier(own, '1:few').tiers);
  });

  const withoutTier = <P extends { tiers: object }>(policies: P, tier: string): P => ({ ...policies, tiers: Object.fromEntries(Object.entries(policies.tiers).filter(([name]) => name !== tier)) });

  it('may not be left out in part', async () => {
    expect((await put({ killSwitch: true })).status).toBe(422);
    expect((await put([])).status).toBe(422);
  });
});
