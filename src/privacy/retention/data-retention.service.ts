import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_RETENTION, retentionTerms, type RetentionTerms } from '../../core/privacy/retention-terms.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { Sql } from '../../platform/database/sql.js';
import { Secrets } from '../../platform/secrets.js';
import { AuditService } from '../audit.service.js';
import { ErasureService } from '../rights/erasure/erasure.service.js';
import * as queries from './retention.queries.js';

const DAY = 86_400_000;
const PEOPLE_AT_ONCE = 200;
const ROWS_AT_ONCE = 5_000;
const SAMPLES = 10;

export interface RetentionPreview {
  /** The moment it was measured against. */
  readonly at: Date;
  readonly classes: readonly { readonly dataClass: string; readonly purpose: string; readonly count: number; readonly keptDays: number }[];
  /** Ten of the people who would be erased, and since when they are due. */
  readonly sample: readonly { readonly contactId: number; readonly dataClass: string; readonly purpose: string; readonly dueOn: string }[];
}

/** Lets go of what was kept long enough (GDPR art. 5(1)(e)): every night, in batches that can be broken off; what went is reported. */
@Injectable()
export class DataRetentionService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly erasure: ErasureService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  async terms(): Promise<RetentionTerms> {
    const parsed = retentionTerms.safeParse((await queries.readTerms(this.sql)) ?? {});
    return parsed.success ? parsed.data : DEFAULT_RETENTION;
  }

  async replaceTerms(terms: RetentionTerms, actor: string): Promise<RetentionTerms> {
    const now = this.clock.now();
    const from = await this.terms();
    await this.sql.transaction(async (sql) => {
      await queries.storeTerms(sql, terms, actor, now);
      await this.audit.record(sql, { actor, action: 'retention.changed', subjectType: 'settings', subjectId: 'retention', details: { from, to: terms } }, now);
    });
    return terms;
  }

  /** What would go now; nothing goes. */
  async preview(now = this.clock.now()): Promise<RetentionPreview> {
    const terms = await this.terms();
    const people = await queries.countDuePeople(this.sql, now, terms);
    const rows = [];
    for (const [name, keptDays] of rowClasses(terms)) {
      const count = await queries.countOldRows(this.sql, name, oldBefore(now, name, keptDays));
      if (count > 0) rows.push({ dataClass: name, purpose: '', count, keptDays });
    }
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

  /** Once a night; a night that broke off is taken up again where it was. */
  async runIfDue(now: Date): Promise<void> {
    const last = await queries.lastRun(this.sql);
    const isOpen = last !== undefined && last.finished_at === null;
    if (!isOpen && last && now.getTime() - last.started_at.getTime() < 20 * 3_600_000) return;
    if (!isOpen && !isNight(now, this.config.defaultTimeZone)) return;
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
    for (const [name, days] of rowClasses(terms)) await this.clear(run.run_id, name, oldBefore(run.started_at, name, days));
    await queries.deleteUnusedBatches(this.sql, daysBefore(run.started_at, terms.decisions));
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

  private async clear(runId: number, name: queries.RowClass, before: Date): Promise<void> {
    const seed = this.secrets.hmac('decision-pseudonym', 'seed').readBigInt64BE(0).toString();
    for (let count = ROWS_AT_ONCE; count === ROWS_AT_ONCE; ) {
      count = await this.sql.transaction(async (sql) => {
        const went = name === 'decisions_named' ? await queries.pseudonymiseDecisions(sql, before, seed, ROWS_AT_ONCE) : await queries.deleteOldRows(sql, name, before, ROWS_AT_ONCE);
        if (went > 0) await queries.addResults(sql, runId, [{ dataClass: name, purpose: '', count: went }]);
        return went;
      });
    }
  }
}

function rowClasses(terms: RetentionTerms): [queries.RowClass, number][] {
  return [['consent_evidence', terms.consentEvidence], ['opens', terms.opens], ['mailbox', terms.mailbox], ['decisions', terms.decisions], ['decisions_named', terms.decisionsNamed]];
}

/** Before which moment a row of a class is too old. A key of proofs says itself when it ends. */
function oldBefore(now: Date, name: queries.RowClass, days: number): Date {
  return name === 'consent_evidence' ? now : daysBefore(now, days);
}

function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * DAY);
}

function isNight(now: Date, timeZone: string): boolean {
  const hour = Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(now));
  return hour >= 2 && hour < 5;
}
