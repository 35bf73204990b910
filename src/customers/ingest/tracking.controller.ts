import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Scopes } from '../../platform/http/scopes.js';
import { isRefusal, PROBLEM_KINDS, type ProblemKind } from './tracking-problem.js';
import { TrackingProblemsService } from './tracking-problems.service.js';
import { writeKeyInput } from './write-key-input.js';
import type { WriteKeyRow } from './write-keys.queries.js';
import { WriteKeysService } from './write-keys.service.js';

const keyId = z.coerce.number().int().positive().max(2_147_483_647);
const contactId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const problemsQuery = pageQuery.extend({ writeKeyId: keyId.optional() });
const conflictsQuery = pageQuery.extend({ contactId: contactId.optional() });

@ApiTags('Tracking')
@Controller('api/v1')
export class TrackingController {
  constructor(
    private readonly keys: WriteKeysService,
    private readonly problems: TrackingProblemsService,
  ) {}

  @Get('write-keys')
  @Scopes('keys:read')
  @Documented({ summary: 'List the write keys: what may send data in, for which purposes', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [0];
    const { items, next } = pageOf(await this.keys.list(after, limit + 1), limit, (row) => [row.write_key_id]);
    return { items: items.map(keyView), next };
  }

  @Post('write-keys')
  @Scopes('keys:write')
  @Documented({ summary: 'Make a write key; the answer is the only time it is shown. It can send data to /v1 and do nothing else.', body: writeKeyInput })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const made = await this.keys.create(parse(writeKeyInput, body), actor);
    if (made.ok) return { ...keyView(made.value.row), key: made.value.key };
    throw new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose to collect data for.', errors: made.error.unknown.map((purpose) => ({ path: 'purposes', message: `"${purpose}" does not exist` })) });
  }

  @Delete('write-keys/:id')
  @HttpCode(200)
  @Scopes('keys:write')
  @Documented({ summary: 'Revoke a write key; from then on it answers 401' })
  async revoke(@Param('id') id: string, @Caller() actor: string): Promise<unknown> {
    const row = await this.keys.revoke(parse(keyId, id), actor);
    if (!row) throw notFound('write key', id);
    return keyView(row);
  }

  @Get('tracking/problems')
  @Scopes('events:read')
  @Documented({ summary: 'What of the data sent in was refused or dropped: how often, since when, and the last sample (names and ids, no values)', query: problemsQuery })
  async listProblems(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, writeKeyId } = parse(problemsQuery, query);
    const after = decodeCursor(z.tuple([z.number().int(), z.string()]), cursor) ?? ([0, ''] as const);
    const { items, next } = pageOf(await this.problems.list(writeKeyId ?? null, after, limit + 1), limit, (row) => [row.write_key_id, row.kind]);
    return {
      items: items.map((row) => ({
        writeKeyId: row.write_key_id, source: row.source, kind: row.kind, ...meaningOf(row.kind), count: row.count, firstAt: row.first_at, lastAt: row.last_at, sample: row.sample,
      })),
      next,
    };
  }

  @Get('tracking/conflicts')
  @Scopes('contacts:read')
  @ReadsPeople('identity_conflicts')
  @Documented({ summary: 'Contacts that may be one person, where joining them by itself could give one person\'s mail to another. POST /contacts/{id}/merge joins them.', query: conflictsQuery })
  async listConflicts(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, contactId: about } = parse(conflictsQuery, query);
    const after = decodeCursor(z.tuple([z.number().int(), z.number().int(), z.string()]), cursor) ?? ([0, 0, ''] as const);
    const { items, next } = pageOf(await this.problems.conflicts(about ?? null, after, limit + 1), limit, (row) => [row.contact_id, row.other_contact_id, row.kind]);
    return {
      items: items.map((row) => ({ contactId: row.contact_id, otherContactId: row.other_contact_id, kind: row.kind, ...meaningOf(row.kind), source: row.source, count: row.count, firstAt: row.first_at, lastAt: row.last_at })),
      next,
    };
  }
}

function meaningOf(kind: string): Record<string, unknown> {
  if (!Object.hasOwn(PROBLEM_KINDS, kind)) return {};
  const { nl, en } = PROBLEM_KINDS[kind as ProblemKind];
  return { meaning: { nl, en }, refused: isRefusal(kind as ProblemKind) };
}

function keyView(row: WriteKeyRow): Record<string, unknown> {
  return {
    id: row.write_key_id, source: row.source, kind: row.kind, prefix: `wk_${row.prefix}`, purposes: row.purposes, noticeVersion: row.notice_version, consentCategories: row.consent_categories,
    consentWordingVersion: row.consent_wording_version, eventsPerSecond: row.events_per_second, allowedOrigins: row.allowed_origins, createdAt: row.created_at, lastUsedAt: row.last_used_at, revokedAt: row.revoked_at,
  };
}
