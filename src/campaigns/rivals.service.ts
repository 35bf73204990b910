import { Injectable } from '@nestjs/common';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import { termsOf } from '../decisions/decision-request.js';
import type { UpcomingMail } from '../decisions/planning-pass.js';
import { PoliciesService } from '../decisions/policies.service.js';
import type { Sql } from '../platform/database/sql.js';
import { type DueEnrollment, listRivals, type RivalEnrollment } from './planner.queries.js';
import { StepPlansService } from './step-plans.service.js';

export interface Rivalry {
  /** Everything that is due for the people of a batch. */
  readonly due: readonly DueEnrollment[];
  /** Mail that is due for them within the arbitration window. */
  readonly upcoming: readonly UpcomingMail[];
}

/** Finds what else wants to write to the people of a batch, now or soon: who goes first is settled between all of it. */
@Injectable()
export class RivalsService {
  constructor(
    private readonly steps: StepPlansService,
    private readonly policies: PoliciesService,
  ) {}

  /** The caller holds the locks of the people's buckets. */
  async join(sql: Sql, due: readonly DueEnrollment[], running: readonly number[], now: Date): Promise<Rivalry> {
    if (due.length === 0 || running.length < 2) return { due, upcoming: [] };
    const { arbitrationMinutes } = await this.policies.current(sql);
    const until = new Date(now.getTime() + arbitrationMinutes * 60_000);
    const rows = await listRivals(sql, [...new Set(due.map((enrollment) => enrollment.contact_id))], running, until);
    const known = new Set(due.map(keyOf));
    const cutOff = rows.filter((row) => row.due_at <= now && !known.has(keyOf(row))); // by the size of the batch
    const upcoming: UpcomingMail[] = [];
    for (const row of rows) if (row.due_at > now) upcoming.push(...(await this.mailOf(row)));
    return { due: cutOff.length === 0 ? due : [...due, ...cutOff], upcoming };
  }

  /** The mail that somebody is at; nothing where the step is another, or presses on nobody. */
  private async mailOf(row: RivalEnrollment): Promise<UpcomingMail[]> {
    const { key, definition } = await this.steps.version(row.campaign_id, row.campaign_version);
    if (definition.steps[row.step]?.kind !== 'send' || !PRESSING_CLASSES.includes(definition.messageClass)) return [];
    const candidate = { contactId: row.contact_id, accountId: row.account_id, occurrence: row.occurrence, stepSince: row.step_since };
    return [{ request: { campaignId: row.campaign_id, campaignKey: key, step: row.step, ...termsOf(definition) }, candidate, dueAt: row.due_at }];
  }
}

function keyOf({ contact_id, campaign_id, occurrence }: DueEnrollment): string {
  return `${contact_id}.${campaign_id}.${occurrence}`;
}
