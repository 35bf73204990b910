import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { addDays } from '../../core/shared/calendar-day.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { EventReportService } from './event-report.service.js';

const MOST_DAYS = 3_660;
const reportShape = z.object({ event: z.string().min(1).max(200), from: z.iso.date(), to: z.iso.date() });
const reportQuery = reportShape
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be a later day than `from`: it is the first day that is left out' })
  .refine(({ from, to }) => to <= addDays(from, MOST_DAYS), { path: ['to'], error: `must lie at most ${MOST_DAYS} days after \`from\`` });

@ApiTags('Reports')
@Controller('api/v1/reports')
export class EventReportController {
  constructor(private readonly reports: EventReportService) {}

  @Get('events')
  @Scopes('events:read')
  @Documented({ summary: 'How often an event was done on each day, and by how many people, from `from` (in) to `to` (out); also where the raw events are gone. Days without any are left out.', query: reportShape })
  async events(@Query() query: unknown): Promise<unknown> {
    const { event, from, to } = parse(reportQuery, query);
    const report = await this.reports.report(event, from, to);
    if (!report) throw notFound('kind of event', event);
    return report;
  }
}
