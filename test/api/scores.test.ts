import { fc } from '../support/generated.js';
import { registerAccountsCommands } from '../../src/accounts/accounts.commands.js';
import { readState, rebuildEngagement } from '../../src/accounts/scores/engagement.queries.js';
import { ScorePolicyService } from '../../src/accounts/scores/score-policy.service.js';
import { ScoresService } from '../../src/accounts/scores/scores.service.js';
import { scoreOfEvents, scoreOfSums } from '../../src/core/account/score.js';
import { DEFAULT_SCORE_POLICY, type ScorePolicy } from '../../src/core/account/score-policy.js';
import { MergeService } from '../../src/customers/merge/merge.service.js';
import { AccessService } from '../../src/privacy/rights/access/access.service.js';
import { addAccount } from '../support/accounts.js';
import { useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';
import { addPersonOnFile } from '../support/rights-world.js';
import { settled } from '../support/settled.js';

const app = useApp();
const DAY = 86_400_000;
const EVENTS = ['Email Replied', 'Meeting Booked', 'Demo Requested', 'Page Viewed', 'Email Link Clicked', 'Webinar Attended', 'Ticket Opened', 'Email Opened', 'Order Completed'];

const work = (fullSince?: Date) => settled(app.sql, () => app.get(ScoresService).work(app.clock.now(), fullSince));
const ago = (days: number): Date => new Date(app.clock.now().getTime() - days * DAY);
const api = (method: 'GET' | 'PUT' | 'POST' | 'PATCH', path: string, body?: unknown) => app.request(method, `/api/v1/${path}`, { ...(body !== undefined && { body }) });
const account = async (id: number) => (await api('GET', `accounts/${id}`)).body;

let number = 0;
const unique = (name: string): string => `${name} ${(number += 1)}`;
const newAccount = (): Promise<number> => addAccount(app, { name: unique('Account'), domain: `account${number}.example` });
const newPerson = (accountId: number | null): Promise<number> => addPersonOnFile(app, { email: `p${(number += 1)}@people.example`, accountId });

interface Did {
  readonly name: string;
  readonly at: Date;
  readonly properties?: Record<string, unknown>;
}

async function happened(contactId: number, events: readonly Did[]): Promise<void> {
  await app.sql.exec(
    'test.events',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) select $1, at, $5 || ':' || n, name, properties, 'test'
     from unnest($2::timestamptz[], $3::text[], $4::jsonb[]) with ordinality as e (at, name, properties, n)`,
    [contactId, events.map(({ at }) => at), events.map(({ name }) => name), events.map(({ properties }) => JSON.stringify(properties ?? {})), String((number += 1))],
  );
}

const times = (count: number, name: string, days = 0, properties: Record<string, unknown> = {}): Did[] => Array.from({ length: count }, (_, index) => ({ name, at: new Date(ago(days).getTime() - index * 60_000), properties }));

async function part(contactId: number, accountId: number, role: string): Promise<void> {
  await app.sql.exec('test.role', `insert into buying_group_members (contact_id, account_id, role, source, valid_from) values ($1, $2, $3, 'test', $4)`, [contactId, accountId, role, ago(100)]);
}

/** Sums as they stand, as a score. */
async function scoreOf(contactId: number, now = app.clock.now()): Promise<number> {
  const { epoch } = await app.sql.one<{ epoch: string }>('test.epoch', 'select epoch from score_state');
  const sums = await app.sql.many<{ halfLifeDays: number; sum: number }>('test.sums', 'select half_life_days as "halfLifeDays", sum from contact_engagement where contact_id = $1', [contactId]);
  return scoreOfSums(sums, new Date(epoch), now);
}

const kindOf = ({ name, properties }: Did): string => {
  if (name === 'Page Viewed') return String(properties?.['page']).includes('pricing') ? 'pricing_visit' : 'visit';
  return { 'Email Replied': 'reply', 'Meeting Booked': 'meeting', 'Demo Requested': 'form', 'Email Link Clicked': 'click', 'Webinar Attended': 'attended', 'Ticket Opened': 'support_ticket' }[name] ?? 'open';
};
const wanted = (events: readonly Did[]): number =>
  scoreOfEvents(events.filter(({ properties }) => properties?.['machine'] !== true).map((event) => ({ kind: kindOf(event), at: event.at })), DEFAULT_SCORE_POLICY.engagement, app.clock.now());

const policyWith = (change: (policy: any) => void): ScorePolicy => {
  const policy = structuredClone(DEFAULT_SCORE_POLICY);
  change(policy);
  return policy;
};

beforeAll(async () => {
  await app.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('news', 'x', 'x', 'consent', 365), ('advice', 'x', 'x', 'consent', 365)`);
  await app.sql.exec('test.definitions', `insert into event_definitions (name, purposes) select unnest($1::text[]), '{news,advice}' on conflict (name) do update set purposes = excluded.purposes`, [EVENTS]);
});

