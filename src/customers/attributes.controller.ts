import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import { AttributesService, type ClassificationProblem } from './attributes.service.js';
import type { AttributeRow, EventDefinitionRow } from './attributes.queries.js';

const scope = z.enum(['contact', 'account']);
const listQuery = pageQuery.extend({ scope: scope.optional() });
const purposes = z
  .array(z.string().regex(/^(\*|[a-z][a-z0-9_]{0,62})$/, 'must be the key of a purpose, or * for any'))
  .max(100)
  .refine((keys) => new Set(keys).size === keys.length, 'names one twice')
  .refine((keys) => keys.length <= 1 || !keys.includes('*'), '"*" stands alone: it is any purpose');
const eventClassification = z.strictObject({ purposes, sensitive: z.boolean().default(false) });
const classification = eventClassification.extend({ nature: z.enum(['static', 'dynamic']).optional() });

@ApiTags('Attributes')
@Controller('api/v1')
export class AttributesController {
  constructor(private readonly attributes: AttributesService) {}

  @Get('attributes')
  @Scopes('attributes:read')
  @Documented({ summary: 'Every attribute: its type, where it comes from, and the purposes it may be used for (none: for nothing, until classified)', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, scope: only } = parse(listQuery, query);
    const after = decodeCursor(z.tuple([z.string(), z.string()]), cursor) ?? (['', ''] as const);
    const { items, next } = pageOf(await this.attributes.list(only ?? null, after, limit + 1), limit, (row) => [row.scope, row.key]);
    return { items: items.map(attributeView), next };
  }

  @Put('attributes/:scope/:key')
  @Scopes('attributes:write')
  @Documented({ summary: 'Say what an attribute may be used for, and whether it is sensitive', body: classification })
  async classify(@Param('scope') ofScope: string, @Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.attributes.classify(parse(scope, ofScope), key, parse(classification, body), actor);
    if (!result.ok) throw problemOf(result.error, 'attribute', key);
    return attributeView(result.value);
  }

  @Get('event-definitions')
  @Scopes('attributes:read')
  @Documented({ summary: 'Every kind of event, and the purposes it may be used for', query: pageQuery })
  async listEvents(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.attributes.listEvents(after, limit + 1), limit, (row) => [row.name]);
    return { items: items.map(eventView), next };
  }

  @Put('event-definitions/:name')
  @Scopes('attributes:write')
  @Documented({ summary: 'Say what a kind of event may be used for, and whether it is sensitive', body: eventClassification })
  async classifyEvent(@Param('name') name: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.attributes.classifyEvent(name, parse(eventClassification, body), actor);
    if (!result.ok) throw problemOf(result.error, 'kind of event', name);
    return eventView(result.value);
  }
}

function problemOf(problem: ClassificationProblem, what: string, key: string): ProblemError {
  if (problem.kind === 'missing') return notFound(what, key);
  return new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose.', errors: problem.unknown.map((purpose) => ({ path: 'purposes', message: `"${purpose}" does not exist` })) });
}

function attributeView(row: AttributeRow): Record<string, unknown> {
  return { scope: row.scope, key: row.key, type: row.type, nature: row.nature, purposes: row.purposes, sensitive: row.sensitive, standard: row.standard, source: row.source, createdAt: row.created_at };
}

function eventView(row: EventDefinitionRow): Record<string, unknown> {
  return { name: row.name, purposes: row.purposes, sensitive: row.sensitive, source: row.source, createdAt: row.created_at };
}
