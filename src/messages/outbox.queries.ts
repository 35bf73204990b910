import type { Sql } from '../platform/database/sql.js';

/** A mail that the gate let through, with its slot in all caps: it counts from the commit of its insertion. */
export interface QueuedMessage {
  readonly contactId: number;
  readonly campaignId: number;
  readonly campaignVersion: number;
  readonly step: number;
  readonly occurrence: number;
  readonly bucket: number;
  readonly accountId: number | null;
  readonly purpose: string;
  readonly messageClass: string;
  readonly templateId: number;
  readonly templateVersion: number;
  readonly language: 'nl' | 'en';
  readonly expiresAt: Date;
}

const COLUMNS = 'contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, template_id, template_version, language, expires_at, due_at, queued_at';
// Both moments are those of the pass: as lists they would be read a thousand times.
const GIVEN = `select *, $14::timestamptz, $14::timestamptz from unnest($1::bigint[], $2::int[], $3::int[], $4::smallint[], $5::int[], $6::smallint[], $7::bigint[], $8::text[], $9::text[], $10::int[], $11::int[], $12::text[],
                          $13::timestamptz[])`;
const given = (rows: readonly QueuedMessage[], now: Date): unknown[] => [
  rows.map((row) => row.contactId), rows.map((row) => row.campaignId), rows.map((row) => row.campaignVersion), rows.map((row) => row.step), rows.map((row) => row.occurrence),
  rows.map((row) => row.bucket), rows.map((row) => row.accountId), rows.map((row) => row.purpose), rows.map((row) => row.messageClass), rows.map((row) => row.templateId),
  rows.map((row) => row.templateVersion), rows.map((row) => row.language), rows.map((row) => row.expiresAt), now,
];

/**
 * Puts a batch into the outbox, in the planner's transaction. A message that exists already (same campaign, step, person and
 * occurrence) is left as it is: a second one is impossible. A draft of it that a human waited for is what goes. Due at once. Gives how many are new.
 */
export async function insertQueued(sql: Sql, rows: readonly QueuedMessage[], now: Date): Promise<number> {
  if (rows.length === 0) return 0;
  return sql.execKept(
    'messages.insertQueued',
    `insert into messages (${COLUMNS}) ${GIVEN}
     on conflict (contact_id, campaign_id, step, occurrence) do update set state = 'queued', response = null, bucket = excluded.bucket, account_id = excluded.account_id, template_id = excluded.template_id,
       template_version = excluded.template_version, language = excluded.language, due_at = excluded.due_at, expires_at = excluded.expires_at, queued_at = excluded.queued_at
       where messages.state = 'draft' and messages.response = 'approval.due'`,
    given(rows, now),
  );
}

/** Mail that a human has to see first: it holds no slot of any cap, and is decided again when it is approved. */
export async function insertDrafts(sql: Sql, rows: readonly QueuedMessage[], now: Date): Promise<void> {
  if (rows.length === 0) return;
  await sql.exec(
    'messages.insertDrafts',
    `insert into messages (${COLUMNS}, state, response) select given.*, 'draft', 'approval.due' from (${GIVEN}) given on conflict (contact_id, campaign_id, step, occurrence) do nothing`,
    given(rows, now),
  );
}

/** Drafts that will not go any more, whoever approves them, and why. */
export async function denyDrafts(sql: Sql, rows: readonly (Pick<QueuedMessage, 'contactId' | 'campaignId' | 'step' | 'occurrence'> & { readonly reason: string })[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.exec(
    'messages.denyDrafts',
    `update messages m set state = 'denied', response = u.reason, approved_at = null, approved_by = null
       from unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::text[]) u (contact_id, campaign_id, step, occurrence, reason)
      where m.contact_id = u.contact_id and m.campaign_id = u.campaign_id and m.step = u.step and m.occurrence = u.occurrence and m.state = 'draft' and m.response = 'approval.due'`,
    [rows.map((row) => row.contactId), rows.map((row) => row.campaignId), rows.map((row) => row.step), rows.map((row) => row.occurrence), rows.map((row) => row.reason)],
  );
}