beforeEach(() => app.clock.advance(60_000));

describe('the engagement of a person in the database', () => {
  it('is what the formula says, in whatever portions and order events arrive, and when it is worked out anew', async () => {
    const accountId = await newAccount();
    await work();
    const anEvent = fc.record({ name: fc.constantFrom(...EVENTS), days: fc.double({ min: 0, max: 120, noNaN: true }), page: fc.constantFrom('pricing', 'home'), machine: fc.boolean() });
    const portions = fc.array(fc.array(anEvent, { maxLength: 25 }), { minLength: 1, maxLength: 3 });
    for (const given of fc.sample(portions, { numRuns: 3, seed: 7 })) {
      const contactId = await newPerson(accountId);
      const events: Did[] = [];
      for (const portion of given) {
        const did = portion.map(({ name, days, page, machine }) => ({ name, at: ago(days), properties: { page, ...(machine && { machine: true }) } }));
        events.push(...did);
        await happened(contactId, did);
        await work();
      }
      expect(await scoreOf(contactId)).toBeCloseTo(wanted(events), 6);
      await app.sql.exec('test.again', 'insert into engagement_again (contact_id) values ($1)', [contactId]);
      await work();
      expect(await scoreOf(contactId)).toBeCloseTo(wanted(events), 6);
    }
  });

  it('counts at most twenty of a kind a day, also when they come in several portions', async () => {
    const contactId = await newPerson(await newAccount());
    for (const count of [15, 15, 200]) {
      await happened(contactId, times(count, 'Email Link Clicked', 1));
      await work();
    }
    expect(await scoreOf(contactId)).toBeGreaterThan(20 * 3 * 0.8);
    expect(await scoreOf(contactId)).toBeLessThan(20 * 3);
  });

  it('takes each event once, however often and by how many at once it is worked on', async () => {
    const contactId = await newPerson(await newAccount());
    await happened(contactId, times(3, 'Email Replied', 0));
    await Promise.all([work(), work(), work()]);
    await work();
    expect(await scoreOf(contactId)).toBeCloseTo(30, 1);
  });

  it('counts what comes in while somebody is worked out anew once, when the cursor gets there', async () => {
    const contactId = await newPerson(await newAccount());
    await happened(contactId, times(1, 'Email Replied'));
    await work();
    await happened(contactId, times(2, 'Email Replied'));
    const { cursor_xid: cursor, epoch } = await readState(app.sql);
    const { usable } = await app.get(ScorePolicyService).inForce();
    await rebuildEngagement(app.sql, [contactId], cursor, { policy: usable.engagement, now: app.clock.now(), epoch });
    expect(await scoreOf(contactId)).toBeCloseTo(10, 1);
    await work();
    expect(await scoreOf(contactId)).toBeCloseTo(30, 1);
  });

  it('lets what is dated ahead count from its own moment', async () => {
    const contactId = await newPerson(await newAccount());
    await happened(contactId, [{ name: 'Meeting Booked', at: ago(-2) }]);
    await work();
    expect(await scoreOf(contactId)).toBe(0);
    app.clock.advance(2 * DAY + 60_000);
    await work();
    expect(await scoreOf(contactId)).toBeCloseTo(15, 1);
  });

  it('stays what it is when sums are brought into another epoch', async () => {
    const contactId = await newPerson(await newAccount());
    await happened(contactId, times(4, 'Email Replied', 3));
    await work();
    const before = await scoreOf(contactId);
    await app.sql.exec('test.epoch', `update score_state set epoch = '2024-01-01'`);
    await app.sql.exec('test.sums', `update contact_engagement set sum = sum * 2 ^ ((date '2026-01-01' - date '2024-01-01')::double precision / half_life_days)`);
    await happened(contactId, times(1, 'Page Viewed'));
    await work();
    expect((await app.sql.one<{ epoch: string }>('test.epoch', 'select epoch from score_state')).epoch.slice(0, 4)).toBe('2026');
    expect(await scoreOf(contactId)).toBeCloseTo(before + 1, 1);
  });
});

