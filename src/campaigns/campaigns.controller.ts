import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CAMPAIGN_STATES } from '../core/campaign/transition.js';
import { campaignDefinition } from '../core/campaign/definition.js';
import type { Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { type Campaign } from './campaign.js';
import { CampaignReportService } from './campaign-report.service.js';
import { type CampaignFailure, CampaignsService } from './campaigns.service.js';
import { DryRunService } from './dry-run.service.js';
import { type Steering, SteeringService } from './steering.service.js';

const campaignKey = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes, and begin with a letter');
const campaignName = z.string().trim().min(1).max(200);
/** The definition itself is checked by the service, with everything it refers to. */
const definition = z.unknown().refine((value) => value !== undefined, 'Give a definition.');
const newCampaign = z.strictObject({ key: campaignKey, name: campaignName, definition });
const changedCampaign = newCampaign.omit({ key: true });
const documentedCampaign = z.strictObject({ key: campaignKey, name: campaignName, definition: campaignDefinition });
const listQuery = pageQuery.extend({ state: z.enum(CAMPAIGN_STATES).optional() });
const languageQuery = z.strictObject({ language: z.enum(['nl', 'en']).default('en') });

@ApiTags('Campaigns')
@Controller('api/v1/campaigns')
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly steering: SteeringService,
    private readonly dryRuns: DryRunService,
    private readonly reports: CampaignReportService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Scopes('campaigns:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'All campaigns, by key', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, state } = parse(listQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.campaigns.list(state, after, limit + 1), limit, (campaign) => [campaign.key]);
    return { items: items.map(answerOf), next };
  }

  @Post()
  @Scopes('campaigns:write')
  @Documented({ summary: 'Save a new campaign as a draft', body: documentedCampaign })
  async create(@Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const { key, name, definition } = parse(newCampaign, body);
    return this.withWarnings(valueOf(key, await this.campaigns.create(key, name, definition, by)));
  }

  @Get(':key')
  @Scopes('campaigns:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'One campaign, with its current definition' })
  async get(@Param('key') key: string): Promise<unknown> {
    return answerOf(await this.found(key));
  }

  @Put(':key')
  @Scopes('campaigns:write')
  @Documented({ summary: 'Save a new version; whoever is on the way finishes on the version they began', body: documentedCampaign.omit({ key: true }) })
  async update(@Param('key') key: string, @Body() body: unknown, @Caller() by: string): Promise<unknown> {
    const { name, definition } = parse(changedCampaign, body);
    return this.withWarnings(valueOf(key, await this.campaigns.update(key, name, definition, by)));
  }

  private async withWarnings(campaign: Campaign): Promise<unknown> {
    return { ...(answerOf(campaign) as object), warnings: await this.campaigns.warnings(campaign) };
  }

  @Delete(':key')
  @HttpCode(204)
  @Scopes('campaigns:write')
  @Documented({ summary: 'Remove a draft' })
  async remove(@Param('key') key: string, @Caller() by: string): Promise<void> {
    valueOf(key, await this.campaigns.remove(key, by));
  }

  @Get(':key/versions')
  @Scopes('campaigns:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'The versions of a campaign, newest first' })
  async versions(@Param('key') key: string): Promise<unknown> {
    const versions = await this.campaigns.versions(await this.found(key));
    return { items: versions.map((version) => ({ version: version.version, definition: version.definition, createdAt: version.created_at, createdBy: version.created_by })) };
  }

  @Post(':key/start')
  @HttpCode(200)
  @Scopes('campaigns:run')
  @Documented({ summary: 'Start a draft. Whoever comes second is told with 409' })
  async start(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return answerOf(valueOf(key, await this.steering.start(key, by)));
  }

  @Post(':key/pause')
  @HttpCode(200)
  @Scopes('campaigns:run')
  @Documented({ summary: 'Pause at once: nothing more is decided or delivered until it is resumed' })
  pause(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return this.steer(key, 'pause', by);
  }

  @Post(':key/resume')
  @HttpCode(200)
  @Scopes('campaigns:run')
  @Documented({ summary: 'Go on after a pause, also one that the engine made because of a problem' })
  resume(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return this.steer(key, 'resume', by);
  }

  @Post(':key/stop')
  @HttpCode(200)
  @Scopes('campaigns:run')
  @Documented({ summary: 'Stop at once and for good: mail that waits is refused' })
  stop(@Param('key') key: string, @Caller() by: string): Promise<unknown> {
    return this.steer(key, 'stop', by);
  }

  @Post(':key/dry-run')
  @HttpCode(200)
  @Scopes('campaigns:read', 'contacts:read')
  @ReadsPeople('campaign', ['key'], 'samples')
  @Documented({ summary: 'Who would get the first mail and who not, and why; nothing is written', query: languageQuery })
  async dryRun(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { language } = parse(languageQuery, query);
    const run = await this.dryRuns.run(await this.found(key), this.clock.now(), language);
    if (!run.ok) throw new ProblemError({ status: 409, type: 'campaign-cannot-run', title: 'The campaign cannot be tried as it is.', detail: run.error });
    return run.value;
  }

  @Get(':key/report')
  @Scopes('campaigns:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'What became of a campaign: audience, messages by outcome, reasons, steps' })
  async report(@Param('key') key: string): Promise<unknown> {
    const report = await this.reports.report(key);
    if (!report.ok) throw notFound('campaign', key);
    return report.value;
  }

  private async steer(key: string, action: Steering, by: string): Promise<unknown> {
    return answerOf(valueOf(key, await this.steering.steer(key, action, by)));
  }

  private async found(key: string): Promise<Campaign> {
    const campaign = await this.campaigns.find(key);
    if (!campaign) throw notFound('campaign', key);
    return campaign;
  }
}

function answerOf({ campaignId: _, eventCursor: __, nextOccurrence: ___, ...campaign }: Campaign): unknown {
  return campaign;
}

function valueOf<T>(key: string, result: Result<T, CampaignFailure>): T {
  if (result.ok) return result.value;
  throw problemOf(key, result.error);
}

function problemOf(key: string, failure: CampaignFailure): ProblemError {
  switch (failure.kind) {
    case 'campaign_missing':
      return notFound('campaign', key);
    case 'campaign_exists':
      return new ProblemError({ status: 409, type: 'campaign-exists', title: `There is a campaign "${key}" already; PUT saves a new version of it.` });
    case 'definition_invalid':
      return new ProblemError({
        status: 422,
        type: 'campaign-invalid',
        title: 'The campaign would not do what it says.',
        errors: failure.problems.map(({ path, message }) => ({ path: path === '' ? 'definition' : `definition.${path}`, message })),
      });
    case 'state_conflict':
      return new ProblemError({ status: 409, type: `campaign-is-${failure.state}`, title: 'The state of the campaign does not allow this.', detail: failure.detail });
  }
}
