import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { scopeSchema } from '../core/rule/rule.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Scopes } from '../platform/http/scopes.js';
import { type Overlap, OverlapService } from './overlap.service.js';
import { type Preview, PreviewService } from './preview.service.js';
import { answer } from './segment-answers.js';
import { ruleInput, segmentKey } from './segments.service.js';
import { type Why, WhyService } from './why.service.js';

const purpose = z.string().trim().min(1).max(63).describe('a purpose: tells how many of the people may be mailed for it now, and what stops the others').optional();
const EXACT = 'count all, however long it takes (up to 15 s); else a count that would take longer than a second is judged by people drawn by lot, and “between” in the answer tells from which number to which it lies in 19 of 20 cases (null: all were counted)';
const previewInput = z.strictObject({ scope: scopeSchema.default('contact'), rule: ruleInput, purpose, exact: z.boolean().default(false).describe(EXACT) });
const previewQuery = z.strictObject({ purpose, exact: z.enum(['true', 'false']).default('false').describe(EXACT).transform((text) => text === 'true') });
const overlapInput = z
  .strictObject({
    scope: scopeSchema.default('contact'),
    rule: ruleInput.optional(),
    segment: segmentKey.optional().describe('a segment to compare, in place of a rule'),
    with: z.array(segmentKey).min(1).max(20, 'At most 20 segments are compared at once.').optional().describe('the segments to compare with; the first 20 of its scope when left out'),
  })
  .refine((input) => (input.rule === undefined) !== (input.segment === undefined), { path: ['rule'], message: 'Give either a rule or a segment.' });
const whyQuery = z
  .strictObject({
    contact: z.string().trim().min(1).max(320).optional().describe('number or e-mail address'),
    account: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional().describe('number'),
  })
  .refine((query) => (query.contact === undefined) !== (query.account === undefined), { path: ['contact'], message: 'Give either a contact or an account.' });

/** What a marketer wants to know of a rule before and after saving it. Changes nothing. */
@ApiTags('Segments')
@Controller('api/v1/segments')
export class InsightController {
  constructor(
    private readonly previews: PreviewService,
    private readonly overlaps: OverlapService,
    private readonly whys: WhyService,
  ) {}

  @Post('preview')
  @HttpCode(200)
  @Scopes('segments:read')
  @ReadsPeople('rule', [], 'sample')
  @Documented({
    summary: 'Whom a rule would select: count, ten of them, the rule as a sentence, the data it touches and what it will take. With a purpose: how many may be mailed, and why the others not. Saves nothing',
    body: previewInput,
  })
  async preview(@Body() body: unknown): Promise<Preview> {
    const { scope, rule, purpose: asked, exact } = parse(previewInput, body);
    return answer(await this.previews.preview(scope, rule, asked, exact ? null : undefined));
  }

  @Get(':key/preview')
  @Scopes('segments:read')
  @ReadsPeople('segment', ['key'], 'sample')
  @Documented({ summary: 'The same of a saved segment or list', query: previewQuery })
  async previewSaved(@Param('key') key: string, @Query() query: unknown): Promise<Preview> {
    const { purpose: asked, exact } = parse(previewQuery, query);
    return answer(await this.previews.previewSegment(key, asked, exact ? null : undefined));
  }

  @Post('overlap')
  @HttpCode(200)
  @Scopes('segments:read')
  @Documented({ summary: 'How many members a rule or segment shares with other segments, and how many only one of them has', body: overlapInput })
  async overlap(@Body() body: unknown): Promise<Overlap> {
    const { scope, rule, segment, with: others } = parse(overlapInput, body);
    return answer(await this.overlaps.compare({ rule: segment === undefined ? { scope, rule } : { segment }, with: others }));
  }

  @Get(':key/why')
  @Scopes('segments:read')
  @Documented({ summary: 'Why a contact or account is in a segment, or not: each condition, whether it holds, and the values seen', query: whyQuery })
  async why(@Param('key') key: string, @Query() query: unknown): Promise<Why> {
    const { contact, account } = parse(whyQuery, query);
    return answer(await this.whys.explain(key, contact !== undefined ? { contact } : { account: account ?? 0 }));
  }
}
