import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { retentionTerms } from '../../core/privacy/retention-terms.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { Scopes } from '../../platform/http/scopes.js';
import { DataRetentionService } from './data-retention.service.js';

@ApiTags('Retention')
@Controller('api/v1/privacy/retention')
export class RetentionController {
  constructor(private readonly retention: DataRetentionService) {}

  @Get()
  @Scopes('privacy:read')
  @Documented({ summary: 'How many days each class of data is kept' })
  terms(): Promise<unknown> {
    return this.retention.terms();
  }

  @Put()
  @Scopes('privacy:write')
  @Documented({ summary: 'Change how long data is kept; a class that is left out gets its default', body: retentionTerms })
  replace(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.retention.replaceTerms(parse(retentionTerms, body), actor);
  }

  @Get('preview')
  @Scopes('privacy:read')
  @Documented({ summary: 'What would go tonight: how much of each class and purpose, and ten of the people. Nothing goes' })
  preview(): Promise<unknown> {
    return this.retention.preview();
  }

  @Get('runs')
  @Scopes('privacy:read')
  @Documented({ summary: 'What went, night by night, newest first', query: pageQuery })
  async runs(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.retention.runs(before, limit + 1), limit, (row) => [row.run_id]);
    return { items: items.map((row) => ({ id: row.run_id, startedAt: row.started_at, finishedAt: row.finished_at, went: row.results })), next };
  }
}
