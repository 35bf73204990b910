import type { Sql } from '../../platform/database/sql.js';
import type { KindImport, StoreContext, Stored } from './kind-import.js';
import * as queries from './merge-events.queries.js';

/** Events of people who are here; an event that is there already (same person, moment and key) is left as it is. */
export class EventsImport implements KindImport {
  readonly atOnce = 2;

  prepare(sql: Sql, { staging, provenance }: StoreContext): Promise<string[]> {
    return queries.defineEvents(sql, staging, provenance);
  }

  async storeChunk(sql: Sql, { staging, provenance }: StoreContext, after: number, upTo: number): Promise<Stored> {
    await queries.openChunk(sql, staging, after, upTo);
    await queries.rejectUnknownPeople(sql, staging);
    return { updated: 0, ...(await queries.insertEvents(sql, staging, after, upTo, provenance)) };
  }

  finish(): Promise<{ updated: number; warnings: [] }> {
    return Promise.resolve({ updated: 0, warnings: [] });
  }
}
