import type { GivenReason } from '../core/account/said-reason.js';
import type { TaskKind } from '../core/account/task-kinds.js';

export const TASK_STATES = ['open', 'done', 'dropped'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Work for a human. */
export interface NewTask {
  readonly kind: TaskKind;
  /** What asks for it: the same kind of task is opened once for one cause, however often it is asked for. */
  readonly cause: string;
  readonly contactId?: number | null;
  /** Left out: the person's. */
  readonly accountId?: number | null;
  readonly campaignId?: number | null;
  /** Left out: the account's owner, else the workspace's default. */
  readonly ownerId?: number | null;
  /** Why the machine steps back; in somebody's own words where it is his. No address or name of the person: they stand beside it. */
  readonly reason: GivenReason;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Left out: so many working days from now as the workspace chose for this kind. */
  readonly dueAt?: Date;
  /** 'system', 'key:…', 'self' (the person). */
  readonly by: string;
}

export interface OpenedTask {
  /** Undefined when the person it was about is not here any more. */
  readonly taskId: number | undefined;
  /** false: it was there already. */
  readonly isNew: boolean;
}
