import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../core/shared/result.js';
import { AccountMovesService } from '../../customers/account-moves.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { sayMoment } from '../../platform/database/moment.queries.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import * as queries from './merge.queries.js';
import * as history from './move-history.queries.js';
import * as undoing from './unmerge.queries.js';

export type AccountMergeProblem =
  | { readonly kind: 'same' }
  | { readonly kind: 'account_missing'; readonly accountId: number }
  | { readonly kind: 'merge_missing' }
  | { readonly kind: 'undone_already' }
  /** The account that stayed is gone: it was merged into another one since. */
  | { readonly kind: 'kept_gone' }
  /** Another account has the name or external id by now. */
  | { readonly kind: 'name_taken'; readonly accountId: number }
  /** The hierarchy was rebuilt since, and would close a circle. */
  | { readonly kind: 'circular' };

/** What a merge writes down, so that it can be taken apart. */
interface Snapshot {
  readonly account: queries.AccountFields;
  readonly kept: queries.AccountFields;
  readonly belongings: queries.Belongings;
  /** Merges of before have none. */
  readonly history?: history.AccountHistory;
  /** What the kept account took over. */
  readonly filled: readonly (typeof queries.FILLED)[number][];
  readonly addedAttributes: Record<string, unknown>;
  readonly parentAfter: number | null;
}

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: AccountMergeProblem) {
    super(problem.kind);
  }
}

