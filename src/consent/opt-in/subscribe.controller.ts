import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isMailChannel } from '../../core/consent/consent-scope.js';
import { versionName } from '../../core/consent/consent-text.js';
import { normaliseAddress } from '../../core/mail/address.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Public } from '../../platform/http/scopes.js';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from '../page-texts.js';
import { PublicPages } from '../public-pages.js';
import { PurposesService } from '../purposes.service.js';
import { RequestLimits } from '../request-limits.js';
import { requestProof } from '../request-proof.js';
import { type Form, TextsService } from '../texts/texts.service.js';
import { OptInService } from './opt-in.service.js';
import { OPT_IN_TEXTS } from './opt-in-texts.js';

const list = z.preprocess((value): unknown => (value === undefined || Array.isArray(value) ? (value ?? []) : [value]), z.array(z.string().max(80)).max(10));
const form = z.object({ email: z.string().max(400), also: list });

/** The sign-up page of a published form. Anybody may post any address: what comes of it is one mail at most, and the same answer for everybody. */
@ApiExcludeController()
@Public()
@Controller('subscribe')
export class SubscribeController {
  constructor(
    private readonly optIn: OptInService,
    private readonly texts: TextsService,
    private readonly purposes: PurposesService,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
  ) {}

  @Get(':form')
  async show(@Param('form') key: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const open = await this.texts.openForm(key);
    if (!open) return this.pages.send(reply, 404, this.pages.notice(language, PAGE_TEXTS[language].closed));
    this.page(reply, open, language, { email: '', also: [] }, undefined);
  }

  @Post(':form')
  async signUp(
    @Param('form') key: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.signUpAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const open = await this.texts.openForm(key);
    const purpose = open && (await this.purposes.get(open.wordings[0]?.purpose ?? ''));
    if (!open || !purpose) return this.pages.send(reply, 404, this.pages.notice(language, PAGE_TEXTS[language].closed));
    const read = form.safeParse(body);
    const address = normaliseAddress(read.success ? read.data.email : '');
    if (!read.success || !address.ok) return this.page(reply, open, language, read.data ?? { email: '', also: [] }, OPT_IN_TEXTS[language].emailWrong);
    await this.optIn.signUp({
      email: address.value,
      language,
      purpose,
      wordings: open.wordings.filter(({ wording, channel }) => isMailChannel(channel) || read.data.also.includes(wording)),
      proof: {
        ...requestProof(request, { method: 'web_form', url: this.captureUrl(request, key), language }),
        formVersion: versionName(open.form, open.version),
      },
      noticeVersion: open.notice_version,
      source: `form:${open.form}`,
    });
    this.pages.send(reply, 200, this.pages.notice(language, OPT_IN_TEXTS[language].sent));
  }

  private page(reply: FastifyReply, open: Form, language: PageLanguage, { email, also }: z.output<typeof form>, problem: string | undefined): void {
    const shown = open.wordings.map((one) => ({ key: one.wording, mail: isMailChannel(one.channel), chosen: also.includes(one.wording), text: (one.texts[language] ?? one.texts.nl ?? one.texts.en)?.text ?? '' }));
    const title = language === 'nl' ? open.title_nl : open.title_en;
    const view = { title, email, problem: problem ?? '', wording: shown.find(({ mail }) => mail)?.text ?? '', beside: shown.filter(({ mail }) => !mail), noticeUrl: open.notice_url ?? '', words: OPT_IN_TEXTS[language] };
    this.pages.send(reply, problem === undefined ? 200 : 422, this.pages.subscribe(language, view));
  }

  /** The page on which the form stood: a company's own site may post here. Without its query, which can hold anything. */
  private captureUrl({ headers }: FastifyRequest, key: string): string {
    const { referer } = headers;
    const from = referer !== undefined && URL.canParse(referer) ? new URL(referer) : undefined;
    return from && /^https?:$/.test(from.protocol) ? `${from.origin}${from.pathname}`.slice(0, 2_000) : `${this.config.publicUrl}/subscribe/${key}`;
  }
}
