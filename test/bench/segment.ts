import type { Scope } from '../../src/core/rule/rule.js';
import { HistoryService } from '../../src/customers/history/history.service.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import type { Config } from '../../src/platform/config/config.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { insertSegment } from '../../src/segments/segments.queries.js';
import { limitReading, listMembersAmong } from '../../src/segments/membership.queries.js';
import { type Preview, PreviewService } from '../../src/segments/preview.service.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';
import { BENCH_NOW, fillForSegments } from './segment-data.js';
import { BENCH_RULES, BENCH_SEGMENTS, type BenchRule } from './segment-rules.js';

export interface SegmentBenchContext {
  readonly sql: Sql;
  readonly config: Config;
  readonly tell: (line: string) => void;
}

/** Rounds of a rule: at least so many, and on while they are short, so that noise does not decide. */
const ROUNDS = { least: 5, most: 15, milliseconds: 4_000 };
const RECHECKS = 60;

export async function run(args: string[]): Promise<Record<string, unknown>> {
  const contacts = Number(valueAfter(args, '--contacts') ?? 100_000);
  if (!Number.isInteger(contacts) || contacts < 1_000) throw new Error('--contacts wants a whole number from 1000');
  const [kept, rules] = [valueAfter(args, '--data'), valueAfter(args, '--rules')];
  const temporary = await startTemporaryPlatform({}, undefined, kept);
  try {
    const { database, config } = temporary.platform;
    return await runSegmentBench({ contacts, rules }, { sql: database.sql, config, tell: (line) => console.error(line) });
  } finally {
    await temporary.remove();
  }
}

function valueAfter(args: string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}

