import { type Audience, enroll, type Entrance, listEventArrivals, readSnapshot } from '../../src/campaigns/entry.queries.js';
import { listSegmentArrivals, membersOf, membersSince, notIn } from '../../src/campaigns/segment-entry.queries.js';
import { enter as comeIn, leave } from '../../src/segments/live/members.queries.js';
import { useDatabase } from '../support/database.js';

const now = new Date('2026-06-09T08:00:00Z');
const hours = (count: number): Date => new Date(now.getTime() + count * 3_600_000);

describe('letting an audience into a campaign', () => {
  const db = useDatabase();
  let campaign = 0;

  /** A campaign of its own for each test: who is in one bars nobody from another. */
  beforeEach(async () => {
    campaign += 1;
    // Not truncate: the table of events has a hundred partitions, each a file.
    for (const table of ['enrollments', 'buying_group_members', 'contacts', 'accounts', 'events', 'segment_members', 'segments']) await db.sql.exec('test.clean', `delete from ${table}`);
  });

  const people = (count: number, accounts = 0): Promise<number> =>
    db.sql.exec(
      'test.people',
      `with made as (
         insert into accounts (account_id, name, name_key, source, created_at, updated_at) overriding system value
         select id, 'Account ' || id, 'account ' || id, 'test', $3, $3 from generate_series(1, $2::int) id returning account_id
       )
       insert into contacts (contact_id, bucket, account_id, source, created_at, updated_at) overriding system value
       select id, bucket_of(id, account_id), account_id, 'test', $3, $3
         from (select id, case when $2::int > 0 then 1 + id % $2::int end as account_id from generate_series(1, $1::int) id) person`,
      [count, accounts, now],
    );
  const member = (contact: number, account: number, role: string, from = hours(-1), to: Date | null = null): Promise<number> =>
    db.sql.exec(
      'test.member',
      `insert into buying_group_members (contact_id, account_id, role, source, valid_from, valid_to) values ($1, $2, $3, 'test', $4, $5)`,
      [contact, account, role, from, to],
    );
  const everybody: Audience = { scope: 'contact', text: 'select contact_id from contacts where contact_id <= $1::bigint', params: [1_000_000] };
  const everyAccount: Audience = { scope: 'account', text: 'select account_id from accounts', params: [] };
  const entrance = (change: Partial<Entrance> = {}): Entrance => ({ campaignId: campaign, audience: everybody, roles: [], perAccount: undefined, reentry: 'never', now, ...change });
  const enter = (change: Partial<Entrance> = {}, occurrence: number | 'own' = 1): Promise<number> =>
    enroll(db.sql, entrance(change), { version: 1, occurrence: occurrence === 'own' ? undefined : occurrence, cause: 'test', step: 0, waitMs: 0 });
  const enrolled = async (): Promise<number[]> =>
    (await db.sql.many<{ contact_id: number }>('test.enrolled', 'select contact_id from enrollments where campaign_id = $1 order by contact_id, occurrence', [campaign])).map((row) => row.contact_id);
  const end = (contact: number): Promise<number> => db.sql.exec('test.end', `update enrollments set state = 'done' where campaign_id = $1 and contact_id = $2`, [campaign, contact]);

  it('takes each person with bucket and account, due after the waits that come first', async () => {
    await people(3, 1);
    expect(await enroll(db.sql, entrance(), { version: 7, occurrence: 2, cause: 'cron', step: 1, waitMs: 86_400_000 })).toBe(3);
    const row = await db.sql.one('test.row', 'select e.*, c.bucket = e.bucket as same_bucket from enrollments e join contacts c using (contact_id) where contact_id = 2 and campaign_id = $1', [campaign]);
    expect(row).toMatchObject({ occurrence: 2, campaign_version: 7, account_id: 1, step: 1, state: 'active', due_at: hours(24), step_since: hours(24), entered_at: now, entry_cause: 'cron', same_bucket: true });
  });

  it('lets nobody in twice when re-entry is "never"', async () => {
    await people(3);
    await enter();
    await end(2);
    expect(await enter({}, 2)).toBe(0);
    expect(await enrolled()).toEqual([1, 2, 3]);
  });

  it('lets those in again who are through, and not those on their way, when re-entry is "always"', async () => {
    await people(3);
    await enter();
    await end(2);
    expect(await enter({ reentry: 'always', now: hours(1) }, 2)).toBe(1);
    expect(await enrolled()).toEqual([1, 2, 2, 3]);
  });

  it.each([['people', {}, 1], ['people who may come again', { reentry: 'always' }, 1], ['people, counted each,', {}, undefined]] as [string, Partial<Entrance>, number | undefined][])('reads who is in once, however many %s come into a table that was found empty', async (_, change, occurrence) => {
    await people(300);
    await db.sql.exec('test.analyze', 'vacuum analyze enrollments');
    await db.sql.transaction(async (sql) => {
      expect(await enroll(sql, entrance(change), { version: 1, occurrence, cause: 'test', step: 0, waitMs: 0 })).toBe(300);
      const { scans } = await sql.one<{ scans: number }>('test.scans', `select pg_stat_get_xact_numscans('enrollments'::regclass) as scans`);
      expect(scans).toBeLessThan(30); // and not one for each
    });
  });

  it('keeps two entries at once from doubling anybody', async () => {
    await people(500);
    await Promise.all([enter(), enter(), enter()]);
    expect(await enrolled()).toHaveLength(500);
  });

  describe('of accounts', () => {
    const play = (change: Partial<Entrance> = {}): Partial<Entrance> => ({ audience: everyAccount, roles: ['decider', 'user'], perAccount: 2, ...change });
    const chosen = async (): Promise<[number, string][]> =>
      (await db.sql.many<{ contact_id: number; role: string }>('test.roles', 'select contact_id, role from enrollments where campaign_id = $1 order by contact_id', [campaign])).map((row) => [row.contact_id, row.role]);

    it('takes valid members in the order of the roles, at most so many an account', async () => {
      await people(12, 2); // account 1: even ids, account 2: odd ids
      await member(2, 1, 'user');
      await member(4, 1, 'user');
      await member(6, 1, 'decider');
      await member(8, 1, 'influencer');
      await member(1, 2, 'decider', hours(-5), hours(0)); // over this very moment
      await member(3, 2, 'decider', hours(1)); // begins later
      await member(5, 2, 'user', hours(0));
      expect(await enter(play())).toBe(3);
      expect(await chosen()).toEqual([[2, 'user'], [5, 'user'], [6, 'decider']]);
    });

    it('takes a person with several roles once, in the first of them', async () => {
      await people(1, 1);
      await member(1, 1, 'user');
      await member(1, 1, 'decider');
      await enter(play());
      expect(await chosen()).toEqual([[1, 'decider']]);
    });

    it('leaves out who has moved to another account', async () => {
      await people(2, 2);
      await member(2, 2, 'user'); // belongs to account 1 by now
      expect(await enter(play())).toBe(0);
    });

    it('does not take the next colleagues when the first are through', async () => {
      await people(5, 1);
      for (const contact of [1, 2, 3, 4]) await member(contact, 1, 'user');
      await enter(play());
      await end(1);
      await end(2);
      expect(await enter(play(), 2)).toBe(0);
      expect(await enrolled()).toEqual([1, 2]);
    });

    it('never has more than so many of an account on their way, also when members change', async () => {
      await people(5, 1);
      for (const contact of [1, 2, 3]) await member(contact, 1, 'user');
      await enter(play());
      await db.sql.exec('test.leave', 'update buying_group_members set valid_to = $1 where contact_id = 1', [hours(1)]);
      expect(await enter(play({ now: hours(2) }), 2)).toBe(0); // 1 is no member any more but still on the way: 3 must wait
      await end(1);
      expect(await enter(play({ now: hours(3) }), 3)).toBe(1);
      expect(await enrolled()).toEqual([1, 2, 3]);
    });

    it('takes everybody of the roles when no number is given', async () => {
      await people(4, 1);
      for (const contact of [1, 2, 3, 4]) await member(contact, 1, 'user');
      expect(await enter(play({ perAccount: undefined }))).toBe(4);
    });
  });

  describe('by an event', () => {
    const event = (contact: number, key: string, at = hours(1), properties: object = {}, name = 'Signed Up'): Promise<number> =>
      db.sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) values ($1, $2, $3, $4, $5, 'test')`, [contact, at, key, name, properties]);
    const arrivals = (from: string, to: string, where: Parameters<typeof listEventArrivals>[1]['where'] = []): ReturnType<typeof listEventArrivals> =>
      listEventArrivals(db.sql, { name: 'Signed Up', where }, { from, to }, now, hours(2));
    it('finds who did it since, once each, at the moment of doing', async () => {
      await people(3);
      const from = await readSnapshot(db.sql);
      await event(1, 'a', hours(1));
      await event(1, 'b', hours(1.5));
      await event(2, 'c', hours(1), {}, 'Viewed');
      await event(3, 'd', hours(-1)); // before the campaign began: imported history
      const found = await arrivals(from, await readSnapshot(db.sql));
      expect(found).toEqual({ of: 'contact', ids: [1], since: [hours(1.5)] });
    });

    it('asks only about events with the right properties', async () => {
      await people(2);
      const from = await readSnapshot(db.sql);
      await event(1, 'a', hours(1), { plan: 'pro' });
      await event(2, 'b', hours(1), { plan: 'free' });
      const found = await arrivals(from, await readSnapshot(db.sql), [{ property: 'plan', operator: 'equals', value: 'pro' }]);
      expect(found.ids).toEqual([1]);
    });

    it('skips nothing and doubles nothing while events are being written, also by slow transactions', async () => {
      const writers = 6;
      const each = 40;
      await people(writers * each);
      let cursor = await readSnapshot(db.sql);
      const seen: number[] = [];
      let writing = true;
      const look = async (): Promise<void> => {
        const to = await readSnapshot(db.sql);
        seen.push(...(await arrivals(cursor, to)).ids);
        cursor = to;
      };
      const reader = (async () => {
        while (writing) await look();
      })();
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          for (let first = 0; first < each; first += 4) {
            await db.sql.transaction(async (sql) => {
              for (let index = 0; index < 4; index += 1) {
                await sql.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values ($1, $2, 'x', 'Signed Up', 'test')`, [1 + writer * each + first + index, hours(1)]);
              }
              await new Promise((resolve) => setTimeout(resolve, (writer * 7 + first) % 11));
            });
          }
        }),
      );
      writing = false;
      await reader;
      await look();
      expect(seen.sort((left, right) => left - right)).toEqual(Array.from({ length: writers * each }, (_, index) => index + 1));
    });

    it('waits for nobody: who came while somebody else still writes is found at once, and once, and what he wrote when he is through', async () => {
      await people(3);
      const from = await readSnapshot(db.sql);
      const { meanwhile, found } = await db.sql.transaction(async (slow) => {
        await slow.exec('test.event', `insert into events (contact_id, occurred_at, idempotency_key, name, source) values (1, $1, 'slow', 'Signed Up', 'test')`, [hours(1)]);
        await event(2, 'quick');
        const to = await readSnapshot(db.sql);
        return { meanwhile: to, found: await arrivals(from, to) };
      });
      expect(found.ids).toEqual([2]);
      await event(3, 'later');
      expect(new Set((await arrivals(meanwhile, await readSnapshot(db.sql))).ids)).toEqual(new Set([1, 3]));
    });

    it('lets the same person in again with a number of their own, when re-entry is "always"', async () => {
      await people(2);
      const came = (since: Date): Partial<Entrance> => ({ reentry: 'always', arrivals: { of: 'contact', ids: [1], since: [since] } });
      await enter(came(hours(1)), 'own');
      expect(await enter(came(hours(1.2)), 'own')).toBe(0); // still on the way
      await end(1);
      expect(await enter(came(hours(1.5)), 'own')).toBe(1);
      const rows = await db.sql.many('test.rows', 'select occurrence, entered_at from enrollments where campaign_id = $1 order by 1', [campaign]);
      expect(rows).toEqual([{ occurrence: 1, entered_at: hours(1) }, { occurrence: 2, entered_at: hours(1.5) }]);
    });

    it('lets in only those of the audience', async () => {
      await people(3);
      const audience: Audience = { scope: 'contact', text: 'select contact_id from contacts where contact_id = $1::bigint', params: [2] };
      expect(await enter({ audience, arrivals: { of: 'contact', ids: [1, 2, 2], since: [hours(0), hours(0), hours(1)] } }, 'own')).toBe(1);
      expect(await enrolled()).toEqual([2]);
    });
  });

  describe('by coming into a segment, or leaving it', () => {
    let segmentId = 0;
    beforeEach(async () => {
      const made = await db.sql.one<{ segment_id: number }>('test.segment', `insert into segments (key, name, scope, rule, created_at, updated_at, updated_by) values ('fresh', 'Fresh', 'contact', '{}', $1, $1, 'test') returning segment_id`, [now]);
      segmentId = made.segment_id;
    });
    const entered = (contacts: number[], at: Date, cause = 'event Signed Up'): Promise<void> => comeIn(db.sql, 'contact', contacts.map((id) => ({ id, segmentId, cause })), at);
    const gone = (contacts: number[], at: Date): Promise<void> => leave(db.sql, 'contact', contacts.map((id) => ({ id, segmentId, cause: 'clock' })), at);
    const came = async (kind: 'entered' | 'left' = 'entered'): ReturnType<typeof listSegmentArrivals> =>
      listSegmentArrivals(db.sql, 'contact', 'fresh', kind, { from: '3:3:', to: await readSnapshot(db.sql) }, now);

    it('does not count who was in at the start, or when the segment was filled', async () => {
      await people(5);
      await entered([1], now);
      await entered([2], hours(1), 'backfill');
      await entered([3], hours(1));
      expect(await came()).toEqual({ of: 'contact', ids: [3], since: [hours(1)] });
    });

    it('counts those on demand, as of the start', async () => {
      await people(4);
      await entered([1], hours(-9));
      await entered([2], hours(1), 'backfill');
      await entered([3], hours(1));
      await enter({ audience: membersSince('contact', 'fresh', now) });
      expect(await enrolled()).toEqual([1, 2]);
    });

    it('counts who left and came back, once, and not as one who left', async () => {
      await people(3);
      await entered([1, 2, 3], now);
      await gone([2, 3], hours(1));
      await entered([3], hours(2));
      expect(await came()).toEqual({ of: 'contact', ids: [3], since: [hours(2)] });
      const left = await came('left');
      expect(left).toMatchObject({ ids: [2, 3], since: [hours(1), hours(1)] });
      await enter({ audience: notIn('contact', 'fresh', left.ids), arrivals: left }, 'own');
      expect(await enrolled()).toEqual([2]);
      await enter({ audience: membersOf('contact', 'fresh'), arrivals: await came() }, 'own');
      expect(await enrolled()).toEqual([2, 3]);
    });

    it('takes the buying group of an account that came in', async () => {
      await people(4, 2);
      for (const [contact, account] of [[1, 2], [3, 2], [2, 1]] as const) await member(contact, account, 'user');
      await enter({ audience: everyAccount, roles: ['user'], arrivals: { of: 'account', ids: [2], since: [hours(1)] } }, 'own');
      expect(await enrolled()).toEqual([1, 3]);
    });
  });
});
