import { FIRST_CLASSES, type MessageClass } from '../core/decision/message-class.js';
import type { Sql } from '../platform/database/sql.js';

// Of a finished campaign mail may still wait; of a stopped one it is claimed to be denied, by the gate, with its reason.
const CLAIMED_STATES = ['running', 'finished', 'stopped'];
// Written out, as in the index messages_first: of a parameter the planner cannot tell that the index covers it.
const FIRST = FIRST_CLASSES.map((one) => `'${one}'`).join(', ');

export function listDueBuckets(sql: Sql, only: readonly number[] | undefined, now: Date, most: number): Promise<{ bucket: number; people: number }[]> {
  return sql.many(
    'messages.listDueBuckets',
    `select b.bucket, sum(due.people)::int as people
       from buckets b cross join (select campaign_id from campaigns where state = any($1)) c
       cross join lateral (
         select count(*) as people from (
           select from messages m where m.bucket = b.bucket and m.campaign_id = c.campaign_id and m.state = 'queued' and m.due_at <= $2
              and (m.leased_until is null or m.leased_until < now()) limit $3
         ) waiting
       ) due
      where due.people > 0 and ($4::smallint[] is null or b.bucket = any($4))
      group by b.bucket order by b.bucket`,
    [CLAIMED_STATES, now, most, only ?? null],
  );
}

/** Where mail is due that goes before all other. Mostly nowhere: a look into an index of that mail alone. */
export function listFirstBuckets(sql: Sql, now: Date, most: number): Promise<{ bucket: number; people: number }[]> {
  return sql.many(
    'messages.listFirstBuckets',
    `select bucket, count(*)::int as people from (
       select m.bucket from messages m join campaigns c using (campaign_id)
        where m.state = 'queued' and m.class in (${FIRST}) and m.due_at <= $2 and (m.leased_until is null or m.leased_until < now()) and c.state = any($1) order by m.due_at limit $3
     ) first group by bucket order by bucket`,
    [CLAIMED_STATES, now, most],
  );
}

export interface DueMessage {
  readonly contact_id: number;
  readonly message_id: number;
  readonly campaign_id: number;
  readonly campaign_version: number;
  readonly campaign_state: string;
  readonly step: number;
  readonly occurrence: number;
  readonly account_id: number | null;
  readonly purpose: string;
  readonly class: MessageClass;
  readonly template_id: number;
  readonly template_version: number;
  readonly language: 'nl' | 'en';
  readonly queued_at: Date;
  readonly expires_at: Date;
  readonly attempts: number;
  [column: string]: unknown;
}

const MESSAGE = `m.contact_id, m.message_id, m.campaign_id, m.campaign_version, c.state as campaign_state, m.step, m.occurrence, m.account_id, m.purpose, m.class,
            m.template_id, m.template_version, m.language, m.queued_at, m.expires_at, m.attempts`;

/** Queued and due in these buckets, longest due first. The caller holds the buckets' locks: nobody else claims them, no withdrawal slips in. */
export function listDueMessages(sql: Sql, buckets: readonly number[], now: Date, limit: number): Promise<DueMessage[]> {
  return sql.many<DueMessage>(
    'messages.listDue',
    `select ${MESSAGE}
       from unnest($1::smallint[]) b (bucket) cross join (select campaign_id, state from campaigns where state = any($2)) c
       cross join lateral (
         select * from messages m
          where m.bucket = b.bucket and m.campaign_id = c.campaign_id and m.state = 'queued' and m.due_at <= $3 and (m.leased_until is null or m.leased_until < now())
          order by m.due_at limit $4
       ) m
      order by m.due_at, m.contact_id, m.message_id limit $4`,
    [buckets, CLAIMED_STATES, now, limit],
  );
}

