import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { ExplainedDecision, Language } from '../core/decision/explain.js';
import type { Reach } from '../core/shared/reach.js';
import { CallerReach } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { contactQuestion, ExplainService } from './explain.service.js';
import type { Explanation } from './explanation.js';

const explainQuery = z.strictObject({
  contact: z.string().min(1).max(320).describe('the e-mail address or the number of the contact'),
  campaign: z.string().min(1).max(63).describe('the key of the campaign'),
});

const LANGUAGES: readonly Language[] = ['nl', 'en'];

@ApiTags('Decisions')
@Controller('api/v1/decisions')
export class DecisionsController {
  constructor(private readonly explainer: ExplainService) {}

  @Get()
  @Scopes('decisions:read')
  @Reaches('limits itself')
  @Documented({ summary: 'Why a person got the mails of a campaign, or did not: the latest decision on each step, explained in Dutch and English', query: explainQuery })
  async explain(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { contact, campaign } = parse(explainQuery, query);
    const asked = contactQuestion(contact);
    const explained = asked && (await this.explainer.explain({ ...asked, campaignKey: campaign, reach }, LANGUAGES));
    if (!explained) throw notFound('contact', contact);
    if (explained.ok) return { items: byDecision(explained.value) };
    switch (explained.error.kind) {
      case 'contact_missing':
        throw notFound('contact', contact);
      case 'campaign_missing':
        throw notFound('campaign', campaign);
      case 'campaign_unusable':
        throw new ProblemError({ status: 409, type: 'campaign-unusable', title: 'Nothing was decided on this person yet, and nothing can be decided now.', detail: explained.error.detail });
    }
  }
}

interface Item {
  readonly explanations: Partial<Record<Language, Pick<ExplainedDecision, 'headline' | 'reasons'>>>;
  readonly [field: string]: unknown;
}

/** One item a decision, with its explanation in each language. */
function byDecision(explanations: readonly Explanation[]): unknown[] {
  const items = new Map<string, Item>();
  for (const { language, names: _, headline, reasons, ...decision } of explanations) {
    const key = `${decision.step}.${decision.occurrence}`;
    const item: Item = items.get(key) ?? { ...decision, reasons: reasons.map((reason) => reason.code), explanations: {} };
    item.explanations[language] = { headline, reasons };
    items.set(key, item);
  }
  return [...items.values()];
}
