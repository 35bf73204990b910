import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { Scopes } from '../platform/http/scopes.js';
import { auditCsv } from './audit-csv.js';
import { AuditService } from './audit.service.js';

const filter = z.string().min(1).max(200).optional();
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional();
const auditQuery = pageQuery.extend({ subjectType: filter, subjectId: filter, actor: filter, action: filter, from: moment, until: moment, text: filter });

@ApiTags('Audit')
@Controller('api/v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get('csv')
  @Scopes('audit:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Documented({ summary: 'One page of the trail as CSV', query: auditQuery })
  async csv(@Query() query: unknown): Promise<string> {
    const { limit, cursor, ...by } = parse(auditQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const rows = await this.audit.list(by, before, limit);
    return auditCsv(rows);
  }

  @Get()
  @Scopes('audit:read')
  @Documented({ summary: 'Who did what to whom, newest first; by actor, action, subject, time, and words anywhere in an entry', query: auditQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, ...by } = parse(auditQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.audit.list(by, before, limit + 1), limit, (row) => [row.audit_id]);
    return {
      items: items.map((row) => ({ id: row.audit_id, at: row.at, actor: row.actor, action: row.action, subjectType: row.subject_type, subjectId: row.subject_id, details: row.details })),
      next,
    };
  }
}
