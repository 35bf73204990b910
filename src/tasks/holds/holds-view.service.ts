import { Injectable } from '@nestjs/common';
import { isHeld, openSteps } from '../../core/account/holds.js';
import { reasonOfHold, type StoppedMail, whatBecame } from '../../core/account/hold-reasons.js';
import { readReason } from '../../core/account/said-reason.js';
import { HOLD_WORDS, type Said, STEP_WORDS } from '../../core/account/task-words.js';
import type { Language } from '../../core/decision/explain.js';
import { reasonByNumber, REASONS, verdictByNumber } from '../../core/decision/reasons.js';
import type { Reach } from '../../core/shared/reach.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { findHold, type HoldFilter, type HoldRow, listHolds, listOfTask, listStopped } from './holds-view.queries.js';

/** A mail that was stopped, and what became of it. */
export interface Stopped {
  readonly contactId: number;
  readonly campaign: string;
  readonly step: number;
  readonly occurrence: number;
  readonly firstStoppedAt: Date;
  readonly timesAsked: number;
  readonly became: StoppedMail;
  readonly sentAt: Date | null;
  /** Of what was refused in the end: why. */
  readonly reasons: readonly string[];
}

export interface HoldView {
  readonly id: string;
  readonly kind: HoldRow['kind'];
  readonly name: Said;
  readonly inForce: boolean;
  /** What still has to happen before mail goes on. */
  readonly waitsFor: readonly Said[];
  readonly [field: string]: unknown;
}

export interface HoldInFull extends HoldView {
  readonly stopped: readonly Stopped[];
  readonly counts: Readonly<Record<StoppedMail, number>>;
}

/** Holds as people look at them: with what they stopped, and what became of that. */
@Injectable()
export class HoldsViewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  list(filter: HoldFilter, reach: Reach, before: readonly [Date, number], limit: number): Promise<HoldRow[]> {
    return listHolds(this.sql, filter, reach, before, this.clock.now(), limit);
  }

  async find(scope: HoldRow['scope'], holdId: number, reach: Reach, language: Language = 'en'): Promise<HoldInFull | undefined> {
    const row = await findHold(this.sql, scope, holdId, reach);
    return row && this.inFull(row, language);
  }

  async ofTask(taskId: number, language: Language = 'en'): Promise<HoldInFull[]> {
    const rows = await listOfTask(this.sql, taskId);
    const full: HoldInFull[] = [];
    for (const row of rows) full.push(await this.inFull(row, language)); // one or two: a person and his account
    return full;
  }

  /** `reason` in the language asked for, `told` in both. */
  view(row: HoldRow, language: Language = 'en'): HoldView {
    const told = readReason(row.said, row.reason);
    const progress = { momentAt: row.moment_at, resolvedAt: row.resolved_at, followedUpAt: row.followed_up_at, liftedAt: row.lifted_at };
    const inForce = row.retracted_at === null && isHeld({ endsAt: row.ends_at }, this.clock.now());
    return {
      id: `${row.scope}/${row.hold_id}`, scope: row.scope, contactId: row.contact_id, accountId: row.account_id, kind: row.kind, name: HOLD_WORDS[row.kind], campaign: row.campaign_key, reason: told[language], told,
      owner: row.owner_email, taskId: row.task_id, reference: row.reference, openedAt: row.opened_at, openedBy: row.opened_by, meetingAt: row.moment_at, resolvedAt: row.resolved_at,
      followedUpAt: row.followed_up_at, liftedAt: row.lifted_at, retractedAt: row.retracted_at, closedAt: row.closed_at, endsAt: row.ends_at, inForce,
      waitsFor: inForce ? openSteps(row.kind, progress).map((step) => STEP_WORDS[step]) : [],
    };
  }

  private async inFull(row: HoldRow, language: Language): Promise<HoldInFull> {
    const code = REASONS[reasonOfHold(row.kind, row.scope)].number;
    const until = row.ends_at ?? new Date('9999-12-31T00:00:00Z');
    const subjectId = (row.scope === 'contact' ? row.contact_id : row.account_id) ?? 0;
    const found = await listStopped(this.sql, { scope: row.scope, subjectId, campaignKey: row.campaign_key }, [code], row.opened_at, until);
    const stopped = found.map((one) => {
      const became = whatBecame(verdictByNumber(one.verdict), one.last_reasons ?? [], one.message_state);
      const reasons = became === 'refused' || became === 'too_late' ? (one.last_reasons ?? []).flatMap((number) => reasonByNumber(number) ?? []) : [];
      return { contactId: one.contact_id, campaign: one.campaign_key, step: one.step, occurrence: one.occurrence, firstStoppedAt: one.first_at, timesAsked: one.times, became, sentAt: one.sent_at, reasons };
    });
    const counts = { waiting: 0, sent: 0, too_late: 0, refused: 0, handed_over: 0 };
    for (const { became } of stopped) counts[became] += 1;
    return { ...this.view(row, language), stopped, counts };
  }
}
