import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { PlannerService } from '../../src/campaigns/planner.service.js';
import { PurposesService } from '../../src/consent/purposes.service.js';
import { purposeInput } from '../../src/core/consent/purpose.js';
import { DEFAULT_POLICIES, type PolicySettings } from '../../src/core/decision/policies.js';
import { pressureIndex } from '../../src/core/pressure/pressure-index.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { CampaignWorld, DAY, HOUR } from '../support/campaign-world.js';
import { PlannerProcess } from '../support/planners.js';

const CAP = { channel: 3, total: 3, purpose: 2, messages: 8, people: 4, days: 7, gapHours: 20 };
const POLICIES: PolicySettings = {
  ...DEFAULT_POLICIES,
  holdoutPercent: 0,
  contactCaps: { total: { limit: CAP.total, days: CAP.days }, purpose: { limit: CAP.purpose, days: CAP.days }, channels: { email: { limit: CAP.channel, days: CAP.days } } },
  accountCaps: { messages: { limit: CAP.messages, days: CAP.days }, people: { limit: CAP.people, days: CAP.days } },
  minimumGapHours: CAP.gapHours,
  openHours: { from: '00:00', to: '24:00', closedWeekdays: [], publicHolidays: false },
  duplicateContentDays: 0,
};
/** For 720 people, of whom 480 work at 36 accounts: five campaigns about two purposes, of three priorities. */
const PEOPLE = 720;
const ACCOUNTS = 36;
const CAMPAIGNS = [
  { key: 'a', priority: 90, purpose: 'newsletter', template: 'june' },
  { key: 'b', priority: 50, purpose: 'newsletter', template: 'reminder' },
  { key: 'c', priority: 50, purpose: 'newsletter', template: 'june' },
  { key: 'd', priority: 50, purpose: 'offers', template: 'reminder' },
  { key: 'e', priority: 10, purpose: 'offers', template: 'june' },
];

interface Sent {
  readonly contact: number;
  readonly account: number | null;
  readonly purpose: string | null;
  readonly at: number;
}

/** Every window of any position that ends with a mail is looked at; what humans do in it takes places too, but is not held back. */
function violations(sent: readonly Sent[]): string[] {
  const found: string[] = [];
  const within = (list: readonly Sent[], last: Sent): Sent[] => list.filter((one) => one.at <= last.at && one.at > last.at - CAP.days * DAY);
  const byContact = Map.groupBy(sent, ({ contact }) => contact);
  for (const [contact, list] of byContact) {
    const sorted = [...list].sort((a, b) => a.at - b.at);
    for (const [index, last] of sorted.entries()) {
      if (last.purpose === null) continue;
      const window = within(sorted, last);
      if (window.length > CAP.total) found.push(`person ${contact}: ${window.length} in all`);
      for (const purpose of ['newsletter', 'offers']) if (window.filter((one) => one.purpose === purpose).length > CAP.purpose) found.push(`person ${contact}: ${purpose}`);
      const before = sorted[index - 1];
      if (before && last.at - before.at < CAP.gapHours * HOUR) found.push(`person ${contact}: gap`);
    }
  }
  for (const [account, list] of Map.groupBy(sent.filter((one) => one.account !== null), (one) => one.account)) {
    for (const last of list.filter(({ purpose }) => purpose !== null)) {
      const window = within(list, last);
      if (window.length > CAP.messages) found.push(`account ${account}: ${window.length} messages`);
      if (new Set(window.map(({ contact }) => contact)).size > CAP.people) found.push(`account ${account}: people`);
    }
  }
  return found;
}

/** What left, by when, and what humans did. */
async function everythingSent(sql: Sql): Promise<Sent[]> {
  const rows = await sql.many<{ contact_id: number; account_id: number | null; purpose: string | null; at: Date }>(
    'test.sent',
    `select contact_id, account_id, purpose, coalesce(sent_at, queued_at) as at from messages union all select contact_id, account_id, null, touched_at from human_touches`,
  );
  return rows.map((row) => ({ contact: row.contact_id, account: row.account_id, purpose: row.purpose, at: row.at.getTime() }));
}

