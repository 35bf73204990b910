import type { Sql } from '../platform/database/sql.js';
import type { AttributeType } from './custom-attributes.js';

export interface AttributeRow {
  scope: 'contact' | 'account';
  key: string;
  type: AttributeType;
  nature: 'static' | 'dynamic';
  purposes: string[];
  sensitive: boolean;
  standard: boolean;
  source: string | null;
  created_at: Date;
}

export interface EventDefinitionRow {
  name: string;
  purposes: string[];
  sensitive: boolean;
  source: string | null;
  created_at: Date;
}

export function listAttributes(sql: Sql, scope: string | null, after: readonly [string, string], limit: number): Promise<AttributeRow[]> {
  return sql.many<AttributeRow>(
    'customers.listAttributes',
    `select * from attribute_definitions where ($1::text is null or scope = $1) and (scope, key) > ($2, $3) order by scope, key limit $4`,
    [scope, after[0], after[1], limit],
  );
}

export function readAttributeDefinitions(sql: Sql, scope: 'contact' | 'account', keys: readonly string[]): Promise<AttributeRow[]> {
  return sql.many<AttributeRow>('customers.readAttributes', 'select * from attribute_definitions where scope = $1 and key = any($2)', [scope, keys]);
}

export function lockAttribute(sql: Sql, scope: string, key: string): Promise<AttributeRow | undefined> {
  return sql.maybe<AttributeRow>('customers.lockAttribute', 'select * from attribute_definitions where scope = $1 and key = $2 for update', [scope, key]);
}

export function classifyAttribute(sql: Sql, row: Pick<AttributeRow, 'scope' | 'key' | 'nature' | 'purposes' | 'sensitive'>): Promise<AttributeRow> {
  return sql.one<AttributeRow>(
    'customers.classifyAttribute',
    'update attribute_definitions set nature = $3, purposes = $4, sensitive = $5 where scope = $1 and key = $2 returning *',
    [row.scope, row.key, row.nature, row.purposes, row.sensitive],
  );
}

/** Attributes seen for the first time; somebody else may have been first. */
export async function insertAttributes(sql: Sql, scope: 'contact' | 'account', attributes: readonly { key: string; type: string }[], purposes: readonly string[], source: string | null, now: Date): Promise<void> {
  if (attributes.length === 0) return;
  await sql.exec(
    'customers.insertAttributes',
    `insert into attribute_definitions (scope, key, type, purposes, source, created_at)
     select $1, key, type, $4, $5, $6 from unnest($2::text[], $3::text[]) as given (key, type) on conflict do nothing`,
    [scope, attributes.map(({ key }) => key), attributes.map(({ type }) => type), purposes, source, now],
  );
}

export function listEventDefinitions(sql: Sql, after: string, limit: number): Promise<EventDefinitionRow[]> {
  return sql.many<EventDefinitionRow>('customers.listEventDefinitions', 'select * from event_definitions where name > $1 order by name limit $2', [after, limit]);
}

export function lockEventDefinition(sql: Sql, name: string): Promise<EventDefinitionRow | undefined> {
  return sql.maybe<EventDefinitionRow>('customers.lockEventDefinition', 'select * from event_definitions where name = $1 for update', [name]);
}

export function classifyEvent(sql: Sql, row: Pick<EventDefinitionRow, 'name' | 'purposes' | 'sensitive'>): Promise<EventDefinitionRow> {
  return sql.one<EventDefinitionRow>('customers.classifyEvent', 'update event_definitions set purposes = $2, sensitive = $3 where name = $1 returning *', [row.name, row.purposes, row.sensitive]);
}

export async function insertEventDefinitions(sql: Sql, names: readonly string[], purposes: readonly string[], source: string, now: Date): Promise<void> {
  await sql.exec(
    'customers.insertEventDefinitions',
    'insert into event_definitions (name, purposes, source, created_at) select name, $2, $3, $4 from unnest($1::text[]) as given (name) order by name on conflict do nothing',
    [names, purposes, source, now],
  );
}
