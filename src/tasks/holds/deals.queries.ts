import type { Sql } from '../../platform/database/sql.js';

export interface DealRow {
  opportunity_id: string;
  account_id: number;
  product: string | null;
  engaged_on: string | null;
  /** Of a deal that was decided: the day. */
  closed_on: string | null;
}

const OPEN_STAGES = `o.stage in ('prospecting', 'engaging')`;

/** Deals that hold their account and are not written down yet: those that are open, and those decided since `decidedSince`. */
export function listUnheldDeals(sql: Sql, decidedSince: Date, most: number): Promise<DealRow[]> {
  return sql.many(
    'deals.listUnheld',
    `select o.opportunity_id, o.account_id, o.product, o.engaged_on, case when ${OPEN_STAGES} then null else o.closed_on end as closed_on
       from opportunities o
      where o.account_id is not null and (${OPEN_STAGES} or o.closed_on > $1::timestamptz::date)
        and not exists (select from account_holds h where h.kind = 'opportunity' and h.cause = 'deal:' || o.opportunity_id and h.account_id = o.account_id)
      order by o.opportunity_id limit $2`,
    [decidedSince, most],
  );
}

/** Holds of deals that were decided since, that are gone, or that belong to another account now. */
export function listDecidedDeals(sql: Sql, most: number): Promise<{ hold_id: number; closed_on: string | null }[]> {
  return sql.many(
    'deals.listDecided',
    `select h.hold_id, o.closed_on from account_holds h left join opportunities o on o.opportunity_id = substr(h.cause, 6) and o.account_id = h.account_id
      where h.kind = 'opportunity' and h.cause like 'deal:%' and h.closed_at is null and h.retracted_at is null and (o.opportunity_id is null or not (${OPEN_STAGES}))
      order by h.hold_id limit $1`,
    [most],
  );
}

/** A deal that is open again holds again. */
export async function reopenDeals(sql: Sql): Promise<number> {
  return sql.exec(
    'deals.reopen',
    `update account_holds h set closed_at = null, closed_by = null, resolved_at = null, retracted_at = null, ends_at = null
       from opportunities o where h.kind = 'opportunity' and h.cause = 'deal:' || o.opportunity_id and o.account_id = h.account_id and ${OPEN_STAGES} and (h.closed_at is not null or h.retracted_at is not null)`,
  );
}

/** Open deals are no reason to hold back any more: the workspace decided so. */
export async function retractDeals(sql: Sql, now: Date): Promise<number> {
  return sql.exec(
    'deals.retract',
    `update account_holds set retracted_at = $1, closed_at = coalesce(closed_at, $1), closed_by = coalesce(closed_by, 'system'), ends_at = least(ends_at, $1)
      where kind = 'opportunity' and cause like 'deal:%' and retracted_at is null and (ends_at is null or ends_at > $1)`,
    [now],
  );
}
