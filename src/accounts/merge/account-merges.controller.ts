import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertNever } from '../../core/shared/assert-never.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { type AccountMergeProblem, AccountMergesService } from './account-merges.service.js';
import type { MergeRow } from './merge.queries.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const listQuery = pageQuery.extend({ accountId: id.optional() });
const mergeInput = z.strictObject({ accountId: z.number().int().positive().describe('The account that becomes part of the one in the path') });

@ApiTags('Accounts')
@Controller('api/v1/accounts')
export class AccountMergesController {
  constructor(private readonly merges: AccountMergesService) {}

  @Post(':id/merge')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Make one account of two: the one in the path stays, and gets the people, deals, domains, buying group and subsidiaries of the other, and what it did not know itself', body: mergeInput })
  async merge(@Param('id') kept: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const merged = await this.merges.merge(parse(id, kept), parse(mergeInput, body).accountId, actor);
    if (!merged.ok) throw accountMergeProblem(merged.error);
    return accountMergeView(merged.value);
  }

  @Get('merges')
  @Scopes('accounts:read')
  @Documented({ summary: 'Merges of accounts, newest first', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, accountId } = parse(listQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.merges.list(accountId ?? null, before, limit + 1), limit, (row) => [row.merge_id]);
    return { items: items.map(accountMergeView), next };
  }

  @Post('merges/:id/undo')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Make two accounts of one again, under their old ids, each with what was its own, as far as nobody changed it since' })
  async undo(@Param('id') mergeId: string, @Caller() actor: string): Promise<unknown> {
    const undone = await this.merges.undo(parse(id, mergeId), actor);
    if (!undone.ok) throw accountMergeProblem(undone.error);
    return accountMergeView(undone.value);
  }
}

export function accountMergeProblem(problem: AccountMergeProblem): ProblemError {
  switch (problem.kind) {
    case 'same':
      return new ProblemError({ status: 422, type: 'merge-with-itself', title: 'An account cannot be merged with itself.' });
    case 'account_missing':
      return notFound('account', problem.accountId);
    case 'merge_missing':
      return new ProblemError({ status: 404, type: 'not-found', title: 'There is no such merge.' });
    case 'undone_already':
      return new ProblemError({ status: 409, type: 'merge-undone-already', title: 'This merge was undone already.' });
    case 'kept_gone':
      return new ProblemError({ status: 409, type: 'merge-survivor-gone', title: 'The account that stayed was itself merged since: undo that merge first.' });
    case 'name_taken':
      return new ProblemError({ status: 409, type: 'account-exists', title: `Account ${problem.accountId} has the same name or external_id by now: merge or rename it first.` });
    case 'circular':
      return new ProblemError({ status: 409, type: 'account-circular', title: 'The hierarchy of accounts was changed since, and would become a circle.' });
    default:
      return assertNever(problem);
  }
}

function accountMergeView(row: MergeRow): Record<string, unknown> {
  return { id: row.merge_id, keptAccountId: row.kept_account_id, mergedAccountId: row.merged_account_id, mergedName: row.merged_name, mergedAt: row.merged_at, mergedBy: row.merged_by, undoneAt: row.undone_at, undoneBy: row.undone_by };
}
