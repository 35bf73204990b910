import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { eventInput, eventsInput, MOST_EVENTS } from './event-input.js';
import { EventsService } from './events.service.js';
import type { EventRow } from './events.queries.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const listQuery = pageQuery.extend({ name: z.string().min(1).max(200).optional() });
const cursorOf = z.tuple([z.iso.datetime(), z.string()]);

@ApiTags('Events')
@Controller('api/v1')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Post('events')
  @HttpCode(200)
  @Scopes('events:write')
  @Documented({
    summary: `Store up to ${MOST_EVENTS} events of contacts that are here. Sent twice, stored once. The answer tells of each: stored, known or rejected.`,
    body: eventsInput.extend({ events: z.array(eventInput).min(1).max(MOST_EVENTS) }),
  })
  async store(@Body() body: unknown): Promise<unknown> {
    const result = await this.events.store(parse(eventsInput, body));
    if (result.ok) return result.value;
    throw new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose.', errors: result.error.unknown.map((purpose) => ({ path: 'purposes', message: `"${purpose}" does not exist` })) });
  }

  @Get('contacts/:id/events')
  @Scopes('events:read')
  @Reaches({ contact: 'id' })
  @Documented({ summary: "A contact's events, newest first", query: listQuery })
  async list(@Param('id') contactId: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor, name } = parse(listQuery, query);
    const before = decodeCursor(cursorOf, cursor);
    const rows = await this.events.list(parse(id, contactId), name ?? null, before ? [new Date(before[0]), before[1]] : null, limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.occurred_at.toISOString(), row.idempotency_key]);
    return { items: items.map(eventView), next };
  }
}

function eventView(row: EventRow): Record<string, unknown> {
  return { name: row.name, occurredAt: row.occurred_at, properties: row.properties, key: row.idempotency_key, source: row.source, receivedAt: row.received_at };
}
