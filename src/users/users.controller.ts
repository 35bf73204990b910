import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ROLES } from '../core/shared/roles.js';
import { Caller, CallerMay } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import type { UserRow } from './users.queries.js';
import { UsersService } from './users.service.js';

export const userChange = z.strictObject({
  email: z.string().trim().toLowerCase().min(3).max(254).regex(/^[^\s@]+@[^\s@]+$/, 'must be an address'),
  name: z.string().trim().min(1).max(200).optional(),
  role: z.enum(ROLES).optional(),
  region: z.string().trim().min(1).max(100).nullable().optional(),
});

@ApiTags('Users')
@Controller('api/v1/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Scopes('users:read')
  @Documented({ summary: 'Colleagues with their roles and regions', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [0];
    const { items, next } = pageOf(await this.users.list(after, limit + 1), limit, (row) => [row.user_id]);
    return { items: items.map(userView), next };
  }

  @Post()
  @HttpCode(200)
  @Scopes('users:write')
  @Documented({ summary: 'Add a colleague, or change the name, role and region you give; his keys follow at once', body: userChange })
  async save(@Body() body: unknown, @Caller() actor: string, @CallerMay('privacy:write') isOfficer: boolean, @CallerMay('users:admin') isAdmin: boolean): Promise<unknown> {
    const change = parse(userChange, body);
    // A role is a bundle of scopes: nobody gives what he does not have, himself least of all.
    if ((change.role === 'officer' && !isOfficer) || (change.role === 'admin' && !isAdmin)) {
      throw new ProblemError({ status: 403, type: 'scope-not-held', title: 'A role can only be given by somebody who may do what it may.', detail: change.role === 'officer' ? 'Only an officer, or the operator at the machine, makes somebody an officer.' : 'Only an administrator makes somebody an administrator.' });
    }
    return userView(await this.users.save(change, actor));
  }
}

function userView(row: UserRow): Record<string, unknown> {
  return { id: row.user_id, email: row.email, name: row.name, role: row.role, region: row.region, createdAt: row.created_at };
}
