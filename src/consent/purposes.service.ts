import { Injectable } from '@nestjs/common';
import { type Purpose, type PurposeInput, purposeInput } from '../core/consent/purpose.js';
import { type BalancingInput, balancingText } from '../core/consent/balancing.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { type BalancingRow, insertAssessment, listAssessments } from './balancing.queries.js';
import { insertPurpose, lockPurpose, readPurposes, retirePurpose, updatePurpose } from './purposes.queries.js';

// Another process learns of a change within this time; this one at once. The claim for delivery reads consents, not this.
const FRESH_FOR_MS = 5_000;
// A key that is not known may have been made by another process just now: look again, but not once per row of an import that names a wrong one.
const LOOK_AGAIN_AFTER_MS = 250;

export type PurposeProblem =
  | { kind: 'purpose_exists' }
  | { kind: 'purpose_missing' }
  | { kind: 'purpose_invalid'; problems: { path: string; message: string }[] };

/** The purposes: a small table that every decision looks at, so it is kept in memory for a moment. */
@Injectable()
export class PurposesService {
  private cached: { purposes: Promise<ReadonlyMap<string, Purpose>>; readAt: number } | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  /** All purposes, retired ones too, oldest first. */
  async all(): Promise<Purpose[]> {
    return [...(await this.byKey()).values()];
  }

  async get(key: string): Promise<Purpose | undefined> {
    return (await this.byKey()).get(key) ?? (await this.byKey(LOOK_AGAIN_AFTER_MS)).get(key);
  }

  /** A purpose that rests on legitimate interest comes with how it was weighed. */
  async create(input: PurposeInput, actor: string, balancing?: BalancingInput): Promise<Result<Purpose, PurposeProblem>> {
    const now = this.clock.now();
    const made = await this.sql.transaction(async (sql) => {
      const purpose = await insertPurpose(sql, input, now);
      if (purpose && balancing) await insertAssessment(sql, input.key, balancing, balancingText(balancing), actor, now);
      if (purpose) await this.audit.record(sql, { actor, action: 'purpose.created', subjectType: 'purpose', subjectId: input.key, details: { purpose: input } }, now);
      return purpose;
    });
    this.forget();
    return made ? ok(made) : err({ kind: 'purpose_exists' });
  }

  /** Changes the fields named; what comes of it must be a whole purpose again. */
  async change(key: string, changes: Record<string, unknown>, actor: string): Promise<Result<Purpose, PurposeProblem>> {
    const now = this.clock.now();
    const result = await this.sql.transaction(async (sql): Promise<Result<Purpose, PurposeProblem>> => {
      const before = await lockPurpose(sql, key);
      if (!before) return err({ kind: 'purpose_missing' });
      const { retiredAt: _, validUntil, ...fields } = before;
      const parsed = purposeInput.safeParse({ ...fields, validUntil: validUntil?.toISOString() ?? null, ...changes, key });
      if (!parsed.success) return err({ kind: 'purpose_invalid', problems: parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })) });
      const after = await updatePurpose(sql, parsed.data, now);
      if (!after) return err({ kind: 'purpose_missing' });
      const details = Object.fromEntries(Object.keys(changes).map((field) => [field, { from: before[field as keyof Purpose], to: after[field as keyof Purpose] }]));
      await this.audit.record(sql, { actor, action: 'purpose.changed', subjectType: 'purpose', subjectId: key, details }, now);
      return ok(after);
    });
    this.forget();
    return result;
  }

  /** From now on nothing is sent for it. It is never deleted: ledgers and unsubscribe links of old mail refer to it. */
  async retire(key: string, actor: string): Promise<Result<Purpose, PurposeProblem>> {
    const now = this.clock.now();
    const retired = await this.sql.transaction(async (sql) => {
      const before = await lockPurpose(sql, key);
      const purpose = await retirePurpose(sql, key, now);
      if (purpose && before?.retiredAt === null) await this.audit.record(sql, { actor, action: 'purpose.retired', subjectType: 'purpose', subjectId: key }, now);
      return purpose;
    });
    this.forget();
    return retired ? ok(retired) : err({ kind: 'purpose_missing' });
  }

  /** A version of the balancing test. From now on the purpose may rest on legitimate interest. */
  async assess(key: string, input: BalancingInput, actor: string): Promise<Result<BalancingRow, 'purpose_missing' | 'in_future'>> {
    const now = this.clock.now();
    // A day ahead: where it is tomorrow already, today is a day that counts.
    if (input.assessedOn > new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10)) return err('in_future');
    const result = await this.sql.transaction(async (sql): Promise<Result<BalancingRow, 'purpose_missing'>> => {
      if (!(await lockPurpose(sql, key))) return err('purpose_missing');
      const row = await insertAssessment(sql, key, input, balancingText(input), actor, now);
      await this.audit.record(sql, { actor, action: 'purpose.assessed', subjectType: 'purpose', subjectId: key, details: { version: row.version, ...input } }, now);
      return ok(row);
    });
    this.forget();
    return result;
  }

  assessments(key: string): Promise<BalancingRow[]> {
    return listAssessments(this.sql, key);
  }

  /** Forgets what is in memory, after purposes were written past this service. */
  forget(): void {
    this.cached = undefined;
  }

  private byKey(freshForMs = FRESH_FOR_MS): Promise<ReadonlyMap<string, Purpose>> {
    const now = performance.now();
    if (!this.cached || now - this.cached.readAt > freshForMs) {
      const purposes = readPurposes(this.sql).then((rows) => new Map(rows.map((row) => [row.key, row])));
      this.cached = { purposes, readAt: now };
      purposes.catch(() => this.forget()); // a database that was away for a moment is asked again
    }
    return this.cached.purposes;
  }
}
