import { Inject, Injectable, Logger } from '@nestjs/common';
import { DEFAULT_RETENTION, retentionTerms, type RetentionTerms } from '../../core/privacy/retention-terms.js';
import { ClosingService } from '../../customers/history/closing.service.js';
import { RetentionService } from '../../customers/history/retention.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { readSetting, type Setting, writeSetting } from '../../platform/database/settings.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { Secrets } from '../../platform/secrets.js';
import { AuditService } from '../audit.service.js';
import { ErasureService } from '../rights/erasure/erasure.service.js';
import * as queries from './retention.queries.js';
import { ROW_CLASS_NAMES, ROW_CLASSES, type RowClass, type RowClassRule } from './row-classes.js';

const TERMS: Setting = { owner: 'retention', key: 'retention' };
const DAY = 86_400_000;
const PEOPLE_AT_ONCE = 200;
const ROWS_AT_ONCE = 5_000;
const SAMPLES = 10;
/** Since the last run began: it is made up for by day. */
const OVERDUE_HOURS = 36;

export interface DueClass {
  readonly dataClass: string;
  readonly purpose: string;
  readonly count: number;
  /** Undefined where each row says itself when it ends. */
  readonly keptDays?: number | undefined;
  /** Raw events go by whole months. */
  readonly keptMonths?: number | undefined;
}

export interface RetentionPreview {
  /** The moment it was measured against. */
  readonly at: Date;
  readonly classes: readonly DueClass[];
  /** Ten of the people who would be erased, and since when they are due. */
  readonly sample: readonly { readonly contactId: number; readonly dataClass: string; readonly purpose: string; readonly dueOn: string }[];
}

