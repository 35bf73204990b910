import { Injectable } from '@nestjs/common';
import { campaignReads } from '../core/attribute/campaign-reads.js';
import type { ReadItem } from '../core/attribute/refused-data.js';
import { type CampaignDefinition, listSteps } from '../core/campaign/definition.js';
import { type DefinitionProblem, type DefinitionSurroundings, definitionWarnings, type KnownSegment, type KnownTemplate, validateDefinition } from '../core/campaign/validate-definition.js';
import type { TouchedItem } from '../core/decision/facts.js';
import type { LoadedTemplate } from '../core/template/loaded-template.js';
import { PurposesService } from '../consent/purposes.service.js';
import { loadDataReaders } from '../customers/data-users.js';
import { readDataItems } from '../customers/data-users.queries.js';
import { Sql } from '../platform/database/sql.js';
import { ListsService } from '../segments/lists.service.js';
import { SegmentsService } from '../segments/segments.service.js';
import { TemplatesService } from '../templates/templates.service.js';
import { cronCalendar } from './cron.js';

/** Loads what a definition refers to and has it checked. */
@Injectable()
export class DefinitionCheckService {
  constructor(
    private readonly sql: Sql,
    private readonly segments: SegmentsService,
    private readonly lists: ListsService,
    private readonly templates: TemplatesService,
    private readonly purposes: PurposesService,
  ) {}

  async problems(definition: CampaignDefinition, now: Date): Promise<DefinitionProblem[]> {
    return validateDefinition(definition, await this.surroundings(definition, now));
  }

  /** What its author should know though it is no mistake. */
  async warnings(definition: CampaignDefinition, now: Date): Promise<DefinitionProblem[]> {
    return definitionWarnings(definition, await this.surroundings(definition, now));
  }

  private async surroundings(definition: CampaignDefinition, now: Date): Promise<DefinitionSurroundings> {
    const templateKeys = [...new Set(definition.steps.flatMap((step) => (step.kind === 'send' ? [step.template] : [])))];
    const lists = await this.lists.known(listSteps(definition.steps).map(({ list }) => list));
    const [segment, purpose, ...templates] = await Promise.all([
      this.segments.audience(definition.audience.segment, now),
      this.purposes.get(definition.purpose),
      ...templateKeys.map((key) => this.templates.load(key)),
    ]);
    const reads = campaignReads(definition, await loadDataReaders(this.sql));
    const items = new Map((await readDataItems(this.sql, [...new Set(reads.map(({ data }) => data))])).map((item) => [item.name, item]));
    const itemsAt = (path: string): ReadItem[] => reads.filter((read) => read.path === path).map(({ data, through }) => ({ ...itemOf(items, data), through }));

    const knownTemplates = new Map<string, KnownTemplate>();
    for (const template of templates) {
      if (!template.ok) continue;
      const { key } = template.value;
      const step = definition.steps.findIndex((candidate) => candidate.kind === 'send' && candidate.template === key);
      knownTemplates.set(key, { touched: itemsAt(`steps[${step}].template`), unfillable: unfillableFields(template.value), isSurvey: template.value.mergeFields.some(({ path }) => path === 'links.survey') });
    }
    return {
      now,
      calendar: cronCalendar,
      segment: () => knownSegment(segment, itemsAt('audience.segment'), definition),
      template: (key) => knownTemplates.get(key),
      purpose: () => purpose,
      event: (name) => itemOf(items, `event.${name}`),
      list: (key) => lists.get(key),
    };
  }

  /** Keeps what a definition names from being deleted until the transaction that saves it has ended; what was deleted since it was checked is told. */
  async hold(sql: Sql, { audience, steps }: CampaignDefinition): Promise<DefinitionProblem[]> {
    const named = [{ path: 'audience.segment', key: audience.segment }, ...listSteps(steps).map(({ step, list }) => ({ path: `steps[${step}].list`, key: list }))];
    const there = await this.segments.hold(sql, named.map(({ key }) => key));
    return named.filter(({ key }) => !there.includes(key)).map(({ path, key }) => ({ path, message: `“${key}” was deleted in this moment.` }));
  }
}

function knownSegment(segment: Awaited<ReturnType<SegmentsService['audience']>>, touched: readonly ReadItem[], { audience }: CampaignDefinition): KnownSegment | undefined {
  if (segment.ok) return { scope: segment.value.scope, touched };
  return segment.error.kind === 'segment_missing' ? undefined : { scope: audience.scope, touched: [], problem: segment.error.detail };
}

/** What an event carried is known where it happened, not to an enrollment. */
function unfillableFields({ mergeFields }: LoadedTemplate): string[] {
  return mergeFields.filter(({ path, required }) => required && path.startsWith('event.')).map(({ path }) => path);
}

/** What nobody has defined was not classified, so it may be used for nothing. */
function itemOf(items: ReadonlyMap<string, TouchedItem>, name: string): TouchedItem {
  return items.get(name) ?? { name, purposes: [], sensitive: false };
}
