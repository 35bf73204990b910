import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { ConsentService, type PersonConsents } from './consent.service.js';
import { LinkTokens } from './link-tokens.js';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from './page-texts.js';
import { agreedText, changesOf, preferencesView } from './preference-view.js';
import { PublicPages } from './public-pages.js';
import { PurposesService } from './purposes.service.js';
import { RequestLimits } from './request-limits.js';
import { requestProof } from './request-proof.js';

const list = z.preprocess((value): unknown => (value === undefined || Array.isArray(value) ? (value ?? []) : [value]), z.array(z.string().max(80)).max(200));
const form = z.object({ action: z.enum(['save', 'all_off']), topic: list, shown: list });

/** The preference page: works without JavaScript, cookie and login. The token in the path is the credential. */
@ApiExcludeController()
@Public()
@Controller('preferences')
export class PreferencesController {
  constructor(
    private readonly consent: ConsentService,
    private readonly purposes: PurposesService,
    private readonly tokens: LinkTokens,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get(':token')
  async show(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const known = await this.holder(token);
    const language = pageLanguage(asked, known?.person.language, accepted);
    if (!known) return this.closed(reply, language);
    await this.page(reply, known, language);
  }

  @Post(':token')
  async change(
    @Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const known = await this.holder(token);
    const language = pageLanguage(asked, known?.person.language, accepted);
    if (!known) return this.closed(reply, language);
    const contactId = known.person.contact_id;
    if (!(await this.limits.changeAllowed('preferences', contactId))) return this.pages.tooMany(reply, language);
    const saved = await this.apply(contactId, form.safeParse(body).data, request, language);
    await this.page(reply, (await this.consent.load(contactId)) ?? known, language, saved);
  }

  private async apply(contactId: number, asked: z.output<typeof form> | undefined, request: FastifyRequest, language: PageLanguage): Promise<string | undefined> {
    if (!asked) return undefined; // not a form of ours: the page is shown again, nothing changes
    const words = PAGE_TEXTS[language].preferences;
    const proof = requestProof(request, { method: 'preference_page', url: `${this.config.publicUrl}/preferences`, language });
    if (asked.action === 'all_off') {
      await this.consent.objectToAll(contactId, proof);
      return words.savedAllOff;
    }
    await this.consent.change(contactId, changesOf(asked), proof, (purpose) => agreedText(purpose, language));
    return words.saved;
  }

  private async holder(token: string): Promise<PersonConsents | undefined> {
    const link = this.tokens.open(token);
    return link?.kind === 'preferences' || link?.kind === 'unsubscribe' ? this.consent.load(link.contactId) : undefined;
  }

  private async page(reply: FastifyReply, known: PersonConsents, language: PageLanguage, saved?: string): Promise<void> {
    const view = preferencesView(known, await this.purposes.all(), { language, timeZone: this.config.defaultTimeZone, now: this.clock.now(), saved });
    this.pages.send(reply, 200, this.pages.preferences(language, view));
  }

  private closed(reply: FastifyReply, language: PageLanguage): void {
    this.pages.send(reply, 404, this.pages.notice(language, PAGE_TEXTS[language].closed));
  }
}
