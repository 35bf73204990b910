import { Injectable } from '@nestjs/common';
import { readReason } from '../../core/account/said-reason.js';
import { TASK_WORDS } from '../../core/account/task-words.js';
import type { Language } from '../../core/decision/explain.js';
import type { Reach } from '../../core/shared/reach.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { HoldsViewService } from '../holds/holds-view.service.js';
import { findTask, listConversation, listNotes, listTasks, type TaskFilter, type TaskRow } from './task-list.queries.js';
import { findUser } from './task-work.queries.js';

const MOST_PASSED = 100;

/** Tasks as people look at them. */
@Injectable()
export class TaskViewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly holds: HoldsViewService,
  ) {}

  list(filter: TaskFilter, reach: Reach, after: readonly [Date, number], limit: number): Promise<TaskRow[]> {
    return listTasks(this.sql, filter, reach, after, limit);
  }

  row(taskId: number, reach: Reach): Promise<TaskRow | undefined> {
    return findTask(this.sql, taskId, reach);
  }

  /** Whose tasks are asked for: undefined everybody's, null nobody's. */
  async ownerId(owner: string | undefined, caller: number | undefined): Promise<number | null | undefined | 'unknown'> {
    if (owner === undefined) return undefined;
    if (owner === 'nobody') return null;
    if (owner === 'me') return caller ?? 'unknown';
    return (await findUser(this.sql, owner))?.user_id ?? 'unknown';
  }

  async find(taskId: number, reach: Reach, language: Language = 'en'): Promise<Record<string, unknown> | undefined> {
    const row = await this.row(taskId, reach);
    if (!row) return undefined;
    const conversation = row.contact_id === null ? [] : await listConversation(this.sql, row.contact_id, MOST_PASSED);
    const notes = await listNotes(this.sql, taskId);
    return { ...this.view(row, language), holds: await this.holds.ofTask(taskId, language), conversation, notes: notes.map((one) => ({ at: one.noted_at, author: one.author, note: one.note })) };
  }

  /** `reason` in the language asked for, `told` in both. */
  view(row: TaskRow, language: Language = 'en'): Record<string, unknown> {
    const { cause: _, ...details } = row.details;
    const told = readReason(row.said, row.reason);
    return {
      id: row.task_id, kind: row.kind, state: row.state, why: TASK_WORDS[row.kind].why, ask: TASK_WORDS[row.kind].ask, reason: told[language], told, details,
      contact: row.contact_id === null ? null : { id: row.contact_id, name: row.contact_name, email: row.contact_email },
      account: row.account_id === null ? null : { id: row.account_id, name: row.account_name },
      campaign: row.campaign_key, owner: row.owner_email === null ? null : { email: row.owner_email, name: row.owner_name },
      dueAt: row.due_at, overdue: row.state === 'open' && row.due_at < this.clock.now(), openedAt: row.opened_at, openedBy: row.opened_by, closedAt: row.closed_at, closedBy: row.closed_by, outcome: row.outcome,
    };
  }
}
