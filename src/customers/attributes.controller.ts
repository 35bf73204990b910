import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertNever } from '../core/shared/assert-never.js';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import { attributeChange, attributeScope, eventChange } from './attribute-input.js';
import { AttributesService, type ClassificationProblem, type KnownAttribute } from './attributes.service.js';
import type { AttributeRow, EventDefinitionRow } from './attributes.queries.js';

const unclassified = z.enum(['true', 'false']).transform((text) => text === 'true').optional();
const eventsQuery = pageQuery.extend({ unclassified });
const listQuery = eventsQuery.extend({ scope: attributeScope.optional() });

@ApiTags('Attributes')
@Controller('api/v1')
export class AttributesController {
  constructor(private readonly attributes: AttributesService) {}

  @Get('attributes')
  @Scopes('attributes:read')
  @Documented({ summary: 'Every attribute: type, origin, what it may be used for (nothing, while unclassified), who touches it, and roughly how many have it', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, ...filter } = parse(listQuery, query);
    const after = decodeCursor(z.tuple([z.string(), z.string()]), cursor) ?? (['', ''] as const);
    const { items, next } = pageOf(await this.attributes.list(filter, after, limit + 1), limit, ({ row }) => [row.scope, row.key]);
    return { items: items.map(knownView), next };
  }

  @Get('attributes/:scope/:key')
  @Scopes('attributes:read')
  @Documented({ summary: 'One attribute: where from, since when, who classified it and for what, who uses it, how long values are kept, whether it is sensitive' })
  async one(@Param('scope') scope: string, @Param('key') key: string): Promise<unknown> {
    const known = await this.attributes.find(parse(attributeScope, scope), key);
    if (!known) throw notFound('attribute', key);
    return { ...knownView(known), classified: await this.attributes.classifiedBy(parse(attributeScope, scope), key) };
  }

  @Patch('attributes/:scope/:key')
  @Scopes('attributes:write')
  @Documented({ summary: 'Classify an attribute (purposes, sensitive, static or dynamic), name it, say how long its values are kept; what is not named stays', body: attributeChange })
  async change(@Param('scope') scope: string, @Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.attributes.change(parse(attributeScope, scope), key, parse(attributeChange, body), actor);
    if (!result.ok) throw problemOf(result.error, 'attribute', key);
    return { ...attributeView(result.value), stops: result.value.stops };
  }

  @Get('events/definitions')
  @Scopes('attributes:read')
  @Documented({ summary: 'Every kind of event, the purposes it may be used for, and who touches it', query: eventsQuery })
  async listEvents(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, unclassified: only } = parse(eventsQuery, query);
    const [after] = decodeCursor(z.tuple([z.string()]), cursor) ?? [''];
    const { items, next } = pageOf(await this.attributes.listEvents(only, after, limit + 1), limit, ({ row }) => [row.name]);
    return { items: items.map(({ row, users }) => ({ ...eventView(row), users })), next };
  }

  @Get('events/definitions/:name')
  @Scopes('attributes:read')
  @Documented({ summary: 'One kind of event: where from, since when, who classified it and for what, who uses it, which attributes are computed from it' })
  async oneEvent(@Param('name') name: string): Promise<unknown> {
    const known = await this.attributes.findEvent(name);
    if (!known) throw notFound('kind of event', name);
    return { ...eventView(known.row), users: known.users, computed: known.computed, classified: await this.attributes.classifiedBy('event', name) };
  }

  @Patch('events/definitions/:name')
  @Scopes('attributes:write')
  @Documented({ summary: 'Say what a kind of event may be used for, and whether it is sensitive. Attributes computed from it can be used for no more.', body: eventChange })
  async changeEvent(@Param('name') name: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.attributes.changeEvent(name, parse(eventChange, body), actor);
    if (!result.ok) throw problemOf(result.error, 'kind of event', name);
    return { ...eventView(result.value), stops: result.value.stops };
  }
}

export function problemOf(problem: ClassificationProblem, what: string, key: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound(what, key);
    case 'purpose_unknown':
      return new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose.', errors: problem.unknown.map((purpose) => ({ path: 'purposes', message: `"${purpose}" does not exist` })) });
    case 'beyond_event':
      return new ProblemError({
        status: 422,
        type: 'purpose-beyond-event',
        title: 'An attribute computed from events may be used for what the events may be used for, and nothing else.',
        errors: problem.beyond.map((purpose) => ({ path: 'purposes', message: `"${problem.event}" was not collected for "${purpose}": classify the event first` })),
      });
    case 'sensitive_event':
      return new ProblemError({ status: 422, type: 'sensitive-event', title: `"${problem.event}" is sensitive, so what is computed from it is too.` });
    case 'computed':
      return new ProblemError({ status: 422, type: 'attribute-computed', title: `The attribute is computed from events: ${problem.what}.` });
    case 'kept_for_good':
      return new ProblemError({ status: 422, type: 'attribute-standard', title: 'This standard attribute cannot have a retention of its own: it says who somebody is, or is never empty.' });
    default:
      return assertNever(problem);
  }
}

export function attributeView(row: AttributeRow): Record<string, unknown> {
  return {
    scope: row.scope,
    key: row.key,
    type: row.type,
    nature: row.nature,
    label: { nl: row.label_nl, en: row.label_en },
    description: row.description,
    purposes: row.purposes,
    unclassified: row.purposes.length === 0,
    sensitive: row.sensitive,
    standard: row.standard,
    retentionDays: row.retention_days,
    computation: row.computation,
    source: row.source,
    createdAt: row.created_at,
  };
}

function knownView({ row, users, filled }: KnownAttribute): Record<string, unknown> {
  return { ...attributeView(row), users, filled };
}

function eventView(row: EventDefinitionRow): Record<string, unknown> {
  return {
    name: row.name,
    label: { nl: row.label_nl, en: row.label_en },
    description: row.description,
    purposes: row.purposes,
    unclassified: row.purposes.length === 0,
    sensitive: row.sensitive,
    source: row.source,
    createdAt: row.created_at,
  };
}