/** Of these buckets only what goes before all other, the most important class first. */
export function listFirstMessages(sql: Sql, buckets: readonly number[], now: Date, limit: number): Promise<DueMessage[]> {
  return sql.many<DueMessage>(
    'messages.listFirst',
    `select ${MESSAGE}
       from messages m join campaigns c using (campaign_id)
      where m.state = 'queued' and m.class in (${FIRST}) and m.due_at <= $3 and m.bucket = any($1) and c.state = any($2) and (m.leased_until is null or m.leased_until < now())
      order by array_position($5, m.class), m.due_at, m.contact_id, m.message_id limit $4`,
    [buckets, CLAIMED_STATES, now, limit, FIRST_CLASSES],
  );
}

export interface ClaimOutcome {
  readonly contactId: number;
  readonly messageId: number;
  /** queued: leased for delivery, or, with a later due time, put off. */
  readonly state: 'queued' | 'denied' | 'draft';
  readonly leased: boolean;
  readonly dueAt: Date | null;
  readonly response: string | null;
}

/** What the second decision made of a batch. A lease is real time: it is about a process that may die, not about the domain. */
export async function storeClaims(sql: Sql, outcomes: readonly ClaimOutcome[], owner: string, leaseSeconds: number): Promise<void> {
  await sql.exec(
    'messages.storeClaims',
    `update messages m set state = u.state, due_at = coalesce(u.due_at, m.due_at), response = coalesce(u.response, m.response),
            leased_by = case when u.leased then $7 end, leased_until = case when u.leased then now() + make_interval(secs => $8) end
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[]) u (contact_id, message_id, state, leased, due_at, response)
      where m.contact_id = u.contact_id and m.message_id = u.message_id and m.state = 'queued'`,
    [
      outcomes.map((one) => one.contactId), outcomes.map((one) => one.messageId), outcomes.map((one) => one.state), outcomes.map((one) => one.leased),
      outcomes.map((one) => one.dueAt), outcomes.map((one) => one.response), owner, leaseSeconds,
    ],
  );
}

export interface MessageKey {
  readonly contactId: number;
  readonly messageId: number;
}

export interface DeliveryResult extends MessageKey {
  readonly state: 'sent' | 'failed' | 'queued' | 'uncertain';
  readonly sentAt: Date | null;
  readonly dueAt: Date | null;
  /** Whether the server gave an answer about this message: only that counts as an attempt. */
  readonly attempted: boolean;
  readonly response: string;
}

// A hold that lasts and concerns this mail: of contract mail, and of what a human writes himself, only one that refuses everything.
// Whoever changes what the gate takes for a hold changes this: mail that the gate lets go and this holds back is decided on every minute.
const HOLDS_BACK = `(h.ends_at is null or h.ends_at > $11) and (h.campaign_id is null or h.campaign_id = l.campaign_id) and (l.class not in ('service', 'personal') or h.kind in ('legal', 'dispute', 'competitor'))`;
const UNLESS_APPROVED = `and not (h.kind = 'opportunity' and exists (select from hold_approvals a where a.account_id = h.account_id and a.campaign_id = l.campaign_id))`;

/**
 * One round of the delivery, one statement: writes what became of the last messages, and marks the next ones `sending` just before
 * they are handed over. Gives those that may go. Left out are messages that somebody else took, or whose campaign was paused or
 * stopped, or all mail switched off, or whose person withdrew, was suppressed or restricted, or is held, or asked for a human, since the
 * claim: what was committed before this statement holds.
 * Looked up key by key (`lateral … limit 1`), with states and leases where no index is found for them (`case`): else PostgreSQL, whose plan is kept from
 * when the table was small, reads all queued mail of the campaign, or all mail that was ever sent, for the sake of 20 (40 ms).
 */
