import { Injectable } from '@nestjs/common';
import { LedgerService } from '../../consent/ledger.service.js';
import { carryOver, endCarried, holdNo } from '../../core/consent/carry-over.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { Clock } from '../../platform/clock/clock.js';
import { sayMoment } from '../../platform/database/moment.queries.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { takeMergeLock } from './merge-lock.queries.js';
import * as queries from './merge.queries.js';
import * as handovers from './move-handovers.queries.js';
import * as history from './move-history.queries.js';
import * as matches from './move-matches.queries.js';
import * as preferences from './move-preferences.queries.js';
import * as pressure from './move-pressure.queries.js';
import * as undoing from './undo.queries.js';

export interface MergePair {
  readonly merged: number;
  readonly survivor: number;
  readonly cause: queries.MergeRow['cause'];
}

export type MergeProblem = { readonly kind: 'missing'; readonly contactId: number } | { readonly kind: 'same' };
export type UndoProblem = { readonly kind: 'missing' | 'undone_already' | 'survivor_gone' };

/** Somebody of these was merged away, or erased, before the lock was ours. */
export class ContactGone extends Error {}

// A worker writes the outcome of a hand-over within minutes; what came in for an old id later has found the redirect.
const STRAGGLERS_MS = 48 * 3_600_000;

/**
 * Makes one contact of two, and two of one again. The ledgers stay whole: the facts of the one who goes are written again to the one who stays, and
 * wherever either said no, no holds. Everything that counts against a cap moves along, under the locks of both buckets.
 */
