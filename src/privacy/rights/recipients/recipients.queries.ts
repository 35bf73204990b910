import type { Sql } from '../../../platform/database/sql.js';

export type NoticeKind = 'erased' | 'rectified' | 'restricted' | 'unrestricted';

export interface RecipientRow {
  recipient_id: number;
  name: string;
  url: string;
  told_of: string[];
  created_at: Date;
  created_by: string;
  retired_at: Date | null;
}

export function listRecipients(sql: Sql): Promise<RecipientRow[]> {
  return sql.many<RecipientRow & Record<string, unknown>>('rights.listRecipients', 'select * from data_recipients order by recipient_id');
}

export function insertRecipient(sql: Sql, one: { name: string; url: string; toldOf: readonly string[]; actor: string }, now: Date): Promise<RecipientRow | undefined> {
  return sql.maybe<RecipientRow & Record<string, unknown>>(
    'rights.insertRecipient',
    'insert into data_recipients (name, url, told_of, created_at, created_by) values ($1, $2, $3, $4, $5) on conflict (name) do nothing returning *',
    [one.name, one.url, one.toldOf, now, one.actor],
  );
}

export function retireRecipient(sql: Sql, recipientId: number, now: Date): Promise<RecipientRow | undefined> {
  return sql.maybe<RecipientRow & Record<string, unknown>>('rights.retireRecipient', 'update data_recipients set retired_at = coalesce(retired_at, $2) where recipient_id = $1 returning *', [recipientId, now]);
}

export async function recipientsToTell(sql: Sql, kind: NoticeKind): Promise<number[]> {
  const rows = await sql.many<{ recipient_id: number }>(
    'rights.recipientsToTell',
    `select recipient_id from data_recipients where retired_at is null and told_of && case when $1 = 'unrestricted' then '{restricted}' else array[$1] end::text[]`,
    [kind],
  );
  return rows.map((row) => row.recipient_id);
}

export interface QueuedNotice {
  readonly recipientIds: readonly number[];
  readonly kind: NoticeKind;
  readonly erasureId: string | null;
  readonly requestId: number | null;
  readonly rectificationId: number | null;
  readonly sealed: Buffer;
}

export async function insertNotices(sql: Sql, notice: QueuedNotice, now: Date): Promise<void> {
  await sql.exec(
    'rights.insertNotices',
    `insert into recipient_notices (recipient_id, kind, erasure_id, request_id, rectification_id, sealed, queued_at, due_at)
     select recipient_id, $2, $3, $4, $5, $6, $7, $7 from unnest($1::int[]) recipient_id`,
    [notice.recipientIds, notice.kind, notice.erasureId, notice.requestId, notice.rectificationId, notice.sealed, now],
  );
}

export interface DueNotice {
  notice_id: number;
  recipient_id: number;
  kind: NoticeKind;
  sealed: Buffer;
  queued_at: Date;
  attempts: number;
  url: string;
}

/** Takes what is due for two minutes: a process that dies leaves it to the next. */
export function leaseNotices(sql: Sql, now: Date, limit: number): Promise<DueNotice[]> {
  return sql.many<DueNotice & Record<string, unknown>>(
    'rights.leaseNotices',
    `update recipient_notices n set leased_until = now() + interval '2 minutes', attempts = n.attempts + 1
     from data_recipients r
     where n.notice_id in (
         select notice_id from recipient_notices where state = 'queued' and due_at <= $1 and (leased_until is null or leased_until < now()) order by due_at, notice_id limit $2 for update skip locked)
       and r.recipient_id = n.recipient_id
     returning n.notice_id, n.recipient_id, n.kind, n.sealed, n.queued_at, n.attempts, r.url`,
    [now, limit],
  );
}

export interface NoticeOutcome {
  readonly noticeId: number;
  readonly state: 'delivered' | 'queued' | 'failed';
  readonly dueAt: Date | null;
  readonly response: string;
}

/** What was delivered or given up keeps no payload. */
export async function storeOutcomes(sql: Sql, outcomes: readonly NoticeOutcome[], now: Date): Promise<void> {
  await sql.exec(
    'rights.storeOutcomes',
    `update recipient_notices n set state = o.state, due_at = coalesce(o.due_at, n.due_at), response = o.response, leased_until = null,
       sealed = case when o.state = 'queued' then n.sealed end, delivered_at = case when o.state = 'delivered' then $5::timestamptz end
     from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[]) as o (notice_id, state, due_at, response) where n.notice_id = o.notice_id`,
    [outcomes.map((one) => one.noticeId), outcomes.map((one) => one.state), outcomes.map((one) => one.dueAt), outcomes.map((one) => one.response), now],
  );
}

export interface NoticeRow {
  notice_id: number;
  recipient: string;
  kind: NoticeKind;
  state: string;
  attempts: number;
  queued_at: Date;
  delivered_at: Date | null;
  response: string | null;
  erasure_id: string | null;
  request_id: number | null;
  rectification_id: number | null;
}

/** Newest first. */
export function listNotices(sql: Sql, before: number, limit: number): Promise<NoticeRow[]> {
  return sql.many<NoticeRow & Record<string, unknown>>(
    'rights.listNotices',
    `select notice_id, r.name as recipient, n.kind, n.state, n.attempts, n.queued_at, n.delivered_at, n.response, n.erasure_id, n.request_id, n.rectification_id
     from recipient_notices n join data_recipients r using (recipient_id) where notice_id < $1 order by notice_id desc limit $2`,
    [before, limit],
  );
}