describe('who does not count', () => {
  it.each([
    ['objects to profiling', 'update contacts set profiling_off_at = $2 where contact_id = $1', 'update contacts set profiling_off_at = null where contact_id = $1 and $2::timestamptz is not null'],
    ['has processing restricted', 'update contacts set restricted_at = $2 where contact_id = $1', 'update contacts set restricted_at = null where contact_id = $1 and $2::timestamptz is not null'],
    ['leaves the account', 'update contacts set account_id = null where contact_id = $1 and $2::timestamptz is not null', ''],
  ])('whoever %s: nothing about what he did is kept, and the account goes down', async (_, off, on) => {
    const accountId = await newAccount();
    const contactId = await newPerson(accountId);
    await happened(contactId, times(5, 'Email Replied'));
    await work();
    expect((await account(accountId)).engagement_score).toBeGreaterThan(20);
    await app.sql.exec('test.off', off, [contactId, app.clock.now()]);
    await work();
    expect(await app.sql.many('test.days', 'select kind from engagement_days where contact_id = $1 union all select half_life_days::text from contact_engagement where contact_id = $1', [contactId])).toEqual([]);
    expect((await account(accountId)).engagement_score).toBe(0);
    if (on === '') return;
    await app.sql.exec('test.on', on, [contactId, app.clock.now()]);
    await work();
    expect((await account(accountId)).engagement_score).toBeGreaterThan(20);
  });

  it('what nobody classified, or what is sensitive, counts nothing until somebody says what it may be used for', async () => {
    const accountId = await newAccount();
    const contactId = await newPerson(accountId);
    await app.sql.exec('test.unclassified', `insert into event_definitions (name, purposes) values ('Meeting Held', '{}')`);
    await happened(contactId, times(1, 'Meeting Held'));
    await work();
    expect(await scoreOf(contactId)).toBe(0);
    await app.sql.exec('test.classify', `update event_definitions set purposes = '{news}' where name = 'Meeting Held'`);
    await work();
    expect(await scoreOf(contactId)).toBeCloseTo(15, 1);
    await app.sql.exec('test.sensitive', `update event_definitions set sensitive = true where name = 'Meeting Held'`);
    await work();
    expect(await scoreOf(contactId)).toBe(0);
    await app.sql.exec('test.forget', `delete from event_definitions where name = 'Meeting Held'`);
  });
});

