import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { addressHash } from '../../consent/address-hash.js';
import { LedgerService } from '../../consent/ledger.service.js';
import type { LegalBasis } from '../../core/consent/purpose.js';
import { assertNever } from '../../core/shared/assert-never.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { Secrets } from '../../platform/secrets.js';
import { AuditService } from '../../privacy/audit.service.js';
import { compileRow, type RowCompiler } from './compile-row.js';
import { AccountsImport } from './import-accounts.js';
import { ContactsImport } from './import-contacts.js';
import { gateWarnings } from './gate-warnings.js';
import { EventsImport } from './import-events.js';
import type { ImportKind } from './import-fields.js';
import { OpportunitiesImport } from './import-opportunities.js';
import { type ImportProblem, type ImportProgress, type ImportReport, Warnings } from './import-report.js';
import { type ImportRow, failImport, finishImport, insertImport, listImports, readDefinitions, readImport, readPurposeKeys } from './imports.queries.js';
import { ImportRun } from './import-run.js';
import { UsersImport } from './import-users.js';
import type { KindImport } from './kind-import.js';
import { findList, type TargetList } from './list-members.queries.js';
import { type ImportMap, type MapProblem, parseMap } from './map-file.js';
import type { Table } from './open-table.js';
import { SourceFile } from './source-file.js';
import { createStaging, dropStaging, failInterrupted, lockNewImport, stagingOf } from './staging.queries.js';

export interface ImportOrder {
  readonly kind: ImportKind;
  /** Path of the CSV file, and the name to show for it. */
  readonly file: string;
  readonly fileName?: string;
  /** JSON text or object: see map-file.ts. */
  readonly map: unknown;
  readonly source: string;
  readonly purposes: readonly string[];
  /** When the source collected the data; left out: now. A row's own `source_at` goes before it. */
  readonly sourceAt?: Date;
  readonly noticeVersion?: string;
  readonly dryRun?: boolean;
  /** A list that everybody of the file is put into; goes before the map's. */
  readonly list?: string;
  /** Where rejected rows go; left out: beside the file, as FILE.rejected.csv. */
  readonly rejectedFile?: string;
  /** Who imports, for the trail; left out: whoever works at the command line. */
  readonly actor?: string;
  readonly onProgress?: (progress: ImportProgress) => void;
}

interface Prepared {
  readonly map: ImportMap;
  readonly source: SourceFile;
  readonly table: Table;
  readonly compiler: RowCompiler;
  readonly bases: ReadonlyMap<string, LegalBasis>;
  readonly list: TargetList | undefined;
}

