import type { RequestChannel, RequestKind, RequestState } from '../../../core/privacy/request.js';
import type { Sql } from '../../../platform/database/sql.js';

export interface RequestRow {
  request_id: number;
  contact_id: number | null;
  address_hash: Buffer | null;
  kind: RequestKind;
  state: RequestState;
  language: 'nl' | 'en';
  channel: RequestChannel;
  wish: Record<string, unknown>;
  received_at: Date;
  received_by: string;
  due_on: string;
  extended_at: Date | null;
  extension_reason: string | null;
  identity_how: string | null;
  identity_by: string | null;
  identity_at: Date | null;
  token_expires_at: Date | null;
  closed_at: Date | null;
  closed_by: string | null;
  outcome: string | null;
}

const COLUMNS = `request_id, contact_id, address_hash, kind, state, language, channel, wish, received_at, received_by, due_on, extended_at, extension_reason,
  identity_how, identity_by, identity_at, token_expires_at, closed_at, closed_by, outcome`;

/** For an answer of ours: what came by form and was not confirmed yet is nobody's request (core: isSomebodysWord). */
const WAITS = `state not in ('done', 'refused', 'lapsed') and not (state = 'identity_pending' and channel = 'form')`;

export interface NewRequest {
  readonly contactId: number;
  readonly addressHash: Buffer | null;
  readonly kind: RequestKind;
  readonly language: 'nl' | 'en';
  readonly channel: RequestChannel;
  readonly wish: object;
  readonly actor: string;
  readonly dueOn: string;
}

