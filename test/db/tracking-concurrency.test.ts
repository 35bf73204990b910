import { LedgerService } from '../../src/consent/ledger.service.js';
import { GroupCommit } from '../../src/customers/ingest/group-commit.js';
import { type Accepted, IngestService, type StoredOutcome } from '../../src/customers/ingest/ingest.service.js';
import { readCall } from '../../src/customers/ingest/tracking-call.js';
import { RECEIPTS_KEPT_DAYS, TrackingTidyService } from '../../src/customers/ingest/tracking-tidy.service.js';
import type { WriteKeyRow } from '../../src/customers/ingest/write-keys.queries.js';
import { MergeService } from '../../src/customers/merge/merge.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import { useApp } from '../support/app.js';
import { addPurpose } from '../support/people.js';
import { addTracker, contactOf, eventsOf } from '../support/tracking.js';

const app = useApp();
let key: WriteKeyRow;

beforeAll(async () => {
  await addPurpose(app, { key: 'newsletter' });
  await addTracker(app);
  key = await app.sql.one<WriteKeyRow>('test.key', 'select * from write_keys');
});

/** What another process would be: the same database, an ingest of its own. */
function anotherProcess(): (message: Record<string, unknown>) => Promise<StoredOutcome[]> {
  const ingest = new IngestService(app.sql, app.clock, app.get(Secrets), app.get(LedgerService), app.get(MergeService), app.config);
  const group = new GroupCommit<Accepted, StoredOutcome>((items) => ingest.store(items), { most: 50, mostWaiting: 10_000, gatherMs: 1 }, () => false);
  return (message) => {
    const read = readCall(message, { source: key.source, receivedAt: app.clock.now() });
    if (!read.ok) throw new Error(read.error.kind);
    return group.submit([{ call: read.value.call, key, receivedAt: app.clock.now(), ip: undefined, userAgent: undefined }]);
  };
}

describe('several processes that take data in', () => {
  it('make one contact of one person, and store each message once, whoever gets it and however often', async () => {
    const processes = [anotherProcess(), anotherProcess(), anotherProcess()];
    const sent = Array.from({ length: 200 }, (_, index) => ({ type: 'track', userId: `p${index % 5}`, event: 'Clicked', messageId: `c${index}`, timestamp: '2026-06-08T00:00:00Z' }));
    await Promise.all(sent.flatMap((message, index) => processes.map((send, which) => send({ ...message, timestamp: `2026-06-0${1 + ((index + which) % 8)}T00:00:00Z` }))));
    expect(await app.sql.one('test.count', `select count(*)::int as events, count(distinct contact_id)::int as people from events where name = 'Clicked'`)).toEqual({ events: 200, people: 5 });
  });

  it('lose no event of people who are merged, moved and tracked at the same moment', async () => {
    const processes = [anotherProcess(), anotherProcess(), anotherProcess()];
    const send = (index: number) => processes[index % 3] as (typeof processes)[0];
    const work: Promise<unknown>[] = [];
    for (let index = 0; index < 400; index += 1) {
      const person = index % 8;
      work.push(send(index)({ type: 'track', userId: `m${person}`, anonymousId: `d${person}`, event: 'Acted', messageId: `a${index}` }));
      if (index % 20 === 0) work.push(send(index + 1)({ type: 'alias', previousId: `m${(index / 20) % 8}`, userId: 'm0' }));
      if (index % 25 === 0) work.push(send(index + 2)({ type: 'group', userId: `m${person}`, groupId: `club${index % 2}` }));
      if (index % 30 === 0) work.push(send(index)({ type: 'identify', userId: `m${person}`, traits: { email: `m${person}@example.org`, visits: index } }));
      if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await Promise.all(work);
    await app.get(TrackingTidyService).tidy();
    expect(await app.sql.one('test.acted', `select count(*)::int as events, count(*) filter (where not exists (select from contacts c where c.contact_id = e.contact_id))::int as orphans from events e where name = 'Acted'`)).toEqual({ events: 400, orphans: 0 });
    expect(await app.sql.many('test.identities', 'select kind, value from identities i where not exists (select from contacts c where c.contact_id = i.contact_id)')).toEqual([]);
    const buckets = await app.sql.many('test.buckets', 'select contact_id from contacts where bucket <> bucket_of(contact_id, account_id)');
    expect(buckets).toEqual([]);
  });

  it('lose nothing that comes in while people merge by hand', async () => {
    const send = anotherProcess();
    for (const userId of ['h1', 'h2', 'h3', 'h4']) await send({ type: 'track', userId, event: 'Seen', messageId: `first-${userId}` });
    const ids = await Promise.all(['h1', 'h2', 'h3', 'h4'].map(async (userId) => (await contactOf(app, 'user_id', userId)).id as number));
    const tracks = Array.from({ length: 200 }, (_, index) => send({ type: 'track', userId: `h${1 + (index % 4)}`, event: 'Seen', messageId: `seen-${index}` }));
    const merges = [1, 2, 3].map((index) => app.request('POST', `/api/v1/contacts/${ids[0]}/merge`, { body: { contactId: ids[index] } }));
    const [answers] = await Promise.all([Promise.all(merges), ...tracks]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await app.sql.one<{ count: number }>('test.seen', `select count(*)::int as count from events where name = 'Seen' and contact_id = $1`, [ids[0]])).count).toBe(204);
  });
});

