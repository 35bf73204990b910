import { fieldCatalogue } from '../../src/core/rule/fields.js';
import { computationSchema } from '../../src/core/attribute/computation.js';
import { readTableAsk, type TableInput } from '../../src/core/table/table-ask.js';
import { estimateContacts, pageOfContacts, readContacts } from '../../src/customers/contacts.queries.js';
import { markEverybody, storeComputed } from '../../src/customers/computed/computed.queries.js';
import { readEventDays } from '../../src/customers/history/event-report.queries.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { readTable, type TableReader } from '../../src/customers/table/read-table.js';
import { wantIndex } from '../../src/customers/values/attribute-indexes.queries.js';
import { readCatalogueRows } from '../../src/customers/values/catalogue.queries.js';
import { UpkeepService } from '../../src/customers/values/upkeep.service.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { BENCH_NOW, fillForSegments } from './segment-data.js';

const SORTED = ['last_name', 'first_name', 'email', 'country', 'language', 'job_title', 'birth_date', 'lifecycle_stage', 'created_at', 'updated_at', 'score', 'plan', 'renewal', 'vip'];
const ON_DEMAND = ['country', 'language', 'job_title', 'birth_date', 'lifecycle_stage', 'updated_at', 'score', 'plan', 'renewal', 'vip'];
const COMPUTED = {
  orders: { aggregate: 'count', event: 'Order Completed' },
  last_view: { aggregate: 'last', event: 'Page Viewed' },
  views_month: { aggregate: 'count', event: 'Page Viewed', withinDays: 30 },
};

/** The table of contacts by every kind of attribute, the price of an index, and what follows from events: all at full size. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--contacts');
  const contacts = at < 0 ? 100_000 : Number(args[at + 1]);
  if (!Number.isInteger(contacts) || contacts < 1_000) throw new Error('--contacts wants a whole number from 1000');
  const temporary = await startTemporaryPlatform();
  try {
    const { sql } = temporary.platform.database;
    const tell = (line: string): void => console.error(line);
    await fillForSegments(sql, contacts, tell);
    await sql.exec('bench.events', `insert into event_definitions (name, purposes) select distinct name, '{*}'::text[] from events`);
    const before = await pages(sql, tell, 'as it is');
    const plain = await insertRate(sql);
    await buildIndexes(sql, tell);
    const indexed = await pages(sql, tell, 'indexed on demand');
    const withIndexes = await insertRate(sql);
    const history = await measureHistory(sql, temporary.platform.config.defaultTimeZone, tell);
    return { contacts, before, indexed, worst_page_ms: Math.max(...Object.values(indexed)), insert_per_s: plain, insert_per_s_indexed: withIndexes, cost_per_index: rounded((plain / withIndexes - 1) / ON_DEMAND.length, 3), ...history };
  } finally {
    await temporary.remove();
  }
}

async function pages(sql: Sql, tell: (line: string) => void, what: string): Promise<Record<string, number>> {
  const fields = fieldCatalogue(await readCatalogueRows(sql));
  const reader: TableReader<unknown> = {
    page: (statement) => pageOfContacts(sql, statement),
    estimate: (statement) => estimateContacts(sql, statement),
    rows: async (ids) => new Map((await readContacts(sql, ids)).map((row) => [row.contact_id, row])),
  };
  const time = async (input: TableInput): Promise<number> => {
    const ask = readTableAsk('contact', input, fields);
    if (!ask.ok) throw new Error(JSON.stringify(ask.error));
    const question = { ask: ask.value, own: () => [], moment: { now: BENCH_NOW, timeZone: 'Europe/Amsterdam' } };
    let place: Parameters<typeof readTable>[2];
    const times: number[] = [];
    for (let page = 0; page < 12; page += 1) {
      const began = performance.now();
      const read = await readTable(reader, question, place, 50);
      times.push(performance.now() - began);
      place = read.ok ? read.value.rows.at(-1)?.place : undefined;
    }
    return rounded(times.sort((a, b) => a - b)[6] ?? 0, 1);
  };
  const results: Record<string, number> = {};
  for (const key of SORTED) results[key] = Math.max(await time({ sort: key }), await time({ sort: `-${key}` }));
  results['country NL by last_name'] = await time({ sort: 'last_name', filter: '[{"attribute":"country","operator":"equals","value":"NL"}]' });
  results['plan team by -created_at'] = await time({ sort: '-created_at', filter: '[{"attribute":"plan","operator":"equals","value":"team"}]' });
  results['search'] = await time({ search: 'jan' });
  results['search two words'] = await time({ search: 'anna de' });
  tell(`${what}: ${JSON.stringify(results)}`);
  return results;
}

async function buildIndexes(sql: Sql, tell: (line: string) => void): Promise<void> {
  for (const key of ON_DEMAND) await wantIndex(sql, 'contact', key, `contacts_attribute_bench_${key}`, 20, BENCH_NOW);
  const began = performance.now();
  await new UpkeepService(sql).work(BENCH_NOW);
  tell(`${ON_DEMAND.length} indexes in ${Math.round((performance.now() - began) / 1000)} s`);
}

/** Contacts a second of the statement that dominates an import; rolled back. The better of two. */
async function insertRate(sql: Sql): Promise<number> {
  const rows = 50_000;
  let best = Infinity;
  for (let round = 0; round < 2; round += 1) {
    await sql.transaction(async (within) => {
      const began = performance.now();
      await within.exec('bench.insert', `insert into contacts (contact_id, bucket, email, first_name, last_name, language, country, job_title, birth_date, lifecycle_stage, attributes, created_at, updated_at)
        select contact_id + 100000000, bucket, 'x' || email, first_name, last_name, language, country, job_title, birth_date, lifecycle_stage, attributes, created_at, updated_at from contacts where contact_id <= $1`, [rows]);
      best = Math.min(best, performance.now() - began);
      throw new Undone();
    }).catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
  }
  return Math.round((rows * 1_000) / best);
}

