import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { HistoryService, type MembershipsOf } from './history.service.js';

const rowId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const changesQuery = pageQuery.extend({ kind: z.enum(['entered', 'left']).optional(), id: rowId.optional() });

const MOST_DAYS = 400;
const day = z.iso.date('Give a day such as 2026-06-09.');
const daysQuery = z
  .object({ from: day.optional(), to: day.optional() })
  .refine(({ from, to }) => from === undefined || to === undefined || (from <= to && Date.parse(to) - Date.parse(from) < MOST_DAYS * 86_400_000), `Give at most ${MOST_DAYS} days, the first one first.`);

@ApiTags('Segments')
@Controller('api/v1')
export class HistoryController {
  constructor(private readonly history: HistoryService) {}

  @Get('segments/:key/changes')
  @Scopes('segments:read')
  @ReadsPeople('segment', ['key'])
  @Documented({ summary: 'Who came into a segment and who left it, when and why; newest first. With id: of one contact or account', query: changesQuery })
  async changes(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor, kind = null, id = null } = parse(changesQuery, query);
    const [at, number] = decodeCursor(z.tuple([z.iso.datetime(), z.int()]), cursor) ?? [];
    const rows = await this.history.changes(key, { kind, id }, at === undefined || number === undefined ? null : [new Date(at), number], limit + 1);
    if (!rows) throw notFound('segment', key);
    const { items, next } = pageOf(rows, limit, (row) => [row.at.toISOString(), row.change_id]);
    return { items: items.map(({ change_id: _, ...change }) => change), next };
  }

  @Get('segments/:key/history')
  @Scopes('segments:read')
  @Documented({ summary: 'Day by day: how many came in, left, and were in at the end of the day. The last 30 days unless asked otherwise', query: daysQuery })
  async days(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const items = await this.history.days(key, parse(daysQuery, query));
    if (!items) throw notFound('segment', key);
    return { items };
  }

  @Get('contacts/:id/segments')
  @Scopes('segments:read')
  @Reaches({ contact: 'id' })
  @Documented({ summary: 'The segments a contact is in now, and its latest comings and goings' })
  ofContact(@Param('id') id: string): Promise<MembershipsOf> {
    return this.history.of('contact', parse(rowId, id));
  }

  @Get('accounts/:id/segments')
  @Scopes('segments:read')
  @Reaches({ account: 'id' })
  @Documented({ summary: 'The segments an account is in now, and its latest comings and goings' })
  ofAccount(@Param('id') id: string): Promise<MembershipsOf> {
    return this.history.of('account', parse(rowId, id));
  }
}