describe('an account', () => {
  it('shows fit and engagement with what they were worked out from, and its stage with since when and why', async () => {
    const accountId = await newAccount();
    await api('PATCH', `accounts/${accountId}`, { employees: 2_500, sector: 'retail' });
    const [decider, user, other] = [await newPerson(accountId), await newPerson(accountId), await newPerson(accountId)];
    await part(decider, accountId, 'decider');
    await part(user, accountId, 'user');
    await happened(decider, [...times(4, 'Page Viewed', 0, { page: 'pricing' }), ...times(1, 'Demo Requested')]);
    await happened(user, times(2, 'Email Replied'));
    await happened(other, times(1, 'Page Viewed'));
    await work();
    const sum = 30 + 0.6 * 20 + 0.3 * 1;
    const { fit_score: fit, fit_grade: grade, engagement_score: points, account_stage: stage, scores } = await account(accountId);
    expect({ fit, grade, points, stage }).toEqual({ fit: 80, grade: 'A', points: Math.floor(100 * (1 - Math.exp(-0.04 * sum))), stage: 'engaged' });
    expect(scores.fit).toMatchObject({ base: 30, score: 80, grade: 'A' });
    expect(scores.fit.conditions.filter((one: { counted: boolean }) => one.counted).map((one: { key: string; points: number; en: string }) => [one.key, one.points])).toEqual([['large', 30], ['sector_known', 10], ['reachable', 10]]);
    expect(scores.fit.conditions[0].en).toMatch(/employees/);
    expect(scores.engagement).toMatchObject({ engagedPeople: 2, engagedRoles: ['decider', 'user'], formula: { k: 0.04, cap: 40, perDay: 20 } });
    expect(scores.engagement.people.map(({ contactId, roles, weight }: any) => [contactId, roles, weight])).toEqual([[decider, ['decider'], 1], [user, ['user'], 0.6], [other, [], 0.3]]);
    expect(scores.engagement.people[0]).toMatchObject({ score: expect.closeTo(30, 1), counts: expect.closeTo(30, 1), did: [{ kind: 'form', events: 1 }, { kind: 'pricing_visit', events: 4 }] });
    expect(scores.stage).toMatchObject({ stage: 'engaged', from: null, to: 'engaged', because: { en: 'engagement is high enough' }, qualifyingSince: app.clock.now().toISOString() });
  });

  it('is qualified after two days, not before, and goes on from there by what happens', async () => {
    const accountId = await newAccount();
    await api('PATCH', `accounts/${accountId}`, { employees: 2_500 });
    for (const role of ['decider', 'user']) {
      const contactId = await newPerson(accountId);
      await part(contactId, accountId, role);
      await happened(contactId, times(6, 'Email Replied'));
    }
    const stageOf = async () => (await account(accountId)).account_stage;
    await work();
    expect(await stageOf()).toBe('engaged');
    app.clock.advance(1.9 * DAY);
    await work();
    expect(await stageOf()).toBe('engaged');
    app.clock.advance(0.1 * DAY + 60_000);
    await work(); // nothing but the clock: found by its moment
    expect(await stageOf()).toBe('qualified');
    await app.sql.exec('test.deal', 'update accounts set open_opportunities = 1 where account_id = $1', [accountId]);
    await work();
    expect(await stageOf()).toBe('opportunity');
    await app.sql.exec('test.won', `update accounts set open_opportunities = 0, lifecycle_stage = 'new_customer', last_won_on = $2 where account_id = $1`, [accountId, app.clock.now()]);
    await work();
    await app.sql.exec('test.trouble', `insert into account_holds (account_id, kind, reason, cause, opened_at, opened_by) values ($1, 'complaint', 'x', 'test', $2, 'test')`, [accountId, app.clock.now()]);
    await work();
    expect(await stageOf()).toBe('at_risk');
    const { items } = (await api('GET', `accounts/${accountId}/stages?limit=10`)).body;
    expect(items.map(({ to, cause }: any) => [to, cause.because])).toEqual([['at_risk', ['trouble']], ['new_customer', ['new']], ['opportunity', ['deal']], ['qualified', ['qualified']], ['engaged', ['engaged']]]);
    await expect(app.sql.exec('test.change', `update account_stage_changes set to_stage = 'aware'`)).rejects.toThrow('append-only');
  });

  it('cools by the clock alone, a point at a time, and falls back when it is under the way out', async () => {
    const accountId = await newAccount();
    const contactId = await newPerson(accountId);
    await part(contactId, accountId, 'decider');
    await happened(contactId, times(7, 'Page Viewed', 0, { page: 'pricing' }));
    await work();
    expect(await account(accountId)).toMatchObject({ engagement_score: 75, account_stage: 'engaged' });
    const seen: number[] = [];
    for (let days = 0; days < 40; days += 4) {
      app.clock.advance(4 * DAY);
      await work();
      const { engagement_score: points, scores } = await account(accountId);
      expect(points).toBe(Math.floor(100 * (1 - Math.exp(-0.04 * wanted(times(7, 'Page Viewed', 4 + days, { page: 'pricing' }))))));
      expect(new Date(scores.nextLookAt).getTime()).toBeGreaterThan(app.clock.now().getTime());
      seen.push(points);
    }
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    const { items } = (await api('GET', `accounts/${accountId}/stages`)).body;
    expect(items.map(({ to }: { to: string }) => to).at(-1)).toBe('engaged');
    expect((await account(accountId)).account_stage).not.toBe('engaged');
  });

  it('is found, sorted and filtered by fit, engagement and stage', async () => {
    const filter = encodeURIComponent(JSON.stringify([{ kind: 'attribute', attribute: 'account_stage', operator: 'in', value: ['engaged', 'qualified', 'at_risk'] }, { kind: 'attribute', attribute: 'fit_grade', operator: 'equals', value: 'a' }]));
    const { items } = (await api('GET', `accounts?sort=-engagement_score&filter=${filter}&limit=50`)).body;
    expect(items.length).toBeGreaterThan(0);
    expect(items.every((item: any) => item.fit_grade === 'A')).toBe(true);
    expect(items.map((item: any) => item.engagement_score)).toEqual(items.map((item: any) => item.engagement_score).sort((a: number, b: number) => b - a));
  });

  it.each(['fit_score', 'fit_grade', 'engagement_score', 'account_stage'])('gets its %s from nobody but scoring', async (key) => {
    const accountId = await newAccount();
    expect((await api('PATCH', `accounts/${accountId}`, { [key]: 'A' })).status).toBe(422);
    expect((await api('PATCH', `accounts/${accountId}`, { attributes: { [key]: 'A' } })).status).toBe(422);
  });

  it('may be asked for in rules, and its change asks live segments again', async () => {
    const accountId = await newAccount();
    const { domain } = await account(accountId);
    const contactId = await newPerson(accountId);
    const rule = { kind: 'account', rule: { kind: 'all', conditions: [{ kind: 'attribute', attribute: 'engagement_score', operator: 'at_least', value: 50 }, { kind: 'attribute', attribute: 'fit_grade', operator: 'in', value: ['A', 'B', 'C', 'D'] }, { kind: 'attribute', attribute: 'domain', operator: 'equals', value: domain }] } };
    expect((await api('POST', 'segments', { key: 'hot', name: 'Hot', scope: 'contact', rule })).status).toBe(201);
    await app.sql.exec('test.dependency', `insert into live_dependencies (on_scope, kind, name) values ('account', 'column', 'engagement_score') on conflict do nothing`);
    await happened(contactId, times(10, 'Meeting Booked'));
    await part(contactId, accountId, 'decider');
    await work();
    expect(await app.sql.many('test.dirty', `select distinct kind, name from dirty_accounts where account_id = $1`, [accountId])).toContainEqual({ kind: 'column', name: 'engagement_score' });
    const { count, sentence } = (await api('GET', 'segments/hot/preview')).body;
    expect([count, sentence.en]).toEqual([1, expect.stringMatching(/engagement/)]);
  });
});

