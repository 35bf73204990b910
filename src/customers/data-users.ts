import { computationSchema } from '../core/attribute/computation.js';
import { type DataReaders, type DataUsers, dataUsers } from '../core/attribute/data-users.js';
import { type CampaignDefinition, campaignDefinition } from '../core/campaign/definition.js';
import { parseRule } from '../core/rule/parse-rule.js';
import { type ListOrigin, mergeTouchedData, type TouchedData } from '../core/rule/touched-data.js';
import { touchedByTemplate } from '../core/template/loaded-template.js';
import type { Sql } from '../platform/database/sql.js';
import { readCampaigns, readComputations, readDerived, readListFillers, readListsOfSegments, readMergeFields, readRules } from './data-users.queries.js';

/** Who touches which data now. */
export async function loadDataUsers(sql: Sql): Promise<Map<string, DataUsers>> {
  return dataUsers(await loadDataReaders(sql));
}

/** All that reads data. What this version cannot read touches nothing. */
export async function loadDataReaders(sql: Sql): Promise<DataReaders> {
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
  return { segments: new Map(segments), templates, campaigns: new Map(campaigns), computed: new Map(computed), derived: new Map((await readDerived(sql)).map(({ name, derived_from: from }) => [name, from])), lists: await loadListOrigins(sql) };
}

/** What put people into lists, by the key of the list. */
export async function loadListOrigins(sql: Sql): Promise<Map<string, ListOrigin>> {
  const origins = new Map<string, ListOrigin>();
  const add = (list: string, segment: string, events: readonly string[]): void => {
    const before = origins.get(list) ?? { segments: [], events: [] };
    origins.set(list, { segments: [...new Set([...before.segments, segment])], events: [...new Set([...before.events, ...events])] });
  };
  for (const { key, origin_segment: segment } of await readListsOfSegments(sql)) add(key, segment, []);
  for (const { definition } of await readListFillers(sql)) {
    const parsed = campaignDefinition.safeParse(definition);
    if (parsed.success) for (const step of parsed.data.steps) if (step.kind === 'add_to_list') add(step.list, parsed.data.audience.segment, eventsOf(parsed.data));
  }
  return origins;
}

/** Who got as far as the list did the one and not the others. */
function eventsOf({ entry, steps, exitOn, goal }: CampaignDefinition): string[] {
  return [...(entry.kind === 'event' ? [entry.event] : []), ...steps.flatMap((step) => (step.kind === 'exit_on_event' ? [step.event] : [])), ...exitOn.map(({ event }) => event), ...(goal ? [goal.event] : [])];
}