describe('caps under eight planners', () => {
  const app = useApp({ batchSize: 100 });
  const world = new CampaignWorld(app);
  const planner = (): PlannerService => app.get(PlannerService);

  beforeAll(async () => {
    await world.prepare(POLICIES);
    await app.get(PurposesService).create(purposeInput.parse({ key: 'offers', name: { nl: 'Aanbiedingen', en: 'Offers' }, legalBasis: 'consent', doubleOptIn: false, retentionDays: 730 }), 'test');
  });

  beforeEach(async () => {
    await world.clear();
    app.clock.set(TEST_NOW);
    const accounts = await world.accounts(ACCOUNTS);
    const [alone, colleagues] = [await world.people(PEOPLE / 3), await world.people((PEOPLE / 3) * 2, { accounts })];
    const people = [...alone, ...colleagues];
    await app.sql.exec(
      'test.offers',
      `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence, evidence_complete)
       select contact_id, 'offers', state, legal_basis, given_at, confirmed_at, sequence, evidence_complete from consents where contact_id = any($1) and purpose = 'newsletter'`,
      [people],
    );
    await app.sql.exec('test.collected', `update contacts set collected_for = '{*}'`);
    // Every eleventh was called by a colleague in the last days.
    await app.sql.exec(
      'test.called',
      `insert into human_touches (contact_id, account_id, touched_at, kind) select contact_id, account_id, $1::timestamptz - (contact_id % 7) * interval '22 hours', 'call' from contacts where contact_id % 11 = 0`,
      [TEST_NOW],
    );
  });

  const startAll = async (prefix: string): Promise<void> => {
    for (const { key, priority, purpose, template } of CAMPAIGNS) await world.started(`${prefix}-${key}`, { priority, purpose, timeToLiveHours: 400, steps: [{ kind: 'send', template }] });
    await app.get(CampaignEntriesService).enterDue(app.clock.now());
  };

  const usedUp = async (): Promise<void> => {
    const sent = await everythingSent(app.sql);
    expect(violations(sent)).toEqual([]);
    const most = (of: (one: Sent) => number | null): number => Math.max(...[...Map.groupBy(sent.filter((one) => of(one) !== null && one.at >= TEST_NOW.getTime() && one.at < TEST_NOW.getTime() + CAP.days * DAY), of).values()].map((list) => list.length));
    // To the last place: a planner that is afraid of all is no use either.
    expect([most(({ contact }) => contact), most(({ account }) => account)]).toEqual([CAP.total, CAP.messages]);
  };

  it('of one process are used to the last place and never exceeded, over nine days', async () => {
    await startAll('one');
    let people = 0;
    const started = performance.now();
    for (const days of [1, 1, 1, 5, 1]) {
      const reports = await Promise.all(Array.from({ length: 8 }, () => planner().planDue(app.clock.now())));
      people += reports.reduce((sum, report) => sum + report.people, 0);
      await world.handOver();
      app.clock.advance(days * DAY);
    }
    await usedUp();
    // Nobody is over what he bears either, at any moment.
    const terms = POLICIES.pressureIndex!;
    for (const [, list] of Map.groupBy(await everythingSent(app.sql), ({ contact }) => contact)) {
      for (const last of list.filter((one) => one.purpose !== null)) {
        const touches = list.filter((one) => one.at <= last.at).map((one) => ({ kind: one.purpose === null ? ('call' as const) : ('mail' as const), minutesAgo: (last.at - one.at) / 60_000 }));
        expect(pressureIndex(touches, terms)).toBeLessThanOrEqual(terms.limit + 1e-6);
      }
    }
    console.info(`eight planners of one process: ${Math.round(people / ((performance.now() - started) / 1_000))} decisions/s`);
  }, 180_000);

  it('of four processes that are killed at random are never exceeded, and nothing is planned twice', async () => {
    await startAll('four');
    const env = { DATABASE_URL: app.url, TACTFUL_ROLES: 'worker', TACTFUL_SECRET: 'a-secret-of-thirty-two-characters!', TACTFUL_DATA_DIR: app.config.dataDir, TACTFUL_BATCH_SIZE: '50', TACTFUL_DATABASE_CONNECTIONS: '6' };
    const processes = Array.from({ length: 4 }, () => new PlannerProcess(env));
    const total = { people: 0, retries: 0, kills: 0, milliseconds: 0 };
    try {
      await Promise.all(processes.map((one) => one.start()));
      for (const hours of [0, 21, 42, 168]) {
        app.clock.set(new Date(TEST_NOW.getTime() + hours * HOUR));
        const started = performance.now();
        // The first moments two die in the middle of it, and come back.
        const dying = hours <= 42 ? processes.slice(0, 2) : [];
        const work = processes.map((one) => one.plan(app.clock.now(), 2));
        for (const [turn, one] of dying.entries()) setTimeout(() => one.kill(), 60 + 90 * turn + 40 * (hours / 21));
        const reports = await Promise.all(work);
        for (const report of reports) {
          total.people += report?.people ?? 0;
          total.retries += report?.retries ?? 0;
        }
        total.milliseconds += performance.now() - started;
        const dead = processes.filter((_, index) => reports[index] === undefined);
        total.kills += dead.length;
        await Promise.all(dead.map((one) => one.start()));
        await processes[0]?.plan(app.clock.now(), 2); // what the dead had taken is free again
        expect(violations(await everythingSent(app.sql))).toEqual([]);
        await world.handOver();
      }
    } finally {
      for (const one of processes) one.kill();
    }
    expect(total.kills).toBeGreaterThanOrEqual(1);
    const { twice } = await app.sql.one<{ twice: number }>('test.twice', 'select (count(*) - count(distinct (contact_id, campaign_id, step, occurrence)))::int as twice from messages');
    expect(twice).toBe(0);
    const { open } = await app.sql.one<{ open: number }>('test.open', `select count(*)::int as open from enrollments where state = 'active' and due_at <= $1`, [app.clock.now()]);
    expect(open).toBe(0);
    console.info(`eight planners of four processes: ${Math.round(total.people / (total.milliseconds / 1_000))} decisions/s, ${total.kills} killed, ${total.retries} transactions done again, 0 caps exceeded`);
  }, 240_000);

  it('plan on when a deadlock undoes their transaction', async () => {
    await world.started('deadlock', { timeToLiveHours: 400 });
    await app.get(CampaignEntriesService).enterDue(app.clock.now());
    const [person] = await app.sql.many<{ contact_id: number; bucket: number }>('test.person', 'select contact_id, bucket from enrollments order by bucket limit 1');
    const held = app.sql.transaction(async (other) => {
      await other.exec('test.patience', `set local deadlock_timeout = '20s'`); // so that the planner is the one that is undone
      await other.exec('test.hold', 'update enrollments set attempts = attempts where contact_id = $1', [person!.contact_id]);
      for (;;) {
        const { waiting } = await app.sql.one<{ waiting: boolean }>('test.waiting', `select exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database() and l.locktype = 'transactionid') as waiting`);
        if (waiting) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await other.exec('test.bucket', 'select from buckets where bucket = $1 for update', [person!.bucket]);
    });
    const [report] = await Promise.all([planner().planDue(app.clock.now()), held]);
    expect(report.retries).toBeGreaterThanOrEqual(1);
    expect(report.people).toBe(PEOPLE);
    expect(await world.enrollments('deadlock').then((rows) => rows.filter((row) => row.state === 'active' && row.due_at <= app.clock.now()))).toEqual([]);
  });

  it('take the buckets first that nobody holds, and wait for the others at the end', async () => {
    await world.started('free-first', { timeToLiveHours: 400 });
    await app.get(CampaignEntriesService).enterDue(app.clock.now());
    const buckets = (await app.sql.many<{ bucket: number }>('test.buckets', 'select distinct bucket from enrollments order by bucket limit 3')).map((row) => row.bucket);
    const taken = async (of: string): Promise<number> => (await app.sql.one<{ n: number }>('test.taken', `select count(*)::int as n from enrollments where bucket ${of} and state = 'active' and due_at <= $2`, [buckets, app.clock.now()])).n;
    let planned: Promise<unknown> = Promise.resolve();
    await app.sql.transaction(async (other) => {
      await other.exec('test.hold', 'select from buckets where bucket = any($1) for update', [buckets]);
      planned = planner().planDue(app.clock.now());
      for (let tries = 0; tries < 400 && (await taken('<> all($1)')) > 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
      expect([await taken('<> all($1)'), (await taken('= any($1)')) > 0]).toEqual([0, true]);
    });
    await planned;
    expect(await taken('= any($1)')).toBe(0);
  });
});