/** Makes one account of two, and two of one again. */
@Injectable()
export class AccountMergesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly moves: AccountMovesService,
    private readonly audit: AuditService,
  ) {}

  list(accountId: number | null, before: number, limit: number): Promise<queries.MergeRow[]> {
    return queries.listMerges(this.sql, accountId, before, limit);
  }

  /** `merged` becomes part of `kept`: people, deals, domains, parts in the buying group, subsidiaries, mail that counts against caps, holds, work. What kept does not know it takes over. */
  merge(kept: number, merged: number, actor: string): Promise<Result<queries.MergeRow, AccountMergeProblem>> {
    return this.undone(async (sql) => {
      if (kept === merged) throw new Refused({ kind: 'same' });
      const [keeper, goer] = await this.locked(sql, kept, merged);
      const now = this.clock.now();
      await sayMoment(sql, now);
      const belongings = await queries.readBelongings(sql, merged, kept);
      const noted = await history.readHistory(sql, merged, kept);
      // An account that swallows one above it takes that one's place in the hierarchy, or it would hang below itself.
      const parentAfter = (await queries.isAbove(sql, merged, kept)) ? goer.parent_account_id : keeper.parent_account_id;
      const filled = queries.FILLED.filter((column) => keeper[column] === null && goer[column] !== null);
      const addedAttributes = Object.fromEntries(Object.entries(goer.attributes).filter(([key]) => !Object.hasOwn(keeper.attributes, key)));
      await queries.moveRoles(sql, merged, kept);
      await queries.movePeople(sql, merged, kept, now);
      await this.moves.follow(sql, belongings.contacts, kept, now);
      await queries.moveOnTheirWay(sql, merged, kept);
      // The parent first: subsidiaries may then hang below it.
      await queries.setFields(sql, kept, {}, parentAfter, keeper.attributes, now);
      await queries.moveRest(sql, merged, kept);
      await history.moveHistory(sql, merged, kept, now);
      await queries.deleteAccount(sql, merged);
      await queries.setFields(sql, kept, Object.fromEntries(filled.map((column) => [column, goer[column]])), parentAfter, { ...addedAttributes, ...keeper.attributes }, now);
      await queries.rollUp(sql, [kept], now);
      const snapshot: Snapshot = { account: goer, kept: keeper, belongings, history: noted, filled, addedAttributes, parentAfter };
      const mergeId = await queries.insertMerge(sql, kept, merged, snapshot, actor, now);
      await this.record(sql, 'account.merged', { mergeId, kept, merged, people: belongings.contacts.length, opportunities: belongings.opportunities.length }, actor, now);
      return this.stored(sql, mergeId);
    });
  }

  /** Two accounts again: each has what was its own, as far as nobody changed it since. What came after the merge stays with the one that stayed. */
  undo(mergeId: number, actor: string): Promise<Result<queries.MergeRow, AccountMergeProblem>> {
    return this.undone(async (sql) => {
      await queries.lockMerges(sql);
      const merge = await queries.readMerge(sql, mergeId);
      if (!merge) throw new Refused({ kind: 'merge_missing' });
      if (merge.undone_at !== null) throw new Refused({ kind: 'undone_already' });
      const { kept_account_id: kept, merged_account_id: restored } = merge;
      await this.moves.lock(sql, await queries.bucketsOfAccounts(sql, [kept, restored]));
      const keeper = (await queries.lockAccounts(sql, [kept])).get(kept);
      if (!keeper) throw new Refused({ kind: 'kept_gone' });
      const was = await queries.readSnapshot<Snapshot>(sql, mergeId);
      const [taker] = await undoing.findTakers(sql, was.account['name_key'], was.account['external_id'], kept);
      if (taker !== undefined) throw new Refused({ kind: 'name_taken', accountId: taker });
      await this.takeApart(sql, keeper, was, this.clock.now());
      await queries.markUndone(sql, mergeId, actor, this.clock.now());
      await this.record(sql, 'account.unmerged', { mergeId, kept, merged: restored }, actor, this.clock.now());
      return this.stored(sql, mergeId);
    });
  }

  private async takeApart(sql: Sql, keeper: queries.AccountFields, was: Snapshot, now: Date): Promise<void> {
    const [kept, restored] = [keeper.account_id, was.account.account_id];
    await sayMoment(sql, now);
    const given = was.filled.filter((column) => isDeepStrictEqual(keeper[column], was.account[column]));
    const attributes = Object.fromEntries(Object.entries(keeper.attributes).filter(([key, value]) => !(Object.hasOwn(was.addedAttributes, key) && isDeepStrictEqual(value, was.addedAttributes[key]))));
    // First what only one of the two can have; the parent last, once the account that may be it is back and has its subsidiaries.
    await queries.setFields(sql, kept, Object.fromEntries(given.map((column) => [column, null])), keeper.parent_account_id, attributes, now);
    await undoing.restoreAccount(sql, was.account, now);
    const people = await undoing.peopleStillThere(sql, was.belongings.contacts, kept);
    await undoing.giveBackRoles(sql, restored, kept, was.belongings);
    await undoing.giveBackOnTheirWay(sql, restored, kept, was.belongings);
    await this.moves.move(sql, people.map((contactId) => ({ contactId, from: kept, to: restored })));
    await undoing.giveBackRest(sql, restored, kept, was.belongings);
    if (was.history) await history.giveBackHistory(sql, restored, kept, was.history, now);
    if (keeper.parent_account_id === was.parentAfter) await queries.setFields(sql, kept, {}, was.kept.parent_account_id, attributes, now);
    await queries.rollUp(sql, [kept, restored], now);
  }

  private async locked(sql: Sql, kept: number, merged: number): Promise<[queries.AccountFields, queries.AccountFields]> {
    await queries.lockMerges(sql);
    await this.moves.lock(sql, await queries.bucketsOfAccounts(sql, [kept, merged]));
    const accounts = await queries.lockAccounts(sql, [kept, merged]);
    const missing = (accountId: number): never => {
      throw new Refused({ kind: 'account_missing', accountId });
    };
    return [accounts.get(kept) ?? missing(kept), accounts.get(merged) ?? missing(merged)];
  }

  private async stored(sql: Sql, mergeId: number): Promise<queries.MergeRow> {
    const row = await queries.readMerge(sql, mergeId);
    if (!row) throw new Error('The merge that was just stored is not there.');
    return row;
  }

  private async record(sql: Sql, action: string, details: { mergeId: number; kept: number; merged: number } & Record<string, unknown>, actor: string, now: Date): Promise<void> {
    await this.audit.record(sql, [details.kept, details.merged].map((accountId) => ({ actor, action, subjectType: 'account', subjectId: String(accountId), details })), now);
  }

  private async undone<T>(work: (sql: Sql) => Promise<T>): Promise<Result<T, AccountMergeProblem>> {
    try {
      return ok(await retryConflicts(() => this.sql.transaction(work)));
    } catch (error) {
      if (error instanceof Refused) return err(error.problem);
      if ((error as { constraint?: string }).constraint === 'accounts_parent_circular') return err({ kind: 'circular' });
      throw error;
    }
  }
}