/** Lets go of what was kept long enough (GDPR art. 5(1)(e)): every night, in batches that can be broken off; what went is reported. */
@Injectable()
export class DataRetentionService {
  private readonly logger = new Logger('retention');

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly erasure: ErasureService,
    private readonly closing: ClosingService,
    private readonly values: RetentionService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone' | 'eventRetentionMonths'>,
  ) {}

  async terms(): Promise<RetentionTerms> {
    const parsed = retentionTerms.safeParse((await readSetting(this.sql, TERMS)) ?? {});
    return parsed.success ? parsed.data : DEFAULT_RETENTION;
  }

  async replaceTerms(terms: RetentionTerms, actor: string): Promise<RetentionTerms> {
    const now = this.clock.now();
    const from = await this.terms();
    await this.sql.transaction(async (sql) => {
      await writeSetting(sql, TERMS, terms, actor, now);
      await this.audit.record(sql, { actor, action: 'retention.changed', subjectType: 'settings', subjectId: 'retention', details: { from, to: terms } }, now);
    });
    return terms;
  }

  /** What would go now; nothing goes. */
  async preview(now = this.clock.now()): Promise<RetentionPreview> {
    const terms = await this.terms();
    const people = await queries.countDuePeople(this.sql, now, terms);
    const rows: DueClass[] = [];
    for (const { name, keptDays } of rowClasses(terms)) {
      const count = await queries.countOldRows(this.sql, name, daysBefore(now, keptDays ?? 0));
      if (count > 0) rows.push({ dataClass: name, purpose: '', count, keptDays });
    }
    rows.push(...(await this.dueEvents(now)), ...(await this.dueValues(now)));
    const sample = await queries.duePeople(this.sql, now, terms, 0, SAMPLES);
    return {
      at: now,
      classes: [...people.map(({ data_class: dataClass, purpose, count }) => ({ dataClass, purpose, count, keptDays: dataClass === 'customer' ? terms.customer : terms.prospect })), ...rows],
      sample: sample.map((one) => ({ contactId: one.contact_id, dataClass: one.data_class, purpose: one.purpose, dueOn: one.due_on })),
    };
  }

  /** What went in each run, newest first. */
  runs(before: number, limit: number): ReturnType<typeof queries.listRuns> {
    return queries.listRuns(this.sql, before, limit);
  }

  /** Once a night; a night that broke off is taken up again where it was, and a machine that is off at night does it when it is on. */
  async runIfDue(now: Date): Promise<void> {
    const last = await queries.lastRun(this.sql);
    const isOpen = last !== undefined && last.finished_at === null;
    if (!isOpen && last && now.getTime() - last.started_at.getTime() < 20 * 3_600_000) return;
    const isOverdue = last !== undefined && now.getTime() - last.started_at.getTime() > OVERDUE_HOURS * 3_600_000;
    if (!isOpen && !isOverdue && !isNight(now, this.config.defaultTimeZone)) return;
    await this.run(now);
  }

  /** Undefined when somebody else is at it. */
  run(now: Date): Promise<number | undefined> {
    // The outer transaction only holds the lock; the work is in transactions of its own.
    return this.sql.transaction(async (holder) => ((await queries.tryLockRetention(holder)) ? this.work(now) : undefined));
  }

  private async work(now: Date): Promise<number> {
    const last = await queries.lastRun(this.sql);
    const run = last && last.finished_at === null ? last : await queries.insertRun(this.sql, now);
    const terms = await this.terms();
    await this.erasePeople(run, terms);
    await this.dropMonths(run, daysBefore(run.started_at, terms.decisions));
    for (const { name, keptDays } of rowClasses(terms)) await this.clear(run.run_id, name, daysBefore(run.started_at, keptDays ?? 0));
    await queries.deleteUnusedBatches(this.sql, daysBefore(run.started_at, terms.decisions));
    await this.clearHistory(run);
    await queries.finishRun(this.sql, run.run_id, this.clock.now());
    return run.run_id;
  }

  private async erasePeople({ run_id: runId, started_at: at }: queries.RunRow, terms: RetentionTerms): Promise<void> {
    for (let after = 0; ; ) {
      const due = await queries.duePeople(this.sql, at, terms, after, PEOPLE_AT_ONCE);
      const last = due.at(-1);
      if (!last) break;
      await retryConflicts(() =>
        this.sql.transaction(async (sql) => {
          const now = this.clock.now();
          const evidenceUntil = new Date(now.getTime() + terms.consentEvidence * DAY);
          await this.erasure.eraseContacts(sql, due.map((one) => one.contact_id), { kind: 'retention', actor: 'system', evidenceUntil }, now);
          await queries.addResults(sql, runId, due.map((one) => ({ dataClass: one.data_class, purpose: one.purpose, count: 1 })));
        }),
      );
      after = last.contact_id;
    }
    await this.erasure.keepOutside();
  }

  private async dropMonths({ run_id: runId }: queries.RunRow, before: Date): Promise<void> {
    for (const { name } of await queries.oldDecisionMonths(this.sql, before)) {
      await this.sql.transaction(async (sql) => queries.addResults(sql, runId, [{ dataClass: 'decisions', purpose: '', count: await queries.dropDecisionMonth(sql, name) }]));
    }
  }

  /**
   * Raw events, month by month, and values of attributes. A month waits for whoever writes to it, and gives up soon: what stands in the way of
   * everybody is tried again the next night, and does not keep this night open.
   */
  private async clearHistory({ run_id: runId, started_at: at }: queries.RunRow): Promise<void> {
    const note = (sql: Sql, dataClass: string, count: number): Promise<void> => queries.addResults(sql, runId, [{ dataClass, purpose: '', count }]);
    const parts = {
      events: () => this.closing.closeOldMonths(at, (sql, count) => note(sql, 'events', count)),
      'values of attributes': () => this.values.clear(at, (sql, attribute, count) => note(sql, valuesOf(attribute), count)),
    };
    for (const [what, work] of Object.entries(parts)) await work().catch((error: unknown) => this.logger.error(error, `${what}: not let go tonight`));
  }

  private async dueEvents(now: Date): Promise<DueClass[]> {
    const count = await this.closing.countOld(now);
    return count === 0 ? [] : [{ dataClass: 'events', purpose: '', count, keptMonths: this.config.eventRetentionMonths }];
  }

  /** As noted last night: values that were set since are younger than any term. */
  private async dueValues(now: Date): Promise<DueClass[]> {
    return (await this.values.countDue(now)).map(({ attribute, retentionDays, count }) => ({ dataClass: valuesOf(attribute), purpose: '', count, keptDays: retentionDays }));
  }

  private async clear(runId: number, name: RowClass, before: Date): Promise<void> {
    const seed = this.secrets.hmac('decision-pseudonym', 'seed').readBigInt64BE(0).toString();
    for (let count = ROWS_AT_ONCE; count === ROWS_AT_ONCE; ) {
      count = await this.sql.transaction(async (sql) => {
        const went = await queries.clearOldRows(sql, name, before, seed, ROWS_AT_ONCE);
        if (went > 0) await queries.addResults(sql, runId, [{ dataClass: name, purpose: '', count: went }]);
        return went;
      });
    }
  }
}

function rowClasses(terms: RetentionTerms): { name: RowClass; keptDays: number | undefined }[] {
  return ROW_CLASS_NAMES.map((name) => {
    const { term } = ROW_CLASSES[name] as RowClassRule;
    return { name, keptDays: term === undefined ? undefined : terms[term] };
  });
}

function valuesOf(attribute: string): string {
  return `values of ${attribute}`;
}

function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * DAY);
}

function isNight(now: Date, timeZone: string): boolean {
  const hour = Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(now));
  return hour >= 2 && hour < 5;
}
