import type { Sql } from '../../platform/database/sql.js';
import { countOvertaken, type HeldRows, holdPeople } from './hold-people.queries.js';
import { ChunkOvertaken, type KindImport, type StoreContext, type Stored } from './kind-import.js';
import * as queries from './merge-events.queries.js';

const EVERYBODY: HeldRows = { column: 'contact_id', where: 'true' };

/** Events of people who are here; an event that is there already (same person, moment and key) is left as it is. */
export class EventsImport implements KindImport {
  readonly atOnce = 2;

  prepare(sql: Sql, { staging, provenance }: StoreContext): Promise<string[]> {
    return queries.defineEvents(sql, staging, provenance);
  }

  async storeChunk(sql: Sql, { staging, provenance }: StoreContext, after: number, upTo: number): Promise<Stored> {
    await queries.openChunk(sql, staging, after, upTo);
    await queries.rejectUnknownPeople(sql, staging);
    await holdPeople(sql, EVERYBODY);
    if ((await countOvertaken(sql, staging, EVERYBODY)) > 0) throw new ChunkOvertaken();
    return { updated: 0, ...(await queries.insertEvents(sql, staging, after, upTo, provenance)) };
  }

  finish(): Promise<{ updated: number; warnings: [] }> {
    return Promise.resolve({ updated: 0, warnings: [] });
  }
}
