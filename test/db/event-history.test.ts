import { fc } from '../support/generated.js';
import type { Computation } from '../../src/core/attribute/computation.js';
import { type ComputedEvent, computeValue } from '../../src/core/attribute/compute-value.js';
import { ClosingService, closingMoment } from '../../src/customers/history/closing.service.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { NightlyService } from '../../src/customers/history/nightly.service.js';
import { RetentionService } from '../../src/customers/history/retention.service.js';
import { AuditService } from '../../src/privacy/audit.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { retryConflicts } from '../../src/platform/database/retry-conflicts.js';
import { useDatabase } from '../support/database.js';
import { settled } from '../support/settled.js';
import { computation, NOW, stream } from '../unit/attribute/random-computations.js';

jest.setTimeout(240_000);
const db = useDatabase();
const config = { defaultTimeZone: 'Europe/Amsterdam', eventRetentionMonths: 13 };
let history: HistoryService;
let closing: ClosingService;

beforeAll(() => {
  history = new HistoryService(db.sql, config);
  closing = new ClosingService(db.sql, history, config);
});

const digest = (now: Date) => settled(db.sql, () => history.digest(now));

async function clear(sql: Sql): Promise<void> {
  for (const table of ['events', 'contacts', 'computed_dirty', 'computed_due', 'computed_residues', 'event_days', 'event_totals', 'retained_values', 'nightly_runs']) await sql.exec('test.clear', `delete from ${table}`);
  await sql.exec('test.clear', 'delete from attribute_definitions where not standard');
  await sql.exec('test.clear', `update event_history set closed_before = '1900-01-01'`);
  await sql.exec('test.months', `select create_event_partitions('2023-01-01', '2028-12-31')`);
  await sql.exec('test.definitions', `insert into event_definitions (name, purposes) values ('Order Completed', '{*}'), ('Viewed Pricing', '{*}') on conflict do nothing`);
}

beforeEach(() => clear(db.sql));

async function people(count: number): Promise<void> {
  await db.sql.exec('test.people', `insert into contacts (contact_id, bucket, created_at, updated_at) select n, 0, now(), now() from generate_series(1, $1::int) n`, [count]);
}

async function define(computations: readonly Computation[]): Promise<void> {
  for (const [index, one] of computations.entries()) await db.sql.exec('test.define', `insert into attribute_definitions (scope, key, type, computation) values ('contact', $1, 'text', $2)`, [`computed_${index}`, JSON.stringify(one)]);
}

const insert = `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
  select *, 'test' from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[]) on conflict do nothing`;
async function store(events: readonly (ComputedEvent & { contactId: number })[]): Promise<void> {
  await db.sql.exec('test.events', insert, [events.map((e) => e.contactId), events.map((e) => e.occurredAt), events.map((e) => e.key), events.map((e) => e.name), events.map((e) => JSON.stringify(e.properties))]);
}

async function values(contactId: number): Promise<Record<string, unknown>> {
  return (await db.sql.one<{ attributes: Record<string, unknown> }>('test.values', 'select attributes from contacts where contact_id = $1', [contactId])).attributes;
}

const days = () => db.sql.many<{ contact_id: number; day: string; count: number }>('test.days', 'select e.contact_id, d.name, e.day, e.count from event_days e join event_definitions d using (event_id) order by 1, 2, 3');
const totals = () => db.sql.many<{ name: string; day: string; events: number; contacts: number }>('test.totals', 'select d.name, t.day, t.events, t.contacts from event_totals t join event_definitions d using (event_id) where t.events > 0 order by 1, 2');
const countedAnew = (from: string) =>
  db.sql.many('test.counted', `select name, (occurred_at at time zone 'Europe/Amsterdam')::date as day, count(*) as events, count(distinct contact_id) as contacts from ${from} group by 1, 2 order by 1, 2`);
const at = (moment: string, contactId = 1, value = 1, key = moment): ComputedEvent & { contactId: number } => ({ contactId, name: 'Order Completed', occurredAt: new Date(moment), key, properties: { value } });

