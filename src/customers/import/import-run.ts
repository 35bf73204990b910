import type { Sql } from '../../platform/database/sql.js';
import type { RowCompiler } from './compile-row.js';
import type { ImportCounts, ImportProgress, Warnings } from './import-report.js';
import { defineAttributes } from './imports.queries.js';
import { shareMergeLock } from '../merge/merge-lock.queries.js';
import { ChunkOvertaken, type KindImport, type StoreContext, type Stored } from './kind-import.js';
import type { Table } from './open-table.js';
import { writeRejected } from './rejected-file.js';
import type { SourceFile } from './source-file.js';
import { RowStager } from './stage-rows.js';
import { allowMemory, chunkEnd, copyRows, countLeftOut, indexRows, type LeftOut, lastLine, readRejected } from './staging.queries.js';

const CHUNK_ROWS = 50_000;
const REJECTS_PAGE = 5_000;
const ATTEMPTS = 5;
const RETRIED = new Set(['40P01', '40001', '23505', '23503']); // deadlock, serialisation, somebody stored the same person or account meanwhile, or merged an account away

export interface RunOptions {
  readonly dryRun: boolean;
  readonly rejectedFile: string;
}

export interface RunResult {
  readonly counts: ImportCounts;
  readonly listed: number;
  readonly defined: readonly string[];
  readonly rejected: { readonly file: string | null; readonly first: readonly { line: number; reason: string }[] };
}

/** Carries the result of a dry run out of the transaction that is undone. */
class Undone extends Error {
  constructor(readonly result: RunResult) {
    super('a dry run is undone');
  }
}

/**
 * One import on its way: the whole file is staged first (COPY, memory stays flat), then stored in transactions of 50,000
 * rows. Staged first, because the last row about somebody counts: nothing may be stored before the end is known; and
 * because an upload that breaks off or a file that turns out unreadable then has changed nothing.
 */
export class ImportRun {
  private readonly started = performance.now();

  constructor(
    private readonly sql: Sql,
    private readonly kind: KindImport,
    private readonly context: StoreContext,
    private readonly source: SourceFile,
    private readonly warnings: Warnings,
    private readonly onProgress: ((progress: ImportProgress) => void) | undefined,
  ) {}

  async run(table: Table, compiler: RowCompiler, options: RunOptions): Promise<RunResult> {
    const { staging } = this.context;
    const stager = new RowStager(this.sql, staging, table, compiler, this.warnings, (rows) => this.tell('reading', this.source.done, rows));
    await copyRows(this.sql, staging, compiler.columns, stager.copyText());
    await indexRows(this.sql, staging);
    const store = async (sql: Sql): Promise<RunResult> => {
      const stored = await this.storeAll(sql, compiler);
      const leftOut = await countLeftOut(sql, staging);
      const rejected = await this.writeRejects(sql, options.rejectedFile);
      const { listed = 0, ...counts } = stored.counts;
      return { counts: { ...stager.counts, ...counts, ...leftOut }, listed, defined: stored.defined, rejected };
    };
    return options.dryRun ? undo(this.sql, store) : store(this.sql);
  }

  private async storeAll(sql: Sql, compiler: RowCompiler): Promise<{ counts: Stored; defined: string[] }> {
    const defined = await this.atomically(sql, async (within) => [...(await this.defineCustom(within, compiler)), ...(await this.kind.prepare(within, this.context))]);
    const counts = await this.storeChunks(sql);
    const { updated, warnings } = await this.atomically(sql, (within) => this.kind.finish(within, this.context));
    this.warnings.add(warnings);
    return { counts: { ...counts, updated: counts.updated + updated, unchanged: counts.unchanged - updated }, defined };
  }