class Undone extends Error {}

async function measureHistory(sql: Sql, defaultTimeZone: string, tell: (line: string) => void): Promise<Record<string, unknown>> {
  const history = new HistoryService(sql, { defaultTimeZone });
  const timed = async (what: string, work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    const result = await work();
    const milliseconds = Math.round(performance.now() - began);
    tell(`${what}: ${milliseconds} ms ${JSON.stringify(result)}`);
    return milliseconds;
  };
  const rollUp = await timed('roll-up of everything', () => history.digest(BENCH_NOW));
  for (const [key, computation] of Object.entries(COMPUTED)) {
    await storeComputed(sql, { key, type: 'number', computation: computationSchema.parse(computation), purposes: ['*'], sensitive: false, label_nl: '', label_en: '', description: '' }, BENCH_NOW);
    await markEverybody(sql, key, computation.event);
  }
  const backfill = await timed('backfill of three attributes', () => history.digest(BENCH_NOW));
  const idle = await timed('nothing new', () => history.digest(BENCH_NOW));
  await sql.exec('bench.new', `insert into events (contact_id, occurred_at, idempotency_key, name, source) select n * 37 % 1000 + 1, $1, 'new ' || n, 'Page Viewed', 'bench' from generate_series(1, 2000) n`, [BENCH_NOW]);
  const fresh = await timed('2,000 new events', () => history.digest(BENCH_NOW));
  const report = await timed('report of a year', () => readEventDays(sql, 'Page Viewed', '2025-09-01', '2026-10-01').then((days) => days.length));
  const sizes = await sql.one<Record<string, number>>('bench.sizes', `select round(pg_total_relation_size('event_days') / 1e6) as event_days_mb, round(pg_total_relation_size('contacts') / 1e6) as contacts_mb, round(pg_total_relation_size('computed_due') / 1e6) as due_mb`);
  return { roll_up_ms: rollUp, backfill_ms: backfill, idle_ms: idle, new_events_ms: fresh, report_ms: report, ...sizes };
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