/** Imports CSV files: checks everything that can be checked before the first row, then reads, stages and stores. */
@Injectable()
export class ImportService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly ledger: LedgerService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  async run(order: ImportOrder): Promise<Result<ImportReport, ImportProblem>> {
    const started = performance.now();
    const now = this.clock.now();
    const prepared = await this.prepare(order, now);
    if (!prepared.ok) return prepared;
    await dropStaging(this.sql, await failInterrupted(this.sql, now));
    const fileName = order.fileName ?? basename(order.file);
    const row = { kind: order.kind, source: order.source, purposes: [...order.purposes], file_name: fileName, mapping: prepared.value.map, dry_run: order.dryRun === true };
    // The outer transaction only holds the lock that shows that this import is alive; it takes no snapshot that outlives a statement.
    return this.sql.transaction(async (holder) => {
      const importId = await lockNewImport(holder);
      await insertImport(this.sql, { ...row, import_id: importId }, now);
      try {
        return ok(await this.store(order, prepared.value, importId, fileName, now, started));
      } catch (error) {
        await failImport(this.sql, importId, (error as Error).message, this.clock.now());
        throw error;
      } finally {
        await dropStaging(this.sql, [importId]);
      }
    });
  }

  list(before: number, limit: number): Promise<ImportRow[]> {
    return listImports(this.sql, before, limit);
  }

  get(importId: number): Promise<ImportRow | undefined> {
    return readImport(this.sql, importId);
  }

  private async store(order: ImportOrder, { map, source, table, compiler, bases, list }: Prepared, importId: number, fileName: string, now: Date, started: number): Promise<ImportReport> {
    const staging = stagingOf(importId, order.kind);
    await createStaging(this.sql, staging);
    const provenance = { importId, source: order.source, sourceAt: order.sourceAt ?? now, noticeVersion: order.noticeVersion ?? null, purposes: order.purposes, now };
    const warnings = new Warnings();
    warnings.add(gateWarnings(map, order.noticeVersion));
    const run = new ImportRun(this.sql, this.kindImport(order.kind, bases), { staging, map, provenance, list }, source, warnings, order.onProgress);
    const { counts, listed, defined, rejected } = await run.run(table, compiler, { dryRun: order.dryRun === true, rejectedFile: order.rejectedFile ?? rejectedFileOf(order.file) });
    if (counts.rows === 0) warnings.add([{ message: 'the file has a header and no row below it: nothing was imported' }]);
    await this.sql.transaction(async (sql) => {
      const ended = this.clock.now();
      await finishImport(sql, importId, counts, warnings.list(), rejected.file, ended);
      const details = { kind: order.kind, source: order.source, purposes: order.purposes, dryRun: order.dryRun === true, ...counts };
      await this.audit.record(sql, { actor: order.actor ?? 'operator', action: 'import.ran', subjectType: 'import', subjectId: String(importId), details }, ended);
    });
    return {
      importId,
      kind: order.kind,
      file: fileName,
      dryRun: order.dryRun === true,
      encoding: table.encoding(),
      delimiter: table.delimiter,
      ...counts,
      list: list ? { key: list.key, added: listed } : null,
      warnings: warnings.list(),
      rejectedFile: rejected.file,
      firstRejected: rejected.first,
      defined,
      seconds: (performance.now() - started) / 1_000,
    };
  }

  private async prepare(order: ImportOrder, now: Date): Promise<Result<Prepared, ImportProblem>> {
    const map = parseMap(order.map, order.kind);
    if (!map.ok) return err({ kind: 'map_invalid', problems: map.error });
    const existing = await readPurposeKeys(this.sql, now);
    const usable = existing.filter((purpose) => purpose.usable).map(({ purpose }) => purpose);
    const unknown = order.purposes.filter((purpose) => !usable.includes(purpose));
    if (unknown.length > 0 || order.purposes.length === 0) return err({ kind: 'purpose_unknown', unknown, existing: usable });
    const list = await this.listOf(order.kind, order.list ?? map.value.list);
    const problems = [...(list.ok ? [] : [list.error]), ...consentProblems(map.value, existing.map(({ purpose }) => purpose)), ...(await this.definitionProblems(map.value))];
    if (problems.length > 0 || !list.ok) return err({ kind: 'map_invalid', problems });
    const file = await stat(order.file).catch((error: unknown) => String(error));
    if (typeof file === 'string') return err({ kind: 'file_unreadable', detail: file });
    const source = new SourceFile(order.file, file.size);
    const table = await source.open(map.value).catch((error: unknown) => err(String(error)));
    if (!table.ok) return err({ kind: 'file_unreadable', detail: table.error });
    const bases = new Map(existing.map((purpose) => [purpose.purpose, purpose.legal_basis]));
    const compiler = compileRow(map.value, table.value.columns, {
      timeZone: this.config.defaultTimeZone,
      addressHash: (address) => addressHash(this.secrets, address).toString('hex'),
      rowHash: (text) => createHash('sha256').update(text).digest('hex').slice(0, 32),
      consent: { now: now.toISOString(), basisOf: (purpose) => bases.get(purpose) ?? 'consent' },
    });
    if (!compiler.ok) return err({ kind: 'map_invalid', problems: compiler.error, columns: table.value.columns });
    return ok({ map: map.value, source, table: table.value, compiler: compiler.value, bases, list: list.value });
  }

  private async listOf(kind: ImportKind, key: string | undefined): Promise<Result<TargetList | undefined, MapProblem>> {
    if (key === undefined) return ok(undefined);
    const wanted = kind === 'contacts' ? 'contact' : kind === 'accounts' ? 'account' : undefined;
    const problem = (message: string): Result<never, MapProblem> => err({ path: 'list', message });
    if (wanted === undefined) return problem('is only for contacts and accounts');
    const found = await findList(this.sql, key);
    if (!found) return problem(`there is no list "${key}"; make it first, or look at the spelling`);
    if (found.kind !== 'list') return problem(`"${key}" is a segment with a rule: who is in it follows from the rule`);
    return found.scope === wanted ? ok({ key, segmentId: found.segment_id }) : problem(`"${key}" is a list of ${found.scope}s, the file is about ${kind}`);
  }

  /** An attribute keeps its type: a map that declares another one would make half of its values unreadable to segments. */
  private async definitionProblems(map: ImportMap): Promise<MapProblem[]> {
    if (map.kind !== 'contacts' && map.kind !== 'accounts') return [];
    const declared = Object.entries(map.fields).filter(([field]) => field.startsWith('attributes.'));
    const known = new Map((await readDefinitions(this.sql, map.kind === 'contacts' ? 'contact' : 'account', declared.map(([field]) => field.slice('attributes.'.length)))).map((row) => [row.key, row]));
    return declared.flatMap(([field, { type = 'text' }]) => {
      const definition = known.get(field.slice('attributes.'.length));
      if (definition?.computed === true) return [{ path: `fields.${field}`, message: 'is computed from events: it cannot be imported' }];
      if (definition?.standard === true) return [{ path: `fields.${field}`, message: 'is a standard field that Tactful fills in itself' }];
      return definition && definition.type !== type ? [{ path: `fields.${field}`, message: `is a ${definition.type} here; the map reads it as ${type}` }] : [];
    });
  }

  private kindImport(kind: ImportKind, bases: Prepared['bases']): KindImport {
    switch (kind) {
      case 'contacts':
        return new ContactsImport(this.ledger, bases);
      case 'accounts':
        return new AccountsImport();
      case 'events':
        return new EventsImport();
      case 'opportunities':
        return new OpportunitiesImport();
      case 'users':
        return new UsersImport();
      default:
        return assertNever(kind);
    }
  }
}

function consentProblems(map: ImportMap, purposes: readonly string[]): MapProblem[] {
  return map.consents.flatMap(({ purpose }, index) => (purposes.includes(purpose) ? [] : [{ path: `consents.${index}.purpose`, message: `there is no purpose "${purpose}"` }]));
}

/** customers.csv → customers.rejected.csv */
export function rejectedFileOf(file: string): string {
  return `${file.replace(/\.(?:csv|tsv|txt)$/i, '')}.rejected.csv`;
}
