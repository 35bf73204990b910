import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Reach } from '../../core/shared/reach.js';
import { Caller, CallerReach } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import type { DraftRow } from './drafts.queries.js';
import { DraftsService, type Verdict, type WaveProblem } from './drafts.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const draftsQuery = pageQuery.extend({ campaign: z.string().max(63).optional(), account: id.optional() });
const draftParams = z.object({ contactId: id, messageId: id });
const waveInput = z.strictObject({
  campaign: z.string().max(63).describe('its key'),
  step: z.int().min(1).max(1_000).describe('as the drafts have it: the first is 1'),
  account: id.optional().describe('those of this account alone'),
  count: z.int().min(1).describe('how many drafts were looked at: where another number waits, none is approved'),
});
const cursorOf = z.tuple([z.iso.datetime(), z.number().int()]);

@ApiTags('Messages')
@Controller('api/v1/drafts')
export class DraftsController {
  constructor(private readonly drafts: DraftsService) {}

  @Get()
  @Scopes('messages:read')
  @Reaches('limits itself')
  @ReadsPeople('drafts')
  @Documented({ summary: 'Mail that waits for a human, because of the tier of its account; what spoils first comes first', query: draftsQuery })
  async list(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { limit, cursor, campaign, account } = parse(draftsQuery, query);
    const after = decodeCursor(cursorOf, cursor);
    const rows = await this.drafts.list({ campaign, accountId: account }, reach, after ? [new Date(after[0]), after[1]] : [new Date(0), 0], limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.expires_at.toISOString(), row.message_id]);
    return { items: items.map(draftView), next };
  }

  @Post('approve')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Approve all drafts of a step of a campaign that you see. The gate decides again on each. Safe to repeat: where nothing waits, nothing happens; what was dropped stays dropped', body: waveInput })
  async approveWave(@Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach): Promise<unknown> {
    const wave = parse(waveInput, body);
    const result = await this.drafts.approveWave(wave, actor, reach);
    if (!result.ok) throw waveProblem(result.error, wave);
    return { campaign: wave.campaign, step: wave.step, approved: result.value };
  }

  @Post(':contactId/:messageId/approve')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Let a draft go. The gate decides again: what law, basis or a suppression forbids stays forbidden, and caps and hours hold as ever' })
  approve(@Param() params: unknown, @Caller() actor: string, @CallerReach() reach: Reach): Promise<unknown> {
    return this.settle(params, 'approved', actor, reach);
  }

  @Post(':contactId/:messageId/drop')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Drop a draft: this mail is not sent, the campaign goes on with its next step' })
  drop(@Param() params: unknown, @Caller() actor: string, @CallerReach() reach: Reach): Promise<unknown> {
    return this.settle(params, 'dropped', actor, reach);
  }

  private async settle(params: unknown, verdict: Verdict, actor: string, reach: Reach): Promise<unknown> {
    const { contactId, messageId } = parse(draftParams, params);
    const result = await this.drafts.settle(contactId, messageId, verdict, actor, reach);
    if (result.ok) return { contactId, messageId, verdict };
    if (result.error.kind === 'missing') throw notFound('draft', `${contactId}/${messageId}`);
    throw new ProblemError({ status: 409, type: 'not-waiting', title: 'This mail waits for nobody.', detail: result.error.state === 'draft' ? 'It is approved already, or the person has left the campaign.' : `It is ${result.error.state}.` });
  }
}

function waveProblem(problem: WaveProblem, { campaign, account }: z.output<typeof waveInput>): ProblemError {
  switch (problem.kind) {
    case 'campaign_missing':
      return notFound('campaign', campaign);
    case 'account_missing':
      return notFound('account', String(account));
    case 'another_count':
      return new ProblemError({ status: 409, type: 'another-count', title: 'Another number of drafts waits than was looked at.', detail: `${problem.waiting} wait now: look at them again.` });
    case 'too_many':
      return new ProblemError({ status: 409, type: 'too-many-drafts', title: `More than ${problem.most} drafts wait.`, detail: 'Approve them account by account.' });
  }
}

export function draftView(row: DraftRow): Record<string, unknown> {
  return {
    contactId: row.contact_id, messageId: row.message_id, contact: { name: row.contact_name, email: row.contact_email }, account: row.account_id === null ? null : { id: row.account_id, name: row.account_name, tier: row.tier },
    campaign: row.campaign_key, step: row.step + 1, template: row.template_key, templateVersion: row.template_version, language: row.language, since: row.queued_at, expiresAt: row.expires_at, taskId: row.task_id,
  };
}
