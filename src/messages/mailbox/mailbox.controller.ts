import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { ReadsPeople } from '../../platform/http/reads-people.js';
import { Public, Scopes } from '../../platform/http/scopes.js';
import { MailboxPages } from './mailbox-pages.js';
import { MailboxService, type MailboxMail } from './mailbox.service.js';

const listQuery = pageQuery.extend({ to: z.string().max(254).optional() });
const cursorSchema = z.tuple([z.number().int()]);
const idSchema = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** The built-in mailbox, open like a test server's: it exists only while no mail server is configured. */
@ApiTags('Mailbox')
@Controller()
export class MailboxController {
  constructor(
    private readonly mailbox: MailboxService,
    private readonly pages: MailboxPages,
  ) {}

  @Get('api/v1/mailbox')
  @Scopes('mailbox:read')
  @ReadsPeople('mailbox')
  @Documented({ summary: 'Mail that the built-in mailbox received, newest first', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, to } = parse(listQuery, query);
    const [before] = decodeCursor(cursorSchema, cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.rows(to, before, limit + 1), limit, (row) => [row.mail_id]);
    return { items: items.map((row) => ({ id: row.mail_id, receivedAt: row.received_at, from: row.envelope_from, to: row.envelope_to, subject: row.subject })), next };
  }

  @Get('api/v1/mailbox/:id')
  @Scopes('mailbox:read')
  @Documented({ summary: 'One mail: headers, text, HTML, links and source' })
  async get(@Param('id') id: string): Promise<unknown> {
    const { source, ...mail } = await this.read(id);
    return { ...mail, source: source.toString('latin1') };
  }

  @Get('mailbox')
  @Public()
  @ApiExcludeEndpoint()
  async listPage(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    const { limit, cursor, to } = parse(listQuery, query);
    const [before] = decodeCursor(cursorSchema, cursor) ?? [Number.MAX_SAFE_INTEGER];
    const [rows, count] = await Promise.all([this.rows(to, before, limit + 1), this.mailbox.count()]);
    const { items, next } = pageOf(rows, limit, (row) => [row.mail_id]);
    void reply.headers(this.pages.headers).send(this.pages.list({ rows: items, search: to ?? '', count, first: cursor === undefined, next }));
  }

  @Get('mailbox/:id')
  @Public()
  @ApiExcludeEndpoint()
  async mailPage(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    void reply.headers(this.pages.headers).send(this.pages.mail(await this.read(id)));
  }

  @Get('mailbox/:id/body')
  @Public()
  @ApiExcludeEndpoint()
  async body(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const { html } = await this.read(id);
    void reply.headers(this.pages.bodyHeaders).send(html);
  }

  @Get('mailbox/:id/source')
  @Public()
  @ApiExcludeEndpoint()
  async source(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const mail = await this.read(id);
    void reply.headers({ 'content-type': 'message/rfc822', 'content-disposition': `attachment; filename="mail-${mail.id}.eml"`, 'x-content-type-options': 'nosniff' }).send(mail.source);
  }

  private async rows(...args: Parameters<MailboxService['list']>): ReturnType<MailboxService['list']> {
    if (!this.mailbox.active) throw notFound('page', 'mailbox');
    return this.mailbox.list(...args);
  }

  private async read(text: string): Promise<MailboxMail> {
    const id = idSchema.safeParse(text);
    const mail = this.mailbox.active && id.success ? await this.mailbox.read(id.data) : undefined;
    if (!mail) throw notFound('mail', text.slice(0, 30));
    return mail;
  }
}
