import { once } from 'node:events';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { createApplicationContext } from '../../src/application.js';
import { copyRow } from '../../src/customers/import/csv-text.js';
import { type ImportOrder, ImportService } from '../../src/customers/import/import.service.js';
import type { ImportReport } from '../../src/customers/import/import-report.js';
import { ProgressLine } from '../../src/customers/import/progress-line.js';
import { retryConflicts } from '../../src/platform/database/retry-conflicts.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';

const ACCOUNTS = 1_000;
const PURPOSE = 'bench';

/** The rows as a CRM would export them: an id, an address, an account by name, numbers and dates as text. */
const MAP = {
  fields: {
    external_id: 'id',
    email: 'mail',
    first_name: 'first',
    last_name: 'last',
    country: 'country',
    city: 'city',
    phone: 'phone',
    account: 'company',
    'attributes.score': { column: 'score', type: 'number' },
    'attributes.since': { column: 'since', type: 'date' },
  },
};

/** The same file once more, with a sign-up and its confirmation for everybody: sealed, chained, folded. */
const MAP_WITH_CONSENTS = {
  ...MAP,
  consents: (['given', 'confirmed'] as const).map((event) => ({
    purpose: PURPOSE, event, at: 'since',
    proof: { method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, stuur mij één keer per maand de nieuwsbrief.', noticeVersion: 'privacy-4' },
    ...(event === 'confirmed' && { evidence: { confirmedAt: 'since' } }),
  })),
};

/** A CSV import of contacts (validation, identities, accounts, everything indexed) against COPY of the finished rows into the same table. */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--rows');
  const rows = at < 0 ? 200_000 : Number(args[at + 1]);
  if (!Number.isInteger(rows) || rows < 1_000) throw new Error('--rows wants a whole number from 1000');
  const temporary = await startTemporaryPlatform();
  const app = await createApplicationContext(temporary.platform, temporary.logger);
  try {
    const { database, config } = temporary.platform;
    const files = { csv: join(config.dataDir, 'contacts.csv'), accounts: join(config.dataDir, 'accounts.csv'), copy: join(config.dataDir, 'contacts.copy') };
    await writeLines(files.accounts, accountLines());
    await writeLines(files.csv, csvLines(rows));
    await writeLines(files.copy, copyLines(rows));
    return await measure(database.sql, app.get(ImportService, { strict: false }), files, rows);
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function measure(sql: Sql, imports: ImportService, files: { csv: string; accounts: string; copy: string }, rows: number): Promise<Record<string, unknown>> {
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ($1, $1, $1, 'consent', 365)`, [PURPOSE]);
  await importFile(imports, { kind: 'accounts', file: files.accounts, map: { fields: { name: 'name' } } });
  const copied = await timed(sql, () => sql.copyFrom('bench.copy', `copy contacts (${COPY_COLUMNS.join(', ')}) from stdin`, createReadStream(files.copy)));
  console.error(`raw COPY: ${Math.round(rows / copied)} rows/s`);
  await retryConflicts(() => sql.exec('bench.clear', 'truncate contacts cascade')); // recurring work reads the same tables in another order
  await sql.exec('bench.restart', 'truncate identities');
  const memory = new PeakMemory();
  const first = await timed(sql, () => importContacts(imports, files.csv));
  const rssPeak = memory.stop();
  const stored = await sql.one<{ contacts: number; matched: number }>('bench.check', 'select count(*) as contacts, count(account_id) as matched from contacts');
  let again: ImportReport | undefined;
  const second = await timed(sql, async () => (again = await importContacts(imports, files.csv)));
  const memoryWithConsents = new PeakMemory();
  const third = await timed(sql, () => importFile(imports, { kind: 'contacts', file: files.csv, map: MAP_WITH_CONSENTS }));
  const rssWithConsents = memoryWithConsents.stop();
  const { records } = await sql.one<{ records: number }>('bench.records', 'select count(*) as records from consent_records');
  return {
    rows,
    megabytes: Math.round(statSync(files.csv).size / 1e6),
    ours_per_s: Math.round(rows / first),
    copy_per_s: Math.round(rows / copied),
    ratio: Number((copied / first).toFixed(3)),
    again_per_s: Math.round(rows / second),
    again_changed: (again?.inserted ?? NaN) + (again?.updated ?? NaN),
    stored: stored.contacts,
    matched: stored.matched,
    rss_peak_mb: rssPeak,
    consents_per_s: Math.round(records / third),
    consents: records,
    consents_rss_peak_mb: rssWithConsents,
  };
}

function importContacts(imports: ImportService, file: string): Promise<ImportReport> {
  return importFile(imports, { kind: 'contacts', file, map: MAP });
}

async function importFile(imports: ImportService, order: Pick<ImportOrder, 'kind' | 'file' | 'map'>): Promise<ImportReport> {
  const progress = new ProgressLine(process.stderr);
  const result = await imports.run({ ...order, source: 'bench', purposes: [PURPOSE], onProgress: (state) => progress.show(state) });
  progress.end();
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** Seconds; a checkpoint before, so that neither side writes the other's pages. */
async function timed(sql: Sql, work: () => Promise<unknown>): Promise<number> {
  await sql.exec('bench.checkpoint', 'checkpoint');
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

class PeakMemory {
  private peak = 0;
  private readonly timer: NodeJS.Timeout;

  constructor() {
    globalThis.gc?.();
    this.timer = setInterval(() => (this.peak = Math.max(this.peak, process.memoryUsage.rss())), 50);
  }

  /** Megabytes. */
  stop(): number {
    clearInterval(this.timer);
    return Math.round(this.peak / 1e6);
  }
}

const COPY_COLUMNS = ['contact_id', 'bucket', 'account_id', 'email', 'address_hash', 'first_name', 'last_name', 'country', 'city', 'phone', 'attributes', 'source', 'source_at', 'collected_for', 'created_at', 'updated_at'];

function valuesOf(row: number) {
  return {
    mail: `person${row}@company${row % 20_000}.example`,
    first: `Jan${row % 77}`,
    last: `de Vries ${row % 1_000}`,
    phone: `+3161234${row % 10_000}`,
    company: `Company ${row % ACCOUNTS}`,
    score: (row % 1_000) / 10,
    since: `20${10 + (row % 15)}-0${1 + (row % 9)}-1${row % 10}`,
  };
}

function* accountLines(): Generator<string> {
  yield 'name\n';
  for (let row = 0; row < ACCOUNTS; row += 1) yield `Company ${row}\n`;
}

function* csvLines(rows: number): Generator<string> {
  yield 'id,mail,first,last,country,city,phone,company,score,since\n';
  for (let row = 0; row < rows; row += 1) {
    const { mail, first, last, phone, company, score, since } = valuesOf(row);
    yield `${row},${mail},${first},${last},NL,Amsterdam,${phone},${company},${score},${since}\n`;
  }
}

/** The same rows as they come to stand in the table: a hash is as random as one, the bucket as spread. */
function* copyLines(rows: number): Generator<string> {
  const at = '2026-06-09T08:00:00Z';
  for (let row = 0; row < rows; row += 1) {
    const { mail, first, last, phone, score, since } = valuesOf(row);
    const hash = Array.from({ length: 8 }, (_, part) => (Math.imul(row + 1, 2_654_435_761 + part * 40_503) >>> 0).toString(16).padStart(8, '0')).join('');
    yield copyRow(row + 1, [String((row * 7) % 256), String(1 + (row % ACCOUNTS)), mail, `\\x${hash}`, first, last, 'NL', 'Amsterdam', phone, JSON.stringify({ score, since }), 'bench', at, `{${PURPOSE}}`, at, at]);
  }
}

async function writeLines(file: string, lines: Iterable<string>): Promise<void> {
  const out = createWriteStream(file);
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < 1_000_000) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await finished(out);
}
