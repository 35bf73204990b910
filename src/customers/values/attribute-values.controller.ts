import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertNever } from '../../core/shared/assert-never.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { attributeScope } from '../attribute-input.js';
import { AttributeIndexesService, type IndexProblem, type IndexState } from './attribute-indexes.service.js';
import { AttributeValuesService, type ValuesProblem } from './attribute-values.service.js';
import { saysUsers } from './users-text.js';

const retyping = z.strictObject({ type: z.enum(['text', 'number', 'boolean', 'date', 'timestamp', 'list']) });
const renaming = z.strictObject({ key: z.string().min(1).max(200) });

@ApiTags('Attributes')
@Controller('api/v1/attributes/:scope/:key')
export class AttributeValuesController {
  constructor(
    private readonly values: AttributeValuesService,
    private readonly indexes: AttributeIndexesService,
  ) {}

  @Post('type')
  @HttpCode(200)
  @Scopes('attributes:write')
  @Documented({ summary: 'Give an attribute another type and convert all its values; refused when one does not fit (then nothing changes), or when it is in use', body: retyping })
  async retype(@Param('scope') scope: string, @Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.values.retype(parse(attributeScope, scope), key, parse(retyping, body).type, actor);
    if (!result.ok) throw problemOf(result.error, key);
    return result.value;
  }

  @Post('rename')
  @HttpCode(200)
  @Scopes('attributes:write')
  @Documented({ summary: 'Give an attribute another name; refused when it is in use', body: renaming })
  async rename(@Param('scope') scope: string, @Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.values.rename(parse(attributeScope, scope), key, parse(renaming, body).key, actor);
    if (!result.ok) throw problemOf(result.error, key);
    return result.value;
  }

  @Delete()
  @HttpCode(202)
  @Scopes('attributes:write')
  @Documented({ summary: 'Delete an attribute; refused when it is in use. Its values are taken out in the background.' })
  async remove(@Param('scope') scope: string, @Param('key') key: string, @Caller() actor: string): Promise<void> {
    const result = await this.values.remove(parse(attributeScope, scope), key, actor);
    if (!result.ok) throw problemOf(result.error, key);
  }

  @Post('index')
  @HttpCode(202)
  @Scopes('attributes:write')
  @Documented({ summary: 'Build an index on an attribute in the background: sorting, filtering and rules by it stay fast on a million rows. Each makes writing a little slower.' })
  async wantIndex(@Param('scope') scope: string, @Param('key') key: string, @Caller() actor: string): Promise<unknown> {
    const result = await this.indexes.want(parse(attributeScope, scope), key, actor);
    if (!result.ok) throw indexProblemOf(result.error, key);
    return indexView(result.value);
  }

  @Get('index')
  @Scopes('attributes:read')
  @Documented({ summary: 'How the index on an attribute stands: wanted, building (with its progress), ready or failed' })
  async index(@Param('scope') scope: string, @Param('key') key: string): Promise<unknown> {
    const state = await this.indexes.state(parse(attributeScope, scope), key);
    if (!state) throw notFound('index on the attribute', key);
    return indexView(state);
  }

  @Delete('index')
  @HttpCode(202)
  @Scopes('attributes:write')
  @Documented({ summary: 'Drop the index on an attribute, in the background' })
  async dropIndex(@Param('scope') scope: string, @Param('key') key: string, @Caller() actor: string): Promise<void> {
    if (!(await this.indexes.drop(parse(attributeScope, scope), key, actor))) throw notFound('index on the attribute', key);
  }
}

function problemOf(problem: ValuesProblem, key: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('attribute', key);
    case 'standard':
      return new ProblemError({ status: 422, type: 'attribute-standard', title: 'A standard attribute stays as it is.' });
    case 'computed':
      return new ProblemError({ status: 422, type: 'attribute-computed', title: 'The type of a computed attribute follows from its computation: change that.' });
    case 'in_use':
      return new ProblemError({ status: 409, type: 'attribute-in-use', title: 'The attribute is in use.', detail: `${saysUsers(problem.users)} Take it out there first.` });
    case 'not_convertible':
      return new ProblemError({ status: 422, type: 'type-not-convertible', title: `A ${problem.from} does not become a ${problem.to}.`, detail: 'Make it a text first, or import the values anew under another name.' });
    case 'values_do_not_fit':
      return new ProblemError({
        status: 422,
        type: 'values-do-not-fit',
        title: `${problem.unfit} of ${problem.total} values are no ${problem.to}.`,
        detail: 'Nothing was changed. Correct those values first (a segment with "is not" or "contains" finds them), or import the values anew under another name.',
      });
    case 'key_invalid':
      return new ProblemError({ status: 422, type: 'invalid-input', title: 'That is not a name for an attribute: a lower-case letter, then letters, digits and _ (at most 63).' });
    case 'key_taken':
      return new ProblemError({ status: 409, type: 'attribute-exists', title: `There is an attribute "${problem.key}" already.` });
    default:
      return assertNever(problem);
  }
}

function indexProblemOf(problem: IndexProblem, key: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('attribute', key);
    case 'too_many':
      return new ProblemError({ status: 409, type: 'too-many-indexes', title: `There are ${problem.most} indexes already; each makes writing slower. Drop one first.` });
    default:
      return assertNever(problem);
  }
}

function indexView({ row, percent }: IndexState): Record<string, unknown> {
  return { scope: row.scope, key: row.key, state: row.state, percent: percent ?? null, error: row.error, requestedAt: row.requested_at, finishedAt: row.finished_at };
}
