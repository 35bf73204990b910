import { Injectable } from '@nestjs/common';
import { CHANGE_WITHIN_DAYS, mayAnswer, npsGroup, REFERENCE_EVERY_DAYS } from '../core/insight/nps.js';
import { addDaysTo } from '../core/shared/moments.js';
import { Clock } from '../platform/clock/clock.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { HoldsService } from '../tasks/holds/holds.service.js';
import { type AskedRow, claimReference, findAsked, insertSurveyEvent, lockAnswerer, storeAnswer } from './survey-answers.queries.js';

/** For segments and campaigns: somebody answered, with `score`, `group` and `campaign`. */
const ANSWERED_EVENT = 'NPS Answered';
/** For campaigns and segments: a promoter may be asked for a reference. It comes at most once in 180 days, so a campaign that it starts asks no more often. */
const REFERENCE_EVENT = 'NPS Reference Due';

export interface SurveyAnswer {
  readonly contactId: number;
  readonly messageId: number;
  readonly score: number;
  readonly comment: string;
}

/** Takes what people answer, and hands those who are unhappy to a human before any machine writes to them again. */
@Injectable()
export class SurveyAnswersService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly holds: HoldsService,
  ) {}

  /** Once per mail; for two weeks the answer may be changed. Saying the same again changes nothing. */
  answer(answer: SurveyAnswer): Promise<'taken' | 'closed'> {
    return retryConflicts(() => this.sql.transaction((sql) => this.take(sql, answer, this.clock.now())));
  }

  private async take(sql: Sql, { contactId, messageId, score, comment }: SurveyAnswer, now: Date): Promise<'taken' | 'closed'> {
    const asked = await findAsked(sql, contactId, messageId);
    if (!asked || !mayAnswer({ askedAt: asked.asked_at, answeredAt: asked.answered_at }, now)) return 'closed';
    const group = npsGroup(score);
    // First, because it takes the bucket's lock; should another process have closed the answer meanwhile, somebody unhappy is still called.
    if (group === 'detractor') await this.hold(sql, asked, messageId, score, comment, now);
    await lockAnswerer(sql, asked.contact_id);
    const { contact_id: living, account_id: accountId, campaign_id: campaignId, purpose } = asked;
    const stored = await storeAnswer(sql, { contactId: living, messageId, score, comment, accountId, campaignId, purpose }, now, addDaysTo(now, -CHANGE_WITHIN_DAYS));
    if (!stored) return 'closed';
    if (!stored.changed) return 'taken';
    const properties = { score, group, ...(asked.campaign_key !== null && { campaign: asked.campaign_key }), ...(stored.changes > 0 && { changed: true }) };
    await insertSurveyEvent(sql, { contactId: living, name: ANSWERED_EVENT, key: `nps:${messageId}:${stored.changes}`, properties, purpose }, now);
    if (group === 'promoter' && (await claimReference(sql, living, messageId, now, addDaysTo(now, -REFERENCE_EVERY_DAYS)))) {
      await insertSurveyEvent(sql, { contactId: living, name: REFERENCE_EVENT, key: `nps-reference:${messageId}`, properties: { score }, purpose }, now);
    }
    return 'taken';
  }

  /** The person is held, the account too where he decides for it, and somebody calls within two working days; which, and for how long, say the rules of holds. */
  private async hold(sql: Sql, asked: AskedRow, messageId: number, score: number, comment: string, now: Date): Promise<void> {
    const details = { score, messageId, ...(comment !== '' && { comment }) };
    await this.holds.open(sql, [{ kind: 'detractor', contactId: asked.contact_id, campaignId: asked.campaign_id, cause: `nps:${messageId}`, reason: { code: 'score', score }, by: 'self', details }], now);
  }
}
