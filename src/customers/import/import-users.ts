import type { Sql } from '../../platform/database/sql.js';
import type { KindImport, StoreContext, Stored } from './kind-import.js';
import { storeUsers } from './merge-users.queries.js';
import { leaveOutEarlier } from './staging.queries.js';

/** Colleagues (owners of accounts and deals) by address. They cannot sign in by being imported. */
export class UsersImport implements KindImport {
  readonly atOnce = 1;

  async prepare(sql: Sql, { staging }: StoreContext): Promise<string[]> {
    await leaveOutEarlier(sql, staging, 'email', [], '');
    return [];
  }

  storeChunk(sql: Sql, { staging, provenance }: StoreContext, after: number, upTo: number): Promise<Stored> {
    return storeUsers(sql, staging, after, upTo, provenance.now);
  }

  finish(): Promise<{ updated: number; warnings: [] }> {
    return Promise.resolve({ updated: 0, warnings: [] });
  }
}
