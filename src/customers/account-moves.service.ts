import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import type { Sql } from '../platform/database/sql.js';
import { bucketsOfMoves, listedMoves, lockBuckets, moveContacts, moveWithAccount } from './account-moves.queries.js';

export interface AccountMove {
  readonly contactId: number;
  /** Where the person was when this was decided: who is elsewhere by now is left alone. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Moves people from one account to another, with their bucket and what is on its way to them. */
@Injectable()
export class AccountMovesService {
  constructor(private readonly clock: Clock) {}

  lock(sql: Sql, buckets: readonly number[]): Promise<void> {
    return lockBuckets(sql, buckets);
  }

  /** What is on its way to people who are in this account since a moment; their old and new buckets are locked. */
  follow(sql: Sql, contactIds: readonly number[], accountId: number, now: Date): Promise<void> {
    return moveWithAccount(sql, listedMoves(contactIds, contactIds.map(() => accountId)), now);
  }

  /** In the caller's transaction, which should hold no other locks yet: buckets come first, then people. Gives the ids of those who moved. */
  async move(sql: Sql, moves: readonly AccountMove[]): Promise<Set<number>> {
    if (moves.length === 0) return new Set();
    const now = this.clock.now();
    const ids = moves.map(({ contactId }) => contactId);
    await lockBuckets(sql, await bucketsOfMoves(sql, listedMoves(ids, moves.map(({ to }) => to))));
    // Lock first, read after: who moved between reading his bucket and locking it is found out by where he was.
    const moved = new Set(await moveContacts(sql, ids, moves.map(({ from }) => from), moves.map(({ to }) => to), now));
    const gone = moves.filter(({ contactId }) => moved.has(contactId));
    if (gone.length > 0) await moveWithAccount(sql, listedMoves(gone.map(({ contactId }) => contactId), gone.map(({ to }) => to)), now);
    return moved;
  }
}
