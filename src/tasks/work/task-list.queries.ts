import type { TaskKind } from '../../core/account/task-kinds.js';
import { type Reach, reachParams, reachText } from '../../core/shared/reach.js';
import type { Sql } from '../../platform/database/sql.js';
import type { TaskState } from '../task.js';

export interface TaskRow {
  task_id: number;
  kind: TaskKind;
  contact_id: number | null;
  contact_name: string | null;
  contact_email: string | null;
  account_id: number | null;
  account_name: string | null;
  campaign_key: string | null;
  owner_id: number | null;
  owner_email: string | null;
  owner_name: string | null;
  reason: string;
  said: unknown;
  details: Record<string, unknown>;
  state: TaskState;
  due_at: Date;
  opened_at: Date;
  opened_by: string;
  closed_at: Date | null;
  closed_by: string | null;
  outcome: string | null;
}

export interface TaskFilter {
  readonly state: TaskState;
  /** null: those that nobody owns. */
  readonly ownerId?: number | null | undefined;
  readonly kind?: TaskKind | undefined;
  readonly contactId?: number | undefined;
  readonly accountId?: number | undefined;
  readonly dueBefore?: Date | undefined;
}

const SELECT = `select t.task_id, t.kind, t.contact_id, nullif(trim(concat_ws(' ', c.first_name, c.last_name)), '') as contact_name, c.email as contact_email, t.account_id, a.name as account_name, p.key as campaign_key,
    t.owner_id, u.email as owner_email, u.name as owner_name, t.reason, t.said, t.details, t.state, t.due_at, t.opened_at, t.opened_by, t.closed_at, t.closed_by, t.outcome
  from tasks t left join contacts c on c.contact_id = t.contact_id left join accounts a on a.account_id = t.account_id left join campaigns p on p.campaign_id = t.campaign_id
  left join users u on u.user_id = t.owner_id`;

/** His own tasks, and those of the accounts he may see. */
const within = (user: string, region: string): string => `(${user}::bigint is null or t.owner_id = ${user}::bigint or ${reachText('t.account_id', user, region)})`;

/** Due first, after the given moment and id. */
export function listTasks(sql: Sql, filter: TaskFilter, reach: Reach, after: readonly [Date, number], limit: number): Promise<TaskRow[]> {
  const { state, ownerId, kind, contactId, accountId, dueBefore } = filter;
  return sql.many(
    'tasks.list',
    `${SELECT}
     where t.state = $1 and ($2::boolean is false or t.owner_id is not distinct from $3::bigint) and ($4::text is null or t.kind = $4) and ($5::bigint is null or t.contact_id = living_contact($5))
       and ($6::bigint is null or t.account_id = $6) and ($7::timestamptz is null or t.due_at < $7) and (t.due_at, t.task_id) > ($8, $9) and ${within('$11', '$12')}
     order by t.due_at, t.task_id limit $10`,
    [state, ownerId !== undefined, ownerId ?? null, kind ?? null, contactId ?? null, accountId ?? null, dueBefore ?? null, after[0], after[1], limit, ...reachParams(reach)],
  );
}

export function findTask(sql: Sql, taskId: number, reach: Reach): Promise<TaskRow | undefined> {
  return sql.maybe('tasks.find', `${SELECT} where t.task_id = $1 and ${within('$2', '$3')}`, [taskId, ...reachParams(reach)]);
}

export interface ConversationRow {
  at: Date;
  kind: 'event' | 'mail' | 'call' | 'meeting' | 'own mail' | 'note';
  what: string;
  details: Record<string, unknown>;
  by: string | null;
}

/** What passed between this person and us, newest first: what he did, what was sent, what colleagues did and wrote down. */
export function listConversation(sql: Sql, contactId: number, limit: number): Promise<ConversationRow[]> {
  return sql.many(
    'tasks.listConversation',
    `select * from (
       (select occurred_at as at, 'event' as kind, name as what, properties as details, source as by from events where contact_id = $1 order by occurred_at desc limit $2)
       union all
       (select coalesce(m.sent_at, m.due_at), 'mail', coalesce(p.name, m.purpose), jsonb_build_object('campaign', p.key, 'step', m.step + 1, 'class', m.class, 'state', m.state), null
          from messages m left join campaigns p using (campaign_id) where m.contact_id = $1 order by coalesce(m.sent_at, m.due_at) desc limit $2)
       union all
       (select h.touched_at, case h.kind when 'mail' then 'own mail' else h.kind end, h.note, '{}', u.name from human_touches h left join users u using (user_id) where h.contact_id = $1 order by h.touched_at desc limit $2)
       union all
       (select noted_at, 'note', note, jsonb_build_object('task', task_id), author from task_notes where contact_id = $1 order by noted_at desc limit $2)
     ) passed order by at desc limit $2`,
    [contactId, limit],
  );
}

export function listNotes(sql: Sql, taskId: number): Promise<{ noted_at: Date; author: string; note: string }[]> {
  return sql.many('tasks.listNotes', 'select noted_at, author, note from task_notes where task_id = $1 order by noted_at, note_id', [taskId]);
}
