import { Injectable, Logger } from '@nestjs/common';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { findCampaignKey, pauseWithProblem } from './campaigns.queries.js';

/** What the engine does when a campaign cannot go on: it pauses it, says why, and loses nothing. Resuming tries again. */
@Injectable()
export class CampaignProblemsService {
  private readonly logger = new Logger('campaigns');

  constructor(
    private readonly sql: Sql,
    private readonly audit: AuditService,
  ) {}

  async pause(campaignId: number, problem: string, now: Date): Promise<void> {
    const key = await findCampaignKey(this.sql, campaignId);
    if (key !== undefined) await this.sql.transaction((sql) => this.pauseIn(sql, { campaignId, key }, problem, now));
  }

  /** In the caller's transaction. */
  async pauseIn(sql: Sql, { campaignId, key }: { campaignId: number; key: string }, problem: string, now: Date): Promise<void> {
    if (!(await pauseWithProblem(sql, campaignId, problem, now))) return;
    await this.audit.record(sql, { actor: 'system', action: 'campaign.paused', subjectType: 'campaign', subjectId: key, details: { problem } }, now);
    this.logger.warn(`campaign "${key}" was paused: ${problem}`);
  }
}
