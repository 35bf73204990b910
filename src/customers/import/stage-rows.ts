import { setImmediate } from 'node:timers/promises';
import type { Sql } from '../../platform/database/sql.js';
import type { ConvertedRow, RowCompiler } from './compile-row.js';
import { copyRow, csvRow } from './csv-text.js';
import type { Warnings } from './import-report.js';
import type { Table } from './open-table.js';
import type { FileRecord } from './record-reader.js';
import { brokenRow } from './rejected-file.js';
import { insertLeftOut, type LeftOut, type Staging } from './staging.queries.js';

export interface StagedCounts {
  rows: number;
  skipped: number;
}

const LOT_OF_REJECTS = 2_000;

/** Turns the records of a table into rows for COPY. What cannot be a row is written down with its reason, and stops nothing. */
export class RowStager {
  readonly counts: StagedCounts = { rows: 0, skipped: 0 };
  private rejects: LeftOut[] = [];

  constructor(
    private readonly sql: Sql,
    private readonly staging: Staging,
    private readonly table: Table,
    private readonly compiler: RowCompiler,
    private readonly warnings: Warnings,
    private readonly tick: (rows: number) => void,
  ) {}

  async *copyText(): AsyncGenerator<string> {
    for await (const records of this.table.records) {
      let text = '';
      for (const record of records) text += this.rowOf(record);
      this.tick(this.counts.rows);
      if (this.rejects.length >= LOT_OF_REJECTS) await this.flushRejects();
      if (text !== '') yield text;
      await setImmediate(); // a process that imports still answers requests
    }
    await this.flushRejects();
  }

  private rowOf(record: FileRecord): string {
    this.counts.rows += 1;
    if ('problem' in record) {
      this.reject(record.line, record.problem, brokenRow(record.raw, this.table.columns.length, this.table.delimiter));
      return '';
    }
    const row: ConvertedRow = this.compiler.convert(record.cells);
    if (row.kind === 'skipped') {
      this.counts.skipped += 1;
      return '';
    }
    if (row.kind === 'rejected') {
      this.reject(record.line, row.reason, csvRow(record.cells, this.table.delimiter));
      return '';
    }
    if (row.warnings.length > 0) this.warnings.add(row.warnings.map((message) => ({ line: record.line, message })));
    return copyRow(record.line, row.cells);
  }

  private reject(line: number, reason: string, raw: string): void {
    this.rejects.push({ line, reason, raw: raw.replaceAll('\u0000', '') }); // PostgreSQL's text has no NUL
  }

  private async flushRejects(): Promise<void> {
    const lot = this.rejects;
    this.rejects = [];
    if (lot.length > 0) await insertLeftOut(this.sql, this.staging, lot);
  }
}
