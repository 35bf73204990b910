import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { engagementEvents, HALF_LIVES_KEPT, weighingKinds } from '../../core/account/compile-engagement.js';
import { dayAt } from '../../core/shared/calendar-day.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { readHorizon } from '../../platform/database/horizon.queries.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import * as accounts from './account-scores.queries.js';
import * as engagement from './engagement.queries.js';
import { judgeAccounts } from './judge-accounts.js';
import { writeOrigins } from './score-policy.queries.js';
import { type PolicyInForce, ScorePolicyService } from './score-policy.service.js';

const PEOPLE_AT_ONCE = 20_000;
const ACCOUNTS_AT_ONCE = 500;
/** Sums are brought into a new epoch before a half-life of one day could carry them past 2^1023. */
const REBASE_AFTER_DAYS = 365;
const DAY = 86_400_000;

export interface ScoreReport {
  /** People whose sums changed, accounts that were looked at, stages that changed. */
  readonly people: number;
  readonly accounts: number;
  readonly moves: number;
}

const NOTHING: ScoreReport = { people: 0, accounts: 0, moves: 0 };

/**
 * Keeps fit, engagement and stages of accounts up to date. New events are found by the cursor, exactly once; accounts by what was marked about them,
 * and by the moment at which the clock alone changes something. Several processes may call it: one works, the others find nothing to do.
 */
