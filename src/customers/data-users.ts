import { computationSchema } from '../core/attribute/computation.js';
import { type DataUsers, dataUsers } from '../core/attribute/data-users.js';
import { campaignDefinition } from '../core/campaign/definition.js';
import { parseRule } from '../core/rule/parse-rule.js';
import { mergeTouchedData, type TouchedData } from '../core/rule/touched-data.js';
import { touchedByTemplate } from '../core/template/loaded-template.js';
import type { Sql } from '../platform/database/sql.js';
import { readCampaigns, readComputations, readMergeFields, readRules } from './data-users.queries.js';

/** Who touches which data now. What this version cannot read touches nothing. */
export async function loadDataUsers(sql: Sql): Promise<Map<string, DataUsers>> {
  const templates = new Map<string, TouchedData>();
  for (const { key, merge_fields: fields } of await readMergeFields(sql)) {
    const before = templates.get(key);
    templates.set(key, mergeTouchedData([...(before ? [before] : []), touchedByTemplate(fields)]));
  }
  const segments = (await readRules(sql)).flatMap(({ key, scope, rule }) => {
    const parsed = parseRule(rule);
    return parsed.ok ? [[key, { scope, rule: parsed.value }] as const] : [];
  });
  const campaigns = (await readCampaigns(sql)).flatMap(({ key, definition }) => {
    const parsed = campaignDefinition.safeParse(definition);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
  const computed = (await readComputations(sql)).flatMap(({ key, computation }) => {
    const parsed = computationSchema.safeParse(computation);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
  return dataUsers({ segments: new Map(segments), templates, campaigns: new Map(campaigns), computed: new Map(computed) });
}
