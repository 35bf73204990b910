import { Injectable } from '@nestjs/common';
import type { CampaignDefinition } from '../core/campaign/definition.js';
import { firstEntryAt } from '../core/campaign/schedule.js';
import type { CampaignState } from '../core/campaign/transition.js';
import { type DefinitionProblem, parseDefinition } from '../core/campaign/validate-definition.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import type { Campaign } from './campaign.js';
import { deleteDraft, findCampaign, insertCampaign, insertVersion, listCampaigns, listVersions, lockCampaign } from './campaigns.queries.js';
import { cronCalendar } from './cron.js';
import { DefinitionCheckService } from './definition-check.service.js';

export type CampaignFailure =
  | { readonly kind: 'campaign_missing' }
  | { readonly kind: 'campaign_exists' }
  | { readonly kind: 'definition_invalid'; readonly problems: readonly DefinitionProblem[] }
  | { readonly kind: 'state_conflict'; readonly state: CampaignState; readonly detail: string };

/** Campaigns as people write them. */
@Injectable()
export class CampaignsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    private readonly check: DefinitionCheckService,
  ) {}

  list(state: CampaignState | undefined, afterKey: string, limit: number): Promise<Campaign[]> {
    return listCampaigns(this.sql, state, afterKey, limit);
  }

  find(key: string): Promise<Campaign | undefined> {
    return findCampaign(this.sql, key);
  }

  versions(campaign: Campaign): ReturnType<typeof listVersions> {
    return listVersions(this.sql, campaign.campaignId);
  }

  /** Saves a new campaign as a draft. A definition with problems is not saved: each is named. */
  async create(key: string, name: string, definition: unknown, by: string): Promise<Result<Campaign, CampaignFailure>> {
    const now = this.clock.now();
    const checked = await this.checked(definition, now);
    if (!checked.ok) return checked;
    const made = await this.sql.transaction(async (sql): Promise<Result<boolean, CampaignFailure>> => {
      const problems = await this.check.hold(sql, checked.value);
      if (problems.length > 0) return err({ kind: 'definition_invalid', problems });
      const id = await insertCampaign(sql, { key, name, scope: checked.value.audience.scope }, { definition: checked.value, by, now });
      if (id !== undefined) await this.audit.record(sql, { actor: by, action: 'campaign.created', subjectType: 'campaign', subjectId: key, details: { definition: checked.value } }, now);
      return ok(id !== undefined);
    });
    if (!made.ok) return made;
    return made.value ? this.found(key) : err({ kind: 'campaign_exists' });
  }

  /** Saves a new version. Whoever is on the way in a campaign finishes on the version they began. */
  async update(key: string, name: string, definition: unknown, by: string): Promise<Result<Campaign, CampaignFailure>> {
    const now = this.clock.now();
    const checked = await this.checked(definition, now);
    if (!checked.ok) return checked;
    const saved = await this.sql.transaction(async (sql): Promise<Result<number, CampaignFailure>> => {
      const campaign = await lockCampaign(sql, key);
      if (!campaign) return err({ kind: 'campaign_missing' });
      const conflict = changeConflict(campaign, checked.value);
      if (conflict !== undefined) return err({ kind: 'state_conflict', state: campaign.state, detail: conflict });
      const problems = await this.check.hold(sql, checked.value);
      if (problems.length > 0) return err({ kind: 'definition_invalid', problems });
      const nextEntryAt = entryAfterChange(campaign, checked.value, now);
      const version = await insertVersion(sql, { campaignId: campaign.campaignId, name, scope: checked.value.audience.scope, nextEntryAt }, { definition: checked.value, by, now });
      await this.audit.record(sql, { actor: by, action: 'campaign.changed', subjectType: 'campaign', subjectId: key, details: { version, definition: checked.value } }, now);
      return ok(version);
    });
    return saved.ok ? this.found(key) : saved;
  }

  async remove(key: string, by: string): Promise<Result<undefined, CampaignFailure>> {
    const now = this.clock.now();
    const removed = await this.sql.transaction(async (sql) => {
      const id = await deleteDraft(sql, key);
      if (id !== undefined) await this.audit.record(sql, { actor: by, action: 'campaign.removed', subjectType: 'campaign', subjectId: key }, now);
      return id;
    });
    if (removed !== undefined) return ok(undefined);
    const campaign = await this.find(key);
    if (!campaign) return err({ kind: 'campaign_missing' });
    return err({ kind: 'state_conflict', state: campaign.state, detail: `Campaign "${key}" is ${campaign.state}. Only a draft can be removed: what has run explains the mail that people got.` });
  }

  /** What the author should know though it is no mistake: whom sensitive data leave out. */
  warnings({ definition }: Campaign): Promise<DefinitionProblem[]> {
    return this.check.warnings(definition, this.clock.now());
  }

  private async checked(input: unknown, now: Date): Promise<Result<CampaignDefinition, CampaignFailure>> {
    const parsed = parseDefinition(input);
    const problems = parsed.ok ? await this.check.problems(parsed.value, now) : parsed.error;
    return parsed.ok && problems.length === 0 ? parsed : err({ kind: 'definition_invalid', problems });
  }

  private async found(key: string): Promise<Result<Campaign, CampaignFailure>> {
    const campaign = await this.find(key);
    return campaign ? ok(campaign) : err({ kind: 'campaign_missing' });
  }
}

/** Why this campaign cannot take this definition, once it has been started. */
function changeConflict({ key, state, scope, definition }: Campaign, next: CampaignDefinition): string | undefined {
  if (state === 'draft') return undefined;
  if (state === 'stopped' || state === 'finished') return `Campaign "${key}" is ${state}: its figures are those of what ran. Make a new campaign.`;
  if (scope !== next.audience.scope) return `Campaign "${key}" has been started for ${scope}s and stays so. Make a new campaign for ${next.audience.scope}s.`;
  if (definition.entry.kind !== next.entry.kind) return `Campaign "${key}" has been started with the entry "${definition.entry.kind}" and keeps it. Make a new campaign for another one.`;
  return undefined;
}

/** A new time of entry counts as long as the audience is still to be taken. */
function entryAfterChange(campaign: Campaign, next: CampaignDefinition, now: Date): Date | null {
  if (campaign.nextEntryAt === null || JSON.stringify(campaign.definition.entry) === JSON.stringify(next.entry)) return campaign.nextEntryAt;
  return firstEntryAt(next.entry, now, cronCalendar) ?? null;
}