describe('an event of somebody who is being merged', () => {
  it.each([
    ['by hand', async (survivor: number, merged: number) => app.request('POST', `/api/v1/contacts/${survivor}/merge`, { body: { contactId: merged } })],
    ['by an alias that another process takes in', async () => anotherProcess()({ type: 'alias', previousId: 'goes-alias', userId: 'stays-alias', messageId: 'alias' })],
  ])('goes to the one who stays, %s', async (how, merge) => {
    const [goes, stays] = how === 'by hand' ? ['goes-hand', 'stays-hand'] : ['goes-alias', 'stays-alias'];
    const send = anotherProcess();
    for (const userId of [goes, stays]) await send({ type: 'identify', userId, messageId: `identify-${userId}` });
    const [merged, survivor] = [(await contactOf(app, 'user_id', goes)).id, (await contactOf(app, 'user_id', stays)).id];
    let work: Promise<unknown>[] = [];
    // The event has found its person, and is held up before it is stored.
    await app.sql.transaction(async (sql) => {
      await sql.exec('test.holdUp', 'lock table event_definitions in access exclusive mode');
      work = [send({ type: 'track', userId: goes, event: `Held up ${goes}`, messageId: goes })];
      await waiting(1);
      work.push(merge(survivor, merged));
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await Promise.all(work);
    expect(await app.sql.many('test.held', 'select contact_id from events where idempotency_key = $1', [goes])).toEqual([{ contact_id: survivor }]);
  });

  async function waiting(count: number): Promise<void> {
    const blocked = `select count(*)::int as count from pg_locks where not granted and relation = 'event_definitions'::regclass`;
    while ((await app.sql.one<{ count: number }>('test.blocked', blocked)).count < count) await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

describe('receipts', () => {
  it('are kept for thirty days, and then forgotten', async () => {
    const send = anotherProcess();
    const message = { type: 'track', userId: 'old', event: 'Old', messageId: 'old', timestamp: '2026-06-01T00:00:00Z' };
    await send(message);
    app.clock.advance((RECEIPTS_KEPT_DAYS - 1) * 86_400_000);
    await app.get(TrackingTidyService).tidy();
    await send({ ...message, timestamp: '2026-06-02T00:00:00Z' });
    expect(await eventsOf(app, (await contactOf(app, 'user_id', 'old')).id)).toHaveLength(1);
    app.clock.advance(3 * 86_400_000);
    expect((await app.get(TrackingTidyService).tidy()).receipts).toBeGreaterThan(0);
    expect(await app.sql.one('test.left', 'select count(*)::int as count from tracking_receipts')).toEqual({ count: 0 });
  });
});
