import { createReadStream } from 'node:fs';
import type { Result } from '../../core/shared/result.js';
import type { ImportMap } from './map-file.js';
import { openTable, type Table } from './open-table.js';

const PIECE_BYTES = 256 * 1024;

/** A CSV file on disk. It is read once, and once more only to show rows that storing rejected. */
export class SourceFile {
  private read = 0;

  constructor(
    private readonly path: string,
    private readonly bytes: number,
  ) {}

  /** Share of the file that has been read, 0–1. */
  get done(): number {
    return this.bytes === 0 ? 1 : Math.min(1, this.read / this.bytes);
  }

  open(map: ImportMap): Promise<Result<Table, string>> {
    this.read = 0;
    return openTable(this.pieces(), map);
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for await (const piece of createReadStream(this.path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
      this.read += piece.length;
      yield piece;
    }
  }
}
