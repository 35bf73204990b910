import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { balancingInput } from '../core/consent/balancing.js';
import { Clock } from '../platform/clock/clock.js';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import type { BalancingRow } from './balancing.queries.js';
import { PurposesService } from './purposes.service.js';

@ApiTags('Purposes')
@Controller('api/v1/purposes/:key/balancing-assessments')
export class BalancingController {
  constructor(
    private readonly purposes: PurposesService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Scopes('purposes:read')
  @Documented({ summary: 'How the legitimate interest was weighed, newest first, and whether it is time to weigh it again' })
  async list(@Param('key') key: string): Promise<unknown> {
    if (!(await this.purposes.get(key))) throw notFound('purpose', key);
    return { items: (await this.purposes.assessments(key)).map((row, index) => this.view(row, index === 0)), next: null };
  }

  @Post()
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'Record how the legitimate interest was weighed: a version of its own, never edited. Without one nothing is sent on that basis', body: balancingInput })
  async record(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const recorded = await this.purposes.assess(key, parse(balancingInput, body), actor);
    if (recorded.ok) return this.view(recorded.value, true);
    if (recorded.error === 'in_future') throw new ProblemError({ status: 422, type: 'assessed-in-future', title: 'This was not weighed yet: assessedOn is after today.' });
    throw notFound('purpose', key);
  }

  private view(row: BalancingRow, isCurrent: boolean): Record<string, unknown> {
    return {
      version: row.version, interest: row.interest, necessity: row.necessity, balance: row.balance, safeguards: row.safeguards, assessedBy: row.assessed_by, assessedOn: row.assessed_on,
      reviewOn: row.review_on, reviewDue: isCurrent && row.review_on <= this.clock.now().toISOString().slice(0, 10), recordedAt: row.recorded_at, recordedBy: row.recorded_by,
    };
  }
}
