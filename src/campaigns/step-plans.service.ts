import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../core/shared/result.js';
import { mergeTouchedData, NOTHING_TOUCHED, type TouchedData } from '../core/rule/touched-data.js';
import type { LoadedTemplate } from '../core/template/loaded-template.js';
import { Sql } from '../platform/database/sql.js';
import { SegmentsService } from '../segments/segments.service.js';
import { TemplatesService } from '../templates/templates.service.js';
import type { Campaign } from './campaign.js';
import { findCampaignVersion } from './campaigns.queries.js';
import type { Audience } from './entry.queries.js';

/** What the mails of one step have in common. */
export interface StepPlan {
  readonly campaign: Campaign;
  readonly step: number;
  readonly template: LoadedTemplate;
  readonly touches: TouchedData;
  readonly audience: Audience;
}

/** A step of a version of a campaign. */
export interface AskedStep {
  readonly campaign: Campaign;
  readonly step: number;
}

type Templates = Awaited<ReturnType<TemplatesService['loadCurrent']>>;
type Segments = Awaited<ReturnType<SegmentsService['audiences']>>;

const MAX_VERSIONS = 500;

/** Loads what a step needs. Versions of a campaign never change, so they are kept. */
@Injectable()
export class StepPlansService {
  private readonly versions = new Map<string, Campaign>();

  constructor(
    private readonly sql: Sql,
    private readonly segments: SegmentsService,
    private readonly templates: TemplatesService,
  ) {}

  /** A version as it was saved. Its state and times are those of when it was first read here: look them up elsewhere. */
  async version(campaignId: number, version: number): Promise<Campaign> {
    const name = `${campaignId}@${version}`;
    let campaign = this.versions.get(name);
    if (!campaign) {
      campaign = await findCampaignVersion(this.sql, campaignId, version);
      if (!campaign) throw new Error(`Campaign ${campaignId} has no version ${version}`);
      if (this.versions.size >= MAX_VERSIONS) this.versions.clear();
      this.versions.set(name, campaign);
    }
    return campaign;
  }

  /** The failure says in plain words why the step cannot be planned. */
  async load(campaign: Campaign, step: number, now: Date): Promise<Result<StepPlan, string>> {
    const [plan] = await this.loadAll([{ campaign, step }], now);
    return plan ?? err(`Step ${step + 1} was not loaded.`);
  }

  /** In the order asked: three statements, however many steps, while templates and rules stay as they are. */
  async loadAll(asked: readonly AskedStep[], now: Date): Promise<Result<StepPlan, string>[]> {
    if (asked.length === 0) return [];
    const templates = await this.templates.loadCurrent(asked.flatMap((one) => templateOf(one) ?? []));
    const segments = await this.segments.audiences(asked.map(({ campaign }) => campaign.definition.audience.segment), now);
    return asked.map((one) => planOf(one, templates, segments));
  }
}

function templateOf({ campaign, step }: AskedStep): string | undefined {
  const current = campaign.definition.steps[step];
  return current?.kind === 'send' ? current.template : undefined;
}

function planOf({ campaign, step }: AskedStep, templates: Templates, segments: Segments): Result<StepPlan, string> {
  const { definition } = campaign;
  const key = templateOf({ campaign, step });
  const template = key === undefined ? undefined : templates.get(key);
  const segment = segments.get(definition.audience.segment);
  if (!template || !segment) return err(`Step ${step + 1} sends nothing.`);
  if (!template.ok) return err(template.error.detail);
  if (!segment.ok) return err(segment.error.detail);
  const entryEvents = definition.entry.kind === 'event' ? [definition.entry.event] : [];
  const touches = mergeTouchedData([segment.value.touches, template.value.touches, { ...NOTHING_TOUCHED, events: entryEvents }]);
  return ok({ campaign, step, template: template.value, touches, audience: segment.value });
}
