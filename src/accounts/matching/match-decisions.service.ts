import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../core/shared/result.js';
import { AccountMovesService } from '../../customers/account-moves.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import * as queries from './matches.queries.js';

export type MatchProblem =
  | { readonly kind: 'match_missing' }
  | { readonly kind: 'contact_missing' }
  | { readonly kind: 'account_missing' }
  /** The match is not (or no longer) in a state in which this can be done. */
  | { readonly kind: 'not_open'; readonly state: string }
  /** The person is in another account by now. */
  | { readonly kind: 'moved_on'; readonly accountId: number | null };

/** Takes a refusal out of the transaction, so that nothing of it stays. */
class Refused extends Error {
  constructor(readonly problem: MatchProblem) {
    super(problem.kind);
  }
}

/** What people say about matches: yes, no, back again, or "this one, whatever the rules say". */
@Injectable()
export class MatchDecisionsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly moves: AccountMovesService,
    private readonly audit: AuditService,
  ) {}

  list(filter: queries.MatchFilter, after: number, limit: number): Promise<queries.MatchRow[]> {
    return queries.listMatches(this.sql, filter, after, limit);
  }

  /** Puts the person into the proposed account. */
  accept(matchId: number, actor: string): Promise<Result<queries.MatchRow, MatchProblem>> {
    return this.decided(matchId, async (sql, match, now) => {
      if (!isInReview(match)) throw new Refused({ kind: 'not_open', state: match.state });
      await this.moved(sql, match.contact_id, match.contact_account_id, match.account_id);
      await queries.acceptMatch(sql, matchId, match.contact_account_id, actor, now);
      await this.record(sql, 'contact.match_accepted', match, actor, now);
    });
  }

  /** None of the proposed accounts: they do not come back on the same grounds. */
  reject(matchId: number, actor: string): Promise<Result<queries.MatchRow, MatchProblem>> {
    return this.decided(matchId, async (sql, match, now) => {
      if (!isInReview(match)) throw new Refused({ kind: 'not_open', state: match.state });
      await queries.endMatches(sql, [{ matchId, state: 'rejected' }], actor, now);
      await this.record(sql, 'contact.match_rejected', match, actor, now);
    });
  }

  /** Takes the person back to where he was; the account does not come back on the same grounds. */
  undo(matchId: number, actor: string): Promise<Result<queries.MatchRow, MatchProblem>> {
    return this.decided(matchId, async (sql, match, now) => {
      if (match.ended_at !== null || (match.state !== 'matched' && match.state !== 'pinned')) throw new Refused({ kind: 'not_open', state: match.state });
      if (match.contact_account_id !== match.account_id) throw new Refused({ kind: 'moved_on', accountId: match.contact_account_id });
      await this.moved(sql, match.contact_id, match.account_id, match.previous_account_id);
      await queries.endMatches(sql, [{ matchId, state: 'undone' }], actor, now);
      await this.record(sql, 'contact.match_undone', match, actor, now);
    });
  }

  /** Puts a person into an account by hand. It stands before every rule, also when the person is taken out of the account by other means; undo ends it. */
  pin(contactId: number, accountId: number, actor: string): Promise<Result<queries.MatchRow, MatchProblem>> {
    return this.undone(async (sql) => {
      await queries.lockMatching(sql);
      const place = await queries.readPlace(sql, contactId);
      if (!place) throw new Refused({ kind: 'contact_missing' });
      if (!(await queries.accountExists(sql, accountId))) throw new Refused({ kind: 'account_missing' });
      const now = this.clock.now();
      if (place.account_id !== accountId) await this.moved(sql, contactId, place.account_id, accountId);
      if (place.match_id !== null) await this.overrule(sql, place.match_id, actor, now);
      const previousAccountId = place.account_id === accountId ? null : place.account_id;
      await queries.insertMatches(sql, [{ contactId, accountId, rule: 'pinned', inputs: {}, confidence: 1, state: 'pinned', previousAccountId }], actor, now);
      await this.audit.record(sql, { actor, action: 'contact.match_pinned', subjectType: 'contact', subjectId: String(contactId), details: { accountId, previousAccountId } }, now);
      const [pinned] = (await queries.listMatches(sql, { contactId, state: 'pinned' }, 0, 200)).filter((match) => match.ended_at === null);
      if (!pinned) throw new Error('The pin that was just stored is not there.');
      return pinned;
    });
  }

  private async overrule(sql: Sql, matchId: number, actor: string, now: Date): Promise<void> {
    const standing = await queries.readMatch(sql, matchId);
    if (standing) await queries.endMatches(sql, [{ matchId, state: standing.state }], actor, now);
  }

  private async moved(sql: Sql, contactId: number, from: number | null, to: number | null): Promise<void> {
    const moved = await this.moves.move(sql, [{ contactId, from, to }]);
    if (!moved.has(contactId)) throw new Refused({ kind: 'moved_on', accountId: (await queries.readPlace(sql, contactId))?.account_id ?? null });
  }

  private decided(matchId: number, work: (sql: Sql, match: queries.MatchRow, now: Date) => Promise<void>): Promise<Result<queries.MatchRow, MatchProblem>> {
    return this.undone(async (sql) => {
      // The lock first: two people who decide about one match at once do it one after the other, and the second is told.
      await queries.lockMatching(sql);
      const match = await queries.readMatch(sql, matchId);
      if (!match) throw new Refused({ kind: 'match_missing' });
      await work(sql, match, this.clock.now());
      return (await queries.readMatch(sql, matchId)) ?? match;
    });
  }

  private async record(sql: Sql, action: string, match: queries.MatchRow, actor: string, now: Date): Promise<void> {
    const details = { matchId: match.match_id, accountId: match.account_id, rule: match.rule };
    await this.audit.record(sql, { actor, action, subjectType: 'contact', subjectId: String(match.contact_id), details }, now);
  }

  private async undone<T>(work: (sql: Sql) => Promise<T>): Promise<Result<T, MatchProblem>> {
    try {
      return ok(await retryConflicts(() => this.sql.transaction(work)));
    } catch (error) {
      if (error instanceof Refused) return err(error.problem);
      throw error;
    }
  }
}

function isInReview(match: queries.MatchRow): boolean {
  return match.state === 'review' && match.ended_at === null;
}
