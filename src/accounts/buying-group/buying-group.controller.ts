import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { buyingGroupPolicy } from '../../core/account/buying-group.js';
import { assertNever } from '../../core/shared/assert-never.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { ReadTrailService } from '../../privacy/read-trail.service.js';
import { buyingGroupInput, groupQuery } from './buying-group-input.js';
import type { MemberRow } from './buying-group.queries.js';
import { type BuyingGroup, type BuyingGroupProblem, BuyingGroupService } from './buying-group.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

@ApiTags('Accounts')
@Controller('api/v1/accounts')
export class BuyingGroupController {
  constructor(
    private readonly groups: BuyingGroupService,
    private readonly reads: ReadTrailService,
  ) {}

  @Get('buying-group-policy')
  @Scopes('policies:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'Which roles a buying group needs, and how many people of each: for the workspace, and for accounts of some tiers' })
  policy(): Promise<unknown> {
    return this.groups.policy();
  }

  @Put('buying-group-policy')
  @Scopes('policies:write')
  @Documented({ summary: 'Replace what a buying group needs; coverage and gaps are told by it at once', body: buyingGroupPolicy })
  replacePolicy(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.groups.replacePolicy(parse(buyingGroupPolicy, body), actor);
  }

  @Get(':id/buying-group')
  @Scopes('accounts:read', 'contacts:read')
  @Reaches({ account: 'id' })
  @Documented({ summary: 'The buying group: who plays which part, how sure that is, since when and where from, who of us is paired with whom; how much of it is known, and which roles are missing', query: groupQuery })
  async get(@Param('id') accountId: string, @Query() query: unknown, @Caller() actor: string): Promise<unknown> {
    return this.viewOf(accountId, parse(groupQuery, query).ended, actor);
  }

  @Put(':id/buying-group')
  @Scopes('groups:write')
  @Reaches({ account: 'id' })
  @Documented({ summary: 'Set the whole buying group: parts that are not named end now, and stay to be seen', body: buyingGroupInput })
  async set(@Param('id') accountId: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.groups.set(parse(id, accountId), parse(buyingGroupInput, body), actor);
    if (!result.ok) throw problemOf(result.error, accountId);
    return this.viewOf(accountId, false, actor);
  }

  private async viewOf(accountId: string, withEnded: boolean, actor: string): Promise<unknown> {
    const group = await this.groups.get(parse(id, accountId), withEnded);
    if (!group) throw notFound('account', accountId);
    this.reads.note(actor, 'account', accountId, group.members.length + (group.ended?.length ?? 0));
    return groupView(group);
  }
}

function problemOf(problem: BuyingGroupProblem, accountId: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('account', accountId);
    case 'not_of_account':
      return new ProblemError({ status: 422, type: 'contact-of-other-account', title: 'A buying group is made of the people of its account.', detail: `These contacts do not belong to it: ${problem.contactIds.join(', ')}` });
    case 'colleague_unknown':
      return new ProblemError({ status: 422, type: 'user-unknown', title: 'Nobody here has that address, so nobody can be paired by it.', detail: problem.emails.join(', ') });
    default:
      return assertNever(problem);
  }
}

export function groupView({ account, members, coverage, ended }: BuyingGroup): Record<string, unknown> {
  return {
    account: { id: account.account_id, name: account.name, tier: account.tier },
    completeness: coverage.completeness,
    percent: coverage.percent,
    roles: coverage.roles,
    gaps: coverage.gaps,
    members: members.map(memberView),
    ...(ended && { ended: ended.map((row) => ({ ...memberView(row), until: row.valid_to })) }),
  };
}

function memberView(row: MemberRow): Record<string, unknown> {
  return {
    contact: { id: row.contact_id, name: [row.first_name, row.last_name].filter((name) => name !== null).join(' ') || null, email: row.email, job_title: row.job_title },
    role: row.role, confidence: row.confidence, source: row.source, since: row.valid_from,
    colleague: row.colleague_email === null ? null : { email: row.colleague_email, name: row.colleague_name },
  };
}
