import type { Computation } from '../core/attribute/computation.js';
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
  label_nl: string;
  label_en: string;
  description: string;
  /** Days after which a value is taken out; null: never. */
  retention_days: number | null;
  /** How the value follows from events; null: it is given from outside. */
  computation: Computation | null;
  backfill_total: number | null;
  backfill_until: number | null;
  removing: boolean;
  created_at: Date;
}

export interface EventDefinitionRow {
  name: string;
  purposes: string[];
  sensitive: boolean;
  source: string | null;
  label_nl: string;
  label_en: string;
  description: string;
  created_at: Date;
}

export interface AttributeFilter {
  readonly scope?: 'contact' | 'account' | undefined;
  readonly unclassified?: boolean | undefined;
}

export function listAttributes(sql: Sql, { scope, unclassified }: AttributeFilter, after: readonly [string, string], limit: number): Promise<AttributeRow[]> {
  return sql.many<AttributeRow>(
    'customers.listAttributes',
    `select * from attribute_definitions where not removing and ($1::text is null or scope = $1) and ($2::boolean is null or (purposes = '{}') = $2) and (scope, key) > ($3, $4)
      order by scope, key limit $5`,
    [scope ?? null, unclassified ?? null, after[0], after[1], limit],
  );
}

export function readAttributeDefinitions(sql: Sql, scope: 'contact' | 'account', keys: readonly string[]): Promise<AttributeRow[]> {
  return sql.many<AttributeRow>('customers.readAttributes', 'select * from attribute_definitions where scope = $1 and key = any($2)', [scope, keys]);
}

/** Who said last what a piece of data may be used for; undefined: nobody, it is as its source brought it. */
export function lastClassification(sql: Sql, subjectType: 'attribute' | 'event', subjectId: string): Promise<{ actor: string; at: Date } | undefined> {
  return sql.maybe('customers.lastClassification', `select actor, at from audit_entries where subject_type = $1 and subject_id = $2 and action = $1 || '.classified' order by audit_id desc limit 1`, [subjectType, subjectId]);
}

export function lockAttribute(sql: Sql, scope: string, key: string): Promise<AttributeRow | undefined> {
  return sql.maybe<AttributeRow>('customers.lockAttribute', 'select * from attribute_definitions where scope = $1 and key = $2 and not removing for update', [scope, key]);
}

export type AttributeMeaning = Pick<AttributeRow, 'nature' | 'purposes' | 'sensitive' | 'label_nl' | 'label_en' | 'description' | 'retention_days'>;

export function updateAttribute(sql: Sql, scope: string, key: string, meaning: AttributeMeaning): Promise<AttributeRow> {
  return sql.one<AttributeRow>(
    'customers.updateAttribute',
    `update attribute_definitions set nature = $3, purposes = $4, sensitive = $5, label_nl = $6, label_en = $7, description = $8, retention_days = $9
      where scope = $1 and key = $2 returning *`,
    [scope, key, meaning.nature, meaning.purposes, meaning.sensitive, meaning.label_nl, meaning.label_en, meaning.description, meaning.retention_days],
  );
}

/** Roughly how many contacts or accounts have each attribute, from some 10,000 of them; exact where there are not more. */
export async function countValues(sql: Sql, scope: 'contact' | 'account', keys: readonly string[]): Promise<{ key: string; count: number; share: number }[]> {
  const { share } = await sql.one<{ share: number }>('customers.sampleShare', `select least(100, 100 * 10000.0 / greatest(reltuples, 1))::real as share from pg_class where oid = $1::regclass`, [`${scope}s`]);
  const rows = await sql.many<{ key: string; count: number }>(
    'customers.countValues',
    `with sample as materialized (select attributes, to_jsonb(t) as row from ${scope}s t tablesample system ($2) limit 20000)
     select given.key, (select count(*) from sample where attributes ? given.key or (row -> given.key) not in ('null', '""')) as count from unnest($1::text[]) as given (key)`,
    [keys, share],
  );
  return rows.map(({ key, count }) => ({ key, share, count: Math.round((count * 100) / share) }));
}

/** So many names one source may bring, and so many there may be in all. Past it a client sends ids for names, and no list of attributes is readable any more. */
export const MOST_ATTRIBUTES = { ofSource: 500, inAll: 5_000 } as const;
export const MOST_EVENT_NAMES = { ofSource: 500, inAll: 5_000 } as const;

