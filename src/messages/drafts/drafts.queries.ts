import { type Reach, reachParams, reachText } from '../../core/shared/reach.js';
import type { Sql } from '../../platform/database/sql.js';

export interface DraftRow {
  contact_id: number;
  message_id: number;
  campaign_id: number;
  campaign_key: string;
  step: number;
  occurrence: number;
  account_id: number | null;
  account_name: string | null;
  tier: string | null;
  contact_name: string | null;
  contact_email: string | null;
  template_key: string | null;
  template_version: number | null;
  language: string;
  queued_at: Date;
  expires_at: Date;
  task_id: number | null;
}

// Not by its cause: somebody who was merged since has another number now.
const taskOf = (draft: string): string =>
  `k.kind = 'approval' and k.state = 'open' and k.contact_id = ${draft}.contact_id and k.campaign_id = ${draft}.campaign_id and (k.details ->> 'step')::int = ${draft}.step + 1 and (k.details ->> 'occurrence')::int = ${draft}.occurrence`;

// A draft whose person has left the campaign since goes nowhere any more.
const WAITING = `m.state = 'draft' and m.response = 'approval.due' and m.approved_at is null
        and exists (select from enrollments e where e.contact_id = m.contact_id and e.campaign_id = m.campaign_id and e.occurrence = m.occurrence and e.step = m.step and e.state = 'active')`;

const FOUND = 'm.contact_id, m.message_id, m.campaign_id, m.step, m.occurrence, m.bucket, m.state, a.tier';

export interface DraftFilter {
  readonly campaign?: string | undefined;
  readonly accountId?: number | undefined;
}

/** Drafts that wait for a human, the one that spoils first first. */
export function listDrafts(sql: Sql, { campaign, accountId }: DraftFilter, reach: Reach, after: readonly [Date, number], limit: number): Promise<DraftRow[]> {
  return sql.many<DraftRow & Record<string, unknown>>(
    'drafts.list',
    `select m.contact_id, m.message_id, m.campaign_id, c.key as campaign_key, m.step, m.occurrence, m.account_id, a.name as account_name, a.tier,
            nullif(trim(concat_ws(' ', p.first_name, p.last_name)), '') as contact_name, p.email as contact_email, t.key as template_key, m.template_version, m.language, m.queued_at, m.expires_at, k.task_id
       from messages m join campaigns c using (campaign_id) join contacts p on p.contact_id = m.contact_id left join accounts a on a.account_id = m.account_id left join templates t on t.template_id = m.template_id
       left join lateral (select min(task_id) as task_id from tasks k where ${taskOf('m')}) k on true
      where ${WAITING} and ($1::text is null or c.key = $1) and ($2::bigint is null or m.account_id = $2) and (m.expires_at, m.message_id) > ($3, $4)
        and ${reachText('p.account_id', '$6', '$7')}
      order by m.expires_at, m.message_id limit $5`,
    [campaign ?? null, accountId ?? null, after[0], after[1], limit, ...reachParams(reach)],
  );
}

export interface FoundDraft {
  contact_id: number;
  message_id: number;
  campaign_id: number;
  step: number;
  occurrence: number;
  bucket: number;
  state: string;
  /** Whether it is one that waits for a human still. */
  waiting: boolean;
  tier: string | null;
}

export function findDraft(sql: Sql, contactId: number, messageId: number, reach: Reach): Promise<FoundDraft | undefined> {
  return sql.maybe<FoundDraft & Record<string, unknown>>(
    'drafts.find',
    `select ${FOUND}, coalesce(${WAITING}, false) as waiting
       from messages m join contacts p on p.contact_id = m.contact_id left join accounts a on a.account_id = m.account_id
      where m.contact_id = living_contact($1) and m.message_id = $2 and ${reachText('p.account_id', '$3', '$4')}`,
    [contactId, messageId, ...reachParams(reach)],
  );
}

/** What of a step waits for a human, as far as the caller sees it. By the small index messages_approvals. */
export function findWave(sql: Sql, wave: { readonly campaignId: number; readonly step: number; readonly accountId: number | undefined }, reach: Reach, limit: number): Promise<FoundDraft[]> {
  return sql.many<FoundDraft & Record<string, unknown>>(
    'drafts.findWave',
    `select ${FOUND}, true as waiting
       from messages m join contacts p on p.contact_id = m.contact_id left join accounts a on a.account_id = m.account_id
      where m.campaign_id = $1 and m.step = $2 and ($3::bigint is null or m.account_id = $3) and ${WAITING} and ${reachText('p.account_id', '$5', '$6')}
      order by m.contact_id, m.message_id limit $4`,
    [wave.campaignId, wave.step, wave.accountId ?? null, limit, ...reachParams(reach)],
  );
}

