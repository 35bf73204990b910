import { type FieldCatalogue, fieldCatalogue } from '../../core/rule/fields.js';
import type { Sql } from '../../platform/database/sql.js';
import { readCatalogueRows } from './catalogue.queries.js';

/** Every attribute there is, as rules name them. */
export async function loadCatalogue(sql: Sql): Promise<FieldCatalogue> {
  return fieldCatalogue(await readCatalogueRows(sql));
}
