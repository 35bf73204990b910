import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Scopes } from '../../platform/http/scopes.js';
import { MergeService, type UndoProblem } from './merge.service.js';
import type { MergeRow } from './merge.queries.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const listQuery = pageQuery.extend({ contactId: id.optional() });
const mergeInput = z.strictObject({ contactId: z.number().int().positive().describe('The contact that becomes part of the one in the path') });

const UNDO_REFUSALS: Record<UndoProblem['kind'], { status: number; type: string; title: string }> = {
  missing: { status: 404, type: 'not-found', title: 'There is no such merge.' },
  undone_already: { status: 409, type: 'merge-undone-already', title: 'This merge was undone already.' },
  survivor_gone: { status: 409, type: 'merge-survivor-gone', title: 'The contact that stayed was itself merged since: undo that merge first.' },
};

@ApiTags('Contacts')
@Controller('api/v1')
export class MergesController {
  constructor(private readonly merges: MergeService) {}

  @Post('contacts/:id/merge')
  @HttpCode(200)
  @Scopes('contacts:write')
  @Documented({ summary: 'Make one contact of two: the one in the path stays, and gets everything of the other. Where either said no, no holds. The old id keeps working.', body: mergeInput })
  async merge(@Param('id') survivor: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const merged = await this.merges.merge(parse(id, survivor), parse(mergeInput, body).contactId, actor);
    if (merged.ok) return mergeView(merged.value);
    if (merged.error.kind === 'missing') throw notFound('contact', merged.error.contactId);
    throw new ProblemError({ status: 422, type: 'merge-with-itself', title: 'A contact cannot be merged with itself.' });
  }

  @Get('merges')
  @Scopes('contacts:read')
  @ReadsPeople('merges')
  @Documented({ summary: 'Merges of contacts, newest first: by people, by an alias, or because a visitor turned out to be somebody', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, contactId } = parse(listQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.merges.list(contactId ?? null, before, limit + 1), limit, (row) => [row.merge_id]);
    return { items: items.map(mergeView), next };
  }

  @Post('merges/:id/undo')
  @HttpCode(200)
  @Scopes('contacts:write')
  @Documented({ summary: 'Make two contacts of one again, each with what was his, as far as nobody changed it since. About consent the stricter stays with both.' })
  async undo(@Param('id') mergeId: string, @Caller() actor: string): Promise<unknown> {
    const undone = await this.merges.undo(parse(id, mergeId), actor);
    if (!undone.ok) throw new ProblemError(UNDO_REFUSALS[undone.error.kind]);
    return mergeView(undone.value);
  }
}

function mergeView(row: MergeRow): Record<string, unknown> {
  return {
    id: row.merge_id, mergedContactId: row.merged_contact_id, survivorId: row.survivor_id, cause: row.cause, actor: row.actor, mergedAt: row.merged_at, undoneAt: row.undone_at, undoneBy: row.undone_by,
  };
}
