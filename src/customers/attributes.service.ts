import { Injectable } from '@nestjs/common';
import { PurposesService } from '../consent/purposes.service.js';
import { beyondPurposes, commonPurposes } from '../core/attribute/allowed-purposes.js';
import { type DataUsers, NO_USERS } from '../core/attribute/data-users.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import type { AttributeChange, EventChange } from './attribute-input.js';
import * as queries from './attributes.queries.js';
import { type AttributeProblem, type CustomValues, readAttributes } from './custom-attributes.js';
import { loadDataUsers } from './data-users.js';
import { type StoppedCampaign, tellingWhatStops } from './stopped-campaigns.js';

export type ClassificationProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'purpose_unknown'; readonly unknown: readonly string[] }
  /** A value computed from events serves no purpose that the events do not serve. */
  | { readonly kind: 'beyond_event'; readonly event: string; readonly beyond: readonly string[] }
  | { readonly kind: 'sensitive_event'; readonly event: string }
  | { readonly kind: 'computed'; readonly what: string }
  | { readonly kind: 'kept_for_good' };

/** What was changed, and which campaigns send nothing more, or to fewer people, because of it. */
export type Changed<Row> = Row & { readonly stops: readonly StoppedCampaign[] };

/** An attribute with who has it and who touches it. */
export interface KnownAttribute {
  readonly row: queries.AttributeRow;
  readonly users: DataUsers;
  /** How many contacts or accounts have a value, roughly. */
  readonly filled: { readonly count: number; readonly exact: boolean };
}

/** Standard columns that a retention may empty; the others say who somebody is, or cannot be empty. */
export const EMPTIED_COLUMNS: ReadonlySet<string> = new Set(['first_name', 'last_name', 'city', 'phone', 'job_title', 'birth_date']);

