import { Injectable } from '@nestjs/common';
import { workingDaysLater } from '../core/account/working-time.js';
import { Clock } from '../platform/clock/clock.js';
import type { Sql } from '../platform/database/sql.js';
import { HandoverPolicyService } from './handover-policy.service.js';
import type { NewTask, OpenedTask } from './task.js';
import { findByCause, insertNotes, insertTasks } from './tasks.queries.js';

/** Hands work over to humans. */
@Injectable()
export class TasksService {
  constructor(
    private readonly clock: Clock,
    private readonly handover: HandoverPolicyService,
  ) {}

  /**
   * Opens tasks in the caller's transaction: three statements, however many. Safe to repeat: a task of the same kind for the same cause is opened
   * once. Gives one answer per task, in the order given.
   */
  async open(sql: Sql, tasks: readonly NewTask[], now: Date = this.clock.now()): Promise<OpenedTask[]> {
    if (tasks.length === 0) return [];
    const { policy, workplace } = await this.handover.current(sql);
    const due = new Map(tasks.map(({ kind }) => [kind, workingDaysLater(now, policy.dueWorkingDays[kind], workplace)]));
    const opened = await insertTasks(sql, tasks.map((task) => ({ ...task, dueAt: task.dueAt ?? due.get(task.kind) ?? now })), policy.defaultOwner, now);
    const fresh = new Map(opened.map((row) => [`${row.kind} ${row.cause}`, row.task_id]));
    const others = tasks.filter(({ kind, cause }) => !fresh.has(`${kind} ${cause}`));
    const known = new Map((others.length === 0 ? [] : await findByCause(sql, others.map(({ kind }) => kind), others.map(({ cause }) => cause))).map((row) => [`${row.kind} ${row.cause}`, row.task_id]));
    const told = new Set<string>();
    return tasks.map(({ kind, cause }) => {
      const name = `${kind} ${cause}`;
      const isNew = fresh.has(name) && !told.has(name); // the same cause twice in one batch: the first is new
      told.add(name);
      return { taskId: fresh.get(name) ?? known.get(name), isNew };
    });
  }

  /** Writes something down with tasks, for whoever takes them up. */
  async note(sql: Sql, notes: readonly { readonly taskId: number; readonly author: string; readonly note: string }[], now: Date = this.clock.now()): Promise<void> {
    if (notes.length > 0) await insertNotes(sql, notes, now);
  }
}
