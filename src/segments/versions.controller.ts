import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { Scopes } from '../platform/http/scopes.js';
import { ListIndexesService } from './list-indexes.service.js';
import { answer, summaryView } from './segment-answers.js';
import { ruleInput, SegmentsService } from './segments.service.js';
import { type SegmentVersion, type VersionDifference, VersionsService } from './versions.service.js';

const MAX_VERSION = 2 ** 31 - 1;
const versionNumber = z.coerce.number().int().positive().max(MAX_VERSION);
const differenceQuery = z.strictObject({ to: versionNumber.optional() });
const ruleBody = z.strictObject({ rule: ruleInput });

@ApiTags('Segments')
@Controller('api/v1/segments/:key')
export class VersionsController {
  constructor(
    private readonly versions: VersionsService,
    private readonly segments: SegmentsService,
    private readonly indexes: ListIndexesService,
  ) {}

  @Get('versions')
  @Scopes('segments:read')
  @Documented({ summary: 'Every rule this segment has had, newest first: who saved it, when, and its sentence', query: pageQuery })
  async list(@Param('key') key: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.int()]), cursor) ?? [MAX_VERSION];
    return pageOf(answer(await this.versions.list(key, before, limit + 1)), limit, (version) => [version.version]);
  }

  @Get('versions/:version')
  @Scopes('segments:read')
  @Documented({ summary: 'One version of the rule' })
  async get(@Param('key') key: string, @Param('version') version: string): Promise<SegmentVersion> {
    return answer(await this.versions.find(key, parse(versionNumber, version)));
  }

  @Get('versions/:version/difference')
  @Scopes('segments:read')
  @Documented({ summary: 'From this version to another (the present one when left out): both sentences, and who comes in and who goes', query: differenceQuery })
  async difference(@Param('key') key: string, @Param('version') version: string, @Query() query: unknown): Promise<VersionDifference> {
    return answer(await this.versions.difference(key, parse(versionNumber, version), parse(differenceQuery, query).to));
  }

  @Post('difference')
  @HttpCode(200)
  @Scopes('segments:read')
  @Documented({ summary: 'Who would come in and who would go if this rule were saved. Saves nothing', body: ruleBody })
  async differenceTo(@Param('key') key: string, @Body() body: unknown): Promise<VersionDifference> {
    return answer(await this.versions.differenceTo(key, parse(ruleBody, body).rule));
  }

  @Post('versions/:version/restore')
  @HttpCode(200)
  @Scopes('segments:write')
  @Documented({ summary: 'Take the rule of this version again, as a new version; refused when it no longer fits the attributes and segments of today' })
  async restore(@Param('key') key: string, @Param('version') version: string, @Caller() actor: string): Promise<unknown> {
    const restored = answer(await this.segments.restore(key, parse(versionNumber, version), actor));
    return { ...summaryView(restored), indexes: await this.indexes.provide(restored, actor) };
  }
}
