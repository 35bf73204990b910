import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
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
import { DraftsService, type Verdict } from './drafts.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const draftsQuery = pageQuery.extend({ campaign: z.string().max(63).optional(), account: id.optional() });
const draftParams = z.object({ contactId: id, messageId: id });
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

export function draftView(row: DraftRow): Record<string, unknown> {
  return {
    contactId: row.contact_id, messageId: row.message_id, contact: { name: row.contact_name, email: row.contact_email }, account: row.account_id === null ? null : { id: row.account_id, name: row.account_name, tier: row.tier },
    campaign: row.campaign_key, step: row.step + 1, template: row.template_key, templateVersion: row.template_version, language: row.language, since: row.queued_at, expiresAt: row.expires_at, taskId: row.task_id,
  };
}
