import { fc } from '../support/generated.js';
import { computationSchema, type Computation } from '../../src/core/attribute/computation.js';
import { type ComputedEvent, computeValue } from '../../src/core/attribute/compute-value.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { useDatabase } from '../support/database.js';
import { settled } from '../support/settled.js';
import { computation, NOW, stream } from '../unit/attribute/random-computations.js';

const db = useDatabase();
jest.setTimeout(240_000);
let history: HistoryService;

beforeAll(() => {
  history = new HistoryService(db.sql, { defaultTimeZone: 'Europe/Amsterdam' });
});

/** Deleted, not truncated: emptying the files of 74 partitions takes a second. */
async function clear(sql: Sql): Promise<void> {
  for (const table of ['events', 'contacts', 'computed_dirty', 'computed_due', 'computed_residues', 'event_days', 'event_totals']) await sql.exec('test.clear', `delete from ${table}`);
  await sql.exec('test.clear', 'delete from attribute_definitions where computation is not null');
}

const digest = (now: Date) => settled(db.sql, () => history.digest(now));

/** Contacts 1 … n, each with nothing but what somebody else wrote there. */
async function people(sql: Sql, count: number): Promise<void> {
  await sql.exec('test.people', `insert into contacts (contact_id, bucket, attributes, created_at, updated_at) select n, 0, '{"plan": "gold"}', now(), now() from generate_series(1, $1::int) n`, [count]);
}

async function define(sql: Sql, computations: readonly Computation[]): Promise<void> {
  for (const [index, one] of computations.entries()) {
    await sql.exec('test.define', `insert into attribute_definitions (scope, key, type, computation) values ('contact', $1, 'text', $2)`, [`computed_${index}`, JSON.stringify(one)]);
  }
}

async function store(sql: Sql, events: readonly (ComputedEvent & { contactId: number })[]): Promise<void> {
  await sql.exec(
    'test.events',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source)
     select * , 'test' from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[]) on conflict do nothing`,
    [events.map((e) => e.contactId), events.map((e) => e.occurredAt), events.map((e) => e.key), events.map((e) => e.name), events.map((e) => JSON.stringify(e.properties))],
  );
}

async function values(sql: Sql): Promise<Map<number, Record<string, unknown>>> {
  const rows = await sql.many<{ contact_id: number; attributes: Record<string, unknown> }>('test.values', 'select contact_id, attributes from contacts order by contact_id');
  return new Map(rows.map((row) => [row.contact_id, row.attributes]));
}

async function dueOf(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql.many<{ contact_id: number; key: string; due_at: Date }>('test.due', 'select * from computed_due');
  return new Map(rows.map((row) => [`${row.contact_id} ${row.key}`, row.due_at.getTime()]));
}

const expected = (computations: readonly Computation[], events: readonly ComputedEvent[], now: Date): Record<string, unknown> => ({
  plan: 'gold',
  ...Object.fromEntries(computations.flatMap((one, index) => {
    const { value } = computeValue(one, events, now);
    return value === undefined ? [] : [[`computed_${index}`, value]];
  })),
});

describe('computed attributes', () => {
  it('have the values, and the moments at which they change by themselves, that the pure function gives', async () => {
    const seen = new Set<string>();
    let set = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(computation, { minLength: 6, maxLength: 12 }), fc.array(stream, { minLength: 3, maxLength: 8 }), async (computations, streams) => {
        await clear(db.sql);
        for (const one of computations) expect(computationSchema.parse(one)).toEqual(one);
        await people(db.sql, streams.length);
        await define(db.sql, computations);
        await store(db.sql, streams.flatMap((events, index) => events.map((event) => ({ ...event, contactId: index + 1 }))));
        await digest(NOW);
        const [found, due] = [await values(db.sql), await dueOf(db.sql)];
        streams.forEach((events, index) => {
          expect(found.get(index + 1)).toEqual(expected(computations, events, NOW));
          computations.forEach((one, number) => {
            const { value, dueAt } = computeValue(one, events, NOW);
            seen.add(`${one.aggregate}${'property' in one ? ' of a property' : ''}${one.withinDays === undefined ? '' : ' in a window'}`);
            if (value !== undefined) set += 1;
            expect(due.get(`${index + 1} computed_${number}`)).toBe(dueAt?.getTime());
          });
        });
      }),
      { numRuns: 100, endOnFailure: true },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['most_frequent of a property in a window', 'average of a property', 'first', 'last of a property in a window', 'count in a window']));
    expect(set).toBeGreaterThan(500);
  });

  it('are the same in whatever order, however often and however late events come, and however the clock moved meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(computation, { minLength: 4, maxLength: 8 }), fc.array(stream, { minLength: 2, maxLength: 5 }), fc.integer({ min: 1, max: 5 }), fc.nat(1_000), async (computations, streams, batches, shuffle) => {
        await clear(db.sql);
        await people(db.sql, streams.length);
        await define(db.sql, computations);
        const all = streams.flatMap((events, index) => events.map((event) => ({ ...event, contactId: index + 1 })));
        const shuffled = [...all, ...all.slice(0, 5)].map((one, index) => ({ one, rank: (index * 7_919 + shuffle * 104_729) % 1_009 })).sort((a, b) => a.rank - b.rank).map(({ one }) => one);
        for (let batch = 0; batch < batches; batch += 1) {
          await store(db.sql, shuffled.filter((_, index) => index % batches === batch));
          await digest(new Date(NOW.getTime() + batch * 9 * 3_600_000));
        }
        const end = new Date(NOW.getTime() + 40 * 3_600_000);
        await digest(end);
        const found = await values(db.sql);
        streams.forEach((events, index) => expect(found.get(index + 1)).toEqual(expected(computations, events, end)));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
