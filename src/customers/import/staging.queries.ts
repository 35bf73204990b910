import type { Readable } from 'node:stream';
import type { Sql } from '../../platform/database/sql.js';
import type { StagingColumn } from './compile-row.js';
import { customPrefix, type FieldSpec, IMPORT_FIELDS, type ImportKind } from './import-fields.js';

/** The tables of one import: its rows as read, and the rows that are left out of storing. */
export interface Staging {
  readonly importId: number;
  readonly kind: ImportKind;
  readonly rows: string;
  readonly leftOut: string;
  /** Contacts: whom the rows are about, as far as they are here already. */
  readonly known: string;
}

/** Why a row is not stored: a reason, or none where a later row of the file says the same better. */
export interface LeftOut {
  readonly line: number;
  readonly reason: string | null;
  /** The row as CSV where reading refused it; otherwise it is looked up in the file again. */
  readonly raw: string | null;
}

// First key of the advisory locks that tell which imports are alive; the second is the import's id.
const IMPORT_LOCK = 743_101;

export function stagingOf(importId: number, kind: ImportKind): Staging {
  if (!Number.isSafeInteger(importId)) throw new Error('an import id is a whole number');
  return { importId, kind, rows: `import_rows_${importId}`, leftOut: `import_left_out_${importId}`, known: `import_known_${importId}` };
}

/** All columns a kind can fill, so that the statements that read them are the same for every map. */
function columnsOf(kind: ImportKind): StagingColumn[] {
  const columns = Object.entries<FieldSpec>(IMPORT_FIELDS[kind]).map(([name, { sqlType }]) => ({ name, sqlType }));
  const derived: Record<ImportKind, StagingColumn[]> = {
    contacts: [{ name: 'address_hash', sqlType: 'bytea' }, { name: 'account_key', sqlType: 'text' }, { name: 'consents', sqlType: 'jsonb' }],
    accounts: [{ name: 'name_key', sqlType: 'text' }, { name: 'parent_key', sqlType: 'text' }],
    events: [],
    opportunities: [{ name: 'account_key', sqlType: 'text' }],
    users: [],
  };
  const prefix = customPrefix(kind);
  return [...columns, ...derived[kind], ...(prefix ? [{ name: prefix, sqlType: 'jsonb' }] : [])];
}

/** Unlogged: what a crash leaves of them is dropped anyway. Ordinary tables, because storing uses a transaction per chunk. */
export async function createStaging(sql: Sql, staging: Staging): Promise<void> {
  const columns = columnsOf(staging.kind).map(({ name, sqlType }) => `${name} ${sqlType}`);
  await sql.exec('import.createRows', `create unlogged table ${staging.rows} (line integer not null, ${columns.join(', ')})`);
  await sql.exec('import.createLeftOut', `create unlogged table ${staging.leftOut} (line integer primary key, reason text, raw text)`);
  await sql.exec('import.createKnown', `create unlogged table ${staging.known} (line integer not null, by_external_id bigint, by_user_id bigint, by_email bigint, known bigint)`);
}

export async function copyRows(sql: Sql, staging: Staging, columns: readonly StagingColumn[], rows: Readable | AsyncIterable<string>): Promise<void> {
  await sql.copyFrom('import.copyRows', `copy ${staging.rows} (line, ${columns.map(({ name }) => name).join(', ')}) from stdin`, rows);
}

export async function indexRows(sql: Sql, staging: Staging): Promise<void> {
  await sql.exec('import.indexRows', `create index on ${staging.rows} (line)`);
  await sql.exec('import.analyzeRows', `analyze ${staging.rows}`);
}

export async function dropStaging(sql: Sql, importIds: readonly number[]): Promise<void> {
  if (importIds.length === 0) return;
  const tables = importIds.map((id) => stagingOf(id, 'contacts')).flatMap(({ rows, leftOut, known }) => [rows, leftOut, known]);
  await sql.exec('import.dropStaging', `drop table if exists ${tables.join(', ')}`);
}

/**
 * The id of a new import and its lock, held by the transaction that lives as long as the import: whoever can take it knows that the import is dead. Before the
 * import is written down, so that there is no moment at which another one takes it for dead.
 */
