import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Reach } from '../core/shared/reach.js';
import { Caller, CallerReach } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { MESSAGE_STATES } from './message-state.js';
import { MessagesService } from './messages.service.js';

const messagesQuery = pageQuery.extend({
  state: z.enum(MESSAGE_STATES).optional(),
  campaign: z.string().max(63).optional(),
  contactId: z.coerce.number().int().positive().optional(),
});
const messageParams = z.object({ contactId: z.coerce.number().int().positive(), messageId: z.coerce.number().int().positive() });

@ApiTags('Messages')
@Controller('api/v1/messages')
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Get()
  @Scopes('messages:read')
  @Reaches('limits itself')
  @ReadsPeople('messages')
  @Documented({ summary: 'The outbox, newest first; state=uncertain lists what may or may not have arrived', query: messagesQuery })
  async list(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { limit, cursor, ...filter } = parse(messagesQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.messages.list({ ...filter, reach }, before, limit + 1), limit, (row) => [row.message_id]);
    return {
      items: items.map((row) => ({
        contactId: row.contact_id, messageId: row.message_id, campaign: row.campaign_key, step: row.step, occurrence: row.occurrence, purpose: row.purpose, messageClass: row.class,
        template: row.template_key, templateVersion: row.template_version, language: row.language, state: row.state, dueAt: row.due_at, expiresAt: row.expires_at, queuedAt: row.queued_at,
        sentAt: row.sent_at, attempts: row.attempts, response: row.response, approvedAt: row.approved_at, approvedBy: row.approved_by,
      })),
      next,
    };
  }

  @Post(':contactId/:messageId/resend')
  @HttpCode(202)
  @Scopes('messages:write')
  @Documented({ summary: 'Send an uncertain message again; the gate decides once more, and the Message-ID stays' })
  async resend(@Param() params: unknown, @Caller() by: string): Promise<unknown> {
    const { contactId, messageId } = parse(messageParams, params);
    const resent = await this.messages.resend(contactId, messageId, by);
    if (resent.ok) return { contactId, messageId, state: 'queued' };
    if (resent.error.kind === 'message_missing') throw notFound('message', `${contactId}/${messageId}`);
    throw new ProblemError({ status: 409, type: 'not-uncertain', title: 'Only an uncertain message can be sent again.', detail: `This one is ${resent.error.state}.` });
  }
}
