import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { MatchRule } from '../../core/account/match-account.js';
import { AccountMovesService } from '../../customers/account-moves.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { PortfolioPolicyService } from '../portfolio/policy.service.js';
import { domainKnowledge } from './domain-knowledge.js';
import * as queriesOfNames from './evidence.queries.js';
import { type Judged, judgeBatch, nameKeys } from './load-evidence.js';
import * as queries from './matches.queries.js';

const BATCH = 1_000;
const KEYED_AT_ONCE = 5_000;

export interface MatchReport {
  /** People without an account who were looked at. */
  readonly examined: number;
  readonly matched: number;
  /** New in the review queue, or there with other grounds than before. */
  readonly review: number;
  readonly byRule: Readonly<Partial<Record<MatchRule, number>>>;
}

export const NOTHING: MatchReport = { examined: 0, matched: 0, review: 0, byRule: {} };

/** Finds the accounts of people who have none. */
@Injectable()
export class MatchingService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly moves: AccountMovesService,
    private readonly policies: PortfolioPolicyService,
    private readonly audit: AuditService,
  ) {}

  /** Looks at everybody without an account, in stretches of a thousand, until the time is up; gives where it came to (null: the end). */
  async matchAll(options: { dryRun: boolean; by: string; after?: number; until?: number; onProgress?: (report: MatchReport) => void }): Promise<MatchReport & { next: number | null }> {
    let report = NOTHING;
    let after = options.after ?? 0;
    for (;;) {
      const ids = await queries.listUnmatched(this.sql, after, BATCH);
      const last = ids.at(-1);
      if (last === undefined) break;
      report = sum(report, await this.matchBatch(ids, options));
      options.onProgress?.(report);
      after = last;
      if (options.until !== undefined && performance.now() >= options.until) return { ...report, next: after };
    }
    if (!options.dryRun) await this.told(report, options.by);
    return { ...report, next: null };
  }

  /** Looks at those who came in or changed since the last time, until nobody waits or the time is up. */
  async matchQueued(until = Infinity): Promise<MatchReport> {
    let report = NOTHING;
    if (!(await this.policies.current()).matching.automatic) {
      await queries.emptyQueue(this.sql); // whoever switches it on again has everybody looked at by night, or at once on demand
      return report;
    }
    while (performance.now() < until) {
      const queued = await queries.readQueue(this.sql, BATCH);
      if (queued.length === 0) break;
      report = sum(report, await this.matchBatch([...new Set(queued.map((row) => row.contact_id))], { dryRun: false, by: 'system' }));
      // Only now: what a crash interrupts is done again, and finds the same.
      await queries.dropQueued(this.sql, queued.map((row) => row.queue_id));
    }
    await this.told(report, 'system');
    return report;
  }

  queueEverybody(): Promise<number> {
    return queries.queueEverybody(this.sql);
  }

  private async matchBatch(contactIds: readonly number[], { dryRun, by }: { dryRun: boolean; by: string }): Promise<MatchReport> {
    await this.keyNames();
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        const { matching } = await this.policies.current(sql);
        if (!dryRun) await queries.lockMatching(sql);
        const judged = await judgeBatch(sql, contactIds, matching, domainKnowledge(matching.sharedDomains));
        return dryRun ? reportOf(judged.filter((one) => !standsAlready(one)), judged.length) : this.store(sql, judged, by);
      }),
    );
  }

  /** Brings the keys of names up to date; a transaction of its own, before any bucket is locked. */
  private async keyNames(): Promise<void> {
    for (;;) {
      const unkeyed = await queriesOfNames.listUnkeyed(this.sql, KEYED_AT_ONCE);
      if (unkeyed.length === 0) return;
      await retryConflicts(() => queriesOfNames.keyNames(this.sql, unkeyed.map((row) => row.account_id), unkeyed.map(({ name }) => nameKeys(name))));
    }
  }

  private async store(sql: Sql, judged: readonly Judged[], by: string): Promise<MatchReport> {
    const now = this.clock.now();
    const found = judged.flatMap(({ contactId, result }) => (result.kind === 'matched' ? [{ contactId, from: null, to: result.accountId }] : []));
    const moved = await this.moves.move(sql, found);
    // Whoever got an account meanwhile needs none of ours.
    const kept = judged.filter(({ contactId, result }) => result.kind !== 'matched' || moved.has(contactId));
    const changed = kept.filter((one) => !standsAlready(one));
    await queries.endMatches(sql, changed.flatMap(({ standing }) => (standing ? [{ matchId: standing.match_id, state: standing.state === 'matched' ? 'undone' : standing.state }] : [])), by, now);
    const fresh = changed.flatMap(({ contactId, result }): queries.NewMatch[] => {
      if (result.kind === 'none') return [];
      const { accountId, rule, inputs, confidence } = result;
      return [{ contactId, accountId, rule, inputs, confidence, state: result.kind === 'review' ? 'review' : rule === 'pinned' ? 'pinned' : 'matched', previousAccountId: null }];
    });
    await queries.insertMatches(sql, fresh, by, now);
    return reportOf(changed, judged.length);
  }

  private async told(report: MatchReport, by: string): Promise<void> {
    if (report.matched + report.review === 0) return;
    await this.audit.record(this.sql, { actor: by, action: 'account_match.ran', subjectType: 'account_match', details: { ...report } }, this.clock.now());
  }
}

/** The same proposal stands already: nothing is written, so that running twice is running once. */
function standsAlready({ standing, result }: Judged): boolean {
  if (result.kind === 'none') return standing === undefined;
  if (result.kind !== 'review' || standing?.state !== 'review') return false;
  return standing.account_id === result.accountId && standing.rule === result.rule && isDeepStrictEqual(standing.inputs, result.inputs);
}

function reportOf(judged: readonly Judged[], examined: number): MatchReport {
  const byRule: Partial<Record<MatchRule, number>> = {};
  for (const { result } of judged) if (result.kind === 'matched') byRule[result.rule] = (byRule[result.rule] ?? 0) + 1;
  const count = (kind: string): number => judged.filter(({ result }) => result.kind === kind).length;
  return { examined, matched: count('matched'), review: count('review'), byRule };
}

function sum(one: MatchReport, other: MatchReport): MatchReport {
  const byRule = { ...one.byRule };
  for (const [rule, count] of Object.entries(other.byRule) as [MatchRule, number][]) byRule[rule] = (byRule[rule] ?? 0) + count;
  return { examined: one.examined + other.examined, matched: one.matched + other.matched, review: one.review + other.review, byRule };
}