@Injectable()
export class MergeService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
    private readonly audit: AuditService,
  ) {}

  list(contactId: number | null, before: number, limit: number): Promise<queries.MergeRow[]> {
    return queries.listMerges(this.sql, contactId, before, limit);
  }

  /** A person says that two contacts are one. */
  async merge(survivor: number, merged: number, actor: string): Promise<Result<queries.MergeRow, MergeProblem>> {
    if (survivor === merged) return err({ kind: 'same' });
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        await takeMergeLock(sql);
        const there = await queries.existing(sql, [survivor, merged]);
        const missing = [survivor, merged].find((contactId) => !there.includes(contactId));
        if (missing !== undefined) return err({ kind: 'missing' as const, contactId: missing });
        const [row] = await this.mergeWithin(sql, [{ merged, survivor, cause: 'people' }], actor, this.clock.now());
        return row ? ok(row) : err({ kind: 'missing' as const, contactId: merged });
      }),
    );
  }

  /**
   * Merges in the caller's transaction, which holds the merge lock (takeMergeLock) and no other. A survivor must not be merged in the same batch. Throws
   * ContactGone when somebody is not there.
   */
  async mergeWithin(sql: Sql, pairs: readonly MergePair[], actor: string, now: Date): Promise<queries.MergeRow[]> {
    const people = [...new Set(pairs.flatMap(({ merged, survivor }) => [merged, survivor]))];
    await sayMoment(sql, now);
    await queries.lockBuckets(sql, people);
    const done: queries.MergeRow[] = [];
    for (const round of roundsOf(pairs)) done.push(...(await this.mergeRound(sql, round, actor, now)));
    return done;
  }

  /** Two contacts again: each gets back what was his, as far as nobody changed it since. About consent the stricter stays with both. */
  async undo(mergeId: number, actor: string): Promise<Result<queries.MergeRow, UndoProblem>> {
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        await takeMergeLock(sql);
        const merge = await queries.lockMerge(sql, mergeId);
        if (!merge) return err({ kind: 'missing' as const });
        if (merge.undone_at !== null) return err({ kind: 'undone_already' as const });
        const { merged_contact_id: merged, survivor_id: survivor } = merge;
        await queries.lockBuckets(sql, [survivor], await undoing.bucketsAfterUndo(sql, mergeId));
        if ((await queries.lockContacts(sql, [survivor])).length === 0) return err({ kind: 'survivor_gone' as const });
        const now = this.clock.now();
        await sayMoment(sql, now);
        await undoing.restoreMerged(sql, mergeId, now);
        await undoing.restoreSurvivor(sql, mergeId, now);
        await this.giveBack(sql, mergeId, merged, survivor);
        await history.placeWithAccount(sql, [merged, survivor], now);
        await undoing.markUndone(sql, mergeId, actor, now);
        await this.keepStricter(sql, merged, survivor, now);
        await preferences.sharePreferences(sql, [survivor], [merged]);
        await preferences.keepSpared(sql, merged, survivor);
        await pressure.giveBackFactors(sql, mergeId, now);
        await handovers.shareHolds(sql, merged, survivor, now);
        await this.audit.record(sql, [merged, survivor].map((contactId) => ({ actor, action: 'contact.unmerged', subjectType: 'contact', subjectId: String(contactId), details: { mergeId, merged, survivor } })), now);
        return ok({ ...merge, undone_at: now, undone_by: actor });
      }),
    );
  }

  /** Moves what was stored for an old id while it was being merged away, or was at the mail server then. */
  async sweep(now: Date): Promise<number> {
    return this.sql.transaction(async (sql) => {
      const found = await history.findStragglers(sql, new Date(now.getTime() - STRAGGLERS_MS));
      if (found.length === 0) return 0;
      await takeMergeLock(sql);
      await queries.lockBuckets(sql, found.map((row) => row.survivor));
      const round = { merged: found.map((row) => row.merged), survivors: found.map((row) => row.survivor), mergeIds: found.map((row) => row.merge_id) };
      await queries.moveEvents(sql, round);
      await history.moveMessages(sql, round);
      return found.length;
    });
  }

  private async mergeRound(sql: Sql, pairs: readonly MergePair[], actor: string, now: Date): Promise<queries.MergeRow[]> {
    const merged = pairs.map((pair) => pair.merged);
    const survivors = pairs.map((pair) => pair.survivor);
    const contacts = new Map((await queries.lockContacts(sql, [...merged, ...survivors])).map((row) => [row.contact_id, row]));
    if (contacts.size < merged.length + survivors.length) throw new ContactGone();
    const rows = await queries.insertMerges(sql, merged, survivors, pairs.map(({ cause }) => cause), actor, now);
    const idOf = new Map(rows.map((row) => [row.merged_contact_id, row.merge_id]));
    const round = { merged, survivors, mergeIds: merged.map((contactId) => idOf.get(contactId) ?? 0) };
    await this.carryConsent(sql, pairs, contacts, now);
    await queries.shareOptOuts(sql, merged, survivors);
    await queries.moveIdentities(sql, round);
    await queries.moveEvents(sql, round);
    await queries.moveEventHistory(sql, round);
    await history.noteMoved(sql, 'joined_lists', await queries.joinLists(sql, round));
    await queries.leaveLists(sql, merged);
    await history.noteMoved(sql, 'joined_snapshots', await queries.joinSnapshots(sql, round));
    await preferences.sharePreferences(sql, merged, survivors);
    await pressure.carryFactors(sql, round, now);
    await preferences.moveSurveyAnswers(sql, round);
    const withHistory = await queries.haveHistory(sql, [...merged, ...survivors]);
    if (withHistory) await this.moveHistory(sql, round, now);
    await queries.fillSurvivors(sql, round, now);
    if (withHistory) await history.placeWithAccount(sql, survivors, now);
    await queries.dropConflicts(sql, round);
    await queries.deleteMerged(sql, merged);
    const entries = rows.flatMap((row) =>
      [row.merged_contact_id, row.survivor_id].map((contactId) => ({
        actor, action: 'contact.merged', subjectType: 'contact', subjectId: String(contactId), details: { mergeId: row.merge_id, merged: row.merged_contact_id, survivor: row.survivor_id, cause: row.cause },
      })),
    );
    await this.audit.record(sql, entries, now);
    return rows;
  }

  private async moveHistory(sql: Sql, round: queries.Round, now: Date): Promise<void> {
    await history.joinEnrollments(sql, round);
    await history.noteMoved(sql, 'enrollments', await history.moveEnrollments(sql, round));
    await history.endEnrollments(sql, round.merged, now);
    await history.noteMoved(sql, 'messages', await history.moveMessages(sql, round));
    await history.noteMoved(sql, 'decisions', await history.moveDecisions(sql, round));
    await history.noteMoved(sql, 'moved_roles', await history.moveRoles(sql, round));
    await history.noteMoved(sql, 'overtaken_matches', await matches.endOvertaken(sql, round, now));
    await history.noteMoved(sql, 'matches', await matches.moveMatches(sql, round, now));
    await handovers.moveHolds(sql, round);
    await history.noteMoved(sql, 'touches', await handovers.moveTouches(sql, round));
    await history.noteMoved(sql, 'tasks', await handovers.moveTasks(sql, round));
  }

  private async giveBack(sql: Sql, mergeId: number, merged: number, survivor: number): Promise<void> {
    await undoing.giveBackIdentities(sql, mergeId);
    await undoing.giveBackEvents(sql, mergeId);
    await undoing.partEventHistory(sql, mergeId);
    await undoing.giveBackEnrollments(sql, mergeId);
    await undoing.giveBackMessages(sql, mergeId);
    await undoing.giveBackDecisions(sql, mergeId);
    await undoing.giveBackRoles(sql, mergeId);
    await undoing.giveBackLists(sql, mergeId);
    await matches.giveBackMatches(sql, mergeId);
    await preferences.giveBackSurveyAnswers(sql, merged, survivor);
    await handovers.giveBackTouches(sql, mergeId);
    await handovers.giveBackTasks(sql, mergeId);
  }

  private async carryConsent(sql: Sql, pairs: readonly MergePair[], contacts: ReadonlyMap<number, queries.LockedContact>, now: Date): Promise<void> {
    const facts = Map.groupBy(await this.ledger.facts(sql, [...contacts.keys()]), (fact) => fact.contactId);
    const entries = pairs.flatMap(({ merged, survivor }) => {
      const [theirs, ours] = [contacts.get(merged)?.address_hash, contacts.get(survivor)?.address_hash];
      const sameAddress = !theirs || !ours || theirs.equals(ours);
      return carryOver(facts.get(merged) ?? [], facts.get(survivor) ?? [], survivor, sameAddress);
    });
    await this.ledger.append(sql, entries, now);
  }

  private async keepStricter(sql: Sql, merged: number, survivor: number, now: Date): Promise<void> {
    const facts = Map.groupBy(await this.ledger.facts(sql, [merged, survivor]), (fact) => fact.contactId);
    const [theirs, ours] = [facts.get(merged) ?? [], facts.get(survivor) ?? []];
    await this.ledger.append(sql, [...holdNo(ours, theirs, merged), ...endCarried(ours, merged, survivor)], now);
    await queries.shareOptOuts(sql, [merged, survivor], [survivor, merged]);
  }
}

/** In each round nobody stays twice, so that every statement sees one who goes for each who stays. */
function roundsOf(pairs: readonly MergePair[]): MergePair[][] {
  const rounds: { pairs: MergePair[]; survivors: Set<number> }[] = [];
  for (const pair of pairs) {
    let round = rounds.find(({ survivors }) => !survivors.has(pair.survivor));
    if (!round) rounds.push((round = { pairs: [], survivors: new Set() }));
    round.pairs.push(pair);
    round.survivors.add(pair.survivor);
  }
  return rounds.map((round) => round.pairs);
}
