import type { Sql } from '../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const WAVE_LOCK = 7_417_030;

/** Until the end of the transaction. After the buckets: whoever has this waits for no bucket. */
export async function lockWave(sql: Sql, campaignId: number, step: number): Promise<void> {
  await sql.exec('decisions.lockWave', 'select pg_advisory_xact_lock($1, hashint8($2::bigint * 1000 + $3))', [WAVE_LOCK, campaignId, step]);
}

/** Accounts of these tiers with a draft of this step that waits for a human, or that one approved. By the small index messages_approvals. */
export function readWave(sql: Sql, campaignId: number, step: number, occurrences: readonly number[], tiers: readonly string[]): Promise<{ occurrence: number; tier: string; account_id: number; approved: boolean }[]> {
  return sql.many(
    'decisions.readWave',
    `select m.occurrence, a.tier, m.account_id, bool_or(m.approved_at is not null) as approved from messages m join accounts a on a.account_id = m.account_id
      where m.campaign_id = $1 and m.step = $2 and m.occurrence = any($3) and (m.state = 'draft' or m.approved_at is not null)
        and (m.approved_at is not null or m.response = 'approval.due') and a.tier = any($4)
      group by 1, 2, 3`,
    [campaignId, step, occurrences, tiers],
  );
}