/** The campaign by its key, with the account as far as the caller sees it. */
export function findPlace(sql: Sql, key: string, accountId: number | undefined, reach: Reach): Promise<{ campaign_id: number; account_id: number | null } | undefined> {
  return sql.maybe(
    'drafts.findPlace',
    `select c.campaign_id, a.account_id from campaigns c left join accounts a on a.account_id = $2 and ${reachText('a.account_id', '$3', '$4')} where c.key = $1`,
    [key, accountId ?? null, ...reachParams(reach)],
  );
}

const idsOf = (drafts: readonly FoundDraft[]): [number[], number[]] => [drafts.map((one) => one.contact_id), drafts.map((one) => one.message_id)];
const placesOf = (drafts: readonly FoundDraft[]): [number[], number[], number[], number[]] => [drafts.map((one) => one.contact_id), drafts.map((one) => one.campaign_id), drafts.map((one) => one.step), drafts.map((one) => one.occurrence)];

export async function approve(sql: Sql, drafts: readonly FoundDraft[], by: string, now: Date): Promise<void> {
  await sql.exec(
    'drafts.approve',
    `update messages m set approved_at = $4, approved_by = $3 from unnest($1::bigint[], $2::bigint[]) d (contact_id, message_id) where m.contact_id = d.contact_id and m.message_id = d.message_id and m.state = 'draft'`,
    [...idsOf(drafts), by, now],
  );
}

export async function drop(sql: Sql, drafts: readonly FoundDraft[]): Promise<void> {
  await sql.exec(
    'drafts.drop',
    `update messages m set state = 'denied', response = 'approval.dropped' from unnest($1::bigint[], $2::bigint[]) d (contact_id, message_id) where m.contact_id = d.contact_id and m.message_id = d.message_id and m.state = 'draft'`,
    idsOf(drafts),
  );
}

/** The gate is asked about them again at once. */
export async function wake(sql: Sql, drafts: readonly FoundDraft[], now: Date): Promise<void> {
  await sql.exec(
    'drafts.wake',
    `update enrollments e set due_at = least(e.due_at, $5) from unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[]) d (contact_id, campaign_id, step, occurrence)
      where e.contact_id = d.contact_id and e.campaign_id = d.campaign_id and e.occurrence = d.occurrence and e.step = d.step and e.state = 'active'`,
    [...placesOf(drafts), now],
  );
}

/** A first wave, and of how many of its accounts a draft must be approved before the others of its tier are asked about again. */
export interface TierWave {
  readonly campaignId: number;
  readonly step: number;
  readonly occurrence: number;
  readonly tier: string;
  readonly enough: number;
}

/** Those of the tier who wait at this step, for the first wave or for a place in it, where enough of it is approved. */
export function wakeTiers(sql: Sql, waves: readonly TierWave[], now: Date): Promise<number> {
  return sql.exec(
    'drafts.wakeTiers',
    `with through as materialized (
       select w.* from unnest($1::int[], $2::smallint[], $3::int[], $4::text[], $5::int[]) w (campaign_id, step, occurrence, tier, enough)
        where w.enough <= (select count(distinct m.account_id) from messages m join accounts a on a.account_id = m.account_id
                            where m.campaign_id = w.campaign_id and m.step = w.step and m.occurrence = w.occurrence and m.approved_at is not null and a.tier = w.tier))
     update enrollments e set due_at = least(e.due_at, $6) from accounts a, through w
      where e.campaign_id = w.campaign_id and e.step = w.step and e.occurrence = w.occurrence and e.state = 'active' and e.attempts > 0 and a.account_id = e.account_id and a.tier = w.tier
        and not exists (select from messages m where m.contact_id = e.contact_id and m.campaign_id = e.campaign_id and m.step = e.step and m.occurrence = e.occurrence)`,
    [waves.map((one) => one.campaignId), waves.map((one) => one.step), waves.map((one) => one.occurrence), waves.map((one) => one.tier), waves.map((one) => one.enough), now],
  );
}

/** What was asked of a human is answered. */
export function closeTasks(sql: Sql, drafts: readonly FoundDraft[], state: 'done' | 'dropped', outcome: string, by: string, now: Date): Promise<number> {
  return sql.exec(
    'drafts.closeTasks',
    `update tasks k set state = $5, outcome = $6, closed_by = $7, closed_at = $8
       from unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[]) draft (contact_id, campaign_id, step, occurrence) where ${taskOf('draft')}`,
    [...placesOf(drafts), state, outcome, by, now],
  );
}
