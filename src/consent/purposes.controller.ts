import { Body, Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { balancingInput, balancingText } from '../core/consent/balancing.js';
import { purposeInput, type Purpose } from '../core/consent/purpose.js';
import type { Result } from '../core/shared/result.js';
import { Caller, CallerMay } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { type PurposeProblem, PurposesService } from './purposes.service.js';

const fields = z.record(z.string(), z.unknown());
const changes = z.record(z.string(), z.unknown()).refine((fields) => !('key' in fields), 'the key of a purpose never changes: ledgers and links carry it');

@ApiTags('Purposes')
@Controller('api/v1/purposes')
export class PurposesController {
  constructor(private readonly purposes: PurposesService) {}

  @Get()
  @Scopes('purposes:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'All purposes: why data is used and mail is sent. They are few: one page' })
  async list(): Promise<unknown> {
    return { items: await this.purposes.all(), next: null };
  }

  @Get(':key')
  @Scopes('purposes:read')
  @Reaches('shows nobody')
  @Documented({ summary: 'One purpose' })
  async get(@Param('key') key: string): Promise<Purpose> {
    const purpose = await this.purposes.get(key);
    if (!purpose) throw notFound('purpose', key);
    return purpose;
  }

  @Post()
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'Add a purpose: the officer does, because it comes with a legal basis', body: z.intersection(purposeInput, z.object({ balancing: balancingInput.optional().describe('for a purpose that rests on legitimate interest') })) })
  async create(@Body() body: unknown, @Caller() actor: string): Promise<Purpose> {
    const { balancing: weighed, ...rest } = parse(fields, body);
    refuseBareText(rest);
    const balancing = weighed === undefined ? undefined : parse(balancingInput, weighed);
    const input = parse(purposeInput, balancing ? { ...rest, balancingAssessment: balancingText(balancing) } : rest);
    return answer(input.key, await this.purposes.create(input, actor, balancing));
  }

  @Patch(':key')
  @Scopes('purposes:write')
  @Documented({ summary: 'Change the fields you name; the key stays. Name, description and frequency are open to marketers; basis, retention, balancing and all else to the officer (privacy:write)' })
  async change(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string, @CallerMay('privacy:write') isOfficer: boolean): Promise<Purpose> {
    const named = parse(changes, body);
    if (!isOfficer) refuseLegal(Object.keys(named));
    refuseBareText(named);
    return answer(key, await this.purposes.change(key, named, actor));
  }

  @Post(':key/retire')
  @HttpCode(200)
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'End a purpose: nothing is sent for it from now on. It is kept, because the ledger refers to it' })
  async retire(@Param('key') key: string, @Caller() actor: string): Promise<Purpose> {
    return answer(key, await this.purposes.retire(key, actor));
  }
}

/** A balancing test is recorded with its steps, and by version: a line of text is none. */
function refuseBareText(named: Record<string, unknown>): void {
  if ((named['balancingAssessment'] ?? null) === null) return;
  throw new ProblemError({
    status: 422, type: 'balancing-unstructured', title: 'A balancing test is recorded with its steps.',
    detail: 'Send "balancing" with a new purpose, or POST /api/v1/purposes/<key>/balancing-assessments: interest, necessity, balance, safeguards, assessedBy, assessedOn, reviewOn.',
    errors: [{ path: 'balancingAssessment', message: 'is the summary of the newest balancing assessment' }],
  });
}

/** What a purpose is called is the marketer's; what it allows is not: whoever gains by a mail does not decide whether it is lawful. */
const WORDS = new Set(['name', 'description', 'frequency']);

function refuseLegal(fields: readonly string[]): void {
  const legal = fields.filter((field) => !WORDS.has(field));
  if (legal.length === 0) return;
  throw new ProblemError({
    status: 403,
    type: 'officer-only',
    title: 'Only the data protection officer changes what a purpose allows.',
    detail: 'It needs the scope privacy:write. Ask the officer, and say why: the change and its reason stay in the audit trail.',
    errors: legal.map((field) => ({ path: field, message: 'is for the officer to change' })),
  });
}

function answer(key: string, result: Result<Purpose, PurposeProblem>): Purpose {
  if (result.ok) return result.value;
  switch (result.error.kind) {
    case 'purpose_missing':
      throw notFound('purpose', key);
    case 'purpose_exists':
      throw new ProblemError({ status: 409, type: 'purpose-exists', title: `There is a purpose "${key}" already.`, detail: 'Change that one, or choose another key. A retired purpose keeps its key.' });
    case 'purpose_invalid':
      throw new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: result.error.problems });
  }
}
