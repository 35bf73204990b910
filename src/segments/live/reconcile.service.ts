import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { prepareBuilding } from './build.queries.js';
import { LiveRules, type LiveSegment } from './live-rules.js';
import { countMarks, type DifferenceRow, listDifferences, markForRepair, saveReconciliation, takeForReconciling } from './reconcile.queries.js';

const HOUR = 3_600_000;
/** While so many wait to be asked, comparing tells little. */
const BUSY = 20_000;

export interface Reconciled {
  readonly segment: string;
  readonly missing: number;
  readonly surplus: number;
}

/** Compares the members of each segment with its compiled rule, calmly and again and again. There should be no difference; one is told, and mended. */
@Injectable()
export class ReconcileService {
  private readonly logger = new Logger('segments');
  private readonly differences: Counter;
  private rules: LiveRules | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.differences = new Counter({ name: 'tactful_segment_differences_total', help: 'Members that a full comparison found missing or surplus', labelNames: ['kind'], registers: [metrics.registry] });
  }

  /** The segment whose turn it is; undefined when none is due. */
  async reconcileNext(): Promise<Reconciled | undefined> {
    if ((await countMarks(this.sql)) > BUSY) return undefined;
    const now = this.clock.now();
    const id = await takeForReconciling(this.sql, new Date(now.getTime() - this.config.reconcileHours * HOUR), now);
    return id === undefined ? undefined : this.reconcile(id);
  }

  async reconcile(id: number): Promise<Reconciled | undefined> {
    this.rules = await LiveRules.load(this.sql, this.config.defaultTimeZone, this.rules);
    const segment = this.rules.segments.get(id);
    if (!segment) return undefined;
    const started = performance.now();
    const found = await this.find(segment, this.rules);
    const missing = found.filter((row) => row.missing).length;
    const surplus = found.length - missing;
    await this.sql.transaction(async (sql) => {
      if (found.length > 0) await markForRepair(sql, segment.scope, id, found.map((row) => row.id));
      await saveReconciliation(sql, { segmentId: id, at: this.clock.now(), missing, surplus, tookMs: Math.round(performance.now() - started) });
    });
    if (found.length > 0) {
      this.differences.inc({ kind: 'missing' }, missing);
      this.differences.inc({ kind: 'surplus' }, surplus);
      this.logger.warn(`segment ${segment.key} was not as its rule has it: ${missing} were missing, ${surplus} too many (such as ${found.slice(0, 3).map((row) => row.id).join(', ')}); they are asked again`);
    }
    return { segment: segment.key, missing, surplus };
  }

  /** Found twice, or it was nothing: between reading the clock and reading the tables something may have happened that the first look calls future. */
  private async find(segment: LiveSegment, rules: LiveRules): Promise<DifferenceRow[]> {
    const first = await this.look(segment, rules);
    return first.length === 0 ? first : this.look(segment, rules, first.map((row) => row.id));
  }

  private look(segment: LiveSegment, rules: LiveRules, among?: readonly number[]): Promise<DifferenceRow[]> {
    return this.sql.transaction(async (sql) => {
      await prepareBuilding(sql);
      const now = this.clock.now();
      const compiled = rules.book.compile(segment.rule, segment.scope, now, among);
      return compiled.ok ? listDifferences(sql, segment, compiled.value, now, among) : [];
    });
  }
}
