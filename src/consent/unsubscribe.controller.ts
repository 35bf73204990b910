import { Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { ConsentService } from './consent.service.js';
import { LinkTokens } from './link-tokens.js';
import { PAGE_TEXTS, pageLanguage } from './page-texts.js';
import { PublicPages } from './public-pages.js';
import { RequestLimits } from './request-limits.js';
import { requestProof } from './request-proof.js';

/**
 * One-click unsubscribe (RFC 8058). The POST needs nothing but the link: no cookie, no login, no redirect, and no look at its body,
 * which mailbox providers send urlencoded or as multipart. Whatever the token, page and status are the same: there is nothing to guess at.
 * Too many requests from one address (a mailbox provider speaks for thousands) are answered 429, yet a link that is ours takes effect.
 */
@ApiExcludeController()
@Public()
@Controller('unsubscribe')
export class UnsubscribeController {
  constructor(
    private readonly consent: ConsentService,
    private readonly tokens: LinkTokens,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Scanners follow links with GET and HEAD: they see a button, and change nothing. */
  @Get(':token')
  async ask(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.requestAllowed(request.ip))) return this.pages.tooMany(reply, language);
    const words = PAGE_TEXTS[language].unsubscribe;
    this.pages.send(reply, 200, this.pages.notice(language, { ...words, link: this.settings(token, language, words.link) }));
  }

  @Post(':token')
  async unsubscribe(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    const link = this.tokens.open(token);
    const asker = await this.limits.requestAllowed(request.ip);
    if (link?.kind === 'unsubscribe') {
      if (!(await this.limits.changeAllowed('unsubscribe', link.contactId))) return this.pages.tooMany(reply, language);
      const proof = requestProof(request, { method: 'one_click', url: `${this.config.publicUrl}/unsubscribe`, language, messageId: link.messageId });
      await this.consent.unsubscribe(link.contactId, link.purpose, proof);
    }
    if (!asker) return this.pages.tooMany(reply, language);
    const words = PAGE_TEXTS[language].unsubscribed;
    this.pages.send(reply, 200, this.pages.notice(language, { ...words, link: this.settings(token, language, words.link) }));
  }

  /** The same token opens the preference page: whoever may unsubscribe may also choose. */
  private settings(token: string, language: string, text: string): { href: string; text: string } {
    return { href: `/preferences/${encodeURIComponent(token)}?lang=${language}`, text };
  }
}
