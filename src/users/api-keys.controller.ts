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
import { ApiKeysService, type KeyProblem } from './api-keys.service.js';

export const keyInput = z
  .strictObject({
    name: z.string().trim().min(1).max(100).regex(/^[^\p{C}]+$/u, 'must not hold control characters'),
    scopes: z.array(z.string().regex(/^(\*|[a-z-]+:[a-z-]+)$/, 'must be "*" or look like "segments:read"')).min(1).max(100).optional(),
    user: z.string().trim().toLowerCase().min(3).max(254).optional().describe('the address of the colleague it is for: the key can do no more than his role may, and an account manager sees his own people only'),
  })
  .refine(({ scopes, user }) => scopes !== undefined || user !== undefined, { path: ['scopes'], message: 'say what the key may do, or whose it is' });
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
    const made = await this.keys.create(parse(keyInput, body), actor, request.principal ?? { name: 'nobody', scopes: [] });
    if (!made.ok) throw problemOf(made.error);
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

function problemOf(problem: KeyProblem): ProblemError {
  switch (problem.kind) {
    case 'scope_not_held':
      return new ProblemError({ status: 403, type: 'scope-not-held', title: 'A key can only be given what you may do yourself.', detail: `You lack ${problem.scopes.join(', ')}.` });
    case 'beyond_role':
      return new ProblemError({ status: 422, type: 'beyond-role', title: 'That is more than the role of this user may do.', detail: `Not for a user of role ${problem.role}: ${problem.scopes.join(', ')}. Leave scopes out to give what the role may.` });
    case 'user_unknown':
      return new ProblemError({ status: 422, type: 'user-unknown', title: 'Nobody here has that address, so no key can be bound to it.' });
  }
}

function keyView(row: ApiKeyRow): Record<string, unknown> {
  return { id: row.key_id, name: row.name, prefix: `tk_${row.prefix}`, scopes: row.scopes, userId: row.user_id, createdAt: row.created_at, lastUsedAt: row.last_used_at, revokedAt: row.revoked_at };
}
