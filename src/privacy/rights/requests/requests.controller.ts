import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { isSomebodysWord } from '../../../core/privacy/request.js';
import { REQUEST_STATE_WORDS } from '../../../core/privacy/request-words.js';
import { Caller } from '../../../platform/http/caller.js';
import { Documented } from '../../../platform/http/documented.js';
import { decodeCursor, pageOf } from '../../../platform/http/page.js';
import { parse } from '../../../platform/http/parse.js';
import { notFound, ProblemError } from '../../../platform/http/problem.js';
import { ReadsPeople } from '../../../platform/http/reads-people.js';
import { Scopes } from '../../../platform/http/scopes.js';
import { type FulfilProblem, FulfilService } from './fulfil.service.js';
import { fulfilInput, idInput, identityInput, listInput, openInput, reasonInput } from './request-input.js';
import type { RequestRow } from './requests.queries.js';
import { type OpenProblem, RightsRequestsService, type StepProblem } from './requests.service.js';

type AnyProblem = OpenProblem | StepProblem | FulfilProblem;

@ApiTags('Data rights')
@Controller('api/v1/privacy/requests')
export class RequestsController {
  constructor(
    private readonly requests: RightsRequestsService,
    private readonly fulfilment: FulfilService,
  ) {}

  @Get()
  @Scopes('privacy:read')
  @ReadsPeople('privacy_requests')
  @Documented({ summary: 'Requests of people about their data, newest first; `overdue=true`: open ones past their day; `state=lapsed`: made by the public form and never confirmed; `email` also finds those of somebody who was erased', query: listInput })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, ...filter } = parse(listInput, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.requests.list(filter, before, limit + 1), limit, (row) => [row.request_id]);
    return { items: items.map((row) => this.view(row)), next };
  }

  @Post()
  @Scopes('privacy:write')
  @Documented({ summary: 'Open a request for somebody. Without `identityHow` a single-use link is mailed to the address on file, and nothing happens before it is confirmed.', body: openInput })
  async open(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const { contactId, email, kind, channel, language, identityHow, note, fields, to } = parse(openInput, body);
    const wish = { ...(note !== undefined && { note }), ...(fields && { fields }), ...(to && { to }) };
    return this.answer(await this.requests.open({ who: contactId === undefined ? { email: email ?? '' } : { contactId }, kind, channel, language, identityHow, wish, actor }));
  }

  @Get(':id')
  @Scopes('privacy:read')
  @Documented({ summary: 'One request with its steps and letters' })
  async one(@Param('id') id: string): Promise<unknown> {
    const found = await this.requests.get(parse(idInput, id));
    if (!found) throw notFound('request', id);
    return { ...this.view(found.request), steps: found.steps, letters: found.letters.map(({ letter_id: letterId, ...letter }) => ({ id: letterId, kind: letter.kind, language: letter.language, class: letter.class, basis: letter.basis, state: letter.state, queuedAt: letter.queued_at, sentAt: letter.sent_at })) };
  }

  @Post(':id/identity')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Record how an officer made sure who asks', body: identityInput })
  async identity(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.answer(await this.requests.recordIdentity(parse(idInput, id), parse(identityInput, body).how, actor));
  }

  @Post(':id/start')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Take a request up' })
  async start(@Param('id') id: string, @Caller() actor: string): Promise<unknown> {
    return this.answer(await this.requests.start(parse(idInput, id), actor));
  }

  @Post(':id/extend')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Take two months more, with the reason, which the person is told; only within the first month', body: reasonInput })
  async extend(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.answer(await this.requests.extend(parse(idInput, id), parse(reasonInput, body).reason, actor));
  }

  @Post(':id/refuse')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Refuse a request, with the reason, which the person is told together with where to complain', body: reasonInput })
  async refuse(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.answer(await this.requests.refuse(parse(idInput, id), parse(reasonInput, body).reason, actor));
  }

  @Post(':id/fulfil')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Carry a request out: mail the copy, correct, erase, restrict or stop. `fields`: of a rectification, as the officer decided', body: fulfilInput })
  async fulfil(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.answer(await this.fulfilment.fulfil(parse(idInput, id), actor, parse(fulfilInput, body ?? {}).fields));
  }

  private answer(result: { ok: true; value: RequestRow } | { ok: false; error: AnyProblem }): unknown {
    if (!result.ok) throw problemOf(result.error);
    return this.view(result.value);
  }

  private view(row: RequestRow): Record<string, unknown> {
    const counts = row.closed_at === null && !isSomebodysWord(row);
    return {
      id: row.request_id, contactId: row.contact_id, kind: row.kind, state: row.state, told: REQUEST_STATE_WORDS[row.state], language: row.language, channel: row.channel, wish: row.wish, receivedAt: row.received_at, receivedBy: row.received_by,
      dueOn: row.due_on, overdue: counts && row.due_on < this.requests.today(), extendedAt: row.extended_at, extensionReason: row.extension_reason,
      identity: row.identity_at === null ? null : { how: row.identity_how, by: row.identity_by, at: row.identity_at }, closedAt: row.closed_at, closedBy: row.closed_by, outcome: row.outcome,
    };
  }
}

function problemOf(problem: AnyProblem): ProblemError {
  const titles: Readonly<Record<AnyProblem['kind'], readonly [status: number, title: string]>> = {
    missing: [404, 'There is no such request.'],
    contact_missing: [404, 'There is no such contact.'],
    contact_gone: [409, 'The person is not here any more.'],
    no_address: [422, 'There is no address on file to mail to: make sure who asks in another way, and say how (identityHow).'],
    too_many_mails: [429, 'This mailbox got three confirmations today: wait a day, or make sure who asks in another way.'],
    transition_refused: [409, 'The request cannot go there from where it stands.'],
    too_late_to_extend: [409, 'The first month is over: the person had to be told before.'],
    not_identified: [409, 'It is not known yet who asks.'],
    closed: [409, 'The request is closed.'],
    nothing_to_correct: [422, 'Say which fields are to have which values.'],
    correction_refused: [422, 'The contact cannot be corrected like this.'],
  };
  const [status, title] = titles[problem.kind];
  const { kind, ...rest } = problem;
  return new ProblemError({ status, type: kind.replaceAll('_', '-'), title, ...(Object.keys(rest).length > 0 && { detail: JSON.stringify(rest) }) });
}
