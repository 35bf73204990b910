import { Body, Controller, Get, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from '../../../consent/page-texts.js';
import { PublicPages } from '../../../consent/public-pages.js';
import { RequestLimits } from '../../../consent/request-limits.js';
import { REQUEST_KINDS } from '../../../core/privacy/request.js';
import { Public } from '../../../platform/http/scopes.js';
import { AccessExportsService, EXPORT_FORMS } from '../access/access-exports.service.js';
import { FulfilService } from '../requests/fulfil.service.js';
import { RightsRequestsService } from '../requests/requests.service.js';
import { RIGHTS_TEXTS } from './rights-texts.js';

const askForm = z.object({ email: z.string().max(320).optional(), kind: z.enum(REQUEST_KINDS), note: z.string().max(2_000).default('') });
/** What was filled in stands there again when something else is missing. */
const filledIn = z.object({ email: z.string().max(320).catch(''), kind: z.string().catch(''), note: z.string().max(2_000).catch('') });
const exportForm = z.object({ form: z.enum(EXPORT_FORMS) });

/**
 * Where people ask about their data who have no link: without login and JavaScript. Whoever asks types an address, and gets the same answer whether we know it or not; what
 * follows goes by mail to the address on file. A GET shows a button and changes nothing: scanners follow links.
 */
@ApiExcludeController()
@Public()
@Controller('my-data')
export class RequestFormController {
  constructor(
    private readonly requests: RightsRequestsService,
    private readonly fulfil: FulfilService,
    private readonly exports: AccessExportsService,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
  ) {}

  @Get()
  async form(@Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, language);
    this.showForm(reply, 200, language, {});
  }

  @Post()
  async ask(@Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.signUpAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const form = askForm.safeParse(body);
    if (!form.success || form.data.email === undefined || form.data.email.trim() === '') return this.showForm(reply, 422, language, body);
    // Known or not, asked too often or not: the page is the same, and only the mailbox knows.
    await this.requests.open({ who: { email: form.data.email }, kind: form.data.kind, channel: 'form', wish: noteOf(form.data.note), actor: 'self' });
    this.pages.send(reply, 200, this.pages.notice(language, RIGHTS_TEXTS[language].sent));
  }

  @Get('confirm/:token')
  async askConfirm(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const open = await this.requests.peek(token);
    const language = pageLanguage(asked, open?.language, accepted);
    if (!open) return this.closed(reply, language);
    this.pages.send(reply, 200, this.pages.notice(language, RIGHTS_TEXTS[language].confirm(RIGHTS_TEXTS[language].kinds[open.kind])));
  }

  @Post('confirm/:token')
  async confirm(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const confirmed = await this.fulfil.confirmed(token);
    const language = pageLanguage(asked, confirmed?.language, accepted);
    if (!confirmed) return this.closed(reply, language);
    const words = RIGHTS_TEXTS[language];
    this.pages.send(reply, 200, this.pages.notice(language, confirmed.state === 'done' ? words.done(confirmed.kind) : words.received(words.kinds[confirmed.kind])));
  }

  @Get('export/:token')
  async showExport(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const left = await this.exports.peek(token);
    if (!left) return this.closed(reply, language);
    const words = RIGHTS_TEXTS[language].fetch;
    this.pages.send(reply, 200, this.pages.body('my-data-export', language, words.title, { title: words.title, about: words.text, forms: left.map((value) => ({ value, text: words[value], language })) }));
  }

  @Post('export/:token')
  async fetch(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const form = exportForm.safeParse(body);
    const file = form.success ? await this.exports.take(token, form.data.form) : undefined;
    if (!file) return this.closed(reply, language);
    const headers = {
      'content-type': file.type, 'content-disposition': `attachment; filename="${file.name}"`, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox", 'x-robots-tag': 'noindex, nofollow',
    };
    void reply.status(200).headers(headers).send(file.content);
  }

  private showForm(reply: FastifyReply, status: 200 | 422, language: PageLanguage, body: unknown): void {
    const words = RIGHTS_TEXTS[language];
    const { email, kind, note } = filledIn.parse(typeof body === 'object' && body !== null ? body : {});
    const kinds = REQUEST_KINDS.map((value) => ({ value, text: words.kinds[value], chosen: value === kind }));
    this.pages.send(reply, status, this.pages.body('my-data-request', language, words.title, { words, problem: status === 422 ? words.invalid : '', email, note, kinds }));
  }

  private closed(reply: FastifyReply, language: PageLanguage): void {
    this.pages.send(reply, 404, this.pages.notice(language, { ...PAGE_TEXTS[language].closed, link: { href: `/my-data?lang=${language}`, text: RIGHTS_TEXTS[language].again } }));
  }
}

function noteOf(note: string): Record<string, unknown> {
  return note.trim() === '' ? {} : { note: note.trim() };
}
