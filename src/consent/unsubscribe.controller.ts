import { Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { ConsentService } from './consent.service.js';
import { LinkTokens } from './link-tokens.js';
import { PAGE_TEXTS, pageLanguage } from './page-texts.js';
import { PublicPages } from './public-pages.js';
import { requestProof } from './request-proof.js';
import { SharedRun } from './shared-run.js';

/**
 * One-click unsubscribe (RFC 8058). The POST needs nothing but the link: no cookie, no login, no redirect, and no look at its body,
 * which mailbox providers send urlencoded or as multipart. Whatever the token, page and status are the same: there is nothing to guess at.
 * Nobody is told to wait: a mailbox provider speaks for thousands from a few addresses. A link that is not ours costs a hash; one of ours that is
 * posted over and over costs one transaction at a time, and cannot fill the ledger, because the way back in is limited.
 */
@ApiExcludeController()
@Public()
@Controller('unsubscribe')
export class UnsubscribeController {
  private readonly clicks = new SharedRun();

  constructor(
    private readonly consent: ConsentService,
    private readonly tokens: LinkTokens,
    private readonly pages: PublicPages,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Scanners follow links with GET and HEAD: they see a button, and change nothing. */
  @Get(':token')
  ask(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Res() reply: FastifyReply): void {
    const language = pageLanguage(asked, undefined, accepted);
    const words = PAGE_TEXTS[language].unsubscribe;
    this.pages.send(reply, 200, this.pages.notice(language, { ...words, link: this.settings(token, language, words.link) }));
  }

  @Post(':token')
  async unsubscribe(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    const link = this.tokens.open(token);
    if (link?.kind === 'unsubscribe') {
      const proof = requestProof(request, { method: 'one_click', url: `${this.config.publicUrl}/unsubscribe`, language, messageId: link.messageId });
      await this.clicks.of(token, () => this.consent.unsubscribe(link.contactId, link.purpose, proof));
    }
    const words = PAGE_TEXTS[language].unsubscribed;
    this.pages.send(reply, 200, this.pages.notice(language, { ...words, link: this.settings(token, language, words.link) }));
  }

  /** The same token opens the preference page: whoever may unsubscribe may also choose. */
  private settings(token: string, language: string, text: string): { href: string; text: string } {
    return { href: `/preferences/${encodeURIComponent(token)}?lang=${language}`, text };
  }
}
