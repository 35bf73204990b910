import { Injectable } from '@nestjs/common';
import { HOLD_RULES } from '../../core/account/holds.js';
import { addDaysTo } from '../../core/shared/moments.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { HandoverPolicyService } from '../handover-policy.service.js';
import { type DealRow, listDecidedDeals, listUnheldDeals, reopenDeals, retractDeals } from './deals.queries.js';
import { HoldsService } from './holds.service.js';

const AT_ONCE = 500;

/**
 * Holds accounts with an open deal. Deals come by import and have no events, so they are compared with what is held: two anti-joins over the deals
 * that are open, which finds the same work again after a crash, and also what a merge of accounts or another stage changed.
 */
@Injectable()
export class DealsService {
  constructor(
    private readonly sql: Sql,
    private readonly handover: HandoverPolicyService,
    private readonly holds: HoldsService,
  ) {}

  /** Gives how many holds were opened and closed. */
  async compare(now: Date): Promise<{ opened: number; closed: number }> {
    const { policy } = await this.handover.current();
    if (!policy.openDeals) return { opened: 0, closed: await retractDeals(this.sql, now) };
    await reopenDeals(this.sql);
    let opened = 0;
    let closed = 0;
    for (;;) {
      const deals = await listUnheldDeals(this.sql, addDaysTo(now, -HOLD_RULES.opportunity.quietDays), AT_ONCE);
      if (deals.length === 0) break;
      opened += (await retryConflicts(() => this.holds.open(this.sql, deals.map((deal) => holdOf(deal, now)), now))).length;
      if (deals.length < AT_ONCE) break;
    }
    for (;;) {
      const decided = await listDecidedDeals(this.sql, AT_ONCE);
      if (decided.length === 0) break;
      const steps = decided.map(({ hold_id: holdId, closed_on: day }) => ({ of: { scope: 'account' as const, holdId }, step: 'resolved' as const, at: decidedAt(day, now), by: 'system' }));
      closed += (await retryConflicts(() => this.holds.close(this.sql, steps, now))).length;
      if (decided.length < AT_ONCE) break;
    }
    return { opened, closed };
  }
}

function holdOf({ opportunity_id: id, account_id: accountId, product, engaged_on: since }: DealRow, now: Date): Parameters<HoldsService['open']>[1][number] {
  const openedAt = since === null ? now : new Date(Math.min(Date.parse(since), now.getTime()));
  return { kind: 'opportunity', accountId, cause: `deal:${id}`, reference: id, reason: { code: 'deal', product }, by: 'system', openedAt };
}

/** A day that is still to come was a plan; the deal is decided now. */
function decidedAt(day: string | null, now: Date): Date {
  return day === null ? now : new Date(Math.min(Date.parse(day), now.getTime()));
}