@Injectable()
export class ScoresService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: ScorePolicyService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  /** Everything that is due. `fullSince`: every account is looked at that was last before this moment. */
  async work(now: Date, fullSince?: Date): Promise<ScoreReport> {
    const force = await this.policies.inForce();
    if (!(await this.isDue(force, now, fullSince))) return NOTHING;
    let report = { ...NOTHING, people: (await this.inTurn((sql) => this.follow(sql, force, now, fullSince))) ?? 0 };
    for (let people = await this.inTurn((sql) => this.rebuild(sql, force, now)); people; people = await this.inTurn((sql) => this.rebuild(sql, force, now))) report = { ...report, people: report.people + people };
    for (let looked = await this.inTurn((sql) => this.look(sql, force, now)); looked; looked = await this.inTurn((sql) => this.look(sql, force, now))) {
      report = { ...report, accounts: report.accounts + looked.accounts, moves: report.moves + looked.moves };
    }
    return report;
  }

  /** Everybody anew, because somebody asks. */
  async refreshAll(actor: string): Promise<ScoreReport> {
    const now = this.clock.now();
    await this.inTurn((sql) => engagement.markEverybody(sql));
    const report = await this.work(now, now);
    if (actor !== 'system') await this.audit.record(this.sql, { actor, action: 'scores.refreshed', subjectType: 'score_policy', details: { ...report } }, now);
    return report;
  }

  private async isDue(force: PolicyInForce, now: Date, fullSince: Date | undefined): Promise<boolean> {
    const state = await engagement.readState(this.sql);
    if (state.people_by !== peopleBy(force) || state.accounts_by !== accountsBy(force) || isBefore(state.full_at, fullSince)) return true;
    return engagement.anythingNew(this.sql, state.cursor_xid, await readHorizon(this.sql), now);
  }

  /** Takes in what the cursor has not passed. Under other rules than last time everybody is marked, and the cursor begins where it is now. */
  private async follow(sql: Sql, force: PolicyInForce, now: Date, fullSince: Date | undefined): Promise<number> {
    const state = await this.rebased(sql, force, await engagement.readState(sql), now);
    const to = await readHorizon(sql);
    const { kinds, perDay } = force.usable.engagement;
    let people = 0;
    if (state.people_by === peopleBy(force)) {
      const stretch = { from: state.cursor_xid, to };
      people = await engagement.addEngagement(sql, stretch, { policy: { kinds, perDay }, now, epoch: state.epoch });
      await engagement.noteAhead(sql, stretch, engagementEvents(kinds), now);
    } else {
      await engagement.markEverybody(sql);
      await engagement.noteAhead(sql, { from: 0, to }, engagementEvents(kinds), now);
    }
    const isFull = isBefore(state.full_at, fullSince) || state.full_at === null || state.accounts_by !== accountsBy(force);
    if (isFull) {
      await accounts.queueEverybody(sql);
      await engagement.dropOldDays(sql, new Map(weighingKinds(kinds).map(({ key, halfLifeDays }) => [key, halfLifeDays * HALF_LIVES_KEPT])), now);
    }
    if (state.accounts_by !== accountsBy(force)) await noteOrigins(sql, force);
    await engagement.writeState(sql, { ...state, cursor_xid: to, people_by: peopleBy(force), accounts_by: accountsBy(force), full_at: isFull ? now : state.full_at });
    return people;
  }

  private async rebased(sql: Sql, force: PolicyInForce, state: engagement.ScoreState, now: Date): Promise<engagement.ScoreState> {
    const today = dayAt(now, 'UTC');
    const days = (now.getTime() - Date.parse(state.epoch)) / DAY;
    // The clock of a test or a simulation may stand before the epoch, too.
    if (Math.abs(days) <= REBASE_AFTER_DAYS) return state;
    await engagement.rebase(sql, state.epoch, today);
    return { ...state, epoch: today };
  }

  private async rebuild(sql: Sql, { usable }: PolicyInForce, now: Date): Promise<number> {
    const people = await engagement.takeAgain(sql, now, PEOPLE_AT_ONCE);
    if (people.length === 0) return 0;
    const { cursor_xid: cursor, epoch } = await engagement.readState(sql);
    await engagement.rebuildEngagement(sql, people, cursor, { policy: usable.engagement, now, epoch });
    return people.length;
  }

  private async look(sql: Sql, { usable, fields }: PolicyInForce, now: Date): Promise<{ accounts: number; moves: number } | undefined> {
    const ids = await accounts.takeAccounts(sql, now, ACCOUNTS_AT_ONCE);
    if (ids.length === 0) return undefined;
    const { epoch } = await engagement.readState(sql);
    const rows = await accounts.readAccountsToScore(sql, ids, now);
    const fit = await accounts.readFit(sql, usable.fit.conditions, { fields, segments: () => undefined, now, timeZone: this.config.defaultTimeZone, only: ids });
    const { scored, changes } = judgeAccounts(rows, await accounts.readPeopleSums(sql, ids, now), new Map(fit.map(({ account_id: id, met }) => [id, met])), usable, new Date(epoch), now);
    await accounts.storeScores(sql, scored, now);
    await accounts.writeAccounts(sql, scored);
    await accounts.insertStageChanges(sql, changes, now);
    return { accounts: ids.length, moves: changes.length };
  }

  /** Undefined: somebody else is at it. */
  private inTurn<T>(work: (sql: Sql) => Promise<T>): Promise<T | undefined> {
    return retryConflicts(() => this.sql.transaction(async (sql) => ((await engagement.tryLockScores(sql)) ? work(sql) : undefined)));
  }
}

/** What people's sums depend on; another one means that everybody is worked out anew. */
function peopleBy({ usable: { engagement: policy } }: PolicyInForce): string {
  return fingerprint([policy.kinds, policy.perDay]);
}

function accountsBy({ usable, fitReads, engagementReads }: PolicyInForce): string {
  return fingerprint([usable, fitReads, engagementReads]);
}

function fingerprint(of: unknown): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('base64url');
}

async function noteOrigins(sql: Sql, { fitReads, engagementReads }: PolicyInForce): Promise<void> {
  await writeOrigins(sql, ['fit_score', 'fit_grade'], fitReads);
  await writeOrigins(sql, ['engagement_score'], engagementReads);
  await writeOrigins(sql, ['account_stage'], [...fitReads, ...engagementReads]);
}

function isBefore(moment: Date | null, limit: Date | undefined): boolean {
  return limit !== undefined && (moment === null || moment < limit);
}
