import type { Sql } from '../../platform/database/sql.js';
import { ownerWarnings } from './import-accounts.js';
import type { ImportWarning } from './import-report.js';
import type { KindImport, StoreContext, Stored } from './kind-import.js';
import { createMissingOwners } from './merge-accounts.queries.js';
import * as queries from './merge-opportunities.queries.js';
import { rejectUnknownAccounts } from './row-accounts.queries.js';
import { leaveOutEarlier } from './staging.queries.js';

/** Deals by their id. Each chunk adds the accounts it touched up again. */
export class OpportunitiesImport implements KindImport {
  readonly atOnce = 1;

  async prepare(sql: Sql, { staging, map, provenance }: StoreContext): Promise<string[]> {
    await leaveOutEarlier(sql, staging, 'opportunity_id', [], '');
    if (Object.hasOwn(map.fields, 'owner_email')) await createMissingOwners(sql, staging, provenance.now);
    return [];
  }

  async storeChunk(sql: Sql, { staging, provenance }: StoreContext, after: number, upTo: number): Promise<Stored> {
    await queries.openChunk(sql, staging, after, upTo);
    await rejectUnknownAccounts(sql, staging);
    await queries.markUnchanged(sql);
    await queries.storeOpportunities(sql, provenance);
    await queries.rollUpAccounts(sql, provenance.now);
    return queries.countChunk(sql);
  }

  async finish(sql: Sql, { staging, map, provenance }: StoreContext): Promise<{ updated: number; warnings: ImportWarning[] }> {
    if (map.accountOwners === 'latest_opportunity') await queries.ownAccountsByLatest(sql, provenance.now);
    return { updated: 0, warnings: Object.hasOwn(map.fields, 'owner') ? await ownerWarnings(sql, staging) : [] };
  }
}
