import type { TouchedItem } from '../core/decision/facts.js';
import type { MergeField } from '../core/template/merge-fields.js';
import type { Sql } from '../platform/database/sql.js';

/** All rules: they are few, and which data one reads is known only after reading it. */
export function readRules(sql: Sql): Promise<{ key: string; scope: 'contact' | 'account'; rule: unknown }[]> {
  return sql.many('customers.readRules', 'select key, scope, rule from segments where rule is not null order by key');
}

export function readMergeFields(sql: Sql): Promise<{ key: string; merge_fields: MergeField[] }[]> {
  return sql.many('customers.readMergeFields', 'select t.key, v.merge_fields from templates t join template_versions v on v.template_id = t.template_id and v.version = t.current_version order by t.key');
}

/** Campaigns that run or may run again; what a stopped one read is no use any more. */
export function readCampaigns(sql: Sql): Promise<{ key: string; definition: unknown }[]> {
  return sql.many(
    'customers.readCampaigns',
    `select c.key, v.definition from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version
      where c.state in ('draft', 'running', 'paused') order by c.key`,
  );
}

/** Every version that puts people into lists, of any campaign: who was put in stays in. */
export function readListFillers(sql: Sql): Promise<{ definition: unknown }[]> {
  return sql.many('customers.readListFillers', `select definition from campaign_versions where definition -> 'steps' @> '[{"kind": "add_to_list"}]' order by campaign_id, version`);
}

/** Lists that were made of a segment's snapshot. */
export function readListsOfSegments(sql: Sql): Promise<{ key: string; origin_segment: string }[]> {
  return sql.many('customers.readListsOfSegments', `select key, origin_segment from segments where kind = 'list' and origin_segment is not null order by key`);
}

/** What these pieces of data may be used for; one that nobody defined is not among them. */
export function readDataItems(sql: Sql, names: readonly string[]): Promise<TouchedItem[]> {
  return sql.many<TouchedItem & Record<string, unknown>>(
    'customers.readDataItems',
    `select scope || '.' || key as name, purposes, sensitive from attribute_definitions where scope || '.' || key = any($1)
     union all select 'event.' || name, purposes, sensitive from event_definitions where 'event.' || name = any($1)`,
    [names],
  );
}

export function readComputations(sql: Sql): Promise<{ key: string; computation: unknown }[]> {
  return sql.many('customers.readComputations', `select key, computation from attribute_definitions where scope = 'contact' and computation is not null and not removing order by key`);
}

/** Attributes that Tactful works out from other data by itself: scores. */
export function readDerived(sql: Sql): Promise<{ name: string; derived_from: string[] }[]> {
  return sql.many('customers.readDerived', `select scope || '.' || key as name, derived_from from attribute_definitions where derived_from <> '{}' order by 1`);
}
