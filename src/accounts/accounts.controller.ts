import { Body, Controller, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertNever } from '../core/shared/assert-never.js';
import type { Reach } from '../core/shared/reach.js';
import { fieldInput } from '../customers/field-input.js';
import { tableCursor, tableQuery } from '../customers/table/read-table.js';
import { Caller, CallerReach } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, MAX_PAGE, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { accountChange, accountInput, domainsInput } from './account-input.js';
import { type AccountProblem, AccountsService } from './accounts.service.js';
import { AccountsTableService } from './accounts-table.service.js';
import type { AccountRow, PersonRow } from './accounts.queries.js';
import { ScoresViewService } from './scores/scores-view.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const listQuery = pageQuery.extend({ ...tableQuery.shape, cursor: z.string().max(16_000).optional(), name: z.string().min(1).max(500).optional(), domain: fieldInput('domain').optional(), parentId: id.optional(), ownerId: id.optional() });
const afterId = z.tuple([z.number().int()]);

@ApiTags('Accounts')
@Controller('api/v1/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly table: AccountsTableService,
    private readonly scores: ScoresViewService,
  ) {}

  @Get()
  @Scopes('accounts:read')
  @Reaches('limits itself')
  @Documented({
    summary: 'The table of accounts. `sort`: any attribute, `-` before it for descending, no value last. `filter`: JSON list of attribute conditions as in rules. `q`: parts of the name; `name`: its beginning. `total` comes with the first page.',
    query: listQuery,
  })
  async list(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { limit, cursor, sort, filter, q: search, ...finding } = parse(listQuery, query);
    const page = await this.table.read({ sort, filter, search }, { ...finding, reach }, decodeCursor(tableCursor, cursor), limit);
    if (!page.ok) throw new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: page.error });
    const { items, next } = pageOf(page.value.rows, limit, ({ place }) => [place.value, place.id]);
    return { items: items.map(({ row }) => accountView(row)), next, ...(page.value.total && { total: page.value.total }) };
  }

  @Get(':id')
  @Scopes('accounts:read')
  @Reaches({ account: 'id' })
  @ReadsPeople('account', ['id'], 'people')
  @Documented({ summary: 'One account with its first people and their roles (/people has all of them), its fit and engagement with what they are worked out from, and its stage with since when and why' })
  async one(@Param('id') accountId: string): Promise<unknown> {
    return this.viewOf(parse(id, accountId));
  }

  @Get(':id/people')
  @Scopes('accounts:read', 'contacts:read')
  @Reaches({ account: 'id' })
  @ReadsPeople('account', ['id'])
  @Documented({ summary: 'The people of an account, with their roles in the buying group', query: pageQuery })
  async people(@Param('id') accountId: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(afterId, cursor) ?? [0];
    if (!(await this.accounts.get(parse(id, accountId)))) throw notFound('account', accountId);
    const { items, next } = pageOf(await this.accounts.people(parse(id, accountId), after, limit + 1), limit, (row) => [row.contact_id]);
    return { items: items.map(personView), next };
  }

  @Post()
  @Scopes('accounts:write')
  @Documented({ summary: 'Add an account. Its name is its own: another with the same name is a conflict.', body: accountInput })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.accounts.create(parse(accountInput, body), actor);
    if (!result.ok) throw problemOf(result.error, '');
    return this.viewOf(result.value);
  }

  @Patch(':id')
  @Scopes('accounts:write')
  @Documented({ summary: 'Change an account: null removes a field, what is not named stays', body: accountChange })
  async change(@Param('id') accountId: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.accounts.change(parse(id, accountId), parse(accountChange, body), actor);
    if (!result.ok) throw problemOf(result.error, accountId);
    return this.viewOf(result.value);
  }

  @Get(':id/domains')
  @Scopes('accounts:read')
  @Reaches({ account: 'id' })
  @Documented({ summary: 'The domains and hosts of an account, by which contacts are matched to it' })
  async domains(@Param('id') accountId: string): Promise<unknown> {
    const account = parse(id, accountId);
    if (!(await this.accounts.get(account))) throw notFound('account', accountId);
    return { domains: (await this.accounts.domains(account)).map((row) => ({ domain: row.domain, source: row.source, verified: row.verified_at !== null, verifiedAt: row.verified_at })) };
  }

  @Put(':id/domains')
  @Scopes('accounts:write')
  @Documented({ summary: 'Set all domains and hosts of an account; its own domain (the field `domain`) stays. Addresses at verified ones are matched, those at others go to the review queue', body: domainsInput })
  async setDomains(@Param('id') accountId: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.accounts.setDomains(parse(id, accountId), parse(domainsInput, body), actor);
    if (!result.ok) throw problemOf(result.error, accountId);
    return this.domains(accountId);
  }

  private async viewOf(accountId: number): Promise<unknown> {
    const account = await this.accounts.get(accountId);
    if (!account) throw notFound('account', accountId);
    const people = await this.accounts.people(accountId, 0, MAX_PAGE);
    return { ...accountView(account), scores: await this.scores.of(account), people: people.map(personView) };
  }
}

function problemOf(problem: AccountProblem, accountId: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('account', accountId);
    case 'taken':
      return new ProblemError({ status: 409, type: 'account-exists', title: `Account ${problem.accountId} has the same ${problem.same === 'name' ? 'name' : 'external_id'}.` });
    case 'parent_unknown':
      return new ProblemError({ status: 422, type: 'account-unknown', title: 'There is no account to be the parent.' });
    case 'parent_circular':
      return new ProblemError({ status: 422, type: 'account-circular', title: 'That would make the account its own ancestor.' });
    case 'owner_unknown':
      return new ProblemError({ status: 422, type: 'user-unknown', title: 'Nobody here has that address, so nobody can own the account by it.' });
    case 'attributes_invalid':
      return new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: problem.problems });
    default:
      return assertNever(problem);
  }
}

function accountView(row: AccountRow): Record<string, unknown> {
  return {
    id: row.account_id,
    external_id: row.external_id,
    name: row.name,
    domain: row.domain,
    sector: row.sector,
    country: row.country,
    city: row.city,
    employees: row.employees,
    revenue: row.revenue,
    year_established: row.year_established,
    vat_number: row.vat_number,
    coc_number: row.coc_number,
    tier: row.tier,
    lifecycle_stage: row.lifecycle_stage,
    open_opportunities: row.open_opportunities,
    won_opportunities: row.won_opportunities,
    won_value: row.won_value,
    last_won_on: row.last_won_on,
    fit_score: row.fit_score,
    fit_grade: row.fit_grade,
    engagement_score: row.engagement_score,
    account_stage: row.account_stage,
    account_stage_since: row.account_stage_since,
    attributes: row.attributes,
    parent: row.parent_account_id === null ? null : { id: row.parent_account_id, name: row.parent_name },
    owner: row.owner_id === null ? null : { id: row.owner_id, name: row.owner_name, email: row.owner_email },
    source: row.source,
    importId: row.import_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function personView(row: PersonRow): Record<string, unknown> {
  return { id: row.contact_id, first_name: row.first_name, last_name: row.last_name, email: row.email, job_title: row.job_title, roles: row.roles };
}