export function insertRequest(sql: Sql, one: NewRequest, now: Date): Promise<RequestRow> {
  return sql.one<RequestRow & Record<string, unknown>>(
    'rights.insertRequest',
    `insert into privacy_requests (contact_id, address_hash, kind, state, language, channel, wish, received_at, received_by, due_on)
     values ($1, $2, $3, 'received', $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
    [one.contactId, one.addressHash, one.kind, one.language, one.channel, JSON.stringify(one.wish), now, one.actor, one.dueOn],
  );
}

/** The same wish of the same person that is still open: a second one would start no second month. */
export function findOpenRequest(sql: Sql, contactId: number, kind: RequestKind): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>(
    'rights.findOpenRequest',
    `select ${COLUMNS} from privacy_requests where contact_id = $1 and kind = $2 and state not in ('done', 'refused', 'lapsed') order by request_id desc limit 1 for update`,
    [contactId, kind],
  );
}

export function lockRequest(sql: Sql, requestId: number): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>('rights.lockRequest', `select ${COLUMNS} from privacy_requests where request_id = $1 for update`, [requestId]);
}

export function findRequest(sql: Sql, requestId: number): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>('rights.findRequest', `select ${COLUMNS} from privacy_requests where request_id = $1`, [requestId]);
}

export function findByToken(sql: Sql, tokenHash: Buffer, now: Date, lock = false): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>(
    'rights.findByToken',
    `select ${COLUMNS} from privacy_requests where token_hash = $1 and token_expires_at > $2 and state = 'identity_pending'${lock ? ' for update' : ''}`,
    [tokenHash, now],
  );
}

export interface RequestChange {
  readonly state?: RequestState;
  readonly channel?: RequestChannel;
  readonly dueOn?: string;
  readonly extended?: { readonly at: Date; readonly reason: string };
  readonly identity?: { readonly how: string; readonly by: string; readonly at: Date };
  /** null: used, or not needed any more. */
  readonly token?: { readonly hash: Buffer; readonly expiresAt: Date } | null;
  readonly closed?: { readonly at: Date; readonly by: string; readonly outcome: string };
}

/** Changes what is given. What is closed keeps no wish. */
export function changeRequest(sql: Sql, requestId: number, change: RequestChange): Promise<RequestRow> {
  return sql.one<RequestRow & Record<string, unknown>>(
    'rights.changeRequest',
    `update privacy_requests set state = coalesce($2, state), due_on = coalesce($3::date, due_on), extended_at = coalesce($4, extended_at), extension_reason = coalesce($5, extension_reason),
       identity_how = coalesce($6, identity_how), identity_by = coalesce($7, identity_by), identity_at = coalesce($8, identity_at),
       token_hash = case when $9::boolean then $10::bytea else token_hash end, token_expires_at = case when $9::boolean then $11::timestamptz else token_expires_at end,
       closed_at = coalesce($12, closed_at), closed_by = coalesce($13, closed_by), outcome = coalesce($14, outcome), wish = case when $12::timestamptz is null then wish else '{}' end, channel = coalesce($15, channel)
     where request_id = $1 returning ${COLUMNS}`,
    [
      requestId, change.state ?? null, change.dueOn ?? null, change.extended?.at ?? null, change.extended?.reason ?? null, change.identity?.how ?? null, change.identity?.by ?? null, change.identity?.at ?? null,
      change.token !== undefined, change.token?.hash ?? null, change.token?.expiresAt ?? null, change.closed?.at ?? null, change.closed?.by ?? null, change.closed?.outcome ?? null, change.channel ?? null,
    ],
  );
}

export async function insertStep(sql: Sql, step: { requestId: number; actor: string; state: string; note: string }, now: Date): Promise<void> {
  await sql.exec('rights.insertStep', 'insert into privacy_request_steps (request_id, at, actor, state, note) values ($1, $2, $3, $4, $5)', [step.requestId, now, step.actor, step.state, step.note]);
}

/** Unconfirmed while their link was good; retention may have taken the link by now. One that somebody works on at this moment is left to the next look. */
export function lapseRequests(sql: Sql, outcome: string, now: Date, limit: number): Promise<{ request_id: number; kind: RequestKind }[]> {
  return sql.many(
    'rights.lapseRequests',
    `update privacy_requests r set state = 'lapsed', wish = '{}', token_hash = null, token_expires_at = null, closed_at = $1, closed_by = 'system', outcome = $2
       from (select request_id from privacy_requests where state = 'identity_pending' and channel = 'form' and (token_expires_at is null or token_expires_at <= $1)
              order by request_id limit $3 for update skip locked) over
      where r.request_id = over.request_id returning r.request_id, r.kind`,
    [now, outcome, limit],
  );
}

export async function insertSteps(sql: Sql, requestIds: readonly number[], step: { actor: string; state: string; note: string }, now: Date): Promise<void> {
  await sql.exec('rights.insertSteps', 'insert into privacy_request_steps (request_id, at, actor, state, note) select id, $2, $3, $4, $5 from unnest($1::bigint[]) id', [requestIds, now, step.actor, step.state, step.note]);
}

export type StepRow = { at: Date; actor: string; state: string; note: string };

export function stepsOf(sql: Sql, requestId: number): Promise<StepRow[]> {
  return sql.many<StepRow>('rights.stepsOf', 'select at, actor, state, note from privacy_request_steps where request_id = $1 order by step_id', [requestId]);
}

export interface RequestFilter {
  readonly kind?: RequestKind | undefined;
  readonly state?: RequestState | undefined;
  readonly contactId?: number | undefined;
  /** Of the mailbox: also after an erasure. */
  readonly addressHash?: Buffer | undefined;
  /** Open ones due before this day. */
  readonly dueBefore?: string | undefined;
}

/** Newest first, below the given id. */
export function listRequests(sql: Sql, filter: RequestFilter, before: number, limit: number): Promise<RequestRow[]> {
  return sql.many<RequestRow & Record<string, unknown>>(
    'rights.listRequests',
    `select ${COLUMNS} from privacy_requests where request_id < $1 and ($2::text is null or kind = $2) and ($3::text is null or state = $3) and ($4::bigint is null or contact_id = living_contact($4))
       and ($5::bytea is null or address_hash = $5) and ($6::date is null or (due_on < $6 and ${WAITS}))
     order by request_id desc limit $7`,
    [before, filter.kind ?? null, filter.state ?? null, filter.contactId ?? null, filter.addressHash ?? null, filter.dueBefore ?? null, limit],
  );
}

/** Open requests by the day they are due. */
export function openRequestsDueBy(sql: Sql, day: string, limit: number): Promise<RequestRow[]> {
  return sql.many<RequestRow & Record<string, unknown>>(
    'rights.openRequestsDueBy',
    `select ${COLUMNS} from privacy_requests where due_on <= $1 and ${WAITS} order by due_on, request_id limit $2`,
    [day, limit],
  );
}

export interface RequesterRow {
  contact_id: number;
  email: string | null;
  address_hash: Buffer | null;
  language: 'nl' | 'en' | null;
}

/** Whoever this is today, by number or by any spelling of the mailbox that ever was his. */
export function findRequester(sql: Sql, who: { contactId?: number | undefined; email?: string | undefined; addressHash?: Buffer | undefined }): Promise<RequesterRow | undefined> {
  return sql.maybe<RequesterRow & Record<string, unknown>>(
    'rights.findRequester',
    `select contact_id, email, address_hash, language from contacts
     where contact_id = coalesce(living_contact($1), (select contact_id from identities where kind = 'email' and value = $2), (select min(contact_id) from contacts where address_hash = $3))`,
    [who.contactId ?? null, who.email ?? null, who.addressHash ?? null],
  );
}

/** From the commit on nothing more leaves for this person (art. 18): the lock is the one under which mail is leased. Gives the moment it holds from; undefined when nothing changed. */
export async function setRestriction(sql: Sql, contactId: number, restrictedAt: Date | null, now: Date): Promise<boolean> {
  await sql.exec('rights.lockBucketOfPerson', 'select bucket from buckets where bucket in (select bucket from contacts where contact_id = $1) for update', [contactId]);
  const rows = await sql.exec(
    'rights.setRestriction',
    'update contacts set restricted_at = $2, updated_at = $3 where contact_id = $1 and (restricted_at is null) <> ($2::timestamptz is null)',
    [contactId, restrictedAt, now],
  );
  return rows === 1;
}

export async function setProfilingOff(sql: Sql, contactId: number, now: Date): Promise<boolean> {
  return (await sql.exec('rights.setProfilingOff', 'update contacts set profiling_off_at = $2, updated_at = $2 where contact_id = $1 and profiling_off_at is null', [contactId, now])) === 1;
}

export async function insertRectification(sql: Sql, one: { contactId: number; requestId: number | null; actor: string; fields: readonly string[] }, now: Date): Promise<number> {
  const row = await sql.one<{ rectification_id: number }>(
    'rights.insertRectification',
    'insert into rectifications (contact_id, request_id, rectified_at, actor, fields) values ($1, $2, $3, $4, $5) returning rectification_id',
    [one.contactId, one.requestId, now, one.actor, one.fields],
  );
  return row.rectification_id;
}

export type RectificationRow = { rectification_id: number; request_id: number | null; rectified_at: Date; actor: string; fields: string[]; told: { recipient: string; state: string; delivered_at: string | null }[] };

/** What was corrected of somebody, and which recipients were told of it. */
export function rectificationsOf(sql: Sql, contactId: number): Promise<RectificationRow[]> {
  return sql.many<RectificationRow>(
    'rights.rectificationsOf',
    `select r.rectification_id, r.request_id, r.rectified_at, r.actor, r.fields,
       (select coalesce(jsonb_agg(jsonb_build_object('recipient', d.name, 'state', n.state, 'delivered_at', n.delivered_at) order by n.notice_id), '[]')
          from recipient_notices n join data_recipients d using (recipient_id) where n.rectification_id = r.rectification_id) as told
     from rectifications r where r.contact_id = living_contact($1) order by r.rectification_id`,
    [contactId],
  );
}
