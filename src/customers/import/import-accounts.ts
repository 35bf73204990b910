import type { Sql } from '../../platform/database/sql.js';
import type { ImportWarning } from './import-report.js';
import type { KindImport, StoreContext, Stored } from './kind-import.js';
import { listAccounts } from './list-members.queries.js';
import * as queries from './merge-accounts.queries.js';
import { leaveOutEarlier } from './staging.queries.js';

/** Accounts by external id, else by name; parents by name, wherever in the file or the database they stand. */
export class AccountsImport implements KindImport {
  readonly atOnce = 1;

  async prepare(sql: Sql, { staging, map, provenance }: StoreContext): Promise<string[]> {
    if (Object.hasOwn(map.fields, 'external_id')) await leaveOutEarlier(sql, staging, 'external_id', [], '');
    await leaveOutEarlier(sql, staging, 'name_key', ['external_id'], 'line %2$s has the same name with another external_id');
    if (Object.hasOwn(map.fields, 'owner_email')) await queries.createMissingOwners(sql, staging, provenance.now);
    return [];
  }

  async storeChunk(sql: Sql, { staging, provenance, list }: StoreContext, after: number, upTo: number): Promise<Stored> {
    await queries.openChunk(sql, staging, after, upTo);
    await queries.rejectMixedAccounts(sql, staging);
    const rows = await queries.countChunkRows(sql);
    const updated = await queries.updateKnownAccounts(sql, provenance);
    const inserted = await queries.insertNewAccounts(sql, provenance);
    const listed = list ? await listAccounts(sql, list, provenance.now) : 0;
    return { inserted, updated, unchanged: rows - inserted - updated, listed };
  }

  async finish(sql: Sql, { staging, map, provenance }: StoreContext): Promise<{ updated: number; warnings: ImportWarning[] }> {
    const warnings: ImportWarning[] = [];
    if (Object.hasOwn(map.fields, 'owner')) warnings.push(...(await ownerWarnings(sql, staging)));
    if (!Object.hasOwn(map.fields, 'parent')) return { updated: 0, warnings };
    const updated = await queries.linkParents(sql, staging, provenance);
    const circular = await queries.circularParents(sql, staging);
    const missing = await queries.parentsNotFound(sql, staging);
    warnings.push(
      ...circular.map(({ line, name, parent }) => ({ line, message: `"${name}" cannot have "${parent}" as its parent: that would make it its own ancestor` })),
      ...missing.map(({ line, name, parent, itself }) => ({
        line,
        message: itself ? `"${name}" is named as its own parent` : `the parent "${parent}" of "${name}" is not known; import it, then this file again`,
      })),
    );
    return { updated, warnings };
  }
}

/** Owners that are nobody here: rows are stored without one. */
export async function ownerWarnings(sql: Sql, staging: StoreContext['staging']): Promise<ImportWarning[]> {
  const missing = await queries.ownersNotFound(sql, staging);
  return missing.map(({ owner, rows, line }) => ({ line, message: `owner "${owner}" is not one colleague here (${rows} rows): import users first, or map owner_email` }));
}
