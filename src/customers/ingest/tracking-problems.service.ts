import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { TrackingProblem } from './tracking-problem.js';
import { type ConflictRow, countProblems, listConflicts, listProblems, type ProblemRow } from './tracking-problems.queries.js';

const WRITE_EVERY_MS = 1_000;

/**
 * What of the data sent in was refused or dropped: counted per key and kind, with the last sample. Counted in memory and added up once a second, so that
 * a client that does everything wrong costs no more than one that does it right.
 */
@Injectable()
export class TrackingProblemsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('tracking');
  private readonly counter: Counter;
  private counted = new Map<string, { writeKeyId: number; kind: string; count: number; at: Date; sample: Record<string, unknown> }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.counter = new Counter({ name: 'tactful_tracking_problems_total', help: 'Data sent in that was refused or dropped, by kind', labelNames: ['kind'], registers: [metrics.registry] });
  }

  note(writeKeyId: number, problem: TrackingProblem): void {
    const { kind, ...sample } = problem;
    this.counter.inc({ kind });
    const subject = `${writeKeyId} ${kind}`;
    const count = (this.counted.get(subject)?.count ?? 0) + 1;
    this.counted.set(subject, { writeKeyId, kind, count, at: this.clock.now(), sample });
    this.timer ??= setTimeout(() => void this.write().catch((error: unknown) => this.logger.error(error, 'counts of problems are kept and written later')), WRITE_EVERY_MS);
  }

  async list(writeKeyId: number | null, after: readonly [number, string], limit: number): Promise<ProblemRow[]> {
    await this.write();
    return listProblems(this.sql, writeKeyId, after, limit);
  }

  conflicts(contactId: number | null, after: readonly [number, number, string], limit: number): Promise<ConflictRow[]> {
    return listConflicts(this.sql, contactId, after, limit);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.write().catch((error: unknown) => this.logger.error(error, 'the last counts of problems are lost'));
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const taken = this.counted;
    if (taken.size === 0) return;
    this.counted = new Map();
    try {
      await countProblems(this.sql, [...taken.values()]);
    } catch (error) {
      for (const [subject, one] of taken) this.counted.set(subject, { ...one, count: one.count + (this.counted.get(subject)?.count ?? 0) });
      throw error;
    }
  }
}
