import type { Sql } from '../../platform/database/sql.js';
import { ChunkOvertaken, type KindImport, type StoreContext, type Stored } from './kind-import.js';
import * as queries from './merge-events.queries.js';
import { countParted } from './overtaken.queries.js';

/** Events of people who are here; an event that is there already (same person, moment and key) is left as it is. */
export class EventsImport implements KindImport {
  readonly atOnce = 2;

  prepare(sql: Sql, { staging, provenance }: StoreContext): Promise<string[]> {
    return queries.defineEvents(sql, staging, provenance);
  }

  async storeChunk(sql: Sql, { staging, provenance }: StoreContext, after: number, upTo: number): Promise<Stored> {
    await queries.openChunk(sql, staging, after, upTo);
    await queries.rejectUnknownPeople(sql, staging);
    const stored = await queries.insertEvents(sql, staging, after, upTo, provenance);
    if ((await countParted(sql, staging)) > 0) throw new ChunkOvertaken();
    return { updated: 0, ...stored };
  }

  finish(): Promise<{ updated: number; warnings: [] }> {
    return Promise.resolve({ updated: 0, warnings: [] });
  }
}
