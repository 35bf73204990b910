import type { HoldKind, HoldScope } from '../../core/account/holds.js';
import { codeOf, type GivenReason, textOf } from '../../core/account/said-reason.js';
import type { Sql } from '../../platform/database/sql.js';

/**
 * Locks the buckets of these people and accounts, ascending: no claim for delivery decides about them until the hold is committed, and whoever
 * decides after that sees it.
 */
export async function lockBuckets(sql: Sql, contactIds: readonly number[], accountIds: readonly number[]): Promise<Set<number>> {
  const rows = await sql.many<{ bucket: number }>(
    'holds.lockBuckets',
    `select bucket from buckets where bucket in (
       select bucket from contacts where contact_id in (select living_contact(id) from unnest($1::bigint[]) id)
       union select bucket_of(0, id) from unnest($2::bigint[]) id)
     order by bucket for update`,
    [contactIds, accountIds],
  );
  return new Set(rows.map((row) => row.bucket));
}

export interface SubjectRow {
  index: number;
  contact_id: number | null;
  account_id: number | null;
  owner_id: number | null;
  bucket: number;
  decider: boolean;
}

/** Whom each hold is about: the living person, his account and its owner, whether he decides there. Who is gone gives no row. */
export function readSubjects(sql: Sql, subjects: readonly { contactId: number | null; accountId: number | null }[], now: Date): Promise<SubjectRow[]> {
  return sql.many(
    'holds.readSubjects',
    `select (g.position - 1)::int as index, c.contact_id, a.account_id, a.owner_id, bucket_of(c.contact_id, coalesce(c.account_id, a.account_id)) as bucket,
            exists (select from buying_group_members m where m.contact_id = c.contact_id and m.account_id = a.account_id and m.role = 'decider' and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3)) as decider
       from unnest($1::bigint[], $2::bigint[]) with ordinality g (contact_id, account_id, position)
       left join contacts c on c.contact_id = living_contact(g.contact_id)
       left join accounts a on a.account_id = coalesce(g.account_id, c.account_id)
      where c.contact_id is not null or (g.contact_id is null and a.account_id is not null)`,
    [subjects.map((one) => one.contactId), subjects.map((one) => one.accountId), now],
  );
}

export interface NewHoldRow {
  readonly subjectId: number;
  readonly kind: HoldKind;
  readonly campaignId: number | null;
  readonly reason: GivenReason;
  readonly ownerId: number | null;
  readonly taskId: number | null;
  readonly cause: string;
  readonly openedAt: Date;
  readonly by: string;
  readonly endsAt: Date | null;
  readonly closedAt: Date | null;
  readonly reference: string | null;
  readonly momentAt: Date | null;
}

/** The two tables differ in whom they are about only. */
const TABLE: Readonly<Record<HoldScope, { readonly name: string; readonly id: string }>> = {
  contact: { name: 'contact_holds', id: 'contact_id' },
  account: { name: 'account_holds', id: 'account_id' },
};

const jsonOf = (said: object | null): string | null => said && JSON.stringify(said);
const iso = (moment: Date | null): string | null => moment && moment.toISOString();

/** Opens what is not open for this cause yet; gives what is new. */
export function insertHolds(sql: Sql, scope: HoldScope, rows: readonly NewHoldRow[]): Promise<{ subject_id: number; kind: HoldKind; cause: string; hold_id: number }[]> {
  const { name, id } = TABLE[scope];
  return sql.many(
    `holds.insert_${scope}`,
    `insert into ${name} (${id}, kind, campaign_id, reason, said, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, closed_by, reference, moment_at)
     select g.id, g.kind, p.campaign_id, g.reason, g.said, g.owner_id, g.task_id, g.cause, g.opened_at, g.opened_by, g.ends_at, g.closed_at, case when g.closed_at is not null then g.opened_by end, g.reference, g.moment_at
       from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::timestamptz[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::jsonb[])
            with ordinality g (id, kind, campaign_id, reason, owner_id, task_id, cause, opened_at, opened_by, ends_at, closed_at, reference, moment_at, said, position)
       left join campaigns p on p.campaign_id = g.campaign_id
      order by g.position
     on conflict (${id}, kind, cause) do nothing
     returning ${id} as subject_id, kind, cause, hold_id`,
    [
      rows.map((row) => row.subjectId), rows.map((row) => row.kind), rows.map((row) => row.campaignId), rows.map((row) => textOf(row.reason)), rows.map((row) => row.ownerId), rows.map((row) => row.taskId),
      rows.map((row) => row.cause), rows.map((row) => iso(row.openedAt)), rows.map((row) => row.by), rows.map((row) => iso(row.endsAt)), rows.map((row) => iso(row.closedAt)),
      rows.map((row) => row.reference), rows.map((row) => iso(row.momentAt)), rows.map((row) => jsonOf(codeOf(row.reason))),
    ],
  );
}

