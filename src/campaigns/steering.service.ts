import { Injectable } from '@nestjs/common';
import { firstEntryAt } from '../core/campaign/schedule.js';
import { type CampaignAction, type CampaignState, isSettled, stateAfter, statesBefore } from '../core/campaign/transition.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import type { Campaign } from './campaign.js';
import { changeState, findCampaign, startCampaign } from './campaigns.queries.js';
import type { CampaignFailure } from './campaigns.service.js';
import { cronCalendar } from './cron.js';
import { DefinitionCheckService } from './definition-check.service.js';
import { StoppedEnrollmentsService } from './stopped-enrollments.service.js';

/** The actions people take; `start` has a method of its own. */
export type Steering = Exclude<CampaignAction, 'start' | 'finish'>;

const PAST: Readonly<Record<Steering, string>> = { pause: 'paused', resume: 'resumed', stop: 'stopped' };

/** Campaigns as people steer them: each action is one conditional update, and acts at once. */
@Injectable()
export class SteeringService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    private readonly check: DefinitionCheckService,
    private readonly stopped: StoppedEnrollmentsService,
  ) {}

  /** Starts a draft. Of two who start at once one does it, and the other is told. */
  async start(key: string, by: string): Promise<Result<Campaign, CampaignFailure>> {
    const now = this.clock.now();
    const campaign = await findCampaign(this.sql, key);
    if (!campaign) return err({ kind: 'campaign_missing' });
    if (campaign.state !== 'draft') return err(actionConflict(campaign, 'start'));
    const problems = await this.check.problems(campaign.definition, now);
    if (problems.length > 0) return err({ kind: 'definition_invalid', problems });
    const started = await retryConflicts(() => this.sql.transaction((sql) => this.startAt(sql, campaign, by, now)));
    const after = await findCampaign(this.sql, key);
    if (!after) return err({ kind: 'campaign_missing' });
    if (started) return ok(after);
    if (after.state === 'draft') return err({ kind: 'state_conflict', state: 'draft', detail: `Campaign "${key}" was changed while it was being started. Look at the new version and start again.` });
    return err(actionConflict(after, 'start'));
  }

  /** Pause, resume or stop. Asking for what already holds is fine; asking for what cannot be says why. */
  async steer(key: string, action: Steering, by: string): Promise<Result<Campaign, CampaignFailure>> {
    const now = this.clock.now();
    const changed = await this.sql.transaction(async (sql) => {
      const id = await changeState(sql, key, statesBefore(action), stateAfter(action), now);
      if (id !== undefined) await this.audit.record(sql, { actor: by, action: `campaign.${PAST[action]}`, subjectType: 'campaign', subjectId: key }, now);
      return id;
    });
    if (changed !== undefined && action === 'stop') await this.stopped.complete(changed, now);
    const campaign = await findCampaign(this.sql, key);
    if (!campaign) return err({ kind: 'campaign_missing' });
    return changed !== undefined || isSettled(action, campaign.state) ? ok(campaign) : err(actionConflict(campaign, action));
  }

  private async startAt(sql: Sql, campaign: Campaign, by: string, now: Date): Promise<boolean> {
    const { definition } = campaign;
    const nextEntryAt = firstEntryAt(definition.entry, now, cronCalendar) ?? null;
    if (!(await startCampaign(sql, { campaignId: campaign.campaignId, version: campaign.version, nextEntryAt }, now))) return false;
    await this.audit.record(sql, { actor: by, action: 'campaign.started', subjectType: 'campaign', subjectId: campaign.key, details: { version: campaign.version } }, now);
    return true;
  }
}

function actionConflict({ key, state, startedAt, endedAt }: Campaign, action: CampaignAction): CampaignFailure {
  const since = (state === 'running' || state === 'paused' ? startedAt : endedAt)?.toISOString();
  const stands: Readonly<Record<CampaignState, string>> = {
    draft: 'is a draft that has not been started',
    running: `is running already; it was started at ${since}`,
    paused: `was started at ${since} and is paused; resume it`,
    stopped: `was stopped at ${since}; to run it again, make a new campaign from it`,
    finished: `finished at ${since}; to run it again, make a new campaign from it`,
  };
  return { kind: 'state_conflict', state, detail: `Cannot ${action}: campaign "${key}" ${stands[state]}.` };
}
