import type { AttributeDefinitionRow } from '../../core/rule/fields.js';
import type { Sql } from '../../platform/database/sql.js';

export function readCatalogueRows(sql: Sql): Promise<AttributeDefinitionRow[]> {
  return sql.many('customers.readCatalogue', 'select scope, key, type, standard, label_nl, label_en from attribute_definitions where not removing order by scope, key');
}