export function findHolds(sql: Sql, scope: HoldScope, rows: readonly Pick<NewHoldRow, 'subjectId' | 'kind' | 'cause'>[]): Promise<{ subject_id: number; kind: HoldKind; cause: string; hold_id: number; task_id: number | null }[]> {
  const { name, id } = TABLE[scope];
  return sql.many(
    `holds.find_${scope}`,
    `select h.${id} as subject_id, h.kind, h.cause, h.hold_id, h.task_id from unnest($1::bigint[], $2::text[], $3::text[]) g (id, kind, cause)
       join ${name} h on h.${id} = g.id and h.kind = g.kind and h.cause = g.cause`,
    [rows.map((row) => row.subjectId), rows.map((row) => row.kind), rows.map((row) => row.cause)],
  );
}

/**
 * Takes back what was claimed for delivery and has not been handed over: it is decided again, and then the hold is seen. One that is being handed
 * over at this moment is waited for; so nothing leaves once the hold is committed.
 */
export async function revokeClaims(sql: Sql, contactIds: readonly number[], accountIds: readonly number[]): Promise<number> {
  return sql.exec(
    'holds.revokeClaims',
    `update messages m set leased_by = null, leased_until = null
       from (
         select contact_id, message_id from messages where contact_id = any($1) and state = 'queued' and leased_by is not null
         union
         select contact_id, message_id from messages where account_id = any($2) and state = 'queued' and leased_by is not null
       ) claimed
      where m.contact_id = claimed.contact_id and m.message_id = claimed.message_id and m.state = 'queued'`,
    [contactIds, accountIds],
  );
}

/** The person has answered: his way through that campaign ends, and in a play that of his colleagues. */
export async function exitAnswered(sql: Sql, answers: readonly { contactId: number; accountId: number | null; campaignId: number }[], now: Date): Promise<number> {
  return sql.exec(
    'holds.exitAnswered',
    `update enrollments e set state = 'exited', ended_at = $4, end_reason = 'replied'
       from unnest($1::bigint[], $2::bigint[], $3::int[]) g (contact_id, account_id, campaign_id) join campaigns p on p.campaign_id = g.campaign_id
      where e.campaign_id = g.campaign_id and e.state = 'active' and (e.contact_id = g.contact_id or (p.scope = 'account' and e.account_id = g.account_id))`,
    [answers.map((one) => one.contactId), answers.map((one) => one.accountId), answers.map((one) => one.campaignId), now],
  );
}

/**
 * A meeting is agreed: what was to lead to it is over, for all people of the account. A sequence is a campaign that writes more than once to sell; a newsletter
 * goes on when the hold has ended.
 */
export async function stopSequences(sql: Sql, contactIds: readonly number[], accountIds: readonly number[], now: Date): Promise<number> {
  return sql.exec(
    'holds.stopSequences',
    `update enrollments e set state = 'exited', ended_at = $3, end_reason = 'meeting'
       from campaign_versions v
      where e.state = 'active' and (e.contact_id = any($1) or e.contact_id in (select contact_id from contacts where account_id = any($2)))
        and v.campaign_id = e.campaign_id and v.version = e.campaign_version and coalesce(v.definition ->> 'messageClass', 'marketing') in ('marketing', 'survey')
        and (select count(*) from jsonb_array_elements(v.definition -> 'steps') part where part ->> 'kind' = 'send') > 1`,
    [contactIds, accountIds, now],
  );
}