export async function lockNewImport(sql: Sql): Promise<number> {
  const { id } = await sql.one<{ id: number }>('import.newId', `select nextval(pg_get_serial_sequence('imports', 'import_id')) as id`);
  await sql.exec('import.lock', 'select pg_advisory_xact_lock($1, $2)', [IMPORT_LOCK, id]);
  return id;
}

/** Marks imports that died with their process; gives their ids, whose tables can go. */
export async function failInterrupted(sql: Sql, now: Date): Promise<number[]> {
  const rows = await sql.many<{ import_id: number }>(
    'import.failInterrupted',
    `with dead as materialized (select import_id from imports where state = 'running' and pg_try_advisory_xact_lock($1, import_id::integer))
     update imports set state = 'failed', error = 'interrupted: the process ended; run it again', finished_at = $2
     from dead where imports.import_id = dead.import_id returning imports.import_id`,
    [IMPORT_LOCK, now],
  );
  return rows.map((row) => row.import_id);
}

export async function insertLeftOut(sql: Sql, staging: Staging, rows: readonly LeftOut[]): Promise<void> {
  await sql.exec(
    'import.insertLeftOut',
    `insert into ${staging.leftOut} (line, reason, raw) select * from unnest($1::integer[], $2::text[], $3::text[]) on conflict do nothing`,
    [rows.map((row) => row.line), rows.map((row) => row.reason), rows.map((row) => row.raw)],
  );
}

export async function countLeftOut(sql: Sql, staging: Staging): Promise<{ rejected: number; duplicates: number }> {
  return sql.one('import.countLeftOut', `select count(reason) as rejected, count(*) - count(reason) as duplicates from ${staging.leftOut}`);
}

/** Rejected rows in the order of the file, after the given line. */
export function readRejected(sql: Sql, staging: Staging, after: number, limit: number): Promise<(LeftOut & { reason: string })[]> {
  return sql.many('import.readRejected', `select line, reason, raw from ${staging.leftOut} where reason is not null and line > $1 order by line limit $2`, [after, limit]);
}

/**
 * Leaves out every row whose value in this column comes back later in the file: the last one counts. Where an earlier row
 * carries another identity than the last one (columns of `differing`), it is rejected by name instead: one value cannot be two.
 */
export async function leaveOutEarlier(sql: Sql, staging: Staging, column: string, differing: readonly string[], reason: string): Promise<void> {
  const conflict = differing.map((name) => `(s.${name} is not null and s.${name} is distinct from l.${name})`).join(' or ') || 'false';
  await sql.exec(
    'import.leaveOutEarlier',
    `with repeated as materialized (
       select s.${column} as value, max(s.line) as line from ${staging.rows} s
       where s.${column} is not null and not exists (select from ${staging.leftOut} o where o.line = s.line)
       group by s.${column} having count(*) > 1
     )
     insert into ${staging.leftOut} (line, reason)
     select s.line, case when ${conflict} then format($1, s.${column}, l.line) end
     from repeated
     join ${staging.rows} l on l.line = repeated.line
     join ${staging.rows} s on s.${column} = repeated.value and s.line < repeated.line
     where not exists (select from ${staging.leftOut} o where o.line = s.line)
     on conflict do nothing`,
    [reason],
  );
}

export async function lastLine(sql: Sql, staging: Staging): Promise<number> {
  const { line } = await sql.one<{ line: number | null }>('import.lastLine', `select max(line) as line from ${staging.rows}`);
  return line ?? 0;
}

/** The line on which a chunk of so many rows ends; undefined after the last row. */
export async function chunkEnd(sql: Sql, staging: Staging, after: number, rows: number): Promise<number | undefined> {
  const found = await sql.maybe<{ line: number | null }>(
    'import.chunkEnd',
    `select max(line) as line from (select line from ${staging.rows} where line > $1 order by line limit $2) chunk`,
    [after, rows],
  );
  return found?.line ?? undefined;
}

/** More memory for the sorts and hashes of this transaction alone. */
export async function allowMemory(sql: Sql): Promise<void> {
  await sql.exec('import.allowMemory', `set local work_mem = '64MB'`);
}
