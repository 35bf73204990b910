import type { TouchedItem } from '../core/decision/facts.js';
import type { TouchedData } from '../core/rule/touched-data.js';
import type { Sql } from '../platform/database/sql.js';

/** What each attribute and event may be used for. An event nobody defined may be used for nothing. */
export async function loadTouchedItems(sql: Sql, touched: TouchedData): Promise<ReadonlyMap<string, TouchedItem>> {
  const rows = await sql.many<{ name: string; purposes: string[]; sensitive: boolean }>(
    'campaigns.loadTouchedItems',
    `select scope || '.' || key as name, purposes, sensitive from attribute_definitions where (scope = 'contact' and key = any($1)) or (scope = 'account' and key = any($2))
     union all select 'event.' || name, purposes, sensitive from event_definitions where name = any($3)`,
    [touched.contactAttributes, touched.accountAttributes, touched.events],
  );
  return new Map(rows.map((row) => [row.name, row]));
}
