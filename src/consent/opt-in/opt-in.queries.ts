import type { Sql } from '../../platform/database/sql.js';

export interface RequestRow {
  readonly request_id: number;
  readonly contact_id: number;
  readonly purpose: string;
  readonly kind: 'opt_in' | 're_confirmation';
  readonly address_hash: Buffer;
  readonly wordings: readonly string[];
  readonly valid_days: number | null;
  readonly requested_at: Date;
  readonly answer_by: Date;
  readonly closed_at: Date | null;
  readonly outcome: string | null;
  /** When its mail left; null while it waits. */
  readonly sent_at: Date | null;
  /** Whether the person still has the mailbox that was asked. */
  readonly same_address: boolean;
}

const REQUEST = `r.request_id, living_contact(r.contact_id) as contact_id, r.purpose, r.kind, r.address_hash, r.wordings, r.valid_days, r.requested_at, r.answer_by, r.closed_at, r.outcome,
  (select m.sent_at from messages m where m.contact_id in (r.contact_id, living_contact(r.contact_id)) and m.campaign_id = r.campaign_id and m.occurrence = r.request_id limit 1) as sent_at,
  exists (select from contacts c where c.contact_id = living_contact(r.contact_id) and c.address_hash = r.address_hash) as same_address`;

/** A request by the number in its link; undefined also when the link names another person. */
export function readRequest(sql: Sql, requestId: number, contactId: number): Promise<RequestRow | undefined> {
  return sql.maybe<RequestRow & Record<string, unknown>>('optIn.readRequest', `select ${REQUEST} from opt_in_requests r where r.request_id = $1 and living_contact(r.contact_id) = living_contact($2)`, [requestId, contactId]);
}

/** Who has this address: a contact, or nobody; and whether an erasure keeps it away. */
export function findByAddress(sql: Sql, email: string, addressHash: Buffer): Promise<{ contact_id: number | null; erased: boolean }> {
  return sql.one(
    'optIn.findByAddress',
    `select (select contact_id from identities where kind = 'email' and value = $1) as contact_id, exists (select from suppressions where address_hash = $2 and reason = 'erased') as erased`,
    [email, addressHash],
  );
}

/** How often this mailbox was asked since a moment, when last for this purpose, and whether the mail of that is still to leave. */
export function countAsked(sql: Sql, addressHash: Buffer, purpose: string, since: Date): Promise<{ asked: number; last: Date | null; waiting: boolean }> {
  return sql.one(
    'optIn.countAsked',
    `select count(*)::integer as asked, max(requested_at) filter (where purpose = $2) as last,
       coalesce(bool_or(purpose = $2 and kind = 'opt_in' and closed_at is null and exists (
         select from enrollments e where e.contact_id = r.contact_id and e.campaign_id = r.campaign_id and e.occurrence = r.request_id and e.state = 'active')), false) as waiting
     from opt_in_requests r where address_hash = $1 and requested_at > $3`,
    [addressHash, purpose, since],
  );
}

export interface NewRequest {
  readonly purpose: string;
  readonly kind: RequestRow['kind'];
  readonly campaignId: number;
  readonly campaignVersion: number;
  readonly wordings: readonly string[];
  readonly validDays: number | null;
}

export interface AskedPerson {
  readonly contactId: number;
  readonly answerBy: Date;
}

/**
 * Asks these people: a request and a place in the campaign that mails it, both under one number. Whoever has no address is left out.
 * The people are locked, so that their buckets are what they will be.
 */
export async function insertRequests(sql: Sql, people: readonly AskedPerson[], request: NewRequest, now: Date): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'optIn.insertRequests',
    `with asked as (
       insert into opt_in_requests (contact_id, purpose, kind, address_hash, campaign_id, language, wordings, valid_days, requested_at, answer_by)
       select contact_id, $2, $3, address_hash, $4, language, $5, $6, $7, p.answer_by from unnest($1::bigint[], $8::timestamptz[]) p (contact_id, answer_by) join contacts using (contact_id)
       where address_hash is not null and email is not null
       returning request_id, contact_id
     )
     insert into enrollments (contact_id, campaign_id, occurrence, campaign_version, bucket, account_id, due_at, step_since, entered_at, entry_cause)
     select a.contact_id, $4, a.request_id, $9, c.bucket, c.account_id, $7, $7, $7, $3 from asked a join contacts c using (contact_id)
     returning contact_id`,
    [people.map((one) => one.contactId), request.purpose, request.kind, request.campaignId, request.wordings, request.validDays, now, people.map((one) => one.answerBy), request.campaignVersion],
  );
  return rows.map((row) => row.contact_id);
}

/** Uses up a request, and with it every other open one of the person for the purpose. False when somebody was faster. */
export async function closeConfirmed(sql: Sql, requestId: number, now: Date): Promise<boolean> {
  const rows = await sql.many<{ request_id: number }>(
    'optIn.closeConfirmed',
    `update opt_in_requests o set closed_at = $2, outcome = case when o.request_id = $1 then 'confirmed' else 'superseded' end
       from opt_in_requests r
      where r.request_id = $1 and r.closed_at is null and o.closed_at is null and o.purpose = r.purpose and living_contact(o.contact_id) = living_contact(r.contact_id)
        and o.contact_id in (r.contact_id, living_contact(r.contact_id))
      returning o.request_id`,
    [requestId, now],
  );
  return rows.some((row) => row.request_id === requestId);
}

export interface UnansweredRow {
  request_id: number;
  contact_id: number;
  purpose: string;
  kind: RequestRow['kind'];
  /** Whether its mail left: who never got the question has not been silent. */
  was_sent: boolean;
  /** Whether the person has another question open for the same purpose. */
  asked_elsewhere: boolean;
}

/** Closes requests that nobody answered in time, longest over first; locked, so that an answer of this moment is not crossed. A mail that left late has its 72 hours. */
export function takeUnanswered(sql: Sql, now: Date, limit: number): Promise<UnansweredRow[]> {
  return sql.many<UnansweredRow & Record<string, unknown>>(
    'optIn.takeUnanswered',
    `with due as (
       select r.request_id, sent.sent_at from opt_in_requests r
       left join lateral (select m.sent_at from messages m where m.contact_id in (r.contact_id, living_contact(r.contact_id)) and m.campaign_id = r.campaign_id and m.occurrence = r.request_id limit 1) sent on true
       where r.closed_at is null and r.answer_by <= $1 and (r.kind = 're_confirmation' or sent.sent_at is null or sent.sent_at <= $1::timestamptz - interval '72 hours')
       order by r.answer_by limit $2 for update of r skip locked
     )
     update opt_in_requests o set closed_at = $1, outcome = 'unanswered' from due where o.request_id = due.request_id
     returning o.request_id, living_contact(o.contact_id) as contact_id, o.purpose, o.kind, due.sent_at is not null as was_sent,
       exists (select from opt_in_requests x where x.contact_id = o.contact_id and x.purpose = o.purpose and x.request_id <> o.request_id and x.closed_at is null and x.answer_by > $1) as asked_elsewhere`,
    [now, limit],
  );
}
