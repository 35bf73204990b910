import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { PersonKeys } from '../../src/consent/person-keys.js';
import type { ImportKind } from '../../src/customers/import/import-fields.js';
import type { ImportProblem, ImportReport } from '../../src/customers/import/import-report.js';
import { type ImportOrder, ImportService } from '../../src/customers/import/import.service.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { AuditService } from '../../src/privacy/audit.service.js';
import { Secrets } from '../../src/platform/secrets.js';
import { type TestDatabase, useDatabase } from '../support/database.js';

export const DATA = 'test/support/data';
export const IMPORT_NOW = new Date('2026-06-09T08:00:00Z');

export interface ImportHarness {
  readonly db: TestDatabase;
  readonly sql: Sql;
  readonly clock: SteppedClock;
  readonly folder: string;
  /** Imports text, bytes or the file at a path; throws when the import does not begin. */
  run(kind: ImportKind, content: string | Buffer | { path: string }, map: unknown, order?: Partial<ImportOrder>): Promise<ImportReport>;
  attempt(kind: ImportKind, content: string | Buffer | { path: string }, map: unknown, order?: Partial<ImportOrder>): Promise<ImportProblem | ImportReport>;
  rejected(report: ImportReport): string[];
}

/** An ImportService on a database of its own, with the purposes that the tests name. */
export function useImport(): ImportHarness {
  const db = useDatabase();
  const clock = new SteppedClock(IMPORT_NOW);
  let folder = '';
  let service: ImportService | undefined;
  let files = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tactful-import-'));
    service = new ImportService(
      db.sql,
      clock,
      new Secrets({ secret: 'a-secret-of-thirty-two-characters!' }),
      new LedgerService(db.sql, new PersonKeys(new Secrets({ secret: 'a-secret-of-thirty-two-characters!' }))),
      new AuditService(db.sql),
      { defaultTimeZone: 'Europe/Amsterdam' },
    );
    for (const purpose of ['newsletter', 'sales', 'retired_one']) {
      await db.sql.exec('test.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ($1, $1, $1, 'consent', 365) on conflict do nothing`, [purpose]);
    }
    await db.sql.exec('test.retire', `update purposes set retired_at = $1 where purpose = 'retired_one'`, [IMPORT_NOW]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const attempt: ImportHarness['attempt'] = async (kind, content, map, order = {}) => {
    files += 1;
    let file: string;
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync((file = join(folder, `file-${files}.csv`)), content);
    else file = content.path;
    const result = await service!.run({ kind, file, map, source: 'test', purposes: ['newsletter'], rejectedFile: join(folder, `rejected-${files}.csv`), ...order });
    return result.ok ? result.value : result.error;
  };
  return {
    db,
    clock,
    get sql() {
      return db.sql;
    },
    get folder() {
      return folder;
    },
    attempt,
    run: async (...args) => {
      const result = await attempt(...args);
      if (!('rows' in result)) throw new Error(JSON.stringify(result));
      const { rows, inserted, updated, unchanged, rejected, duplicates, skipped } = result;
      expect(inserted + updated + unchanged + rejected + duplicates + skipped).toBe(rows);
      return result;
    },
    rejected: (report) => (report.rejectedFile === null ? [] : readFileSync(report.rejectedFile, 'utf8').trimEnd().split('\n')),
  };
}

export function mapOf(name: string): string {
  return readFileSync(`${DATA}/maps/${name}.json`, 'utf8');
}
