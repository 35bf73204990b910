import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import type { AuthenticatedRequest } from '../platform/http/scopes.guard.js';
import type { ApiKeyRow } from './api-keys.queries.js';
import { ApiKeysService } from './api-keys.service.js';

export const keyInput = z.strictObject({
  name: z.string().trim().min(1).max(100).regex(/^[^\p{C}]+$/u, 'must not hold control characters'),
  scopes: z.array(z.string().regex(/^(\*|[a-z-]+:[a-z-]+)$/, 'must be "*" or look like "segments:read"')).min(1).max(100),
});
const keyId = z.coerce.number().int().positive().max(2_147_483_647);

@ApiTags('API keys')
@Controller('api/v1/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get()
  @Scopes('keys:read')
  @Documented({ summary: 'List the API keys: who may call, and when they last did', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [0];
    const { items, next } = pageOf(await this.keys.list(after, limit + 1), limit, (row) => [row.key_id]);
    return { items: items.map(keyView), next };
  }

  @Post()
  @Scopes('keys:write')
  @Documented({ summary: 'Make a key; the answer is the only time it is shown', body: keyInput })
  async create(@Body() body: unknown, @Caller() actor: string, @Req() request: AuthenticatedRequest): Promise<unknown> {
    const made = await this.keys.create(parse(keyInput, body), actor, request.principal?.scopes ?? []);
    if (!made.ok) {
      throw new ProblemError({ status: 403, type: 'scope-not-held', title: 'A key can only be given what you may do yourself.', detail: `You lack ${made.error.scopes.join(', ')}.` });
    }
    return { ...keyView(made.value.row), key: made.value.key };
  }

  @Delete(':id')
  @HttpCode(200)
  @Scopes('keys:write')
  @Documented({ summary: 'Revoke a key; from then on it answers 401' })
  async revoke(@Param('id') id: string, @Caller() actor: string): Promise<unknown> {
    const row = await this.keys.revoke(parse(keyId, id), actor);
    if (!row) throw notFound('API key', id);
    return keyView(row);
  }
}

function keyView(row: ApiKeyRow): Record<string, unknown> {
  return { id: row.key_id, name: row.name, prefix: `tk_${row.prefix}`, scopes: row.scopes, createdAt: row.created_at, lastUsedAt: row.last_used_at, revokedAt: row.revoked_at };
}