describe('months that are over', () => {
  it('go whole, and take nothing from counts by day or from computed values', async () => {
    await people(2);
    await define([{ aggregate: 'count', event: 'Order Completed' }, { aggregate: 'sum', property: 'value', event: 'Order Completed' }, { aggregate: 'first', event: 'Order Completed' }, { aggregate: 'count', event: 'Order Completed', withinDays: 30 }]);
    await store([at('2023-02-01T10:00:00Z', 1, 5), at('2025-04-30T23:59:59Z', 1, 7), at('2025-05-01T00:00:00Z', 1, 11), at('2026-06-01T10:00:00Z', 1, 13), at('1975-01-01T00:00:00Z', 2, 17)]);
    await digest(NOW);
    const [before, [countsBefore, totalsBefore]] = [[await values(1), await values(2)], [await days(), await totals()]];
    expect(before).toEqual([{ computed_0: 4, computed_1: 36, computed_2: '2023-02-01T10:00:00.000Z', computed_3: 1 }, { computed_0: 1, computed_1: 17, computed_2: '1975-01-01T00:00:00.000Z' }]);
    const closed = await closing.closeOldMonths(NOW);
    expect(closed.closedBefore).toEqual(new Date('2025-05-01T00:00:00Z'));
    expect(closed.dropped[0]).toBe('events_2023_01');
    expect(closed.dropped.at(-1)).toBe('events_2025_04');
    expect((await db.sql.one<{ left: number }>('test.left', 'select count(*) as left from events')).left).toBe(2);
    await store([at('2026-06-08T10:00:00Z', 1, 1), at('2026-06-08T11:00:00Z', 2, 1)]);
    await digest(NOW);
    expect([await values(1), await values(2)]).toEqual([
      { computed_0: 5, computed_1: 37, computed_2: '2023-02-01T10:00:00.000Z', computed_3: 2 },
      { computed_0: 2, computed_1: 18, computed_2: '1975-01-01T00:00:00.000Z', computed_3: 1 },
    ]);
    const closedDays = (all: Awaited<ReturnType<typeof days>>) => all.filter(({ day }) => day < '2026');
    expect(closedDays(await days())).toEqual(closedDays(countsBefore));
    expect(closedDays(countsBefore)).toHaveLength(3); // two of them lie on one day in Amsterdam
    expect((await totals()).filter(({ day }) => day < '2026')).toEqual(totalsBefore.filter(({ day }) => day < '2026'));
  });

  it('are closed: what arrives for them later, or once more, is counted nowhere and goes the next night', async () => {
    await people(1);
    await define([{ aggregate: 'count', event: 'Order Completed' }]);
    await store([at('2024-01-01T10:00:00Z'), at('2026-06-01T10:00:00Z')]);
    await digest(NOW);
    await closing.closeOldMonths(NOW);
    await store([at('2024-01-01T10:00:00Z'), at('2024-01-02T10:00:00Z')]);
    await digest(NOW);
    expect(await values(1)).toEqual({ computed_0: 2 });
    expect((await totals()).map(({ events }) => events)).toEqual([1, 1]);
    expect((await closing.closeOldMonths(NOW)).dropped).toEqual([]);
    expect((await db.sql.one<{ left: number }>('test.left', 'select count(*) as left from events')).left).toBe(1);
    await store([at('2026-06-02T10:00:00Z')]);
    await digest(NOW);
    expect(await values(1)).toEqual({ computed_0: 3 });
  });

  it('count events that nobody had counted yet', async () => {
    await people(1);
    await define([{ aggregate: 'count', event: 'Order Completed' }]);
    await store([at('2024-01-01T10:00:00Z')]);
    await closing.closeOldMonths(NOW);
    await digest(NOW);
    expect(await values(1)).toEqual({ computed_0: 1 });
    expect(await totals()).toEqual([{ name: 'Order Completed', day: '2024-01-01', events: 1, contacts: 1 }]);
  });

  it('let live segments that ask about them look again', async () => {
    await people(2);
    await store([at('2024-01-01T10:00:00Z', 1), at('2026-06-01T10:00:00Z', 2)]);
    await db.sql.exec('test.live', `insert into live_dependencies (on_scope, kind, name) values ('contact', 'event', 'Order Completed')`);
    await db.sql.exec('test.live', 'delete from dirty_contacts');
    await closing.closeOldMonths(NOW);
    expect(await db.sql.many('test.dirty', 'select contact_id, kind, name from dirty_contacts')).toEqual([{ contact_id: 1, kind: 'event', name: 'Order Completed' }]);
    await db.sql.exec('test.live', 'delete from live_dependencies');
  });

  it('stay as long as a window needs them, and for good when the retention says so', async () => {
    expect(closingMoment(NOW, 13, 0)).toEqual(new Date('2025-05-01T00:00:00Z'));
    expect(closingMoment(NOW, 13, 500)).toEqual(new Date('2025-01-01T00:00:00Z'));
    await people(1);
    await store([at('2023-01-01T10:00:00Z')]);
    expect(await new ClosingService(db.sql, history, { eventRetentionMonths: 0 }).closeOldMonths(NOW)).toEqual({ dropped: [], closedBefore: undefined });
  });

  it('change no value of any computation without a window', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(computation, { minLength: 6, maxLength: 10 }), fc.array(stream, { minLength: 2, maxLength: 5 }), fc.array(stream, { minLength: 2, maxLength: 2 }), async (random, old, more) => {
        await clear(db.sql);
        const computations = random.map((one) => ({ ...one, withinDays: undefined }));
        await people(old.length);
        await define(computations);
        // In two goes, so that the second is laid on top of what the first left.
        const shift = (events: readonly ComputedEvent[], byDays: number) => events.map((event) => ({ ...event, occurredAt: new Date(event.occurredAt.getTime() - byDays * 86_400_000), key: `${event.key} ${byDays}` }));
        const all = old.map((events, index) => [...shift(events, 800), ...shift(more[index % 2] ?? [], 480), ...events]);
        await store(all.flatMap((events, index) => events.map((event) => ({ ...event, contactId: index + 1 }))));
        await digest(NOW);
        await closing.closeOldMonths(new Date(NOW.getTime() - 300 * 86_400_000));
        await closing.closeOldMonths(NOW);
        await db.sql.exec('test.again', `insert into computed_dirty (contact_id, event) select contact_id, name from contacts, event_definitions`);
        await digest(NOW);
        for (const [index, events] of all.entries()) {
          const expected = Object.fromEntries(computations.flatMap((one, number) => {
            const { value } = computeValue(one, events, NOW);
            return value === undefined ? [] : [[`computed_${number}`, value]];
          }));
          expect(await values(index + 1)).toEqual(expected);
        }
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});

describe('events that change hands', () => {
  const move = (from: number, to: number) => db.sql.exec('test.move', 'update events set contact_id = $2 where contact_id = $1', [from, to]);

  it('take their days and computed values along, counted or not, gone or not', async () => {
    await people(3);
    await define([{ aggregate: 'count', event: 'Order Completed' }, { aggregate: 'sum', property: 'value', event: 'Order Completed' }, { aggregate: 'most_frequent', property: 'value', type: 'number', event: 'Order Completed' }]);
    await store([at('2024-01-01T10:00:00Z', 1, 2, 'a'), at('2024-01-01T11:00:00Z', 2, 3, 'b'), at('2024-01-05T11:00:00Z', 2, 3, 'c'), at('2026-06-01T10:00:00Z', 1, 2, 'd'), at('2026-06-01T11:00:00Z', 2, 7, 'e')]);
    await digest(NOW);
    await closing.closeOldMonths(NOW);
    await store([at('2026-06-03T10:00:00Z', 2, 3, 'f')]); // not counted yet when it moves
    await db.sql.transaction(async (sql) => {
      await sql.exec('test.move', 'update events set contact_id = 1 where contact_id = 2');
      await sql.exec('test.merge', `insert into contact_merges (merge_id, merged_contact_id, survivor_id, cause, actor, merged_at, snapshot) values (1, 2, 1, 'people', 'test', $1, '{}')`, [NOW]);
      await sql.exec('test.history', 'select move_event_history(2, 1, 1)');
    });
    await digest(NOW);
    expect(await values(1)).toEqual({ computed_0: 6, computed_1: 20, computed_2: 3 });
    expect(await values(2)).toEqual({});
    expect(await totals()).toEqual([
      { name: 'Order Completed', day: '2024-01-01', events: 2, contacts: 1 },
      { name: 'Order Completed', day: '2024-01-05', events: 1, contacts: 1 },
      { name: 'Order Completed', day: '2026-06-01', events: 2, contacts: 1 },
      { name: 'Order Completed', day: '2026-06-03', events: 1, contacts: 1 },
    ]);
    expect((await days()).map(({ contact_id: contactId }) => contactId)).toEqual([1, 1, 1, 1]);
  });

  it('leave the days as they would be counted anew, whatever is moved and deleted between two looks', async () => {
    const steps = fc.array(fc.oneof(
      fc.tuple(fc.constant('store'), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 40 })),
      fc.tuple(fc.constant('move'), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.tuple(fc.constant('delete'), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 40 })),
      fc.tuple(fc.constant('digest'), fc.constant(0), fc.constant(0)),
    ), { minLength: 5, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await clear(db.sql);
        await people(3);
        for (const [index, [what, who, which]] of all.entries()) {
          const moment = new Date(NOW.getTime() - which * 5 * 3_600_000).toISOString();
          if (what === 'store') await store([at(moment, who, 1, `k${index}`)]);
          else if (what === 'move' && who !== which) await move(who, which);
          else if (what === 'delete') await db.sql.exec('test.delete', 'delete from events where contact_id = $1 and occurred_at < $2', [who, moment]);
          else if (what === 'digest') await history.digest(NOW);
        }
        await digest(NOW);
        expect(await totals()).toEqual(await countedAnew('events'));
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('of somebody who is deleted are forgotten, but for the totals', async () => {
    await people(2);
    await store([at('2026-06-01T10:00:00Z', 1), at('2026-06-01T11:00:00Z', 2)]);
    await digest(NOW);
    await db.sql.exec('test.delete', 'delete from contacts where contact_id = 1');
    expect((await days()).map(({ contact_id: contactId }) => contactId)).toEqual([2]);
    expect(await totals()).toEqual([{ name: 'Order Completed', day: '2026-06-01', events: 2, contacts: 2 }]);
  });
});

describe('several processes', () => {
  it('that store, move and take in at once count each event once, and leave every value as its events give it', async () => {
    await people(20);
    await define([{ aggregate: 'count', event: 'Order Completed' }, { aggregate: 'sum', property: 'value', event: 'Order Completed' }]);
    let storing = 4;
    const storer = async (number: number): Promise<void> => {
      for (let round = 0; round < 15; round += 1) {
        // Those who move the same people may wait for each other; like every merge they try again.
        await retryConflicts(() => db.sql.transaction(async (sql) => {
          const events = Array.from({ length: 10 }, (_, index) => ({ contactId: 1 + ((number * 7 + round * 3 + index) % 20), at: new Date(NOW.getTime() - (index + 1) * 3_600_000), key: `${number} ${round} ${index}` }));
          await sql.exec('test.store', insert, [events.map((e) => e.contactId), events.map((e) => e.at), events.map((e) => e.key), events.map(() => 'Order Completed'), events.map(() => '{"value": 2}')]);
          if (round % 5 === 4) await sql.exec('test.move', 'update events set contact_id = 21 - contact_id where contact_id = $1', [1 + ((number + round) % 20)]);
        }));
      }
      storing -= 1;
    };
    const digester = async (): Promise<void> => {
      while (storing > 0) await new HistoryService(db.sql, config).digest(NOW);
    };
    await Promise.all([storer(0), storer(1), storer(2), storer(3), digester(), digester()]);
    await digest(NOW);
    expect(await totals()).toEqual(await countedAnew('events'));
    const wrong = await db.sql.many('test.wrong', `select c.contact_id from contacts c left join (select contact_id, count(*) as events from events group by 1) e using (contact_id)
      where (c.attributes ->> 'computed_0')::integer is distinct from e.events::integer or (c.attributes ->> 'computed_1')::numeric is distinct from 2 * e.events`);
    expect(wrong).toEqual([]);
  });

  it('one of which dies in the middle leave nothing half done', async () => {
    await people(2);
    await define([{ aggregate: 'count', event: 'Order Completed' }]);
    await store([at('2026-06-01T10:00:00Z', 1), at('2026-06-02T10:00:00Z', 2)]);
    const dying = new HistoryService(boundTo(db.sql) as unknown as Sql, config);
    await settled(db.sql, () => Promise.resolve());
    await expect(dying.digest(NOW)).rejects.toThrow('killed');
    expect(await totals()).toEqual([]);
    await digest(NOW);
    expect(await totals()).toHaveLength(2);
    expect([await values(1), await values(2)]).toEqual([{ computed_0: 1 }, { computed_0: 1 }]);
  });
});

/** A connection whose process is killed once the roll-up is written, before it commits. */
function boundTo(sql: Sql): Pick<Sql, 'one' | 'many' | 'transaction'> {
  return {
    one: sql.one.bind(sql),
    many: sql.many.bind(sql),
    transaction: (work) =>
      sql.transaction(async (within) => {
        await work(within);
        throw new Error('killed');
      }),
  };
}

describe('months to come', () => {
  it('get a table of their own also when events dated ahead lie in the default one', async () => {
    await people(1);
    await store([at('2029-03-15T10:00:00Z'), at('2029-03-31T23:59:59.999Z'), at('2029-04-01T00:00:00Z')]);
    await closing.prepareMonths(new Date('2028-06-01T00:00:00Z'));
    await closing.prepareMonths(new Date('2028-06-01T00:00:00Z'));
    const rows = await db.sql.many('test.where', 'select tableoid::regclass::text as table, count(*) as events from events group by 1 order by 1');
    expect(rows).toEqual([{ table: 'events_2029_03', events: 2 }, { table: 'events_2029_04', events: 1 }]);
    await expect(store([at('2029-03-15T10:00:00Z')])).resolves.toBeUndefined(); // the same event is still known
    expect((await db.sql.one<{ events: number }>('test.events', 'select count(*) as events from events')).events).toBe(3);
    const indexes = await db.sql.many('test.indexes', `select indexdef from pg_indexes where tablename = 'events_2029_03'`);
    expect(indexes).toHaveLength((await db.sql.many('test.indexes', `select indexdef from pg_indexes where tablename = 'events_2026_06'`)).length);
  });
});

describe('a retention', () => {
  const retention = () => new RetentionService(db.sql, new AuditService(db.sql));
  const night = (day: number) => new Date(NOW.getTime() + day * 86_400_000);

  it('takes a value out so many days after it was set, and counts anew when it changes', async () => {
    await people(3);
    await db.sql.exec('test.define', `insert into attribute_definitions (scope, key, type, retention_days) values ('contact', 'basket', 'text', 30)`);
    await db.sql.exec('test.values', `update contacts set updated_at = $1, attributes = '{"basket": "shoes", "plan": "gold"}', birth_date = '1980-01-01'`, [NOW]);
    await db.sql.exec('test.define', `update attribute_definitions set retention_days = 10 where key = 'birth_date'`);
    expect(await retention().clear(night(1))).toEqual({});
    await db.sql.exec('test.change', `update contacts set attributes = attributes || '{"basket": "socks"}', updated_at = $1 where contact_id = 2`, [night(5)]);
    expect(await retention().clear(night(6))).toEqual({});
    expect(await retention().clear(night(11))).toEqual({ 'contact.birth_date': 3 });
    expect(await retention().clear(night(30))).toEqual({ 'contact.basket': 2 });
    expect(await values(1)).toEqual({ plan: 'gold' });
    expect(await values(2)).toEqual({ basket: 'socks', plan: 'gold' });
    expect(await retention().clear(night(36))).toEqual({ 'contact.basket': 1 });
    const { left } = await db.sql.one<{ left: number }>('test.left', 'select count(*) as left from retained_values');
    expect(left).toBe(0);
    const trail = await db.sql.many('test.trail', `select subject_id, details from audit_entries where action = 'attribute.retention' order by audit_id`);
    expect(trail).toMatchObject([{ subject_id: 'contact.birth_date', details: { values: 3 } }, { subject_id: 'contact.basket', details: { values: 2 } }, { subject_id: 'contact.basket', details: { values: 1 } }]);
  });
});

describe('the work of the night', () => {
  const nightly = () => new NightlyService(db.sql, closing, config);

  it('is done once a night, at night, by one of several processes', async () => {
    expect(await nightly().runIfDue(new Date('2026-06-09T08:00:00Z'))).toBeUndefined();
    const runs = await Promise.all(Array.from({ length: 4 }, () => nightly().runIfDue(new Date('2026-06-09T00:30:00Z'))));
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1);
    expect(runs.find((run) => run !== undefined)).toEqual({ months: 'done' });
    expect(await nightly().runIfDue(new Date('2026-06-09T01:30:00Z'))).toBeUndefined();
    expect(await nightly().runIfDue(new Date('2026-06-09T23:30:00Z'))).toBeUndefined(); // half past one: still last night
    expect(await nightly().runIfDue(new Date('2026-06-10T00:30:00Z'))).toBeDefined();
  });

  it('is begun again where it broke off, and made up for by day after a machine was off', async () => {
    await db.sql.exec('test.broken', `insert into nightly_runs (day, started_at) values ('2026-06-09', '2026-06-09T00:30:00Z')`);
    expect(await nightly().runIfDue(new Date('2026-06-09T00:40:00Z'))).toBeDefined();
    expect(await nightly().runIfDue(new Date('2026-06-10T08:00:00Z'))).toBeUndefined();
    expect(await nightly().runIfDue(new Date('2026-06-12T08:00:00Z'))).toBeDefined();
  });
});
