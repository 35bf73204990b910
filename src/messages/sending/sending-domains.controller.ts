import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { host, line, owned, sendingState } from './sending-input.js';
import { SendingDomainsService } from './sending-domains.service.js';

@ApiTags('Sending')
@Controller('api/v1')
export class SendingDomainsController {
  constructor(private readonly domains: SendingDomainsService) {}

  @Get('sending-domains')
  @Scopes('policies:read')
  @Documented({ summary: 'How the domains stand that mail leaves from, as far as something was said of them' })
  async all(): Promise<unknown> {
    return { items: await this.domains.list() };
  }

  @Get('sending-domains/:domain')
  @Scopes('policies:read')
  @Documented({ summary: 'How a domain stands that mail leaves from' })
  async get(@Param('domain') name: string): Promise<unknown> {
    const domain = parse(host, name);
    const found = await this.domains.find(domain);
    if (!found) throw notFound('sending domain', domain);
    return found;
  }

  @Put('sending-domains/:domain')
  @Scopes('policies:write')
  @Documented({ summary: 'Say how a sending domain stands: pause it, warm it up, slow it down, or note what its check found', body: sendingState })
  replace(@Param('domain') name: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.domains.replace(parse(host, name), parse(sendingState, body), actor);
  }

  @Get('suppressed-domains')
  @Scopes('suppressions:read')
  @Documented({ summary: 'Domains at which nobody is mailed, with all that stands under them', query: pageQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [after] = decodeCursor(z.tuple([z.string().max(253)]), cursor) ?? [''];
    return pageOf(await this.domains.suppressed(after, limit + 1), limit, ({ domain }) => [domain]);
  }

  @Put('suppressed-domains/:domain')
  @HttpCode(204)
  @Scopes('suppressions:write')
  @Documented({ summary: 'Never mail anybody at this domain or under it', body: z.strictObject({ reason: line.default('') }) })
  async suppress(@Param('domain') name: string, @Body() body: unknown, @Caller() actor: string): Promise<void> {
    await this.domains.suppress(parse(owned, name), parse(z.strictObject({ reason: line.default('') }), body ?? {}).reason, actor);
  }

  @Delete('suppressed-domains/:domain')
  @HttpCode(204)
  @Scopes('suppressions:write')
  @Documented({ summary: 'Take a domain off the list' })
  async release(@Param('domain') name: string, @Caller() actor: string): Promise<void> {
    const domain = parse(host, name);
    if (!(await this.domains.release(domain, actor))) throw notFound('suppressed domain', domain);
  }
}
