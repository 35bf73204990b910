import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LinkTokens } from '../consent/link-tokens.js';
import { type PageLanguage, pageLanguage } from '../consent/page-texts.js';
import { plainText } from '../consent/plain-text.js';
import { PublicPages } from '../consent/public-pages.js';
import { RequestLimits } from '../consent/request-limits.js';
import { isScore, npsGroup } from '../core/insight/nps.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { SurveyAnswersService } from './survey-answers.service.js';
import { SURVEY_TEXTS } from './survey-texts.js';

const number = z.union([z.string().regex(/^\d{1,2}$/).transform(Number), z.number()]).refine(isScore);
const form = z.object({ score: number, comment: plainText(4_000).catch('') });

/** Where the numbers of a survey mail lead. The one that was clicked is chosen already, but only the POST answers: scanners click all eleven. */
@ApiExcludeController()
@Public()
@Controller('survey')
export class SurveyController {
  constructor(
    private readonly answers: SurveyAnswersService,
    private readonly tokens: LinkTokens,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mailFrom'>,
  ) {}

  /** The same for any token, answered or not: a mail that was forwarded tells nothing. */
  @Get(':token')
  async ask(@Param('token') token: string, @Query('score') score: unknown, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    this.page(reply, language, number.safeParse(score).data, false);
  }

  @Post(':token')
  async answer(
    @Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    const given = form.safeParse(body).data;
    if (!given) return this.page(reply, language, undefined, true);
    const link = this.tokens.open(token);
    if (link?.kind !== 'survey') return this.closed(reply, language);
    if (!(await this.limits.readAllowed(link.contactId)) || !(await this.limits.changeAllowed('survey', link.contactId))) return this.pages.tooMany(reply, language);
    if ((await this.answers.answer({ contactId: link.contactId, messageId: link.messageId, ...given })) === 'closed') return this.closed(reply, language);
    const words = SURVEY_TEXTS[language].thanks;
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: words.paragraphs(npsGroup(given.score) === 'detractor') }));
  }

  private page(reply: FastifyReply, language: PageLanguage, chosen: number | undefined, missing: boolean): void {
    const words = SURVEY_TEXTS[language];
    const scores = Array.from({ length: 11 }, (_, value) => ({ value, first: value === 0, last: value === 10, chosen: value === chosen }));
    const title = missing ? `${words.missingTitle}: ${words.title}` : words.title;
    this.pages.send(reply, missing ? 422 : 200, this.pages.body('survey', language, title, { words, scores, missing, question: words.question(this.config.mailFrom.name) }));
  }

  private closed(reply: FastifyReply, language: PageLanguage): void {
    this.pages.send(reply, 404, this.pages.notice(language, SURVEY_TEXTS[language].closed));
  }
}
