import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertNever } from '../core/shared/assert-never.js';
import { scopeSchema } from '../core/rule/rule.js';
import type { Result } from '../core/shared/result.js';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import { type Preview, PreviewService } from './preview.service.js';
import type { SegmentProblem } from './segment-problem.js';
import { changedSegment, newSegment, ruleInput, type SegmentDetails, SegmentsService, type SegmentSummary } from './segments.service.js';

const previewInput = z.strictObject({ scope: scopeSchema.default('contact'), rule: ruleInput });

const memberId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

@ApiTags('Segments')
@Controller('api/v1/segments')
export class SegmentsController {
  constructor(
    private readonly segments: SegmentsService,
    private readonly previews: PreviewService,
  ) {}

  @Get()
  @Scopes('segments:read')
  @Documented({ summary: 'List the segments with the sentence of each rule', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.segments.list(after, limit + 1), limit, (segment) => [segment.key]);
    return { items: items.map(summaryView), next };
  }

  @Post('preview')
  @HttpCode(200)
  @Scopes('segments:read')
  @Documented({ summary: 'Whom a rule would select: count, ten of them, the rule as a sentence and the data it touches. Saves nothing', body: previewInput })
  async preview(@Body() body: unknown): Promise<Preview> {
    const { scope, rule } = parse(previewInput, body);
    return answer(await this.previews.preview(scope, rule));
  }

  @Post()
  @Scopes('segments:write')
  @Documented({ summary: 'Save a segment: a rule with a key', body: newSegment })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return summaryView(answer(await this.segments.create(parse(newSegment, body), actor)));
  }

  @Get(':key')
  @Scopes('segments:read')
  @Documented({ summary: 'One segment: its rule, the data it touches, and who uses it' })
  async get(@Param('key') key: string): Promise<unknown> {
    const segment = await this.segments.find(key);
    if (!segment) throw notFound('segment', key);
    return detailsView(segment);
  }

  @Put(':key')
  @Scopes('segments:write')
  @Documented({ summary: 'Replace name, description and rule. With a version: only if the rule is still that one', body: changedSegment })
  async change(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return summaryView(answer(await this.segments.change(key, parse(changedSegment, body), actor)));
  }

  @Delete(':key')
  @HttpCode(204)
  @Scopes('segments:write')
  @Documented({ summary: 'Delete a segment that no campaign and no other segment uses' })
  async remove(@Param('key') key: string, @Caller() actor: string): Promise<void> {
    answer(await this.segments.remove(key, actor));
  }

  @Get(':key/members')
  @Scopes('segments:read')
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
}

function summaryView({ created_at, updated_at, updated_by, ...segment }: SegmentSummary): Record<string, unknown> {
  return { ...segment, createdAt: created_at, updatedAt: updated_at, updatedBy: updated_by };
}

function detailsView({ touches, usedBy, ...segment }: SegmentDetails): Record<string, unknown> {
  return { ...summaryView(segment), touches, usedBy };
}

function answer<Value>(result: Result<Value, SegmentProblem>): Value {
  if (result.ok) return result.value;
  throw problemOf(result.error);
}

function problemOf(problem: SegmentProblem): Error {
  switch (problem.kind) {
    case 'segment_missing':
      return notFound('segment', problem.key);
    case 'segment_exists':
      return new ProblemError({ status: 409, type: 'segment-exists', title: `There is a segment “${problem.key}” already.`, detail: 'Change that one, or choose another key.' });
    case 'rule_invalid':
      return new ProblemError({
        status: 422,
        type: 'rule-invalid',
        title: 'The rule cannot be used as it is.',
        errors: problem.problems.map(({ path, message }) => ({ path: ['rule', path].filter((part) => part !== '').join('.'), message })),
      });
    case 'scope_fixed':
      return new ProblemError({ status: 422, type: 'scope-fixed', title: `This segment is about ${problem.scope}s and stays so.`, detail: 'Campaigns and segments that use it count on that. Make a new segment.' });
    case 'segment_changed':
      return new ProblemError({ status: 409, type: 'segment-changed', title: `The rule was changed in the meantime: it is at version ${problem.version}.`, detail: 'Read it again and decide whether your change still fits.' });
    case 'segment_in_use': {
      const users = [...problem.campaigns.map(({ name, key }) => `campaign “${name}” (${key})`), ...problem.segments.map((key) => `segment “${key}”`)];
      return new ProblemError({
        status: 409,
        type: 'segment-in-use',
        title: `Segment “${problem.key}” is in use.`,
        detail: `Used by ${users.join(', ')}. Give them another segment first.`,
        errors: [...problem.campaigns.map(({ key, state }) => ({ path: `campaigns.${key}`, message: `Campaign, ${state}.` })), ...problem.segments.map((key) => ({ path: `segments.${key}`, message: 'Segment.' }))],
      });
    }
    case 'segment_slow':
      return new ProblemError({
        status: 422,
        type: 'segment-slow',
        title: `The rule was not answered within ${problem.seconds} seconds.`,
        detail: 'Narrow it: a shorter window for events, fewer conditions that contain or begin with a text, or a smaller segment to begin from.',
      });
    default:
      return assertNever(problem);
  }
}
