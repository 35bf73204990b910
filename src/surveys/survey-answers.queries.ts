import type { Sql } from '../platform/database/sql.js';

export type AskedRow = { contact_id: number; account_id: number | null; campaign_id: number; campaign_key: string | null; purpose: string; asked_at: Date; answered_at: Date | null; score: number | null; changes: number | null };

/** The survey mail behind a link, with what was answered to it; of a person who was merged, the mail is the survivor's. */
export function findAsked(sql: Sql, contactId: number, messageId: number): Promise<AskedRow | undefined> {
  return sql.maybe<AskedRow>(
    'surveys.findAsked',
    `select c.contact_id, c.account_id, m.campaign_id, p.key as campaign_key, m.purpose, m.queued_at as asked_at, n.answered_at, n.score, n.changes
       from contacts c join messages m on m.contact_id = c.contact_id and m.message_id = $2 left join campaigns p on p.campaign_id = m.campaign_id
       left join nps_responses n on n.contact_id = c.contact_id and n.message_id = m.message_id
      where c.contact_id = living_contact($1)`,
    [contactId, messageId],
  );
}

/** One person answers at a time: two promoters' answers at once make one reference. */
export async function lockAnswerer(sql: Sql, contactId: number): Promise<void> {
  await sql.exec('surveys.lockAnswerer', 'select from contacts where contact_id = $1 for no key update', [contactId]);
}

export interface AnswerToStore {
  readonly contactId: number;
  readonly messageId: number;
  readonly score: number;
  readonly comment: string;
  readonly accountId: number | null;
  readonly campaignId: number;
  readonly purpose: string;
}

/** Stores the answer, or changes it while that may still be done; gives how often it was changed. Nothing: it is closed. */
export function storeAnswer(sql: Sql, answer: AnswerToStore, now: Date, changeableSince: Date): Promise<{ changes: number; changed: boolean } | undefined> {
  return sql.maybe(
    'surveys.storeAnswer',
    `with before as (select score from nps_responses where contact_id = $1 and message_id = $2)
     insert into nps_responses as n (contact_id, message_id, score, comment, account_id, campaign_id, purpose, answered_at, changed_at)
     select $1, $2, $3, $4, $5, (select campaign_id from campaigns where campaign_id = $6), $7, $8, $8
     on conflict (contact_id, message_id) do update set score = excluded.score, comment = case when excluded.comment = '' then n.comment else excluded.comment end, changed_at = excluded.changed_at,
       changes = n.changes + (n.score <> excluded.score)::int
      where n.answered_at > $9
     returning changes, score is distinct from (select score from before) as changed`,
    [answer.contactId, answer.messageId, answer.score, answer.comment, answer.accountId, answer.campaignId, answer.purpose, now, changeableSince],
  );
}

/** Notes that this promoter is asked for a reference now; nothing where he was asked since. */
export async function claimReference(sql: Sql, contactId: number, messageId: number, now: Date, since: Date): Promise<boolean> {
  const rows = await sql.exec(
    'surveys.claimReference',
    `update nps_responses set reference_asked_at = $3 where contact_id = $1 and message_id = $2 and not exists (select from nps_responses where contact_id = $1 and reference_asked_at > $4)`,
    [contactId, messageId, now, since],
  );
  return rows === 1;
}

/** Events of ours: what they may be used for is, at first, what the survey was for; an officer may change it. */
export async function insertSurveyEvent(sql: Sql, event: { contactId: number; name: string; key: string; properties: object; purpose: string }, now: Date): Promise<void> {
  await sql.exec('surveys.defineEvent', `insert into event_definitions (name, purposes, source) values ($1, array[$2::text], 'tactful') on conflict (name) do nothing`, [event.name, event.purpose]);
  await sql.exec(
    'surveys.insertEvent',
    `insert into events (contact_id, occurred_at, idempotency_key, name, properties, source, received_at) values ($1, $2, $3, $4, $5, 'tactful', $2) on conflict do nothing`,
    [event.contactId, now, event.key, event.name, JSON.stringify(event.properties)],
  );
}
