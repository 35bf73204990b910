import type { Sql } from '../../platform/database/sql.js';
import type { Moved, Round } from './merge.queries.js';

const PAIRS = 'unnest($1::bigint[], $2::bigint[], $3::bigint[]) as p (merged, survivor, merge_id)';

/** Where both are on their way through a campaign, the one who stays goes on from the later step: nobody gets a step twice. */
export async function joinEnrollments(sql: Sql, { merged, survivors }: Round): Promise<void> {
  await sql.exec(
    'merge.joinEnrollments',
    `update enrollments s set step = greatest(s.step, m.step), due_at = greatest(s.due_at, m.due_at), step_since = greatest(s.step_since, m.step_since)
     from unnest($1::bigint[], $2::bigint[]) as p (merged, survivor) join enrollments m on m.contact_id = p.merged and m.state = 'active'
     where s.contact_id = p.survivor and s.campaign_id = m.campaign_id and s.occurrence = m.occurrence and s.state = 'active'`,
    [merged, survivors],
  );
}

export function moveEnrollments(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveEnrollments',
    `with moved as (
       update enrollments e set contact_id = p.survivor from ${PAIRS}
       where e.contact_id = p.merged and not exists (select from enrollments o where o.contact_id = p.survivor and o.campaign_id = e.campaign_id and o.occurrence = e.occurrence)
       returning p.merge_id, e.campaign_id, e.occurrence
     )
     select merge_id, jsonb_agg(jsonb_build_object('campaign_id', campaign_id, 'occurrence', occurrence)) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/** What the survivor has already ends for the one who goes. */
export async function endEnrollments(sql: Sql, merged: readonly number[], now: Date): Promise<void> {
  await sql.exec('merge.endEnrollments', `update enrollments set state = 'exited', ended_at = $2, end_reason = 'merged' where contact_id = any($1) and state = 'active'`, [merged, now]);
}

/**
 * Messages move with what they count for: caps see all mail of the two. Where both got, or would get, the same mail, the one of the merged contact gets
 * an occurrence below zero, and is denied if it has not left. One that is at the mail server at this moment follows when its outcome is written.
 */
export function moveMessages(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveMessages',
    `with judged as (
       select m.contact_id, m.message_id, m.occurrence, p.survivor, p.merge_id,
         exists (select from messages o where o.contact_id = p.survivor and o.campaign_id = m.campaign_id and o.step = m.step and o.occurrence = m.occurrence) as doubled
       from ${PAIRS} join messages m on m.contact_id = p.merged where m.state <> 'sending'
     ), moved as (
       update messages m set contact_id = j.survivor, occurrence = case when j.doubled then (-1 - m.message_id % 2000000000)::integer else m.occurrence end,
         state = case when j.doubled and m.state in ('draft', 'queued') then 'denied' else m.state end,
         response = case when j.doubled and m.state in ('draft', 'queued') then 'merged: the person gets this mail once' else m.response end
       from judged j where m.contact_id = j.contact_id and m.message_id = j.message_id
       returning j.merge_id, m.message_id, j.occurrence
     )
     select merge_id, jsonb_agg(jsonb_build_object('message_id', message_id, 'occurrence', occurrence)) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/**
 * Decisions move with their evidence: the record in the survivor's ledger that says the same. One whose evidence was not carried over (a confirmation to
 * another address) stays under the old id, beside the ledger that proves it.
 */
export function moveDecisions(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveDecisions',
    `with judged as (
       select d.*, p.survivor, p.merge_id, (
         select r.sequence from consent_records m join consent_records r on r.contact_id = p.survivor and r.proof -> 'carriedFrom' ->> 'recordId' = coalesce(m.proof -> 'carriedFrom' ->> 'recordId', m.record_id::text)
         where m.contact_id = d.contact_id and m.sequence = d.evidence order by r.sequence limit 1) as carried
       from ${PAIRS} join decisions d on d.contact_id = p.merged
     ), moved as (
       update decisions d set contact_id = j.survivor, evidence = j.carried from judged j
       where d.contact_id = j.contact_id and d.decided_at = j.decided_at and d.batch_id = j.batch_id and d.campaign_id = j.campaign_id and d.step = j.step and d.occurrence = j.occurrence
         and (j.evidence is null or j.carried is not null) and not exists (
         select from decisions o where o.contact_id = j.survivor and o.decided_at = d.decided_at and o.batch_id = d.batch_id and o.campaign_id = d.campaign_id and o.step = d.step and o.occurrence = d.occurrence)
       returning j.merge_id, d.decided_at, d.batch_id, d.campaign_id, d.step, d.occurrence, j.evidence
     )
     select merge_id, jsonb_agg(jsonb_build_object('decided_at', decided_at, 'batch_id', batch_id, 'campaign_id', campaign_id, 'step', step, 'occurrence', occurrence, 'evidence', evidence)) as moved
     from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/** Roles at the account of the one who stays; the same role there is not given twice. */
export function moveRoles(sql: Sql, { merged, survivors, mergeIds }: Round): Promise<Moved[]> {
  return sql.many<Moved>(
    'merge.moveRoles',
    `with moved as (
       update buying_group_members b set contact_id = p.survivor from ${PAIRS}
       where b.contact_id = p.merged and not exists (
         select from buying_group_members o where o.contact_id = p.survivor and o.account_id = b.account_id and o.role = b.role and (o.valid_from = b.valid_from or o.valid_to is null))
       returning p.merge_id, b.account_id, b.role, b.valid_from
     )
     select merge_id, jsonb_agg(jsonb_build_object('account_id', account_id, 'role', role, 'valid_from', valid_from)) as moved from moved group by merge_id`,
    [merged, survivors, mergeIds],
  );
}

/** Whoever these people are now of: what is on its way goes with them, roles elsewhere end. The buckets are locked. */
export async function placeWithAccount(sql: Sql, contactIds: readonly number[], now: Date): Promise<void> {
  await sql.exec(
    'merge.placeEnrollments',
    `update enrollments e set account_id = c.account_id, bucket = c.bucket from contacts c
     where c.contact_id = any($1) and e.contact_id = c.contact_id and e.state = 'active' and (e.bucket <> c.bucket or e.account_id is distinct from c.account_id)`,
    [contactIds],
  );
  await sql.exec(
    'merge.placeMessages',
    `update messages m set account_id = c.account_id, bucket = c.bucket from contacts c
     where c.contact_id = any($1) and m.contact_id = c.contact_id and m.state in ('draft', 'queued', 'sending') and (m.bucket <> c.bucket or m.account_id is distinct from c.account_id)`,
    [contactIds],
  );
  await sql.exec(
    'merge.endRolesElsewhere',
    `update buying_group_members b set valid_to = $2 from contacts c where c.contact_id = any($1) and b.contact_id = c.contact_id and b.account_id is distinct from c.account_id and b.valid_to is null`,
    [contactIds, now],
  );
}

/** Adds what moved to the snapshots, under the name given. */
export async function noteMoved(sql: Sql, name: string, rows: readonly Moved[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.exec(
    'merge.noteMoved',
    `update contact_merges m set snapshot = m.snapshot || jsonb_build_object($1::text, n.moved) from unnest($2::bigint[], $3::jsonb[]) as n (merge_id, moved) where m.merge_id = n.merge_id`,
    [name, rows.map((row) => row.merge_id), rows.map((row) => JSON.stringify(row.moved))],
  );
}

/** Rows that came in for an id while it was being merged away, or were at the mail server then. Gives the merges that have some. */
export function findStragglers(sql: Sql, since: Date): Promise<{ merge_id: number; merged: number; survivor: number }[]> {
  return sql.many(
    'merge.findStragglers',
    `select m.merge_id, m.merged_contact_id as merged, living_contact(m.merged_contact_id) as survivor from contact_merges m
     where m.undone_at is null and m.merged_at >= $1 and (
       exists (select from messages s where s.contact_id = m.merged_contact_id and s.state <> 'sending')
       or exists (
         select from events e where e.contact_id = m.merged_contact_id and not exists (
           select from events o where o.contact_id = living_contact(m.merged_contact_id) and o.occurred_at = e.occurred_at and o.idempotency_key = e.idempotency_key)))
     order by m.merge_id limit 100`,
    [since],
  );
}
