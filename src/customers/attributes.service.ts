import { Injectable } from '@nestjs/common';
import { PurposesService } from '../consent/purposes.service.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import * as queries from './attributes.queries.js';
import { type AttributeProblem, type CustomValues, readAttributes } from './custom-attributes.js';

export interface Classification {
  /** What the data may be used for: keys of purposes, ['*'] for any, [] for nothing. */
  readonly purposes: readonly string[];
  /** Special category (GDPR art. 9): needs explicit consent. */
  readonly sensitive: boolean;
  readonly nature?: 'static' | 'dynamic' | undefined;
}

export type ClassificationProblem = { readonly kind: 'missing' } | { readonly kind: 'purpose_unknown'; readonly unknown: readonly string[] };

/** What each attribute and event is, and what it may be used for. Every change is in the audit trail. */
@Injectable()
export class AttributesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly purposes: PurposesService,
    private readonly audit: AuditService,
  ) {}

  list(scope: string | null, after: readonly [string, string], limit: number): Promise<queries.AttributeRow[]> {
    return queries.listAttributes(this.sql, scope, after, limit);
  }

  listEvents(after: string, limit: number): Promise<queries.EventDefinitionRow[]> {
    return queries.listEventDefinitions(this.sql, after, limit);
  }

  async classify(scope: 'contact' | 'account', key: string, to: Classification, actor: string): Promise<Result<queries.AttributeRow, ClassificationProblem>> {
    const unknown = await this.unknownPurposes(to.purposes);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    return this.sql.transaction(async (sql) => {
      const before = await queries.lockAttribute(sql, scope, key);
      if (!before) return err({ kind: 'missing' });
      const after = await queries.classifyAttribute(sql, { scope, key, nature: to.nature ?? before.nature, purposes: [...to.purposes], sensitive: to.sensitive });
      const details = { from: classificationOf(before), to: classificationOf(after) };
      await this.audit.record(sql, { actor, action: 'attribute.classified', subjectType: 'attribute', subjectId: `${scope}.${key}`, details }, this.clock.now());
      return ok(after);
    });
  }

  async classifyEvent(name: string, to: Classification, actor: string): Promise<Result<queries.EventDefinitionRow, ClassificationProblem>> {
    const unknown = await this.unknownPurposes(to.purposes);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    return this.sql.transaction(async (sql) => {
      const before = await queries.lockEventDefinition(sql, name);
      if (!before) return err({ kind: 'missing' });
      const after = await queries.classifyEvent(sql, { name, purposes: [...to.purposes], sensitive: to.sensitive });
      const details = { from: { purposes: before.purposes, sensitive: before.sensitive }, to: { purposes: after.purposes, sensitive: after.sensitive } };
      await this.audit.record(sql, { actor, action: 'event.classified', subjectType: 'event', subjectId: name, details }, this.clock.now());
      return ok(after);
    });
  }

  /** Reads attributes of one contact or account by their definitions; new ones are defined, usable for the purposes given (none: for nothing until classified). */
  async read(sql: Sql, scope: 'contact' | 'account', given: CustomValues, defineFor: readonly string[], source: string | null): Promise<Result<ReadonlyMap<string, CustomValues[string]>, AttributeProblem[]>> {
    const keys = Object.keys(given);
    if (keys.length === 0) return ok(new Map());
    const defined = new Map((await queries.readAttributeDefinitions(sql, scope, keys)).map((row) => [row.key, row]));
    const { values, undefinedYet, problems } = readAttributes(given, defined);
    if (problems.length > 0) return err(problems);
    await queries.insertAttributes(sql, scope, undefinedYet, defineFor, source, this.clock.now());
    return ok(values);
  }

  /** Purposes named that do not exist; '*' stands for any. */
  async unknownPurposes(purposes: readonly string[]): Promise<string[]> {
    const existing = new Set((await this.purposes.all()).map((purpose) => purpose.key));
    return purposes.filter((purpose) => purpose !== '*' && !existing.has(purpose));
  }
}

function classificationOf(row: queries.AttributeRow): Record<string, unknown> {
  return { purposes: row.purposes, sensitive: row.sensitive, nature: row.nature };
}
