import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { HistoryService } from './live/history.service.js';
import { ListIndexesService } from './list-indexes.service.js';
import { liveView } from './live/live-view.js';
import { PreviewService } from './preview.service.js';
import { answer, summaryView } from './segment-answers.js';
import { changedSegment, newSegment, type SegmentDetails, SegmentsService, type SegmentSummary } from './segments.service.js';

const memberId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

@ApiTags('Segments')
@Controller('api/v1/segments')
export class SegmentsController {
  constructor(
    private readonly segments: SegmentsService,
    private readonly previews: PreviewService,
    private readonly history: HistoryService,
    private readonly indexes: ListIndexesService,
  ) {}

  @Get()
  @Scopes('segments:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'List the segments with the sentence of each rule and how many are in it now', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.segments.list(after, limit + 1), limit, (segment) => [segment.key]);
    const status = await this.history.status(items.map(({ key }) => key));
    return { items: items.map((segment) => ({ ...summaryView(segment), live: liveView(status.get(segment.key)) })), next };
  }

  @Post()
  @Scopes('segments:write')
  @Documented({ summary: 'Save a segment: a rule with a key. Tells what the rule will take, and warns when that is much. Of many people, what a list must contain gets an index', body: newSegment })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.withCost(answer(await this.segments.create(parse(newSegment, body), actor)), actor);
  }

  @Get(':key')
  @Scopes('segments:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'One segment: its rule, the data it touches, who uses it, and how its live membership stands' })
  async get(@Param('key') key: string): Promise<unknown> {
    const segment = await this.segments.find(key);
    if (!segment) throw notFound('segment', key);
    return { ...detailsView(segment), live: liveView((await this.history.status([key])).get(key)) };
  }

  @Put(':key')
  @Scopes('segments:write')
  @Documented({ summary: 'Replace name, description and rule. With a version: only if the rule is still that one', body: changedSegment })
  async change(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.withCost(answer(await this.segments.change(key, parse(changedSegment, body), actor)), actor);
  }

  @Delete(':key')
  @HttpCode(204)
  @Scopes('segments:write')
  @Documented({ summary: 'Delete a segment that no campaign and no other segment uses; its versions and snapshots go with it' })
  async remove(@Param('key') key: string, @Caller() actor: string): Promise<void> {
    answer(await this.segments.remove(key, actor));
  }

  @Get(':key/members')
  @Scopes('segments:read')
  @ReadsPeople('segment', ['key'])
  @Documented({ summary: 'Who is in a segment now, by id', query: pageQuery })
  async members(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.int()]), cursor) ?? [0];
    return pageOf(answer(await this.previews.members(key, after, limit + 1)), limit, (member) => [member.id]);
  }

  @Get(':key/members/:id')
  @Scopes('segments:read')
  @Documented({ summary: 'Whether this contact or account is in a segment now' })
  async isMember(@Param('key') key: string, @Param('id') id: string): Promise<unknown> {
    const asked = parse(memberId, id);
    return { id: asked, member: answer(await this.previews.membersAmong(key, [asked])).length === 1 };
  }

  /** A warning, never a refusal: the author may know better. And the indexes that make it quick. */
  private async withCost(segment: SegmentSummary, actor: string): Promise<unknown> {
    return { ...summaryView(segment), indexes: await this.indexes.provide(segment, actor), estimate: await this.previews.estimate(segment.scope, segment.rule) };
  }
}

function detailsView({ touches, usedBy, ...segment }: SegmentDetails): Record<string, unknown> {
  return { ...summaryView(segment), touches, usedBy };
}
