import { Controller, Get, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../platform/http/scopes.js';
import { LinkHolders } from '../link-holders.js';
import { pageLanguage } from '../page-texts.js';
import { PublicPages } from '../public-pages.js';
import { RequestLimits } from '../request-limits.js';
import { LinkRequestsService } from './link-requests.service.js';
import { type LinkMailKind, RENEWAL_TEXTS } from './renewal-texts.js';

/**
 * A new link for one that expired, and the link to one's own data, by mail. Nothing is filled in: the address is the one on file. Page, status and
 * time spent are the same for any token, so that a link tells nothing about whose it was.
 */
@ApiExcludeController()
@Public()
@Controller('preferences/:token')
export class LinkRequestsController {
  constructor(
    private readonly requests: LinkRequestsService,
    private readonly holders: LinkHolders,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
  ) {}

  @Get('renew')
  async askRenewal(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.ask('closed', token, asked, accepted, request, reply);
  }

  @Get('my-data')
  async askData(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.ask('askData', token, asked, accepted, request, reply);
  }

  @Post('renew')
  async renew(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.mail('preferences', token, asked, accepted, request, reply);
  }

  @Post('my-data')
  async mailData(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.mail('my_data', token, asked, accepted, request, reply);
  }

  private async ask(page: 'closed' | 'askData', token: string, asked: unknown, accepted: string | undefined, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    this.pages.send(reply, 200, this.pages.notice(language, RENEWAL_TEXTS[language][page]));
  }

  private async mail(kind: LinkMailKind, token: string, asked: unknown, accepted: string | undefined, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const language = pageLanguage(asked, undefined, accepted);
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, language);
    const contactId = this.holders.anybody(token);
    // Not waited for: how long the answer takes must not tell either.
    if (contactId !== undefined && (await this.limits.readAllowed(contactId))) this.requests.requestSoon(contactId, kind, language);
    this.pages.send(reply, 200, this.pages.notice(language, RENEWAL_TEXTS[language].renewed));
  }
}
