import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Reach } from '../../core/shared/reach.js';
import { Caller, CallerReach, CallerUser } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { TouchesService } from './touches.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const cursorOf = z.tuple([z.iso.datetime(), z.number().int()]);
const touchInput = z.strictObject({
  kind: z.enum(['mail', 'call', 'meeting']),
  at: z.iso.datetime({ offset: true }).transform((given) => new Date(given)),
  note: z.string().trim().max(5_000).default(''),
});
const FAR = new Date('9999-12-31T00:00:00Z');

@ApiTags('Touches')
@Controller('api/v1/contacts/:id/touches')
export class TouchesController {
  constructor(private readonly touches: TouchesService) {}

  @Get()
  @Scopes('touches:read')
  @Reaches({ contact: 'id' })
  @Documented({ summary: 'What colleagues did with this person: own mails, calls, meetings; newest first', query: pageQuery })
  async list(@Param('id') contactId: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const before = decodeCursor(cursorOf, cursor);
    const rows = await this.touches.list(parse(id, contactId), before ? [new Date(before[0]), before[1]] : [FAR, 0], limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.touched_at.toISOString(), row.touch_id]);
    return { items: items.map((row) => ({ id: row.touch_id, kind: row.kind, at: row.touched_at, by: row.user_name, note: row.note })), next };
  }

  @Post()
  @Scopes('touches:write')
  @Reaches({ contact: 'id' })
  @Documented({ summary: 'Write down a call, an own mail or a meeting: it counts against the person’s pressure; a meeting keeps the machine quiet until a week after it', body: touchInput })
  async log(@Param('id') contactId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined): Promise<unknown> {
    const touch = parse(touchInput, body);
    const touchId = await this.touches.log({ ...touch, contactId: parse(id, contactId), userId: userId ?? null }, actor, reach);
    if (touchId === undefined) throw notFound('contact', contactId);
    return { id: touchId, ...touch };
  }
}
