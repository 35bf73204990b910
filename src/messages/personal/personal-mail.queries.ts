import type { Sql } from '../../platform/database/sql.js';

export interface LetterRow {
  task_id: number;
  state: string;
  contact_id: number | null;
  account_id: number | null;
  bucket: number | null;
  email: string | null;
  name: string | null;
  purpose: string | null;
}

/** Whom a task's mail goes to, and what its campaign was for. */
export function findLetter(sql: Sql, taskId: number): Promise<LetterRow | undefined> {
  return sql.maybe(
    'personal.findLetter',
    `select t.task_id, t.state, c.contact_id, c.account_id, c.bucket, c.email, nullif(trim(concat_ws(' ', c.first_name, c.last_name)), '') as name, t.details ->> 'purpose' as purpose
       from tasks t left join contacts c on c.contact_id = t.contact_id where t.task_id = $1`,
    [taskId],
  );
}

/** Who writes: the caller, else the owner of the task. */
export function findWriter(sql: Sql, taskId: number, userId: number | null): Promise<{ user_id: number; email: string; name: string } | undefined> {
  return sql.maybe('personal.findWriter', 'select user_id, email, name from users where user_id = coalesce($2::bigint, (select owner_id from tasks where task_id = $1))', [taskId, userId]);
}

/** Written down before it is handed over: after a crash it counts, and is not sent again. */
export function insertSending(sql: Sql, contactId: number, accountId: number | null, userId: number, subject: string, now: Date): Promise<{ touch_id: number }> {
  return sql.one('personal.insertSending', `insert into human_touches (contact_id, touched_at, kind, account_id, user_id, note) values ($1, $2, 'mail', $3, $4, $5) returning touch_id`, [contactId, now, accountId, userId, subject]);
}

/** It did not leave, and so does not count. */
export async function deleteSending(sql: Sql, contactId: number, touchId: number): Promise<void> {
  await sql.exec('personal.deleteSending', 'delete from human_touches where contact_id = $1 and touch_id = $2', [contactId, touchId]);
}
