import type { SuppressionReason } from '../core/consent/suppression-reasons.js';
import type { Sql } from '../platform/database/sql.js';

export interface Suppression {
  readonly addressHash: Buffer;
  readonly reason: SuppressionReason;
  /** Only for unsubscribed_topic. */
  readonly purpose?: string | undefined;
  readonly endsAt?: Date | null | undefined;
  /** Where it came from: 'preference_page', 'one_click', 'bounce', 'key:<name>' … */
  readonly source: string;
}

export interface SuppressionRow {
  address_hash: Buffer;
  reason: SuppressionReason;
  purpose: string;
  suppressed_at: Date;
  ends_at: Date | null;
  source: string;
}

/** As for a withdrawal: the lock under which mail is leased, so that nothing is leased once the suppression has been committed. */
export async function lockBucketsOfAddresses(sql: Sql, hashes: readonly Buffer[]): Promise<void> {
  await sql.exec(
    'consent.lockBucketsOfAddresses',
    'select bucket from buckets where bucket in (select bucket from contacts where address_hash = any($1)) order by bucket for update',
    [hashes],
  );
}

/** Adds what is not there yet and gives what was added. A repeated soft bounce is prolonged; the moment of the first stays. */
export async function insertSuppressions(sql: Sql, suppressions: readonly Suppression[], now: Date): Promise<number> {
  return sql.exec(
    'consent.insertSuppressions',
    `insert into suppressions (address_hash, reason, purpose, suppressed_at, ends_at, source)
     select distinct on (address_hash, reason, purpose) address_hash, reason, purpose, $1::timestamptz, ends_at, source
     from unnest($2::bytea[], $3::text[], $4::text[], $5::timestamptz[], $6::text[]) as new (address_hash, reason, purpose, ends_at, source)
     order by address_hash, reason, purpose, ends_at desc nulls first
     on conflict (address_hash, reason, purpose) do update set ends_at = excluded.ends_at
       where suppressions.ends_at is not null and (excluded.ends_at is null or excluded.ends_at > suppressions.ends_at)`,
    [
      now,
      suppressions.map((one) => one.addressHash),
      suppressions.map((one) => one.reason),
      suppressions.map((one) => one.purpose ?? ''),
      suppressions.map((one) => one.endsAt ?? null),
      suppressions.map((one) => one.source),
    ],
  );
}

export function deleteSuppressions(sql: Sql, addressHash: Buffer, reasons: readonly SuppressionReason[], purposes: readonly string[] | null): Promise<SuppressionRow[]> {
  return sql.many<SuppressionRow>(
    'consent.deleteSuppressions',
    `delete from suppressions where address_hash = $1 and reason = any($2) and ($3::text[] is null or purpose = '' or purpose = any($3))
     returning address_hash, reason, purpose, suppressed_at, ends_at, source`,
    [addressHash, reasons, purposes],
  );
}

export function suppressionsOf(sql: Sql, addressHash: Buffer): Promise<SuppressionRow[]> {
  return sql.many<SuppressionRow>(
    'consent.suppressionsOf',
    'select address_hash, reason, purpose, suppressed_at, ends_at, source from suppressions where address_hash = $1 order by suppressed_at, reason, purpose',
    [addressHash],
  );
}

export type SuppressionPosition = readonly [suppressedAt: string, addressHash: string, reason: string, purpose: string];

/** Newest first, with the people who have that address. */
export function listSuppressions(
  sql: Sql,
  filter: { reason?: SuppressionReason | undefined; addressHash?: Buffer | undefined },
  after: SuppressionPosition | undefined,
  limit: number,
): Promise<(SuppressionRow & { position: string; contact_ids: number[] })[]> {
  const [at, hash, reason, purpose] = after ?? [null, null, null, null];
  return sql.many(
    'consent.listSuppressions',
    `select address_hash, reason, purpose, suppressed_at, ends_at, source, (extract(epoch from suppressed_at) * 1000000)::bigint::text as position,
       (select coalesce(jsonb_agg(contact_id order by contact_id), '[]') from contacts where contacts.address_hash = suppressions.address_hash) as contact_ids
     from suppressions
     where ($1::text is null or reason = $1) and ($2::bytea is null or address_hash = $2)
       and ($3::text is null or (suppressed_at, address_hash, reason, purpose) < (to_timestamp(0) + $3::bigint * interval '1 microsecond', decode($4, 'hex'), $5, $6))
     order by suppressed_at desc, address_hash desc, reason desc, purpose desc
     limit $7`,
    [filter.reason ?? null, filter.addressHash ?? null, at, hash, reason, purpose, limit],
  );
}

export function addressOf(sql: Sql, contactId: number): Promise<{ email: string | null; address_hash: Buffer | null } | undefined> {
  return sql.maybe('consent.addressOf', 'select email, address_hash from contacts where contact_id = $1', [contactId]);
}
