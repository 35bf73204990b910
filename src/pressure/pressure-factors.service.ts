import { Injectable } from '@nestjs/common';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import { changedFactor, type FactorCause, type PressureFactor, UNANSWERED_TOUCHES } from '../core/pressure/pressure-factor.js';
import { Clock } from '../platform/clock/clock.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import * as queries from './pressure-factors.queries.js';

/** A sign that somebody has had enough, or would like more. */
export interface PressureChange {
  readonly contactId: number;
  readonly cause: FactorCause;
  /** When the sign was given; now, when left out. */
  readonly at?: Date | undefined;
}

const DAY = 86_400_000;
const STRETCH = 20_000;
/** Six mails over more than half a year are no series. */
const SERIES_DAYS = 180;
/** Somebody needs time to react: the mail of yesterday does not count yet. */
const PATIENCE_DAYS = 2;

/** Keeps how much of the usual pressure each person bears. */
@Injectable()
export class PressureFactorsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  /** Takes signs into account, in the order of time, in the caller's transaction; three statements whatever their number. */
  async adjust(sql: Sql, changes: readonly PressureChange[]): Promise<void> {
    await sql.transaction(async (within) => this.change(within, changes, null));
  }

  /** Those who did not react to their last six mails; when that was looked at since `dueSince`, nothing is done. Gives how many there were. */
  async lookForUnanswered(dueSince: Date): Promise<number> {
    const last = await queries.readLookedAt(this.sql);
    if (last && last >= dueSince) return 0;
    // The outer transaction only holds the lock; each stretch is one of its own.
    return this.sql.transaction(async (holder) => {
      if (!(await queries.tryLockLook(holder))) return 0;
      const now = this.clock.now();
      let found = 0;
      for (let after = 0; ; ) {
        const upTo = await queries.stretchEnd(this.sql, after, STRETCH);
        if (upTo === undefined) break;
        const extent = { after, upTo };
        found += await retryConflicts(() => this.sql.transaction((sql) => this.lower(sql, extent, now)));
        after = upTo;
      }
      await queries.writeLookedAt(this.sql, now);
      return found;
    });
  }

  private async lower(sql: Sql, extent: { after: number; upTo: number }, now: Date): Promise<number> {
    const sent = { after: new Date(now.getTime() - SERIES_DAYS * DAY), until: new Date(now.getTime() - PATIENCE_DAYS * DAY) };
    const unanswered = await queries.listUnanswered(sql, extent, UNANSWERED_TOUCHES, PRESSING_CLASSES, sent, now);
    await this.change(sql, unanswered.map((contactId) => ({ contactId, cause: 'no_reaction', at: now })), now);
    return unanswered.length;
  }

  private async change(sql: Sql, changes: readonly PressureChange[], unansweredAt: Date | null): Promise<void> {
    if (changes.length === 0) return;
    const now = this.clock.now();
    const rows = await queries.lockFactors(sql, [...new Set(changes.map(({ contactId }) => contactId))]);
    const factors = new Map<number, PressureFactor & { cause: string }>(rows.map((row) => [row.contact_id, { factor: row.factor, at: row.factor_at, cause: row.cause }]));
    const changed = new Set<number>();
    const dated = changes.map((change) => ({ ...change, at: change.at ?? now })).sort((a, b) => a.at.getTime() - b.at.getTime());
    for (const { contactId, ...change } of dated) {
      const after = changedFactor(factors.get(contactId), change);
      if (!after) continue;
      factors.set(contactId, after);
      changed.add(contactId);
    }
    const toStore = [...changed].flatMap((contactId) => {
      const factor = factors.get(contactId);
      return factor ? [{ contactId, ...factor, unansweredAt }] : [];
    });
    if (toStore.length > 0) await queries.storeFactors(sql, toStore);
  }
}
