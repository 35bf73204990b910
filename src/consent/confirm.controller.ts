import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isActive, type Purpose } from '../core/consent/purpose.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { ConsentService, type PersonConsents } from './consent.service.js';
import { type ConfirmLink, isConfirmLinkFresh, LinkTokens } from './link-tokens.js';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from './page-texts.js';
import { agreedText } from './preference-view.js';
import { PreferenceLinks } from './preference-links.js';
import { PublicPages } from './public-pages.js';
import { PurposesService } from './purposes.service.js';
import { RequestLimits } from './request-limits.js';
import { requestProof } from './request-proof.js';

/** The second step of a double opt-in. The link shows a button; only its POST confirms, because scanners follow links. */
@ApiExcludeController()
@Public()
@Controller('confirm')
export class ConfirmController {
  constructor(
    private readonly consent: ConsentService,
    private readonly purposes: PurposesService,
    private readonly tokens: LinkTokens,
    private readonly links: PreferenceLinks,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get(':token')
  async ask(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const open = await this.open(token);
    const language = pageLanguage(asked, open?.known.person.language, accepted);
    if (!open) return this.closed(reply, language);
    const words = PAGE_TEXTS[language].confirm;
    const about = [open.purpose.description[language], open.purpose.frequency[language]].filter((part) => part !== '').join(' ');
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: words.paragraphs(open.purpose.name[language], about), button: words.button }));
  }

  @Post(':token')
  async confirm(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const open = await this.open(token);
    const language = pageLanguage(asked, open?.known.person.language, accepted);
    if (!open) return this.closed(reply, language);
    if (!(await this.limits.changeAllowed('confirm', open.link.contactId))) return this.pages.tooMany(reply, language);
    const proof = {
      ...requestProof(request, { method: 'confirm_page', url: `${this.config.publicUrl}/confirm`, language }),
      wording: agreedText(open.purpose, language),
      sentAt: open.link.sentAt.toISOString(),
      confirmedAt: this.clock.now().toISOString(),
    };
    // The ledger keeps which token it was, not the token.
    const tokenId = createHash('sha256').update(token).digest('hex').slice(0, 32);
    if ((await this.consent.confirm(open.link.contactId, open.purpose.key, tokenId, proof)) === 'closed') return this.closed(reply, language);
    const words = PAGE_TEXTS[language].confirmed;
    const settings = { href: `${this.links.preferenceUrl({ contactId: open.link.contactId })}?lang=${language}`, text: words.link };
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: words.paragraphs(open.purpose.name[language]), link: settings }));
  }

  private async open(token: string): Promise<{ link: ConfirmLink; purpose: Purpose; known: PersonConsents } | undefined> {
    const link = this.tokens.open(token);
    const now = this.clock.now();
    if (link?.kind !== 'confirm' || !isConfirmLinkFresh(link, now)) return undefined;
    const purpose = await this.purposes.get(link.purpose);
    const known = await this.consent.load(link.contactId);
    return purpose && known && isActive(purpose, now) ? { link, purpose, known } : undefined;
  }

  private closed(reply: FastifyReply, language: PageLanguage): void {
    this.pages.send(reply, 404, this.pages.notice(language, PAGE_TEXTS[language].closed));
  }
}
