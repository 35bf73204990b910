import { retryConflicts } from '../../src/platform/database/retry-conflicts.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { lockBuckets } from '../../src/decisions/buckets.queries.js';
import { insertQueued } from '../../src/messages/outbox.queries.js';
import { useDatabase } from '../support/database.js';
import { daysAgo, hoursAgo, NO_HOLDOUT, NOW, World } from './decisions-world.js';

const PEOPLE = 1_200;
const ACCOUNTS = 60;
const PLANNERS = 8;
const CAMPAIGNS = [1, 2, 3];
const CAP = { person: 2, accountMessages: 6, accountPeople: 4 };

/**
 * Eight planners over one population with three campaigns that start at the same moment. Each is the smallest thing that plays the
 * planner: lock the buckets, decide, queue, store. Half of their transactions are undone at the end, as by a crash, and begun again.
 */
describe('caps under concurrency', () => {
  const db = useDatabase();
  let world: World;

  beforeAll(async () => {
    world = new World(db.sql);
    await world.purpose();
    await world.setPolicies({
      ...NO_HOLDOUT,
      minimumGapHours: 0,
      contactCaps: { total: { limit: CAP.person, days: 7 }, purpose: null, channels: { email: null } },
      accountCaps: { messages: { limit: CAP.accountMessages, days: 7 }, people: { limit: CAP.accountPeople, days: 7 } },
    });
    await populate(db.sql);
  });

  it('of persons and of accounts are used to the last place and never exceeded', async () => {
    const jobs = spread(CAMPAIGNS.flatMap((campaign) => Array.from({ length: 32 }, (_, turn) => ({ campaign, buckets: bucketsOf(turn) }))));
    let undone = 0;
    const planner = async (): Promise<void> => {
      for (let job = jobs.pop(); job; job = jobs.pop()) {
        const crashes = jobs.length % 2 === 0;
        if (crashes) await planOnce(world, job.campaign, job.buckets, true).catch(() => (undone += 1));
        const { campaign, buckets } = job;
        await retryConflicts(() => planOnce(world, campaign, buckets, false));
      }
    };
    await Promise.all(Array.from({ length: PLANNERS }, planner));

    expect(undone).toBe(48);
    const perPerson = await highest('contact_id', 'count(*)');
    const perAccount = await highest('account_id', 'count(*)');
    const people = await highest('account_id', 'count(distinct contact_id)');
    expect({ perPerson, perAccount, people }).toEqual({ perPerson: CAP.person, perAccount: CAP.accountMessages, people: CAP.accountPeople });
  });

  async function highest(of: 'contact_id' | 'account_id', count: string): Promise<number> {
    const { most } = await db.sql.one<{ most: number }>('test.highest', `select max(n)::int as most from (select ${count} as n from messages where ${of} is not null group by ${of}) counted`);
    return most;
  }
});

async function populate(sql: Sql): Promise<void> {
  await sql.exec('test.accounts', `insert into accounts (name, name_key, source, created_at, updated_at) select 'A' || n, 'a' || n, 'test', $2, $2 from generate_series(1, $1::int) n`, [ACCOUNTS, daysAgo(9)]);
  await sql.exec(
    'test.people',
    `insert into contacts (contact_id, bucket, account_id, email, address_hash, country, time_zone, source, source_at, notice_version, collected_for, created_at, updated_at)
     select n, bucket_of(n, account_id), account_id, 'p' || n || '@klant.example', decode(md5(n::text), 'hex'), 'NL', 'Europe/Amsterdam', 'test', $3, '1', '{newsletter}', $3, $3
     from (select n::bigint, case when n % 3 > 0 then (n % $2 + 1)::bigint end as account_id from generate_series(1, $1::int) n) people`,
    [PEOPLE, ACCOUNTS, daysAgo(9)],
  );
  await sql.exec('test.consents', `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, sequence) select contact_id, 'newsletter', 'confirmed', 'consent', $1, $1, 1 from contacts`, [daysAgo(9)]);
}

/** Overlapping sets of buckets, in no order: what one planner holds another wants. */
function bucketsOf(turn: number): number[] {
  return Array.from({ length: 16 }, (_, index) => (turn * 8 + index) % 256).reverse();
}

/** Neighbouring jobs are of different campaigns over the same buckets. */
function spread<Job extends { buckets: readonly number[] }>(jobs: Job[]): Job[] {
  return jobs.sort((a, b) => Math.min(...a.buckets) - Math.min(...b.buckets));
}

async function planOnce(world: World, campaignId: number, buckets: readonly number[], crash: boolean): Promise<void> {
  await world.sql.transaction(async (sql) => {
    await lockBuckets(sql, buckets);
    const due = await sql.many<{ contact_id: number; account_id: number | null; bucket: number }>('test.due', 'select contact_id, account_id, bucket from contacts where bucket = any($1) order by contact_id', [buckets]);
    const bucketOf = new Map(due.map((row) => [row.contact_id, row.bucket]));
    const request = world.request(due.map((row) => world.candidate(row.contact_id, { accountId: row.account_id, stepSince: hoursAgo(1) })), { campaignId });
    const decided = await world.decisions.decide(sql, request, NOW);
    const sends = decided.filter(({ decision }) => decision.verdict === 'send');
    await insertQueued(
      sql,
      sends.map(({ candidate }) => ({
        contactId: candidate.contactId, campaignId, campaignVersion: 1, step: 0, occurrence: 1, bucket: bucketOf.get(candidate.contactId) ?? 0, accountId: candidate.accountId, purpose: 'newsletter',
        messageClass: 'marketing', templateId: 1, templateVersion: 1, language: 'nl', expiresAt: daysAgo(-3),
      })),
      NOW,
    );
    await world.decisions.store(sql, [{ request, decided }], NOW);
    if (crash) throw new Error('the planner died before it could commit');
  });
}
