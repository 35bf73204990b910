import type { LegalBasis } from '../../core/consent/purpose.js';
import type { Sql } from '../../platform/database/sql.js';
import type { ImportKind } from './import-fields.js';
import type { ImportCounts, ImportWarning } from './import-report.js';

export interface ImportRow {
  import_id: number;
  kind: ImportKind;
  source: string;
  purposes: string[];
  file_name: string;
  mapping: unknown;
  dry_run: boolean;
  state: 'running' | 'done' | 'failed';
  rows_read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
  duplicates: number;
  skipped: number;
  warnings: ImportWarning[];
  rejected_file: string | null;
  error: string | null;
  started_at: Date;
  finished_at: Date | null;
}

export async function insertImport(sql: Sql, row: Pick<ImportRow, 'import_id' | 'kind' | 'source' | 'purposes' | 'file_name' | 'mapping' | 'dry_run'>, now: Date): Promise<void> {
  await sql.exec(
    'import.insert',
    `insert into imports (import_id, kind, source, purposes, file_name, mapping, dry_run, started_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [row.import_id, row.kind, row.source, row.purposes, row.file_name, JSON.stringify(row.mapping), row.dry_run, now],
  );
}

export async function finishImport(sql: Sql, importId: number, counts: ImportCounts, warnings: readonly ImportWarning[], rejectedFile: string | null, now: Date): Promise<void> {
  await sql.exec(
    'import.finish',
    `update imports set state = 'done', rows_read = $2, inserted = $3, updated = $4, unchanged = $5, rejected = $6, duplicates = $7, skipped = $8,
       warnings = $9, rejected_file = $10, finished_at = $11 where import_id = $1`,
    [importId, counts.rows, counts.inserted, counts.updated, counts.unchanged, counts.rejected, counts.duplicates, counts.skipped, JSON.stringify(warnings), rejectedFile, now],
  );
}

export async function failImport(sql: Sql, importId: number, error: string, now: Date): Promise<void> {
  await sql.exec('import.fail', `update imports set state = 'failed', error = $2, finished_at = $3 where import_id = $1`, [importId, error, now]);
}

export function readImport(sql: Sql, importId: number): Promise<ImportRow | undefined> {
  return sql.maybe<ImportRow>('import.read', 'select * from imports where import_id = $1', [importId]);
}

/** Newest first, below the given id. */
export function listImports(sql: Sql, before: number, limit: number): Promise<ImportRow[]> {
  return sql.many<ImportRow>('import.list', 'select * from imports where import_id < $1 order by import_id desc limit $2', [before, limit]);
}

export function readPurposeKeys(sql: Sql, now: Date): Promise<{ purpose: string; legal_basis: LegalBasis; usable: boolean }[]> {
  return sql.many('import.purposes', `select purpose, legal_basis, retired_at is null and (valid_until is null or valid_until > $1) as usable from purposes order by purpose`, [now]);
}

export interface DefinitionRow {
  key: string;
  type: string;
  standard: boolean;
  computed: boolean;
}

export function readDefinitions(sql: Sql, scope: 'contact' | 'account', keys: readonly string[]): Promise<DefinitionRow[]> {
  return sql.many<DefinitionRow>('import.definitions', 'select key, type, standard, computation is not null as computed from attribute_definitions where scope = $1 and key = any($2)', [scope, keys]);
}

/** New attributes may be used for what the import was collected for, and nothing else. Gives the keys that are new. */
export async function defineAttributes(sql: Sql, scope: 'contact' | 'account', attributes: readonly { key: string; type: string }[], purposes: readonly string[], source: string, now: Date): Promise<string[]> {
  const rows = await sql.many<{ key: string }>(
    'import.defineAttributes',
    `insert into attribute_definitions (scope, key, type, purposes, source, created_at)
     select $1, key, type, $4, $5, $6 from unnest($2::text[], $3::text[]) as given (key, type)
     on conflict do nothing returning key`,
    [scope, attributes.map(({ key }) => key), attributes.map(({ type }) => type), purposes, source, now],
  );
  return rows.map((row) => row.key);
}