describe('on the command line', () => {
  const run = commandLine(app, registerAccountsCommands);
  const tactful = async (...words: string[]): Promise<string> => (await run('accounts', ...words)).out;

  it('the accounts that warm up stand first, with fit and stage; one stage can be asked for', async () => {
    const text = await tactful('scores', '--limit', '50');
    expect(text.split('\n')[0]).toMatch(/Engagement +Fit +Stage +Account/);
    const points = [...text.matchAll(/^ +(\d+) {3}[A-F]/gm)].map(([, score]) => Number(score));
    expect(points.length).toBeGreaterThan(5);
    expect(points).toEqual([...points].sort((a, b) => b - a));
    const { accounts } = JSON.parse(await tactful('scores', '--stage', 'at_risk', '--json')) as { accounts: { account_stage: string }[] };
    expect(accounts.map((one) => one.account_stage)).toEqual(['at_risk']);
  });

  it('stages are counted, and the last moves told with their reason', async () => {
    expect(await tactful('stages', '--limit', '500')).toMatch(/^identified +\d+\n[^]*at_risk +1\n[^]*Moved last\n[^]*qualified → opportunity, because an opportunity is open/);
  });
});

describe('two that are one', () => {
  it('people: what both did counts for the one who stays, and for each again after an undo', async () => {
    const accountId = await newAccount();
    const [survivor, merged] = [await newPerson(accountId), await newPerson(accountId)];
    await happened(survivor, times(1, 'Email Replied'));
    await happened(merged, times(2, 'Demo Requested'));
    await work();
    const row = await app.get(MergeService).merge(survivor, merged, 'test');
    await work();
    expect([await scoreOf(survivor), await scoreOf(merged)]).toEqual([expect.closeTo(30, 1), 0]);
    await app.get(MergeService).undo(row.ok ? row.value.merge_id : 0, 'test');
    await work();
    expect([await scoreOf(survivor), await scoreOf(merged)]).toEqual([expect.closeTo(10, 1), expect.closeTo(20, 1)]);
  });

  it('accounts: the people of both count, and each has its own stage and history again after an undo', async () => {
    const [kept, merged] = [await newAccount(), await newAccount()];
    await happened(await newPerson(kept), times(1, 'Email Replied'));
    await happened(await newPerson(merged), times(8, 'Meeting Booked'));
    await work();
    const [alone, other] = [await account(kept), await account(merged)];
    const { body } = await api('POST', `accounts/${kept}/merge`, { accountId: merged });
    await work();
    expect((await account(kept)).engagement_score).toBeGreaterThan(Math.max(alone.engagement_score, other.engagement_score));
    await api('POST', `accounts/merges/${body.id}/undo`);
    await work();
    expect(await account(kept)).toMatchObject({ engagement_score: alone.engagement_score });
    expect(await account(merged)).toMatchObject({ engagement_score: other.engagement_score, account_stage: other.account_stage, account_stage_since: other.account_stage_since });
    expect((await api('GET', `accounts/${merged}/stages`)).body.items.length).toBeGreaterThan(0);
  });
});

