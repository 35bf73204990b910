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
  readonly dueAt: Date;
  readonly expiresAt: Date;
  readonly queuedAt: Date;
}

/**
 * Puts a batch into the outbox, in the planner's transaction. A message that exists already (same campaign, step, person and
 * occurrence) is left as it is: a second one is impossible. Gives how many are new.
 */
export async function insertQueued(sql: Sql, rows: readonly QueuedMessage[]): Promise<number> {
  if (rows.length === 0) return 0;
  return sql.execKept(
    'messages.insertQueued',
    `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, account_id, purpose, class, template_id, template_version, language, due_at, expires_at, queued_at)
     select * from unnest($1::bigint[], $2::int[], $3::int[], $4::smallint[], $5::int[], $6::smallint[], $7::bigint[], $8::text[], $9::text[], $10::int[], $11::int[], $12::text[],
                          $13::timestamptz[], $14::timestamptz[], $15::timestamptz[])
     on conflict (contact_id, campaign_id, step, occurrence) do nothing`,
    [
      rows.map((row) => row.contactId), rows.map((row) => row.campaignId), rows.map((row) => row.campaignVersion), rows.map((row) => row.step), rows.map((row) => row.occurrence),
      rows.map((row) => row.bucket), rows.map((row) => row.accountId), rows.map((row) => row.purpose), rows.map((row) => row.messageClass), rows.map((row) => row.templateId),
      rows.map((row) => row.templateVersion), rows.map((row) => row.language), rows.map((row) => row.dueAt), rows.map((row) => row.expiresAt), rows.map((row) => row.queuedAt),
    ],
  );
}
