import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { HOLD_STEPS } from '../../core/account/holds.js';
import type { Language } from '../../core/decision/explain.js';
import type { Reach } from '../../core/shared/reach.js';
import { Caller, CallerReach } from '../../platform/http/caller.js';
import { CallerLanguage } from '../../platform/http/caller-language.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { holdInput, holdKey as key, holdParams, subjectId as id } from './hold-input.js';
import { HoldDeskService } from './hold-desk.service.js';
import { HoldsViewService } from './holds-view.service.js';
import type { OpenedHold } from './hold.js';

const cursorOf = z.tuple([z.iso.datetime(), z.number().int()]);
const FAR = new Date('9999-12-31T00:00:00Z');

const listQuery = pageQuery.extend({
  contact: id.optional().describe('his own holds, and those of his account'),
  account: id.optional().describe('its own holds, and those of its people'),
  language: z.enum(['nl', 'en']).optional().describe('of "reason"; left out: as Accept-Language says, else English. "told" has it in both'),
  inForce: z.enum(['true', 'false']).default('true').transform((given) => given === 'true'),
});
const stepInput = z.strictObject({ step: z.enum(HOLD_STEPS) });
const retractInput = z.strictObject({ why: z.string().trim().min(1).max(500) });
const replyInput = z.strictObject({
  contact: id,
  messageId: id.optional().describe('the mail that was answered'),
  campaign: z.string().max(63).optional(),
  automatic: z.boolean().default(false).describe('out of office (RFC 3834): no human’s word'),
  negative: z.boolean().default(false),
  text: z.string().max(10_000).optional(),
  key: key.describe('the Message-ID of the answer: told twice, held once'),
});

@ApiTags('Holds')
@Controller('api/v1')
export class HoldsController {
  constructor(
    private readonly desk: HoldDeskService,
    private readonly holds: HoldsViewService,
  ) {}

  @Get('holds')
  @Scopes('holds:read')
  @Reaches('limits itself')
  @ReadsPeople('holds')
  @Documented({ summary: 'Whom the machine leaves alone, and why; latest first', query: listQuery })
  async list(@Query() query: unknown, @CallerReach() reach: Reach, @CallerLanguage() language: Language): Promise<unknown> {
    const { limit, cursor, contact, account, inForce } = parse(listQuery, query);
    const before = decodeCursor(cursorOf, cursor);
    const rows = await this.holds.list({ contactId: contact, accountId: account, inForce }, reach, before ? [new Date(before[0]), before[1]] : [FAR, 0], limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.opened_at.toISOString(), row.hold_id]);
    return { items: items.map((row) => this.holds.view(row, language)), next };
  }

  @Post('holds')
  @HttpCode(200)
  @Scopes('holds:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Hold a person or an account. From the answer on no promotion leaves; a task goes to the owner', body: holdInput })
  async open(@Body() body: unknown, @Caller() by: string, @CallerReach() reach: Reach): Promise<unknown> {
    const { contact, account, meetingAt, reference, key: own, ...hold } = parse(holdInput, body);
    const subject = { ...(contact !== undefined && { contactId: contact }), ...(account !== undefined && { accountId: account }) };
    const opened = await this.desk.open({ ...hold, ...subject, momentAt: meetingAt ?? null, reference: reference ?? null, cause: `${by}:${own ?? crypto.randomUUID()}`, by }, reach);
    if (!opened || opened.length === 0) throw notFound(contact === undefined ? 'account' : 'contact', String(contact ?? account));
    return { holds: opened.map(openedView) };
  }

  @Post('replies')
  @HttpCode(200)
  @Scopes('holds:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Somebody answered a mail: the sequence stops, and a task goes to the owner. An automatic answer changes nothing', body: replyInput })
  async reply(@Body() body: unknown, @Caller() by: string, @CallerReach() reach: Reach): Promise<unknown> {
    const { contact, ...reply } = parse(replyInput, body);
    const opened = await this.desk.reply({ ...reply, contactId: contact }, by, reach);
    if (!opened) throw notFound('contact', String(contact));
    return { holds: opened.map(openedView) };
  }

  @Get('holds/:scope/:id')
  @Scopes('holds:read')
  @Reaches('limits itself')
  @Documented({ summary: 'A hold: owner, reason, what it waits for, which mails it stopped and what became of them' })
  async get(@Param() params: unknown, @CallerReach() reach: Reach, @CallerLanguage() language: Language): Promise<unknown> {
    const { scope, id: holdId } = parse(holdParams, params);
    const hold = await this.holds.find(scope, holdId, reach, language);
    if (!hold) throw notFound('hold', `${scope}/${holdId}`);
    return hold;
  }

  @Post('holds/:scope/:id/close')
  @HttpCode(200)
  @Scopes('holds:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Say what happened to the matter: resolved, followed up, lifted. The hold ends by its rule, never before', body: stepInput })
  async close(@Param() params: unknown, @Body() body: unknown, @Caller() by: string, @CallerReach() reach: Reach, @CallerLanguage() language: Language): Promise<unknown> {
    const { scope, id: holdId } = parse(holdParams, params);
    if (!(await this.desk.close(scope, holdId, parse(stepInput, body).step, by, reach))) throw notFound('hold', `${scope}/${holdId}`);
    return this.holds.find(scope, holdId, reach, language);
  }

  @Post('holds/:scope/:id/retract')
  @HttpCode(200)
  @Scopes('holds:write')
  @Reaches('limits itself')
  @Documented({ summary: 'It was opened by mistake: mail goes on at once', body: retractInput })
  async retract(@Param() params: unknown, @Body() body: unknown, @Caller() by: string, @CallerReach() reach: Reach, @CallerLanguage() language: Language): Promise<unknown> {
    const { scope, id: holdId } = parse(holdParams, params);
    if (!(await this.desk.retract(scope, holdId, parse(retractInput, body).why, by, reach))) throw notFound('hold', `${scope}/${holdId}`);
    return this.holds.find(scope, holdId, reach, language);
  }
}

function openedView({ scope, holdId, kind, taskId, isNew }: OpenedHold): Record<string, unknown> {
  return { id: `${scope}/${holdId}`, kind, taskId, isNew };
}