describe('the policy of scores', () => {
  afterAll(async () => {
    await api('PUT', 'scores/policy', DEFAULT_SCORE_POLICY);
  });

  it.each([
    ['an attribute that nobody classified', (policy: any) => policy.fit.conditions.push({ key: 'vip', points: 5, rule: { kind: 'attribute', attribute: 'vip', operator: 'equals', value: 'x' } }), 'fit.conditions[8].rule', /“account.vip” was not classified/],
    ['a sensitive attribute', (policy: any) => policy.fit.conditions.push({ key: 'creed', points: 5, rule: { kind: 'attribute', attribute: 'creed', operator: 'is_set' } }), 'fit.conditions[8].rule', /“account.creed” is sensitive/],
    ['an attribute that is not there', (policy: any) => (policy.fit.conditions[0].rule.attribute = 'emplyees'), 'fit.conditions[0].rule.attribute', /employees/],
    ['what its people do', (policy: any) => (policy.fit.conditions[0].rule = { kind: 'people', rule: { kind: 'event', event: 'Page Viewed' }, count: { operator: 'at_least', value: 1 } }), 'fit.conditions[0].rule.kind', /static data/],
    ['something that is no rule', (policy: any) => (policy.fit.conditions[0].rule = { kind: 'attribute', attribute: 'name; drop table accounts' }), 'fit.conditions[0].rule.operator', /operator/],
    ['an event that nobody classified', (policy: any) => policy.engagement.kinds.push({ key: 'secret', events: [{ event: 'Secret' }], weight: 1, halfLifeDays: 3 }), 'engagement.kinds[9].events[0]', /“event.Secret” was not classified/],
  ])('is refused by name when it reads %s', async (_, change, path, message) => {
    await app.sql.exec('test.vip', `insert into attribute_definitions (scope, key, type, purposes, sensitive) values ('account', 'vip', 'text', '{}', false), ('account', 'creed', 'text', '{news}', true) on conflict do nothing`);
    await app.sql.exec('test.secret', `insert into event_definitions (name, purposes) values ('Secret', '{}') on conflict do nothing`);
    const refused = await api('PUT', 'scores/policy', policyWith(change));
    expect(refused).toMatchObject({ status: 422, body: { type: 'urn:tactful:problem:score-policy-invalid' } });
    expect(refused.body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it('tells beforehand what it would change, saves nothing, then changes just that', async () => {
    const fresh = policyWith((policy) => {
      policy.fit.base = 90;
      policy.engagement.kinds[0].weight = 0;
    });
    await work(app.clock.now());
    const { status, body } = await api('POST', 'scores/policy/preview', fresh);
    expect(status).toBe(200);
    const grades = async () => Object.fromEntries((await app.sql.many<{ grade: string; count: number }>('test.grades', 'select fit_grade as grade, count(*) from accounts group by 1')).map(({ grade, count }) => [grade, count]));
    const before = await grades();
    expect(before['A']).not.toBe(body.accounts);
    expect((await api('GET', 'scores/policy')).body.fit.base).toBe(30);
    expect((await api('PUT', 'scores/policy', fresh)).status).toBe(200);
    await work();
    expect(await grades()).toEqual({ A: body.accounts });
    const toA = body.changes.filter((change: any) => change.what === 'fit_grade' && change.to === 'A').reduce((sum: number, change: { accounts: number }) => sum + change.accounts, 0);
    expect(toA).toBe(body.accounts - (before['A'] ?? 0));
    const engagement = body.changes.filter((change: any) => change.what === 'engagement');
    expect(engagement.length).toBeGreaterThan(0);
    expect(await app.sql.many('test.reply', `select kind from engagement_days where kind = 'reply'`)).toEqual([]);
    const { body: trail } = await api('GET', 'audit?action=score_policy.changed');
    expect(trail.items[0]).toMatchObject({ action: 'score_policy.changed', details: { from: { fit: { base: 30 } }, to: { fit: { base: 90 } } } });
  });

  it('shows what of it may be used now, in words', async () => {
    const { body } = await api('GET', 'scores/policy');
    expect(body.inForce.sentences.large.nl).toMatch(/medewerkers/);
    expect(body.inForce.reads).toEqual(expect.arrayContaining(['account.employees', 'event.Page Viewed']));
    expect(body.inForce.idle).toEqual({ conditions: [], kinds: [] });
  });

  it('cannot be written by who may only read', async () => {
    const { body } = await api('POST', 'api-keys', { name: 'reader', scopes: ['policies:read', 'accounts:read'] });
    expect((await app.request('PUT', '/api/v1/scores/policy', { body: DEFAULT_SCORE_POLICY, key: body.key })).status).toBe(403);
    expect((await app.request('POST', '/api/v1/scores/refresh', { key: body.key })).status).toBe(403);
    expect((await app.request('GET', '/api/v1/scores/policy', { key: body.key })).status).toBe(200);
  });
});

describe('what scores are for', () => {
  it('a campaign that uses a score uses what it was worked out from: an event that its purpose may not use is named', async () => {
    await app.sql.exec('test.narrow', `update event_definitions set purposes = '{advice}' where name = 'Page Viewed'`);
    await work();
    const users = await api('GET', 'segments/hot');
    expect(users.status).toBe(200);
    const definition = { audience: { scope: 'contact', segment: 'hot' }, entry: { kind: 'now' }, purpose: 'news', messageClass: 'marketing', sender: 'workspace', steps: [{ kind: 'send', template: 'none' }] };
    const refused = await api('POST', 'campaigns', { key: 'scored', name: 'Scored', definition });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toMatch(/event\.Page Viewed.*account\.engagement_score/);
    await app.sql.exec('test.wide', `update event_definitions set purposes = '{news,advice}' where name = 'Page Viewed'`);
  });

  it('a person finds his own in the copy of his data, with inputs and formula', async () => {
    const contactId = await newPerson(await newAccount());
    await happened(contactId, times(2, 'Demo Requested'));
    await work();
    const copy = await app.get(AccessService).collect(contactId, 'nl');
    const score = copy?.sections['scores']?.find((row) => row['score'] === 'Betrokkenheid');
    expect(score).toMatchObject({ value: expect.closeTo(20, 1), inputs: { did: [{ kind: 'form', count: 2, weight: 10, halfLifeDays: 21 }] }, formula: expect.stringContaining('2^') });
  });
});