  /** Chunk after chunk; where the kind allows it two at once: one backend of PostgreSQL uses one core. */
  private async storeChunks(sql: Sql): Promise<Stored> {
    this.tell('storing', 0, 0);
    const last = await lastLine(sql, this.context.staging);
    const ends = this.chunkEnds(sql);
    let counts: Stored = { inserted: 0, updated: 0, unchanged: 0, listed: 0 };
    let furthest = 0;
    let failed = false;
    const storeNext = async (): Promise<void> => {
      for (let next = await ends.next(); next.done !== true && !failed; next = await ends.next()) {
        const [after, upTo] = next.value;
        const chunk = await this.atomically(sql, (within, again) => this.kind.storeChunk(within, this.context, after, upTo, again)).catch((error: unknown) => {
          failed = true; // the other one stops after the chunk it is at
          throw error;
        });
        counts = { inserted: counts.inserted + chunk.inserted, updated: counts.updated + chunk.updated, unchanged: counts.unchanged + chunk.unchanged, listed: (counts.listed ?? 0) + (chunk.listed ?? 0) };
        furthest = Math.max(furthest, upTo / last);
        this.tell('storing', furthest, counts.inserted + counts.updated + counts.unchanged);
      }
    };
    const atOnce = sql === this.sql ? this.kind.atOnce : 1; // a dry run is one transaction, on one connection
    const ended = await Promise.allSettled(Array.from({ length: atOnce }, storeNext));
    const failure = ended.find((one) => one.status === 'rejected');
    if (failure) throw failure.reason;
    return counts;
  }

  private async *chunkEnds(sql: Sql): AsyncGenerator<[after: number, upTo: number]> {
    for (let after = 0; ; ) {
      const upTo = await chunkEnd(sql, this.context.staging, after, CHUNK_ROWS);
      if (upTo === undefined) return;
      yield [after, upTo];
      after = upTo;
    }
  }

  private async defineCustom(sql: Sql, compiler: RowCompiler): Promise<string[]> {
    const { map, provenance } = this.context;
    if (compiler.custom.length === 0 || (map.kind !== 'contacts' && map.kind !== 'accounts')) return [];
    return defineAttributes(sql, map.kind === 'contacts' ? 'contact' : 'account', compiler.custom, provenance.purposes, provenance.source, provenance.now);
  }

  /** A transaction of its own, taken again when somebody else was in the way; inside a dry run's transaction the database gives no second try. */
  private async atomically<T>(sql: Sql, work: (sql: Sql, again: boolean) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await sql.transaction(async (within) => {
          await allowMemory(within);
          // Overtaken once is enough: where many are merged, somebody of the chunk might be each time. A dry run would hold them all up to its end.
          if (attempt > 1 && sql === this.sql) await shareMergeLock(within);
          return work(within, attempt > 1);
        });
      } catch (error) {
        // Inside a dry run's transaction what the database refused cannot be tried again; what we found out ourselves can.
        const again = error instanceof ChunkOvertaken || (sql === this.sql && RETRIED.has((error as { code?: string }).code ?? ''));
        if (!again || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async writeRejects(sql: Sql, path: string): Promise<RunResult['rejected']> {
    const reopen = async (): Promise<Table> => {
      const table = await this.source.open(this.context.map);
      if (!table.ok) throw new Error(table.error);
      return table.value;
    };
    try {
      const { count, first } = await writeRejected(path, this.rejects(sql), reopen);
      return { file: count > 0 ? path : null, first };
    } catch (error) {
      // The good rows are stored; a full disk or a folder that cannot be written must not make that look like a failure.
      this.warnings.add([{ message: `the rejected rows could not be written to ${path}: ${(error as Error).message}` }]);
      return { file: null, first: [] };
    }
  }

  private async *rejects(sql: Sql): AsyncGenerator<(LeftOut & { reason: string })[]> {
    for (let after = 0; ; ) {
      const page = await readRejected(sql, this.context.staging, after, REJECTS_PAGE);
      const lastOfPage = page.at(-1);
      if (!lastOfPage) return;
      yield page;
      after = lastOfPage.line;
    }
  }

  private tell(phase: ImportProgress['phase'], done: number, rows: number): void {
    this.onProgress?.({ phase, done, rows, seconds: (performance.now() - this.started) / 1_000 });
  }
}

async function undo(sql: Sql, work: (sql: Sql) => Promise<RunResult>): Promise<RunResult> {
  try {
    return await sql.transaction(async (within) => {
      throw new Undone(await work(within));
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}
