import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { addDays, dayAt, startOfDay } from '../core/shared/calendar-day.js';
import type { Reach } from '../core/shared/reach.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { CallerReach } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { NpsService } from './nps.service.js';

const npsQuery = z.strictObject({
  from: z.iso.date().optional().describe('the first day; left out: a year ago'),
  to: z.iso.date().optional().describe('the first day that is left out; left out: tomorrow'),
  campaign: z.string().max(63).optional().describe('only answers to this campaign’s mails'),
  account: z.coerce.number().int().positive().optional().describe('only answers given for this account'),
  segment: z.string().max(63).optional().describe('only answers of who is in this segment now; a segment of accounts: given for those'),
  by: z.enum(['none', 'day', 'month', 'quarter', 'campaign', 'account']).default('none').describe('a score of each beside the total'),
});

@ApiTags('Insights')
@Controller('api/v1/insights')
export class NpsController {
  constructor(
    private readonly nps: NpsService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  @Get('nps')
  @Scopes('surveys:read')
  @Reaches('limits itself')
  @Documented({ summary: 'Net promoter score: % promoters (9–10) less % detractors (0–6), a whole number, with the counts behind it; in all and by day, month, quarter, campaign or account. An account belongs to an answer as it was then.', query: npsQuery })
  async score(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { from, to, account, ...asked } = parse(npsQuery, query);
    const zone = this.config.defaultTimeZone;
    const today = dayAt(this.clock.now(), zone);
    const days = { from: from ?? addDays(today, -365), to: to ?? addDays(today, 1) };
    if (days.from >= days.to) throw new ProblemError({ status: 422, type: 'invalid-input', title: 'The input is not valid.', errors: [{ path: 'to', message: 'must be a later day than `from`: it is the first day that is left out' }] });
    const report = await this.nps.report({ ...asked, accountId: account, from: startOfDay(days.from, zone), until: startOfDay(days.to, zone) }, reach);
    if (report.ok) return { ...days, timeZone: zone, ...report.value };
    if (report.error.kind === 'segment_missing') throw notFound('segment', report.error.segment);
    throw new ProblemError({ status: 422, type: 'segment-invalid', title: 'The rule of this segment cannot be used.' });
  }
}