/** What each attribute and event is, and what it may be used for. Every change is in the audit trail. */
@Injectable()
export class AttributesService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly purposes: PurposesService,
    private readonly audit: AuditService,
  ) {}

  async list(filter: queries.AttributeFilter, after: readonly [string, string], limit: number): Promise<KnownAttribute[]> {
    return this.known(await queries.listAttributes(this.sql, filter, after, limit));
  }

  async find(scope: 'contact' | 'account', key: string): Promise<KnownAttribute | undefined> {
    const rows = await queries.readAttributeDefinitions(this.sql, scope, [key]);
    const [known] = await this.known(rows.filter((row) => !row.removing));
    return known;
  }

  /** Who classified it last, and when. */
  async classifiedBy(scope: 'contact' | 'account' | 'event', key: string): Promise<{ actor: string; at: Date } | null> {
    const [what, id] = scope === 'event' ? (['event', key] as const) : (['attribute', `${scope}.${key}`] as const);
    return (await queries.lastClassification(this.sql, what, id)) ?? null;
  }

  async findEvent(name: string): Promise<{ row: queries.EventDefinitionRow; users: DataUsers; computed: readonly string[] } | undefined> {
    const found = await queries.readEventDefinition(this.sql, name);
    if (!found) return undefined;
    const { computed, ...row } = found;
    return { row, users: (await loadDataUsers(this.sql)).get(`event.${name}`) ?? NO_USERS, computed };
  }

  async listEvents(unclassified: boolean | undefined, after: string, limit: number): Promise<{ row: queries.EventDefinitionRow; users: DataUsers }[]> {
    const rows = await queries.listEventDefinitions(this.sql, unclassified, after, limit);
    const users = await loadDataUsers(this.sql);
    return rows.map((row) => ({ row, users: users.get(`event.${row.name}`) ?? NO_USERS }));
  }

  /** Changes what is named; the rest stays. */
  async change(scope: 'contact' | 'account', key: string, to: AttributeChange, actor: string): Promise<Result<Changed<queries.AttributeRow>, ClassificationProblem>> {
    const unknown = await this.unknownPurposes(to.purposes ?? []);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    return this.sql.transaction(async (sql) => {
      const before = await queries.lockAttribute(sql, scope, key);
      if (!before) return err({ kind: 'missing' });
      const problem = await problemOf(sql, before, to);
      if (problem) return err(problem);
      const change = () => queries.updateAttribute(sql, scope, key, {
        nature: to.nature ?? before.nature,
        purposes: [...(to.purposes ?? before.purposes)],
        sensitive: to.sensitive ?? before.sensitive,
        label_nl: to.label?.nl ?? before.label_nl,
        label_en: to.label?.en ?? before.label_en,
        description: to.description ?? before.description,
        retention_days: to.retentionDays === undefined ? before.retention_days : to.retentionDays,
      });
      const { value: after, stops } = await tellingWhatStops(sql, change);
      const isClassified = to.purposes !== undefined || to.sensitive !== undefined || to.nature !== undefined;
      const details = isClassified ? { from: classificationOf(before), to: classificationOf(after), ...namesOf(stops) } : { fields: Object.keys(to), retentionDays: after.retention_days };
      await this.audit.record(sql, { actor, action: isClassified ? 'attribute.classified' : 'attribute.changed', subjectType: 'attribute', subjectId: `${scope}.${key}`, details }, this.clock.now());
      return ok({ ...after, stops });
    });
  }

  /** What an event may be used for; attributes computed from it can be used for no more from the same moment on. */
  async changeEvent(name: string, to: EventChange, actor: string): Promise<Result<Changed<queries.EventDefinitionRow>, ClassificationProblem>> {
    const unknown = await this.unknownPurposes(to.purposes ?? []);
    if (unknown.length > 0) return err({ kind: 'purpose_unknown', unknown });
    return this.sql.transaction(async (sql) => {
      const before = await queries.lockEventDefinition(sql, name);
      if (!before) return err({ kind: 'missing' });
      const { value: after, stops } = await tellingWhatStops(sql, async () => {
        const changed = await queries.updateEvent(sql, {
          name,
          purposes: [...(to.purposes ?? before.purposes)],
          sensitive: to.sensitive ?? before.sensitive,
          label_nl: to.label?.nl ?? before.label_nl,
          label_en: to.label?.en ?? before.label_en,
          description: to.description ?? before.description,
        });
        await this.narrowComputed(sql, changed, actor);
        return changed;
      });
      const details = { from: { purposes: before.purposes, sensitive: before.sensitive }, to: { purposes: after.purposes, sensitive: after.sensitive }, ...namesOf(stops) };
      await this.audit.record(sql, { actor, action: 'event.classified', subjectType: 'event', subjectId: name, details }, this.clock.now());
      return ok({ ...after, stops });
    });
  }

  /** Reads attributes of one contact or account by their definitions; new ones are defined, usable for the purposes given (none: for nothing until classified). */
  async read(sql: Sql, scope: 'contact' | 'account', given: CustomValues, defineFor: readonly string[], source: string | null): Promise<Result<ReadonlyMap<string, CustomValues[string]>, AttributeProblem[]>> {
    const keys = Object.keys(given);
    if (keys.length === 0) return ok(new Map());
    const defined = new Map((await queries.readAttributeDefinitions(sql, scope, keys)).map((row) => [row.key, row]));
    const { values, undefinedYet, problems } = readAttributes(given, defined);
    if (problems.length > 0) return err(problems);
    const tooMany = await queries.insertAttributes(sql, scope, undefinedYet, defineFor, source, this.clock.now());
    return tooMany.length > 0 ? err(tooMany.map((key) => ({ path: `attributes.${key}`, message: TOO_MANY }))) : ok(values);
  }

  /** Purposes named that do not exist; '*' stands for any. */
  async unknownPurposes(purposes: readonly string[]): Promise<string[]> {
    const existing = new Set((await this.purposes.all()).map((purpose) => purpose.key));
    return purposes.filter((purpose) => purpose !== '*' && !existing.has(purpose));
  }

  private async known(rows: readonly queries.AttributeRow[]): Promise<KnownAttribute[]> {
    const users = await loadDataUsers(this.sql);
    const counts = new Map<string, { count: number; share: number }>();
    for (const scope of ['contact', 'account'] as const) {
      const keys = rows.filter((row) => row.scope === scope).map(({ key }) => key);
      if (keys.length > 0) for (const { key, ...count } of await queries.countValues(this.sql, scope, keys)) counts.set(`${scope}.${key}`, count);
    }
    return rows.map((row) => {
      const name = `${row.scope}.${row.key}`;
      const { count, share } = counts.get(name) ?? { count: 0, share: 100 };
      return { row, users: users.get(name) ?? NO_USERS, filled: { count, exact: share >= 100 } };
    });
  }

  private async narrowComputed(sql: Sql, event: queries.EventDefinitionRow, actor: string): Promise<void> {
    for (const before of await queries.lockComputedFrom(sql, event.name)) {
      const after = { ...before, purposes: commonPurposes(before.purposes, event.purposes), sensitive: before.sensitive || event.sensitive };
      if (after.sensitive === before.sensitive && after.purposes.join() === before.purposes.join()) continue;
      await queries.updateAttribute(sql, 'contact', before.key, after);
      const details = { because: `event.${event.name}`, from: classificationOf(before), to: classificationOf(after) };
      await this.audit.record(sql, { actor, action: 'attribute.classified', subjectType: 'attribute', subjectId: `contact.${before.key}`, details }, this.clock.now());
    }
  }
}

const TOO_MANY = `would be one attribute too many: a source may bring ${queries.MOST_ATTRIBUTES.ofSource} different names. Put what varies into values or into events, or delete attributes that nobody uses`;

async function problemOf(sql: Sql, before: queries.AttributeRow, to: AttributeChange): Promise<ClassificationProblem | undefined> {
  if (to.retentionDays !== undefined && to.retentionDays !== null) {
    if (before.standard && !(before.scope === 'contact' && EMPTIED_COLUMNS.has(before.key))) return { kind: 'kept_for_good' };
    if (before.computation) return { kind: 'computed', what: 'its retention is that of its events' };
  }
  if (!before.computation) return undefined;
  if (to.nature === 'static') return { kind: 'computed', what: 'it is dynamic' };
  const event = await queries.lockEventDefinition(sql, before.computation.event);
  if (!event) return undefined;
  if (event.sensitive && to.sensitive === false) return { kind: 'sensitive_event', event: event.name };
  const beyond = beyondPurposes(to.purposes ?? [], event.purposes);
  return beyond.length > 0 ? { kind: 'beyond_event', event: event.name, beyond } : undefined;
}

function namesOf(stops: readonly StoppedCampaign[]): { stops?: string[] } {
  return stops.length === 0 ? {} : { stops: stops.map(({ campaign }) => campaign) };
}

function classificationOf(row: Pick<queries.AttributeRow, 'purposes' | 'sensitive' | 'nature'>): Record<string, unknown> {
  return { purposes: row.purposes, sensitive: row.sensitive, nature: row.nature };
}