export function recordAndStart(sql: Sql, owner: string, results: readonly DeliveryResult[], next: readonly MessageKey[], now: Date, leaseSeconds: number): Promise<{ contact_id: number; message_id: number }[]> {
  return sql.manyKept(
    'messages.recordAndStart',
    `with finished as materialized (
       select u.*, m.state as was, m.leased_by
         from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::text[]) u (contact_id, message_id, state, sent_at, due_at, attempted, response)
         cross join lateral (select state, leased_by from messages m where m.contact_id = u.contact_id and m.message_id = u.message_id limit 1) m
     ), recorded as (
       update messages m set state = f.state, sent_at = f.sent_at, due_at = coalesce(f.due_at, m.due_at), attempts = m.attempts + f.attempted::int, response = f.response,
              leased_by = null, leased_until = null
         from finished f
        where f.leased_by = $8 and f.was in ('sending', 'uncertain') and m.contact_id = f.contact_id and m.message_id = f.message_id
          and case when m.leased_by = $8 then m.state in ('sending', 'uncertain') end
     ), locked as materialized (
       select m.contact_id, m.message_id, m.campaign_id, m.class, m.purpose, m.channel
         from unnest($9::bigint[], $10::bigint[]) n (contact_id, message_id)
         cross join lateral (
           select * from messages m
            where m.contact_id = n.contact_id and m.message_id = n.message_id and case when m.leased_by = $8 and m.leased_until > now() then m.state = 'queued' end
            limit 1 for update skip locked
         ) m
     ), ready as (
       select l.contact_id, l.message_id
         from locked l join campaigns c on c.campaign_id = l.campaign_id join contacts p on p.contact_id = l.contact_id
        where c.state in ('running', 'finished')
          and (select (value ->> 'killSwitch')::boolean from settings where key = 'policies') is not true
          and (l.class = 'legal_duty' or (p.restricted_at is null
            and case when (select true from suppressed_domains limit 1) then exists (select from suppressed_domains d where d.domain = any(domain_and_parents(split_part(p.email, '@', 2)))) end is not true
            and not exists (select from contact_holds h where h.contact_id = l.contact_id and ${HOLDS_BACK})
            and not exists (select from account_holds h where h.account_id = p.account_id and ${HOLDS_BACK} ${UNLESS_APPROVED})))
          and (l.class in ('service', 'legal_duty') or (p.prefers_human_at is null or l.class = 'personal') and not (
            exists (select from consents k where k.contact_id = l.contact_id and k.purpose = l.purpose and k.channel = l.channel and k.state in ('withdrawn', 'objected'))
            or exists (select from suppressions s where s.address_hash = p.address_hash and s.purpose in ('', l.purpose) and (s.ends_at is null or s.ends_at > $11))))
     )
     update messages m set state = 'sending', leased_until = now() + make_interval(secs => $12)
       from ready where m.contact_id = ready.contact_id and m.message_id = ready.message_id
     returning m.contact_id, m.message_id`,
    [
      results.map((one) => one.contactId), results.map((one) => one.messageId), results.map((one) => one.state), results.map((one) => one.sentAt), results.map((one) => one.dueAt),
      results.map((one) => one.attempted), results.map((one) => one.response), owner, next.map((one) => one.contactId), next.map((one) => one.messageId), now, leaseSeconds,
    ],
  );
}

/** Gives claimed messages back that were not handed over. Those held up by a change are looked at again after `dueAt`. */
export async function releaseClaims(sql: Sql, owner: string, messages: readonly MessageKey[], dueAt: Date | null): Promise<void> {
  await sql.exec(
    'messages.release',
    `update messages m set leased_by = null, leased_until = null, due_at = coalesce($4, m.due_at)
       from unnest($2::bigint[], $3::bigint[]) u (contact_id, message_id)
      where m.contact_id = u.contact_id and m.message_id = u.message_id and m.state = 'queued' and m.leased_by = $1`,
    [owner, messages.map((one) => one.contactId), messages.map((one) => one.messageId), dueAt],
  );
}

/**
 * After a crash: whatever was being handed over when its lease ran out may or may not have arrived. It is listed, and never sent again
 * by itself. `leased_by` stays, so that a worker that was only slow can still write what really happened.
 */
export function markUncertain(sql: Sql): Promise<{ contact_id: number; message_id: number }[]> {
  return sql.many(
    'messages.markUncertain',
    `update messages set state = 'uncertain', response = 'The process ended while this mail was being handed over: it may or may not have arrived.'
      where state = 'sending' and leased_until < now() returning contact_id, message_id`,
  );
}
