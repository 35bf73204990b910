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
    `select m.contact_id, m.message_id, m.campaign_id, m.step, m.occurrence, m.bucket, m.state, coalesce(${WAITING}, false) as waiting, a.tier
       from messages m join contacts p on p.contact_id = m.contact_id left join accounts a on a.account_id = m.account_id
      where m.contact_id = living_contact($1) and m.message_id = $2 and ${reachText('p.account_id', '$3', '$4')}`,
    [contactId, messageId, ...reachParams(reach)],
  );
}

export async function approve(sql: Sql, contactId: number, messageId: number, by: string, now: Date): Promise<void> {
  await sql.exec('drafts.approve', `update messages set approved_at = $4, approved_by = $3 where contact_id = $1 and message_id = $2 and state = 'draft'`, [contactId, messageId, by, now]);
}

export async function drop(sql: Sql, contactId: number, messageId: number): Promise<void> {
  await sql.exec('drafts.drop', `update messages set state = 'denied', response = 'approval.dropped' where contact_id = $1 and message_id = $2 and state = 'draft'`, [contactId, messageId]);
}

/** The gate is asked about it again at once. */
export async function wake(sql: Sql, { contact_id: contactId, campaign_id: campaignId, occurrence, step }: FoundDraft, now: Date): Promise<void> {
  await sql.exec('drafts.wake', `update enrollments set due_at = least(due_at, $5) where contact_id = $1 and campaign_id = $2 and occurrence = $3 and step = $4 and state = 'active'`, [contactId, campaignId, occurrence, step, now]);
}

/** Accounts of the tier whose draft of this step a human approved. */
export async function countApproved(sql: Sql, { campaign_id: campaignId, step, occurrence }: FoundDraft, tier: string): Promise<number> {
  const { approved } = await sql.one<{ approved: number }>(
    'drafts.countApproved',
    `select count(distinct m.account_id)::int as approved from messages m join accounts a on a.account_id = m.account_id
      where m.campaign_id = $1 and m.step = $2 and m.occurrence = $3 and m.approved_at is not null and a.tier = $4`,
    [campaignId, step, occurrence, tier],
  );
  return approved;
}

/** Those of the tier who wait at this step: for the first wave, or for a place in it. */
export function wakeTier(sql: Sql, { campaign_id: campaignId, step, occurrence }: FoundDraft, tier: string, now: Date): Promise<number> {
  return sql.exec(
    'drafts.wakeTier',
    `update enrollments e set due_at = least(e.due_at, $5) from accounts a
      where e.campaign_id = $1 and e.step = $2 and e.occurrence = $3 and e.state = 'active' and e.attempts > 0 and a.account_id = e.account_id and a.tier = $4
        and not exists (select from messages m where m.contact_id = e.contact_id and m.campaign_id = e.campaign_id and m.step = e.step and m.occurrence = e.occurrence)`,
    [campaignId, step, occurrence, tier, now],
  );
}

/** What was asked of a human is answered. */
export function closeTask(sql: Sql, draft: FoundDraft, state: 'done' | 'dropped', outcome: string, by: string, now: Date): Promise<number> {
  return sql.exec(
    'drafts.closeTask',
    `update tasks k set state = $5, outcome = $6, closed_by = $7, closed_at = $8
       from (select $1::bigint as contact_id, $2::int as campaign_id, $3::smallint as step, $4::int as occurrence) draft where ${taskOf('draft')}`,
    [draft.contact_id, draft.campaign_id, draft.step, draft.occurrence, state, outcome, by, now],
  );
}
