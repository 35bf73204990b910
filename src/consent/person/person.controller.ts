import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Public } from '../../platform/http/scopes.js';
import { LinkHolders } from '../link-holders.js';
import { type PageLanguage, pageLanguage } from '../page-texts.js';
import { plainText } from '../plain-text.js';
import { dayIn } from '../preference-view.js';
import { PublicPages } from '../public-pages.js';
import { RequestLimits } from '../request-limits.js';
import { PersonRequestsService } from './person-requests.service.js';
import { PERSON_TEXTS } from './person-texts.js';

const form = z.object({ message: plainText(4_000) });

/** "Talk to a person": a form behind the link in every mail. It shows nothing about anybody, and GET changes nothing. */
@ApiExcludeController()
@Public()
@Controller('person')
export class PersonController {
  constructor(
    private readonly requests: PersonRequestsService,
    private readonly holders: LinkHolders,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The same page for any token: there is nothing to guess at. */
  @Get(':token')
  async show(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    this.page(reply, language, false);
  }

  @Post(':token')
  async ask(
    @Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    const message = form.safeParse(body).data?.message ?? '';
    if (message === '') return this.page(reply, language, true);
    const holder = this.holders.ofMail(token);
    if (!holder) return this.pages.closed(reply, language, token);
    if (!(await this.limits.readAllowed(holder.contactId)) || !(await this.limits.changeAllowed('person', holder.contactId))) return this.pages.tooMany(reply, language);
    const asking = await this.requests.ask({ ...holder, message, language });
    if (!asking) return this.pages.closed(reply, language, token);
    const words = PERSON_TEXTS[language].thanks;
    const due = dayIn({ language, timeZone: this.config.defaultTimeZone })(asking.due);
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: words.paragraphs(due) }));
  }

  private page(reply: FastifyReply, language: PageLanguage, missing: boolean): void {
    const words = PERSON_TEXTS[language];
    this.pages.send(reply, missing ? 422 : 200, this.pages.body('person', language, missing ? `${words.emptyTitle}: ${words.title}` : words.title, { words, missing }));
  }
}
