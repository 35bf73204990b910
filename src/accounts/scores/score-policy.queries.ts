import type { Sql } from '../../platform/database/sql.js';

export interface DataDefinition {
  /** 'account.sector', 'event.Page Viewed' */
  name: string;
  classified: boolean;
  sensitive: boolean;
}

/** How the data that scores read was classified; what nobody defined is not among them. */
export function readDefinitions(sql: Sql, attributes: readonly string[], events: readonly string[]): Promise<DataDefinition[]> {
  return sql.many<DataDefinition & Record<string, unknown>>(
    'scores.readDefinitions',
    `select 'account.' || key as name, purposes <> '{}' as classified, sensitive from attribute_definitions where scope = 'account' and key = any($1) and not removing
     union all select 'event.' || name, purposes <> '{}', sensitive from event_definitions where name = any($2) order by 1`,
    [attributes, events],
  );
}

/** What these values of an account are worked out from: whoever uses them uses that. */
export async function writeOrigins(sql: Sql, keys: readonly string[], from: readonly string[]): Promise<void> {
  await sql.exec('scores.writeOrigins', `update attribute_definitions set derived_from = $2 where scope = 'account' and key = any($1) and derived_from <> $2`, [keys, from]);
}
