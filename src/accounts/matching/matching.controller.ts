import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { explainMatch } from '../../core/account/explain-match.js';
import { assertNever } from '../../core/shared/assert-never.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Scopes } from '../../platform/http/scopes.js';
import { MatchDecisionsService, type MatchProblem } from './match-decisions.service.js';
import { MatchingService } from './matching.service.js';
import type { MatchRow } from './matches.queries.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const idInput = z.number().int().positive();
const listQuery = pageQuery.extend({ state: z.enum(['matched', 'review', 'rejected', 'pinned', 'undone']).optional(), contactId: id.optional(), accountId: id.optional() });
const runInput = z.strictObject({
  dryRun: z.boolean().default(false).describe('count what would be found, and write nothing'),
  after: z.number().int().min(0).default(0).describe('the "next" of the answer before, when there was not time for everybody'),
});
const pinInput = z.strictObject({ contactId: idInput, accountId: idInput });

/** An answer should not keep its caller waiting longer; what is left is told. */
const LONGEST_MS = 20_000;

@ApiTags('Account matching')
@Controller('api/v1/accounts')
export class MatchingController {
  constructor(
    private readonly matching: MatchingService,
    private readonly decisions: MatchDecisionsService,
  ) {}

  @Post('match')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Look for the accounts of all contacts that have none, for up to 20 seconds; "next" is null when everybody was looked at. Running it twice is running it once', body: runInput })
  run(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const { dryRun, after } = parse(runInput, body ?? {});
    return this.matching.matchAll({ dryRun, after, by: actor, until: performance.now() + LONGEST_MS });
  }

  @Get('matches')
  @Scopes('accounts:read', 'contacts:read')
  @ReadsPeople('account_matches')
  @Documented({ summary: 'Matches of contacts to accounts, each with its reason in words; `state=review` is the queue of the doubtful ones', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, ...filter } = parse(listQuery, query);
    const [after] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [0];
    const { items, next } = pageOf(await this.decisions.list(filter, after, limit + 1), limit, (row) => [row.match_id]);
    return { items: items.map(matchView), next };
  }

  @Post('matches/pin')
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Put a contact into an account by hand; no rule changes that', body: pinInput })
  async pin(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const { contactId, accountId } = parse(pinInput, body);
    const pinned = await this.decisions.pin(contactId, accountId, actor);
    if (!pinned.ok) throw problemOf(pinned.error, '');
    return matchView(pinned.value);
  }

  @Post('matches/:id/accept')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Accept a proposal of the review queue' })
  accept(@Param('id') matchId: string, @Caller() actor: string): Promise<unknown> {
    return this.decide('accept', matchId, actor);
  }

  @Post('matches/:id/reject')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Reject a proposal of the review queue, with all accounts it names: they are not proposed on the same grounds again' })
  reject(@Param('id') matchId: string, @Caller() actor: string): Promise<unknown> {
    return this.decide('reject', matchId, actor);
  }

  @Post('matches/:id/undo')
  @HttpCode(200)
  @Scopes('accounts:write', 'contacts:write')
  @Documented({ summary: 'Undo a match: the contact goes back to where it was, and is not matched the same way again' })
  undo(@Param('id') matchId: string, @Caller() actor: string): Promise<unknown> {
    return this.decide('undo', matchId, actor);
  }

  private async decide(what: 'accept' | 'reject' | 'undo', matchId: string, actor: string): Promise<unknown> {
    const decided = await this.decisions[what](parse(id, matchId), actor);
    if (!decided.ok) throw problemOf(decided.error, matchId);
    return matchView(decided.value);
  }
}

function problemOf(problem: MatchProblem, matchId: string): ProblemError {
  switch (problem.kind) {
    case 'match_missing':
      return notFound('match', matchId);
    case 'contact_missing':
      return new ProblemError({ status: 422, type: 'contact-unknown', title: 'There is no such contact.' });
    case 'account_missing':
      return new ProblemError({ status: 422, type: 'account-unknown', title: 'There is no such account.' });
    case 'not_open':
      return new ProblemError({ status: 409, type: 'match-not-open', title: 'That cannot be done with this match any more.', detail: `It is ${problem.state}, or was overtaken by another one.` });
    case 'moved_on':
      return new ProblemError({ status: 409, type: 'contact-moved', title: 'The contact is in another place by now.', detail: problem.accountId === null ? 'It has no account.' : `It belongs to account ${problem.accountId}.` });
    default:
      return assertNever(problem);
  }
}

function matchView(row: MatchRow): Record<string, unknown> {
  return {
    id: row.match_id,
    state: row.state,
    standing: row.ended_at === null,
    contact: { id: row.contact_id, name: row.contact_name, email: row.contact_email, accountId: row.contact_account_id },
    account: { id: row.account_id, name: row.account_name },
    candidates: row.candidates,
    rule: row.rule,
    confidence: row.confidence,
    inputs: row.inputs,
    sentence: explainMatch({ rule: row.rule, inputs: row.inputs, account: row.account_name }),
    previousAccountId: row.previous_account_id,
    matchedAt: row.matched_at,
    matchedBy: row.matched_by,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
  };
}
