import type { TaskKind } from '../../core/account/task-kinds.js';
import type { Sql } from '../../platform/database/sql.js';
import type { TaskState } from '../task.js';

export interface LockedTask {
  task_id: number;
  kind: TaskKind;
  state: TaskState;
  contact_id: number | null;
  account_id: number | null;
  campaign_id: number | null;
  owner_id: number | null;
}

export function lockTask(sql: Sql, taskId: number): Promise<LockedTask | undefined> {
  return sql.maybe('tasks.lock', 'select task_id, kind, state, contact_id, account_id, campaign_id, owner_id from tasks where task_id = $1 for update', [taskId]);
}

export function findUser(sql: Sql, email: string): Promise<{ user_id: number } | undefined> {
  return sql.maybe('tasks.findUser', 'select user_id from users where email = $1', [email]);
}

/** The matter goes with its task: the holds have the same owner. */
export async function setOwner(sql: Sql, taskId: number, ownerId: number | null): Promise<void> {
  await sql.exec(
    'tasks.setOwner',
    `with task as (update tasks set owner_id = $2 where task_id = $1), people as (update contact_holds set owner_id = $2 where task_id = $1) update account_holds set owner_id = $2 where task_id = $1`,
    [taskId, ownerId],
  );
}

export async function setClosed(sql: Sql, taskId: number, state: TaskState, outcome: string, by: string, now: Date): Promise<void> {
  await sql.exec('tasks.setClosed', 'update tasks set state = $2, outcome = $3, closed_by = $4, closed_at = $5 where task_id = $1', [taskId, state, outcome, by, now]);
}

/** Holds that wait for this task to be done. */
export async function countWaiting(sql: Sql, taskId: number): Promise<number> {
  const row = await sql.one<{ waiting: number }>(
    'tasks.countWaiting',
    `select ((select count(*) from contact_holds where task_id = $1 and closed_at is null and retracted_at is null and moment_at is null)
           + (select count(*) from account_holds where task_id = $1 and closed_at is null and retracted_at is null and moment_at is null))::int as waiting`,
    [taskId],
  );
  return row.waiting;
}

/** The owner lets this campaign mail his account while a deal is open; what waits for that is decided again at once. */
export async function approve(sql: Sql, approval: { accountId: number; campaignId: number; taskId: number }, by: string, now: Date): Promise<void> {
  const { accountId, campaignId, taskId } = approval;
  await sql.exec(
    'tasks.approve',
    `insert into hold_approvals (account_id, campaign_id, task_id, approved_at, approved_by) values ($1, $2, $3, $4, $5) on conflict (account_id, campaign_id) do nothing`,
    [accountId, campaignId, taskId, now, by],
  );
  await sql.exec('tasks.wakeApproved', `update enrollments set due_at = least(due_at, $3) where campaign_id = $2 and state = 'active' and account_id = $1 and attempts > 0`, [accountId, campaignId, now]);
  await sql.exec('tasks.wakeApprovedMail', `update messages set due_at = least(due_at, $3) where campaign_id = $2 and state = 'queued' and account_id = $1 and response = 'relationship.open_opportunity'`, [accountId, campaignId, now]);
}
