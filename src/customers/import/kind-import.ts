import type { Sql } from '../../platform/database/sql.js';
import type { ImportWarning } from './import-report.js';
import type { TargetList } from './list-members.queries.js';
import type { ImportMap } from './map-file.js';
import type { Provenance } from './provenance.js';
import type { Staging } from './staging.queries.js';

export interface Stored {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  /** How many came into the list that the import names, where the kind knows lists. */
  readonly listed?: number;
}

/** What a step of storing works with. */
export interface StoreContext {
  readonly staging: Staging;
  readonly map: ImportMap;
  readonly provenance: Provenance;
  /** Where everybody of the file is put, if anywhere. */
  readonly list: TargetList | undefined;
}

/** How one kind of row is stored, from the staging table on. Each step runs in a transaction of its own (in a dry run: all in one). */
export interface KindImport {
  /** How many chunks are stored at once: more than one where no two rows of a prepared file write the same thing. */
  readonly atOnce: number;
  /** Over the whole file: rows that later rows supersede are left out, things that rows refer to are made. Gives what was defined. */
  prepare(sql: Sql, context: StoreContext): Promise<string[]>;
  /** `again`: somebody else was in the way the first time, and what was found out before the chunks may be old. */
  storeChunk(sql: Sql, context: StoreContext, after: number, upTo: number, again: boolean): Promise<Stored>;
  /** Over the whole file, after its rows: what needs all of them. Gives how many unchanged rows became updated ones. */
  finish(sql: Sql, context: StoreContext): Promise<{ readonly updated: number; readonly warnings: readonly ImportWarning[] }>;
}

/** Somebody else changed what a chunk was decided on: nothing of it is kept, and it is stored again. */
export class ChunkOvertaken extends Error {}
