import { codeOf, textOf } from '../core/account/said-reason.js';
import type { TaskKind } from '../core/account/task-kinds.js';
import type { Sql } from '../platform/database/sql.js';
import type { NewTask } from './task.js';

const jsonOf = (said: object | null): string | null => said && JSON.stringify(said);

/** What is new of these; each cause once. Of somebody who was merged it is about the one who stayed, of somebody who is gone there is none. */
export function insertTasks(sql: Sql, tasks: readonly (NewTask & { readonly dueAt: Date })[], defaultOwner: string | null, now: Date): Promise<{ task_id: number; kind: TaskKind; cause: string }[]> {
  return sql.many(
    'tasks.insert',
    `insert into tasks (kind, contact_id, account_id, campaign_id, owner_id, reason, said, details, due_at, opened_at, opened_by)
     select g.kind, c.contact_id, a.account_id, p.campaign_id, coalesce(g.owner_id, a.owner_id, (select user_id from users where email = $11)), g.reason, g.said, g.details, g.due_at, $10, g.opened_by
       from unnest($1::text[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::text[], $7::jsonb[], $8::timestamptz[], $9::text[], $12::jsonb[]) with ordinality
            g (kind, contact_id, account_id, campaign_id, owner_id, reason, details, due_at, opened_by, said, position)
       left join contacts c on c.contact_id = living_contact(g.contact_id)
       left join accounts a on a.account_id = coalesce(g.account_id, c.account_id)
       left join campaigns p on p.campaign_id = g.campaign_id
      where g.contact_id is null or c.contact_id is not null
      order by g.position
     on conflict (kind, (details ->> 'cause')) do nothing
     returning task_id, kind, details ->> 'cause' as cause`,
    [
      tasks.map((task) => task.kind), tasks.map((task) => task.contactId ?? null), tasks.map((task) => task.accountId ?? null), tasks.map((task) => task.campaignId ?? null),
      tasks.map((task) => task.ownerId ?? null), tasks.map((task) => textOf(task.reason)), tasks.map((task) => JSON.stringify({ ...task.details, cause: task.cause })),
      tasks.map((task) => task.dueAt.toISOString()), tasks.map((task) => task.by), now, defaultOwner, tasks.map((task) => jsonOf(codeOf(task.reason))),
    ],
  );
}

export function findByCause(sql: Sql, kinds: readonly TaskKind[], causes: readonly string[]): Promise<{ task_id: number; kind: TaskKind; cause: string }[]> {
  return sql.many(
    'tasks.findByCause',
    `select t.task_id, t.kind, t.details ->> 'cause' as cause from unnest($1::text[], $2::text[]) g (kind, cause) join tasks t on t.kind = g.kind and t.details ->> 'cause' = g.cause`,
    [kinds, causes],
  );
}

/** The oldest open task of each kind about these people. */
export function findOpen(sql: Sql, contactIds: readonly number[], kinds: readonly TaskKind[]): Promise<{ contact_id: number; kind: TaskKind; task_id: number }[]> {
  return sql.many(
    'tasks.findOpen',
    `select distinct on (contact_id, kind) contact_id, kind, task_id from tasks where contact_id = any($1) and kind = any($2) and state = 'open' order by contact_id, kind, task_id`,
    [contactIds, kinds],
  );
}

/** Adds to what is known of tasks; a note about a person goes with him when he is erased. */
export async function insertNotes(sql: Sql, notes: readonly { taskId: number; author: string; note: string }[], now: Date): Promise<void> {
  await sql.exec(
    'tasks.insertNotes',
    `insert into task_notes (task_id, noted_at, contact_id, author, note)
     select t.task_id, $4, t.contact_id, g.author, g.note from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality g (task_id, author, note, position) join tasks t using (task_id) order by g.position`,
    [notes.map((note) => note.taskId), notes.map((note) => note.author), notes.map((note) => note.note), now],
  );
}
