import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../platform/http/scopes.js';

/** Links to one's own data as mails of an earlier version have them. 308 keeps the method and what was filled in. */
@ApiExcludeController()
@Public()
@Controller('my-profile')
export class OldLinksController {
  @Get(':token')
  show(@Param('token') token: string, @Query('lang') language: unknown, @Res() reply: FastifyReply): void {
    this.moved(token, language, reply);
  }

  @Post(':token')
  change(@Param('token') token: string, @Query('lang') language: unknown, @Res() reply: FastifyReply): void {
    this.moved(token, language, reply);
  }

  private moved(token: string, language: unknown, reply: FastifyReply): void {
    const asked = language === 'nl' || language === 'en' ? `?lang=${language}` : '';
    void reply.status(308).header('referrer-policy', 'no-referrer').header('cache-control', 'no-store').redirect(`/my-data/${encodeURIComponent(token)}${asked}`, 308);
  }
}
