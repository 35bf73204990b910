import { Injectable } from '@nestjs/common';
import type { Reach } from '../../core/shared/reach.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import type { HoldStepTaken } from '../holds/hold.js';
import { HoldsService } from '../holds/holds.service.js';
import type { NewTask } from '../task.js';
import { TasksService } from '../tasks.service.js';
import { findTask } from './task-list.queries.js';
import { approve, countWaiting, findUser, type LockedTask, lockTask, setClosed, setOwner } from './task-work.queries.js';

export type TaskProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'owner_unknown' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'holds_somebody' }
  | { readonly kind: 'not_approvable' }
  | { readonly kind: 'not_owner' };

/** Who works on tasks: for the audit trail, for whose people he may see, and who he is. */
export interface Worker {
  readonly actor: string;
  readonly reach: Reach;
  /** Undefined for keys of machines. */
  readonly userId: number | undefined;
}

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: TaskProblem) {
    super(problem.kind);
  }
}

/** What humans do with their tasks. Closing is what lets holds end. */
@Injectable()
export class TaskWorkService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly tasks: TasksService,
    private readonly holds: HoldsService,
    private readonly audit: AuditService,
  ) {}

  async create(task: NewTask): Promise<number | undefined> {
    const now = this.clock.now();
    return this.sql.transaction(async (sql) => {
      const [opened] = await this.tasks.open(sql, [task], now);
      if (opened?.taskId !== undefined) await this.record(sql, task.by, 'task.opened', opened.taskId, { kind: task.kind }, now);
      return opened?.taskId;
    });
  }

  /** `owner`: an address, undefined for the caller himself, null for nobody. */
  assign(taskId: number, owner: string | null | undefined, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.work(taskId, worker, async (sql, task, now) => {
      if (task.state !== 'open') throw new Refused({ kind: 'closed' });
      const ownerId = owner === undefined ? worker.userId : owner === null ? null : (await findUser(sql, owner))?.user_id;
      if (ownerId === undefined) throw new Refused({ kind: 'owner_unknown' });
      if (ownerId === task.owner_id) return;
      await setOwner(sql, taskId, ownerId);
      await this.record(sql, worker.actor, 'task.assigned', taskId, { from: task.owner_id, to: ownerId }, now);
    });
  }

  note(taskId: number, note: string, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.work(taskId, worker, async (sql, _, now) => {
      await this.tasks.note(sql, [{ taskId, author: worker.actor, note }], now);
      await this.record(sql, worker.actor, 'task.noted', taskId, {}, now);
    });
  }

  /** The human has followed up: holds that waited for that end by their rule. Closing again changes nothing. */
  close(taskId: number, outcome: string, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.finish(taskId, outcome, ['followed_up'], worker, 'task.closed');
  }

  /** Nothing is left to a human: the matter is over as well as followed up. The quiet days of the rule still pass. */
  handBack(taskId: number, outcome: string, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.finish(taskId, outcome, ['followed_up', 'resolved'], worker, 'task.handed_back');
  }

  /** There was nothing to do. A task that somebody is held for cannot be dropped: he would be held for ever. */
  drop(taskId: number, outcome: string, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.work(taskId, worker, async (sql, task, now) => {
      if (task.state !== 'open') return;
      if ((await countWaiting(sql, taskId)) > 0) throw new Refused({ kind: 'holds_somebody' });
      await setClosed(sql, taskId, 'dropped', outcome, worker.actor, now);
      await this.record(sql, worker.actor, 'task.dropped', taskId, {}, now);
    });
  }

  /** While a deal is open: mail of this campaign may go to the account. Everything else the gate asks is asked as ever. */
  approve(taskId: number, worker: Worker): Promise<Result<undefined, TaskProblem>> {
    return this.work(taskId, worker, async (sql, task, now) => {
      const { account_id: accountId, campaign_id: campaignId } = task;
      if (task.kind !== 'opportunity' || accountId === null || campaignId === null) throw new Refused({ kind: 'not_approvable' });
      if (worker.userId !== undefined && worker.userId !== task.owner_id) throw new Refused({ kind: 'not_owner' });
      if (task.state !== 'open') return;
      await approve(sql, { accountId, campaignId, taskId }, worker.actor, now);
      await setClosed(sql, taskId, 'done', 'approved', worker.actor, now);
      await this.record(sql, worker.actor, 'task.approved', taskId, { accountId, campaignId }, now);
    });
  }

  private finish(taskId: number, outcome: string, steps: readonly HoldStepTaken['step'][], worker: Worker, action: string): Promise<Result<undefined, TaskProblem>> {
    return this.work(taskId, worker, async (sql, task, now) => {
      if (task.state !== 'open') return;
      await setClosed(sql, taskId, 'done', outcome, worker.actor, now);
      await this.holds.close(sql, steps.map((step) => ({ of: { taskId }, step, by: worker.actor })), now);
      await this.record(sql, worker.actor, action, taskId, {}, now);
    });
  }

  /** One at a time on a task, and only on one that the worker may see. */
  private async work(taskId: number, worker: Worker, act: (sql: Sql, task: LockedTask, now: Date) => Promise<void>): Promise<Result<undefined, TaskProblem>> {
    try {
      await this.sql.transaction(async (sql) => {
        const [task, seen] = [await lockTask(sql, taskId), await findTask(sql, taskId, worker.reach)];
        if (!task || !seen) throw new Refused({ kind: 'missing' });
        await act(sql, task, this.clock.now());
      });
      return ok(undefined);
    } catch (error) {
      if (error instanceof Refused) return err(error.problem);
      throw error;
    }
  }

  private record(sql: Sql, actor: string, action: string, taskId: number, details: Record<string, unknown>, now: Date): Promise<void> {
    return this.audit.record(sql, { actor, action, subjectType: 'task', subjectId: String(taskId), details }, now);
  }
}