/** Rules of every family against the best SQL written by hand on the same data: count, ids, and the re-check of one contact or account. */
export async function runSegmentBench(options: { contacts: number; rules?: string | undefined }, context: SegmentBenchContext): Promise<Record<string, unknown>> {
  const { sql, config, tell } = context;
  await makeData(options.contacts, context);
  const book = await RuleBook.load(sql, config.defaultTimeZone);
  const previews = new PreviewService(sql, new SteppedClock(BENCH_NOW), config);
  const rules: RuleResult[] = [];
  const previewTimes: number[] = [];
  const mailingTimes: number[] = [];
  const asked = BENCH_RULES.filter(({ name }) => name.includes(options.rules ?? ''));
  if (asked.length === 0) throw new Error(`No rule is called “${options.rules}”.`);
  for (const bench of asked) {
    const result = await measure(sql, book, bench);
    const previewed = await repeat(() => preview(previews, bench), ROUNDS.least);
    const withPurpose = await repeat(() => preview(previews, bench, 'newsletter'), ROUNDS.least);
    previewTimes.push(...previewed);
    mailingTimes.push(...withPurpose);
    rules.push({ ...result, ...(await previewFound(previews, bench, result.members)), preview_ms: rounded(median(previewed)), preview_mailing_ms: rounded(median(withPurpose)) });
    tell(`${bench.name}: ${result.members} members, ours ${result.ours_ms} ms, hand ${result.hand_ms} ms, ratio ${result.ratio}, one ${result.recheck_ms} ms`);
  }
  const slowest = rules.reduce((one, other) => (other.ours_ms > one.ours_ms ? other : one));
  tell(`plan of the slowest rule, ${slowest.name}:\n${await planOf(sql, book, BENCH_RULES.find((bench) => bench.name === slowest.name))}`);
  return {
    contacts: options.contacts,
    rules,
    slowest: slowest.name,
    worst_ratio: Math.max(...rules.map((rule) => rule.ratio)),
    worst_recheck_ms: Math.max(...rules.map((rule) => rule.recheck_ms)),
    worst_recheck_p95_ms: Math.max(...rules.map((rule) => rule.recheck_p95_ms)),
    preview_p50_ms: rounded(median(previewTimes)),
    preview_p95_ms: rounded(percentile(previewTimes, 0.95)),
    /** With a purpose: who may be mailed, and why the others not. */
    preview_mailing_p95_ms: rounded(percentile(mailingTimes, 0.95)),
    previews_counted: rules.filter((rule) => rule.preview_counted).length,
    /** Of previews judged by a draw: the farthest from the truth, in percent of all contacts. */
    preview_off_percent: Math.max(...rules.map((rule) => Math.round((10_000 * Math.abs((rule.preview_count ?? 0) - rule.members)) / options.contacts) / 100)),
    disk_mb: await sizes(sql),
    rss_peak_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Once: a folder given with --data has it already the next time. */
async function makeData(contacts: number, { sql, config, tell }: SegmentBenchContext): Promise<void> {
  const began = performance.now();
  const { made } = await sql.one<{ made: number }>('bench.made', 'select count(*) as made from contacts');
  if (made > 0) {
    if (made !== contacts) throw new Error(`The data of ${made} contacts stands there already; ask for as many, or give another folder.`);
    return tell(`data of ${made} contacts found`);
  }
  await fillForSegments(sql, contacts, tell);
  for (const segment of BENCH_SEGMENTS) await insertSegment(sql, { ...segment, description: '' }, 'bench', BENCH_NOW);
  // What the history's worker has done a second after each event came in.
  await new HistoryService(sql, config).digest(BENCH_NOW);
  await sql.exec('bench.vacuum', 'vacuum analyze contact_last_events, event_days, event_history');
  tell(`data made in ${Math.round((performance.now() - began) / 1000)} s`);
}

/** As the statement runs for a preview. */
async function planOf(sql: Sql, book: RuleBook, bench: BenchRule | undefined): Promise<string> {
  if (!bench) return '';
  const { text, params } = compiled(book, bench);
  const rows = await sql.transaction(async (transaction) => {
    await limitReading(transaction, 120_000);
    return transaction.many<Record<string, string>>('bench.plan', `explain (analyze, buffers, timing off) ${text}`, params);
  });
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** Of tables with what belongs to them, and of all there is. */
async function sizes(sql: Sql): Promise<Record<string, number>> {
  return sql.one(
    'bench.sizes',
    `select round(pg_database_size(current_database()) / 1048576.0)::int as database, round(pg_table_size('contacts') / 1048576.0)::int as contacts, round(pg_indexes_size('contacts') / 1048576.0)::int as contact_indexes,
       (select round(sum(pg_table_size(inhrelid)) / 1048576.0)::int from pg_inherits where inhparent = 'events'::regclass) as events,
       (select round(sum(pg_indexes_size(inhrelid)) / 1048576.0)::int from pg_inherits where inhparent = 'events'::regclass) as event_indexes`,
  );
}

interface RuleResult {
  readonly name: string;
  readonly members: number;
  /** Counting the members, compilation included. */
  readonly ours_ms: number;
  readonly hand_ms: number;
  /** Fetching all ids. */
  readonly ids_ms: number;
  readonly hand_ids_ms: number;
  /** The larger of the two: counting, fetching. */
  readonly ratio: number;
  readonly recheck_ms: number;
  readonly recheck_p95_ms: number;
  readonly preview_ms?: number;
  readonly preview_mailing_ms?: number;
  readonly preview_count?: number;
  /** All were counted, none drawn. */
  readonly preview_counted?: boolean;
}

async function measure(sql: Sql, book: RuleBook, bench: BenchRule): Promise<RuleResult> {
  const ours = (): { text: string; params: unknown[] } => compiled(book, bench);
  const hand = { text: bench.hand, params: [] };
  const idsOf = async (query: { text: string; params: unknown[] }): Promise<number[]> => (await sql.many<Record<string, number>>('bench.ids', query.text, query.params)).map((row) => Number(Object.values(row)[0]));
  const [found, expected] = [await idsOf(ours()), await idsOf(hand)];
  expectSame(bench.name, found, expected);
  const count = (query: { text: string; params: unknown[] }) => sql.one('bench.count', `select count(*) from (${query.text}) member`, query.params);
  const [oursMs, handMs] = await alternately(() => count(ours()), () => count(hand));
  const [idsMs, handIdsMs] = await alternately(() => idsOf(ours()), () => idsOf(hand));
  const rechecks = await recheck(sql, book, bench, new Set(found));
  return {
    name: bench.name,
    members: found.length,
    ours_ms: rounded(oursMs),
    hand_ms: rounded(handMs),
    ids_ms: rounded(idsMs),
    hand_ids_ms: rounded(handIdsMs),
    ratio: Math.round(100 * Math.max(oursMs / handMs, idsMs / handIdsMs)) / 100,
    recheck_ms: rounded(median(rechecks)),
    recheck_p95_ms: rounded(percentile(rechecks, 0.95)),
  };
}

function compiled(book: RuleBook, { rule, scope }: BenchRule, only?: number[]): { text: string; params: unknown[] } {
  const read = book.read(rule, scope);
  const result = read.ok ? book.compile(read.value, scope, BENCH_NOW, only) : read;
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** A wrong answer has no speed. */
function expectSame(name: string, found: readonly number[], expected: readonly number[]): void {
  const wanted = new Set(expected);
  if (found.length !== expected.length || found.some((id) => !wanted.has(id))) throw new Error(`"${name}" selects ${found.length}, by hand ${expected.length}`);
}

/** Is this one in? About half of them are. Compilation and transaction included; every answer is compared with the whole list. */
async function recheck(sql: Sql, book: RuleBook, bench: BenchRule, members: ReadonlySet<number>): Promise<number[]> {
  const everybody = await someIds(sql, bench.scope);
  const asked = [...[...members].slice(0, RECHECKS / 2), ...everybody].slice(0, RECHECKS);
  const times: number[] = [];
  for (const id of asked) {
    const started = performance.now();
    const query = compiled(book, bench, [id]);
    const found = await sql.transaction((transaction) => listMembersAmong(transaction, query, bench.scope));
    times.push(performance.now() - started);
    if ((found.length === 1) !== members.has(id)) throw new Error(`"${bench.name}": the re-check of ${id} is wrong`);
  }
  return times.slice(RECHECKS / 6); // the first ones warm the connection's caches
}

async function someIds(sql: Sql, scope: Scope): Promise<number[]> {
  const rows = await sql.many<{ id: number }>('bench.someIds', `select ${scope}_id as id from ${scope}s order by hashint8(${scope}_id) limit $1`, [RECHECKS]);
  return rows.map((row) => row.id);
}

async function preview(previews: PreviewService, { rule, scope }: BenchRule, purpose?: string): Promise<Preview> {
  const result = await previews.preview(scope, rule, purpose);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** What was counted must be the truth. */
async function previewFound(previews: PreviewService, bench: BenchRule, members: number): Promise<Pick<RuleResult, 'preview_count' | 'preview_counted'>> {
  const { count, between } = await preview(previews, bench);
  if (between === null && count !== members) throw new Error(`"${bench.name}": the preview counts ${count} of ${members}`);
  return { preview_count: count, preview_counted: between === null };
}

/** Medians of both, run in turn so that a busy moment of the machine meets both. */
async function alternately(ours: () => Promise<unknown>, hand: () => Promise<unknown>): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  const began = performance.now();
  for (let round = 0; round < ROUNDS.least || (round < ROUNDS.most && performance.now() - began < ROUNDS.milliseconds); round += 1) {
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const which of order) times[which].push(...(await repeat(which === 0 ? ours : hand, 1)));
  }
  return [median(times[0]), median(times[1])];
}

async function repeat(work: () => Promise<unknown>, times: number): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return taken;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
