import { Inject, Injectable, Logger } from '@nestjs/common';
import { compileChecks } from '../../core/rule/compile-checks.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { readHorizon, readNextTransaction } from '../../platform/database/horizon.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { lockForBuilding, prepareBuilding, rebuild, rebuildChecks, saveBuilt } from './build.queries.js';
import { listLive, saveDependencies, saveWanted, tryLockRules } from './live-rules.queries.js';
import { LiveRules } from './live-rules.js';

const AGAIN_AFTER_MS = 10_000;

/**
 * Keeps the members of every segment those of its rule as it was saved last: tells the triggers what to look for, then fills new and changed
 * segments by their compiled rule. Saving never waits for it.
 */
@Injectable()
export class BuildService {
  private readonly logger = new Logger('segments');
  private rules: LiveRules | undefined;
  /** Transactions below this number may have written without the triggers looking for what the rules of `stamp` read. */
  private barrier: { readonly stamp: string; readonly transaction: number } | undefined;
  /** Builds that failed, by segment: of which rule, and when they are tried again. */
  private readonly failures = new Map<number, { readonly fingerprint: string; readonly againAt: number }>();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Builds what has to be built; gives how many segments still wait, because a transaction that began before goes on. */
  async buildPending(): Promise<{ built: number; waiting: number }> {
    const rules = await this.register();
    if (!rules) return { built: 0, waiting: 1 };
    const states = new Map((await listLive(this.sql)).map((row) => [row.segment_id, row.built]));
    const pending = [...rules.segments.values()].filter((segment) => states.get(segment.id) !== segment.fingerprint);
    if (pending.length === 0) return { built: 0, waiting: 0 };
    if (!(await this.isWatched(rules))) return { built: 0, waiting: pending.length };
    let failed = 0;
    for (const { id, key, fingerprint } of pending) {
      const failure = this.failures.get(id);
      if (failure?.fingerprint === fingerprint && performance.now() < failure.againAt) {
        failed += 1;
        continue;
      }
      try {
        await this.build(id);
        this.failures.delete(id);
      } catch (error) {
        // The others are built all the same. What takes minutes before it fails must not be done over and over.
        if (failure?.fingerprint !== fingerprint) this.logger.error(error, `segment ${key} could not be built; it is tried again every ten seconds`);
        this.failures.set(id, { fingerprint, againAt: performance.now() + AGAIN_AFTER_MS });
        failed += 1;
      }
    }
    return { built: pending.length - failed, waiting: failed };
  }

  /** Writes down what each segment should follow, and what the triggers must look for. Undefined: another process is at it. */
  private async register(): Promise<LiveRules | undefined> {
    const rules = await LiveRules.load(this.sql, this.config.defaultTimeZone, this.rules);
    if (rules === this.rules) return rules;
    const saved = await this.sql.transaction(async (sql) => {
      if (!(await tryLockRules(sql))) return false;
      const wanted = [...rules.segments.values()].map(({ id, fingerprint }) => ({ id, fingerprint, problem: null }));
      await saveWanted(sql, [...wanted, ...rules.broken.map(({ id, problem }) => ({ id, fingerprint: null, problem }))], this.clock.now());
      await saveDependencies(sql, [...rules.segments.values()].flatMap(({ dependencies }) => dependencies));
      return true;
    });
    if (!saved) return undefined;
    this.rules = rules;
    return rules;
  }

  /**
   * Who wrote before the triggers knew what to look for, and commits only after a segment was filled, would be missed: all transactions that
   * were running then must have ended first. Long imports commit in chunks, so this is a matter of moments.
   */
  private async isWatched({ stamp }: LiveRules): Promise<boolean> {
    if (this.barrier?.stamp !== stamp) this.barrier = { stamp, transaction: await readNextTransaction(this.sql) };
    return (await readHorizon(this.sql)) >= this.barrier.transaction;
  }

  /** Fills one segment. While it is locked nobody is asked about it; whoever changes meanwhile waits in the queue. */
  private async build(id: number): Promise<void> {
    await retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        await lockForBuilding(sql, id);
        await prepareBuilding(sql);
        const rules = await LiveRules.load(sql, this.config.defaultTimeZone, this.rules);
        const segment = rules.segments.get(id);
        const before = (await listLive(sql)).find((row) => row.segment_id === id);
        // A rule saved in this very moment reads what the triggers do not look for yet: the next round builds it.
        if (!segment || !before || rules !== this.rules || before.built === segment.fingerprint) return;
        const now = this.clock.now();
        const compiled = rules.book.compile(segment.rule, segment.scope, now);
        if (!compiled.ok) return;
        const { entered, left } = await rebuild(sql, segment.scope, id, compiled.value, before.built === null ? 'backfill' : 'rule changed', now);
        await rebuildChecks(sql, segment.scope, id, compileChecks(segment.rule, segment.scope, { now, timeZone: rules.timeZone, fields: rules.book.fields, segments: rules.book.segment, purposes: rules.book.purposes, campaigns: rules.book.campaigns }));
        await saveBuilt(sql, id, segment.fingerprint, now);
        this.logger.log(`segment ${segment.key} is live: ${entered} came in, ${left} left`);
      }),
    );
  }
}
