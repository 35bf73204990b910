import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { assertNever } from '../../core/shared/assert-never.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { attributeView, problemOf as definitionProblem } from '../attributes.controller.js';
import { ComputedAttributesService, computedInput, type ComputedProblem } from './computed-attributes.service.js';
import { saysUsers } from '../values/users-text.js';

@ApiTags('Attributes')
@Controller('api/v1/attributes/contact/:key/computation')
export class ComputedAttributesController {
  constructor(private readonly computed: ComputedAttributesService) {}

  @Put()
  @Scopes('attributes:write')
  @Documented({
    summary: 'Compute an attribute from events: count, sum, average, minimum, maximum, first, last (of a property, or the moment itself) or most_frequent, of events that fit `where`, within `withinDays`. Everybody’s value follows in the background; from then on each new event updates it. It may be used for what the event may be used for.',
    body: computedInput,
  })
  async define(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.computed.define(key, parse(computedInput, body), actor);
    if (!result.ok) throw problemOf(result.error, key);
    return { ...attributeView(result.value), progress: await this.computed.progress(key) };
  }

  @Get()
  @Scopes('attributes:read')
  @Documented({ summary: 'How far the values have come after the computation was set: people in all, and still to be looked at' })
  async progress(@Param('key') key: string): Promise<unknown> {
    const progress = await this.computed.progress(key);
    if (!progress) throw notFound('computed attribute', key);
    return progress;
  }
}

export function problemOf(problem: ComputedProblem, key: string): ProblemError {
  switch (problem.kind) {
    case 'key_invalid':
      return new ProblemError({ status: 422, type: 'invalid-input', title: 'That is not a name for an attribute: a lower-case letter, then letters, digits and _ (at most 63).' });
    case 'key_taken':
      return new ProblemError({ status: 409, type: 'attribute-exists', title: problem.standard ? `"${key}" is a standard attribute.` : `There is an attribute "${key}" whose values are given from outside. Choose another name, or delete it first.` });
    case 'event_unknown':
      return new ProblemError({ status: 422, type: 'event-unknown', title: `No event "${problem.event}" has come in yet. The name is compared to the letter.` });
    case 'type_in_use':
      return new ProblemError({ status: 409, type: 'attribute-in-use', title: `The attribute would no longer be a ${problem.type}, and it is in use.`, detail: saysUsers(problem.users) });
    case 'too_many':
      return new ProblemError({ status: 422, type: 'too-many-computed', title: `There can be ${problem.most} computed attributes; each event is looked at for all of them. Delete one first.` });
    case 'missing':
    case 'purpose_unknown':
    case 'beyond_event':
    case 'sensitive_event':
    case 'computed':
    case 'kept_for_good':
      return definitionProblem(problem, 'attribute', key);
    default:
      return assertNever(problem);
  }
}
