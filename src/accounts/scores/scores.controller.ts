import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { scorePolicy, type ScorePolicy } from '../../core/account/score-policy.js';
import { describeRule } from '../../core/rule/describe-rule.js';
import type { RuleProblem } from '../../core/rule/parse-rule.js';
import type { Result } from '../../core/shared/result.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../../platform/http/page.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { AccountsService } from '../accounts.service.js';
import { ScorePolicyService } from './score-policy.service.js';
import { ScorePreviewService } from './score-preview.service.js';
import { ScoresService } from './scores.service.js';
import { changeView, ScoresViewService } from './scores-view.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const beforeId = z.tuple([z.number().int()]);

@ApiTags('Scores')
@Controller('api/v1')
export class ScoresController {
  constructor(
    private readonly policies: ScorePolicyService,
    private readonly previews: ScorePreviewService,
    private readonly scores: ScoresService,
    private readonly views: ScoresViewService,
    private readonly accounts: AccountsService,
  ) {}

  @Get('scores/policy')
  @Scopes('policies:read')
  @Documented({ summary: 'How accounts are scored: conditions of fit, what counts as engagement with its weights and half-lives, thresholds of the stages; with what of it may be used now' })
  async policy(): Promise<unknown> {
    const { policy, usable, fields, fitReads, engagementReads } = await this.policies.inForce();
    const sentences = Object.fromEntries(usable.fit.conditions.map(({ key, rule }) => [key, { nl: describeRule(rule, 'nl', fields, 'account'), en: describeRule(rule, 'en', fields, 'account') }]));
    const idle = {
      conditions: policy.fit.conditions.filter(({ key }) => !usable.fit.conditions.some((one) => one.key === key)).map(({ key }) => key),
      kinds: policy.engagement.kinds.filter(({ key, weight }) => weight !== 0 && !usable.engagement.kinds.some((one) => one.key === key)).map(({ key }) => key),
    };
    return { ...policy, inForce: { sentences, reads: [...fitReads, ...engagementReads], idle } };
  }

  @Put('scores/policy')
  @Scopes('policies:write')
  @Documented({ summary: 'Replace it; everybody is worked out anew within minutes. Attributes and events that nobody classified are refused by name', body: scorePolicy })
  async replace(@Body() body: unknown, @Caller() actor: string): Promise<ScorePolicy> {
    return sound(await this.policies.replace(parse(scorePolicy, body), actor));
  }

  @Post('scores/policy/preview')
  @HttpCode(200)
  @Scopes('policies:read')
  @Documented({ summary: 'What this policy would change, in numbers: how many accounts from which grade, score and stage to which. Saves nothing', body: scorePolicy })
  async preview(@Body() body: unknown): Promise<unknown> {
    const previewed = await this.previews.preview(sound(await this.policies.read(parse(scorePolicy, body))));
    if (previewed.ok) return previewed.value;
    throw new ProblemError({ status: 503, type: 'preview-slow', title: `The change could not be counted within ${previewed.error.seconds} seconds. Nothing was changed.` });
  }

  @Post('scores/refresh')
  @HttpCode(200)
  @Scopes('policies:write')
  @Documented({ summary: 'Score everybody anew now, from the events that are there; single accounts follow within seconds of what their people do, by themselves' })
  refresh(@Caller() actor: string): Promise<unknown> {
    return this.scores.refreshAll(actor);
  }

  @Get('accounts/:id/stages')
  @Scopes('accounts:read')
  @Reaches({ account: 'id' })
  @Documented({ summary: 'Every stage an account was in, latest first: when, from where, and why', query: pageQuery })
  async stages(@Param('id') accountId: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const account = parse(id, accountId);
    if (!(await this.accounts.get(account))) throw notFound('account', accountId);
    const [before] = decodeCursor(beforeId, cursor) ?? [Number.MAX_SAFE_INTEGER];
    const { items, next } = pageOf(await this.views.history(account, before, limit + 1), limit, (row) => [row.change_id]);
    return { items: items.map(changeView), next };
  }
}

function sound(read: Result<ScorePolicy, RuleProblem[]>): ScorePolicy {
  if (read.ok) return read.value;
  throw new ProblemError({ status: 422, type: 'score-policy-invalid', title: 'The policy cannot be used as it is.', errors: read.error });
}
