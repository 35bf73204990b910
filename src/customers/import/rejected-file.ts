import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { csvRow } from './csv-text.js';
import type { Table } from './open-table.js';
import type { LeftOut } from './staging.queries.js';

type Rejected = LeftOut & { readonly reason: string };

/**
 * Writes the rejected rows with their own columns, line and reason, in the file's order and delimiter (UTF-8). Rows that
 * storing rejected are looked up in the file, which is read along once: the file and the rejects are walked side by side, so
 * that memory does not grow with either. Appears whole or not at all; with nothing to write an earlier file goes. Only a plain file is ever
 * replaced or removed: run by root with --rejected /dev/null, the device itself would be gone for everybody on the machine.
 */
export async function writeRejected(path: string, rejected: AsyncIterable<Rejected[]>, reopen: () => Promise<Table>): Promise<{ count: number; first: { line: number; reason: string }[] }> {
  const special = await isSpecial(path);
  const first: { line: number; reason: string }[] = [];
  let count = 0;
  let out: RejectedText | undefined;
  try {
    for await (const lot of rejected) {
      if (special) throw new Error('it is not a plain file');
      out ??= await RejectedText.begin(`${path}.part`, await reopen());
      for (const row of lot) if (first.length < 10) first.push({ line: row.line, reason: row.reason });
      await out.write(lot);
      count += lot.length;
    }
    if (out) {
      await out.end();
      await rename(`${path}.part`, path);
    } else if (!special) await rm(path, { force: true });
  } catch (error) {
    await out?.abandon();
    throw error;
  }
  return { count, first };
}

/** A device, a pipe, a folder or a link: nothing to rename a file over. */
async function isSpecial(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && !found.isFile();
}

class RejectedText {
  private readonly rows: AsyncGenerator<{ line: number; cells: readonly string[] }>;

  private constructor(
    private readonly path: string,
    private readonly table: Table,
    private readonly out: WriteStream,
  ) {
    this.rows = readableRows(table);
  }

  static async begin(path: string, table: Table): Promise<RejectedText> {
    const out = createWriteStream(path, { mode: 0o600 });
    await once(out, 'open'); // rejects when the folder cannot be written
    const text = new RejectedText(path, table, out);
    await text.put(`${csvRow([...table.columns, ...reportColumns(table.columns)], table.delimiter)}\n`);
    return text;
  }

  async write(lot: readonly Rejected[]): Promise<void> {
    let text = '';
    for (const { line, reason, raw } of lot) text += `${raw ?? (await this.rowAt(line))}${this.table.delimiter}${csvRow([line, reason], this.table.delimiter)}\n`;
    await this.put(text);
  }

  async end(): Promise<void> {
    this.out.end();
    await finished(this.out);
    await this.rows.return(undefined);
  }

  async abandon(): Promise<void> {
    this.out.destroy();
    await rm(this.path, { force: true });
    await this.rows.return(undefined);
  }

  private async put(text: string): Promise<void> {
    if (!this.out.write(text)) await once(this.out, 'drain');
  }

  private async rowAt(line: number): Promise<string> {
    for (let next = await this.rows.next(); next.done !== true; next = await this.rows.next()) {
      if (next.value.line === line) return csvRow(next.value.cells, this.table.delimiter);
    }
    throw new Error(`line ${line} is not in the file any more`);
  }
}

/** A record that cannot be split into cells: its text in the first column. */
export function brokenRow(raw: string, columns: number, delimiter: string): string {
  return csvRow([raw, ...Array.from({ length: columns - 1 }, () => '')], delimiter);
}

function reportColumns(columns: readonly string[]): string[] {
  return ['line', 'reason'].map((name) => (columns.includes(name) ? `rejected_${name}` : name));
}

async function* readableRows(table: Table): AsyncGenerator<{ line: number; cells: readonly string[] }> {
  for await (const lot of table.records) {
    for (const record of lot) if ('cells' in record) yield record;
  }
}
