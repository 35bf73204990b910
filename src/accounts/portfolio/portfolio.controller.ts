import { Body, Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { portfolioPolicy } from '../../core/account/portfolio-policy.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { PortfolioPolicyService } from './policy.service.js';
import { PortfolioRefreshService } from './refresh.service.js';

@ApiTags('Portfolio')
@Controller('api/v1/portfolio')
export class PortfolioController {
  constructor(
    private readonly policies: PortfolioPolicyService,
    private readonly refresher: PortfolioRefreshService,
  ) {}

  @Get('policy')
  @Scopes('policies:read')
  @Documented({ summary: 'The rules of the portfolio in force: which events are orders, who is a lead or which kind of customer, the classes of RFM, how matching reads companies' })
  get(): Promise<unknown> {
    return this.policies.current();
  }

  @Put('policy')
  @Scopes('policies:write')
  @Documented({ summary: 'Replace the rules; they hold from the next refresh on. A stage that was given (by import, API or hand) is never overwritten', body: portfolioPolicy })
  replace(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.policies.replace(parse(portfolioPolicy, body), actor);
  }

  @Post('policy/preview')
  @HttpCode(200)
  @Scopes('policies:read')
  @Documented({ summary: 'What these rules would change, in numbers: how many contacts and accounts from which stage or class to which. Saves nothing', body: portfolioPolicy })
  async preview(@Body() body: unknown): Promise<unknown> {
    const previewed = await this.refresher.preview(parse(portfolioPolicy, body));
    if (previewed.ok) return previewed.value;
    throw new ProblemError({ status: 503, type: 'preview-slow', title: `The change could not be counted within ${previewed.error.seconds} seconds. Nothing was changed.` });
  }

  @Post('refresh')
  @HttpCode(200)
  @Scopes('policies:write')
  @Documented({ summary: 'Work out stages and RFM of everybody now; it is done every night by itself, and for single people within a minute of an order' })
  async refresh(@Caller() actor: string): Promise<unknown> {
    const report = await this.refresher.refreshAll(actor);
    if (!report) throw new ProblemError({ status: 409, type: 'refresh-running', title: 'A refresh is running already.' });
    return report;
  }
}
