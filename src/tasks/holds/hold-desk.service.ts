import { Injectable } from '@nestjs/common';
import type { HoldScope, HoldStep } from '../../core/account/holds.js';
import type { Reach } from '../../core/shared/reach.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { PressureFactorsService } from '../../pressure/pressure-factors.service.js';
import { AuditService } from '../../privacy/audit.service.js';
import type { HoldToOpen, OpenedHold } from './hold.js';
import { HoldsService } from './holds.service.js';
import { findHold } from './holds-view.queries.js';
import { listMailsOf, markReplied, type RepliedMail } from './replies.queries.js';
import { retractHold } from './progress.queries.js';
import { findCampaigns } from './triggers.queries.js';
import { reachesSubject } from './reach.queries.js';

/** An answer that came in, as whoever reads the mailbox tells it. */
export interface Reply {
  readonly contactId: number;
  /** The mail that was answered, where that is known. */
  readonly messageId?: number | undefined;
  readonly campaign?: string | undefined;
  /** Out of office: no human's word. */
  readonly automatic: boolean;
  /** The sender's own number of this answer: told twice, held once. */
  readonly key: string;
  readonly text?: string | undefined;
  readonly negative: boolean;
}

/** What people do to holds by hand, and what the mailbox does. */
@Injectable()
export class HoldDeskService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly holds: HoldsService,
    private readonly pressure: PressureFactorsService,
    private readonly audit: AuditService,
  ) {}

  /** Undefined when nobody is meant whom the caller may see. */
  async open(hold: HoldToOpen & { readonly campaign?: string | undefined }, reach: Reach): Promise<OpenedHold[] | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if (!(await reachesSubject(sql, reach, hold.contactId ?? null, hold.accountId ?? null))) return undefined;
      const campaignId = hold.campaign === undefined ? null : ((await findCampaigns(sql, [hold.campaign]))[0]?.campaign_id ?? null);
      const opened = await this.holds.open(sql, [{ ...hold, campaignId }], now);
      const isNew = await this.told(sql, opened, hold.by, now);
      if (hold.kind === 'meeting' && hold.contactId !== undefined && isNew) await this.pressure.adjust(sql, [{ contactId: hold.contactId, cause: 'meeting', at: now }]);
      return opened;
    });
  }

  /** Notes what happened to the matter. Undefined: there is no such hold, as far as the caller may see. */
  async close(scope: HoldScope, holdId: number, step: HoldStep, actor: string, reach: Reach): Promise<{ endsAt: Date | null } | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if (!(await findHold(sql, scope, holdId, reach))) return undefined;
      const [advanced] = await this.holds.close(sql, [{ of: { scope, holdId }, step, by: actor }], now);
      if (advanced) await this.audit.record(sql, { actor, action: 'hold.step', subjectType: 'hold', subjectId: `${scope}/${holdId}`, details: { step } }, now);
      return { endsAt: (await findHold(sql, scope, holdId, reach))?.ends_at ?? null };
    });
  }

  /** It was opened by mistake: mail goes on at once. The audit says who said so, and why. */
  async retract(scope: HoldScope, holdId: number, why: string, actor: string, reach: Reach): Promise<boolean> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if (!(await findHold(sql, scope, holdId, reach))) return false;
      if (await retractHold(sql, scope, holdId, actor, now)) await this.audit.record(sql, { actor, action: 'hold.retracted', subjectType: 'hold', subjectId: `${scope}/${holdId}`, details: { why } }, now);
      return true;
    });
  }

  /** A human's answer stops the sequence and holds; an automatic one is nobody's word. Undefined when the person is not one the caller may see. */
  async reply({ contactId, messageId, campaign, automatic, key, text, negative }: Reply, actor: string, reach: Reach): Promise<OpenedHold[] | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      if (!(await reachesSubject(sql, reach, contactId, null))) return undefined;
      if (automatic) return [];
      const mail = await this.answered(sql, contactId, messageId, campaign);
      const opened = await this.holds.open(sql, [{ kind: 'reply', contactId, campaignId: mail?.campaign_id ?? null, cause: `reply:${key}`, reason: { code: 'answered', campaign: mail?.campaign_name ?? null }, by: actor, details: { ...(text !== undefined && { text }) } }], now);
      const isNew = await this.told(sql, opened, actor, now);
      if (mail?.message_id != null) await markReplied(sql, contactId, mail.message_id);
      if (isNew) await this.pressure.adjust(sql, [{ contactId, cause: negative ? 'negative_reply' : 'reply', at: now }]);
      return opened;
    });
  }

  /** Whether any of these holds was not there before; the trail says who opened them. */
  private async told(sql: Sql, opened: readonly OpenedHold[], actor: string, now: Date): Promise<boolean> {
    const fresh = opened.filter(({ isNew }) => isNew);
    await this.audit.record(sql, fresh.map(({ scope, holdId, kind }) => ({ actor, action: 'hold.opened', subjectType: 'hold', subjectId: `${scope}/${holdId}`, details: { kind } })), now);
    return fresh.length > 0;
  }

  private async answered(sql: Sql, contactId: number, messageId: number | undefined, campaign: string | undefined): Promise<RepliedMail | undefined> {
    const [mail] = messageId === undefined && campaign === undefined ? [] : await listMailsOf(sql, contactId, messageId ?? null, campaign ?? null);
    return mail;
  }
}