/**
 * Attributes seen for the first time; somebody else may have been first. Gives the keys that were one too many for their source, which are not defined.
 * (Sources that define at the same moment can pass the bound by one batch each.)
 */
export async function insertAttributes(sql: Sql, scope: 'contact' | 'account', attributes: readonly { key: string; type: string }[], purposes: readonly string[], source: string | null, now: Date): Promise<string[]> {
  if (attributes.length === 0) return [];
  const keys = attributes.map(({ key }) => key);
  await sql.exec(
    'customers.insertAttributes',
    `insert into attribute_definitions (scope, key, type, purposes, source, created_at)
     select $1, key, type, $4, $5, $6 from unnest($2::text[], $3::text[]) as given (key, type)
     where not exists (select from attribute_definitions d where d.scope = $1 and d.key = given.key)
     limit greatest(0, (select least($7 - count(*) filter (where source is not distinct from $5), $8 - count(*)) from attribute_definitions where scope = $1 and not standard))
     on conflict do nothing`,
    [scope, keys, attributes.map(({ type }) => type), purposes, source, now, MOST_ATTRIBUTES.ofSource, MOST_ATTRIBUTES.inAll],
  );
  const rows = await sql.many<{ key: string }>(
    'customers.undefinedAttributes',
    'select key from unnest($2::text[]) as given (key) where not exists (select from attribute_definitions d where d.scope = $1 and d.key = given.key)',
    [scope, keys],
  );
  return rows.map(({ key }) => key);
}

export function listEventDefinitions(sql: Sql, unclassified: boolean | undefined, after: string, limit: number): Promise<EventDefinitionRow[]> {
  return sql.many<EventDefinitionRow>(
    'customers.listEventDefinitions',
    `select * from event_definitions where name > $1 and ($2::boolean is null or (purposes = '{}') = $2) order by name limit $3`,
    [after, unclassified ?? null, limit],
  );
}

/** With the attributes that are computed from it. */
export function readEventDefinition(sql: Sql, name: string): Promise<(EventDefinitionRow & { computed: string[] }) | undefined> {
  return sql.maybe<EventDefinitionRow & { computed: string[] }>(
    'customers.readEventDefinition',
    `select e.*, array(select d.key from attribute_definitions d where d.scope = 'contact' and d.computation ->> 'event' = e.name and not d.removing order by 1) as computed from event_definitions e where e.name = $1`,
    [name],
  );
}

export function lockEventDefinition(sql: Sql, name: string): Promise<EventDefinitionRow | undefined> {
  return sql.maybe<EventDefinitionRow>('customers.lockEventDefinition', 'select * from event_definitions where name = $1 for update', [name]);
}

export function updateEvent(sql: Sql, event: Omit<EventDefinitionRow, 'source' | 'created_at'>): Promise<EventDefinitionRow> {
  return sql.one<EventDefinitionRow>('customers.updateEvent', 'update event_definitions set purposes = $2, sensitive = $3, label_nl = $4, label_en = $5, description = $6 where name = $1 returning *', [
    event.name, event.purposes, event.sensitive, event.label_nl, event.label_en, event.description,
  ]);
}

/** The attributes computed from an event; locked, because they follow what it may be used for. */
export function lockComputedFrom(sql: Sql, event: string): Promise<AttributeRow[]> {
  return sql.many<AttributeRow>('customers.lockComputedFrom', `select * from attribute_definitions where scope = 'contact' and computation ->> 'event' = $1 and not removing order by key for update`, [event]);
}

/** Kinds of events seen for the first time. Gives the names that were one too many for their source, which are not defined. */
export async function insertEventDefinitions(sql: Sql, names: readonly string[], purposes: readonly string[], source: string, now: Date): Promise<string[]> {
  await sql.exec(
    'customers.insertEventDefinitions',
    `insert into event_definitions (name, purposes, source, created_at)
     select name, $2, $3, $4 from unnest($1::text[]) as given (name) where not exists (select from event_definitions d where d.name = given.name) order by name
     limit greatest(0, (select least($5 - count(*) filter (where source = $3), $6 - count(*)) from event_definitions))
     on conflict do nothing`,
    [names, purposes, source, now, MOST_EVENT_NAMES.ofSource, MOST_EVENT_NAMES.inAll],
  );
  const rows = await sql.many<{ name: string }>('customers.undefinedEvents', 'select name from unnest($1::text[]) as given (name) where not exists (select from event_definitions d where d.name = given.name)', [names]);
  return rows.map(({ name }) => name);
}
