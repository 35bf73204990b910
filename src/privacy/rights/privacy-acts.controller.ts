import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { AccessReadsService } from './access/access-reads.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { RecipientsService } from './recipients/recipients.service.js';
import type { RecipientRow } from './recipients/recipients.queries.js';
import { FulfilService } from './requests/fulfil.service.js';
import { erasureInput, idInput, recipientInput, restrictInput } from './requests/request-input.js';

/** What an officer looks at and does beside requests. */
@ApiTags('Data rights')
@Controller('api/v1/privacy')
export class PrivacyActsController {
  constructor(
    private readonly access: AccessReadsService,
    private readonly fulfil: FulfilService,
    private readonly erasures: ErasureService,
    private readonly recipients: RecipientsService,
  ) {}

  @Get('contacts/:id/access')
  @Scopes('privacy:read')
  @Documented({ summary: 'All that is kept about somebody, as the person would get it; reading it is written down' })
  async read(@Param('id') id: string, @Query('language') language: unknown, @Caller() actor: string): Promise<unknown> {
    const document = await this.access.read(parse(idInput, id), language === 'en' ? 'en' : 'nl', actor);
    if (!document) throw notFound('contact', id);
    return document;
  }

  @Put('contacts/:id/restriction')
  @Scopes('privacy:write')
  @Documented({ summary: 'Restrict the use of somebody’s data, or lift that (art. 18); counts at once', body: restrictInput })
  async restrict(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const { restricted } = parse(restrictInput, body);
    return { restricted, changed: await this.fulfil.restrict(parse(idInput, id), restricted, actor) };
  }

  @Get('contacts/:id/rectifications')
  @Scopes('privacy:read')
  @Documented({ summary: 'What was corrected of somebody, and which recipients were told' })
  async rectifications(@Param('id') id: string): Promise<unknown> {
    return { items: (await this.fulfil.rectifications(parse(idInput, id))).map((row) => ({ at: row.rectified_at, actor: row.actor, requestId: row.request_id, fields: row.fields, told: row.told })) };
  }

  @Delete('contacts/:id')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Erase somebody; gives the certificate' })
  async erase(@Param('id') id: string, @Caller() actor: string): Promise<unknown> {
    const certificate = await this.erasures.erase(parse(idInput, id), { kind: 'officer', actor });
    if (!certificate) throw notFound('contact', id);
    return certificate;
  }

  @Post('erasures')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Erase whoever has this address, also somebody who is no contact any more because retention let him go: what was kept to prove his consent goes too, and the address does not come back. Gives the certificate', body: erasureInput })
  async eraseAddress(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.erasures.eraseAddress(parse(erasureInput, body).email, { actor });
  }

  @Get('erasures')
  @Scopes('privacy:read')
  @Documented({ summary: 'Erasures with their certificates, newest first', query: pageQuery })
  async listErasures(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.number()]), cursor) ?? [8_640_000_000_000_000 / 1_000];
    const { items, next } = pageOf(await this.erasures.list(new Date(before), limit + 1), limit, (row) => [row.erased_at.getTime()]);
    return { items: items.map((row) => ({ id: row.erasure_id, erasedAt: row.erased_at, cause: row.cause, actor: row.actor, requestId: row.request_id, people: row.people, certificate: row.certificate, digest: row.digest.toString('hex') })), next };
  }

  @Get('recipients')
  @Scopes('privacy:read')
  @Documented({ summary: 'Who got people’s data from us and is told of erasures, corrections and restrictions (art. 19)' })
  async listRecipients(): Promise<unknown> {
    return { items: (await this.recipients.list()).map(recipientView) };
  }

  @Post('recipients')
  @Scopes('privacy:write')
  @Documented({ summary: 'Add a recipient. The answer is the only time its secret is shown: HMAC-SHA-256 over "<t>.<body>" stands in Tactful-Signature.', body: recipientInput })
  async addRecipient(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const added = await this.recipients.add(parse(recipientInput, body), actor);
    if (!added.ok) throw new ProblemError({ status: 409, type: 'name-taken', title: 'There is a recipient of this name already.' });
    return { ...recipientView(added.value.row), secret: added.value.secret };
  }

  @Delete('recipients/:id')
  @HttpCode(200)
  @Scopes('privacy:write')
  @Documented({ summary: 'Tell a recipient nothing any more' })
  async retireRecipient(@Param('id') id: string, @Caller() actor: string): Promise<unknown> {
    const row = await this.recipients.retire(parse(idInput, id), actor);
    if (!row) throw notFound('recipient', id);
    return recipientView(row);
  }

  @Get('notices')
  @Scopes('privacy:read')
  @Documented({ summary: 'What recipients were told, and what they answered; newest first', query: pageQuery })
  async notices(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.recipients.notices(before, limit + 1), limit, (row) => [row.notice_id]);
    return { items: items.map((row) => ({ id: row.notice_id, recipient: row.recipient, kind: row.kind, state: row.state, attempts: row.attempts, queuedAt: row.queued_at, deliveredAt: row.delivered_at, response: row.response, erasureId: row.erasure_id, requestId: row.request_id })), next };
  }
}

function recipientView(row: RecipientRow): Record<string, unknown> {
  return { id: row.recipient_id, name: row.name, url: row.url, toldOf: row.told_of, createdAt: row.created_at, retiredAt: row.retired_at };
}
