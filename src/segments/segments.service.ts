import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type Rule, scopeSchema, type Scope } from '../core/rule/rule.js';
import { type TouchedData, touchedBehindLists } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { loadListOrigins } from '../customers/data-users.js';
import { type StoppedCampaign, tellingWhatStops } from '../customers/stopped-campaigns.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { countMembers } from './membership.queries.js';
import { inList, RuleBook, type Sentence } from './rule-book.js';
import { RULE_LANGUAGE } from './rule-language.js';
import { readWithin } from './limited-reading.js';
import type { SegmentProblem } from './segment-problem.js';
import { deleteSegment, findSegment, findSegments, holdSegments, insertSegment, listSegments, listUsingCampaigns, lockSegment, lockSegments, readRulesStamp, type SegmentRow, updateSegment, type UsingCampaign } from './segments.queries.js';
import { deleteSnapshotsOf } from './snapshots.queries.js';
import { findVersion, insertVersion } from './versions.queries.js';

export const segmentKey = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'A key begins with a small letter and holds up to 63 small letters, digits and hyphens.');
/** Any JSON: parseRule reads it, which counts its depth before anything recurses into it. */
export const ruleInput = z.custom<unknown>((value) => value !== undefined, 'Give a rule.').meta({
  description: RULE_LANGUAGE,
  examples: [
    {
      kind: 'all',
      conditions: [
        { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' },
        { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } },
        { kind: 'account', rule: { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: 50 } },
      ],
    },
  ],
});

const named = {
  name: z.string().trim().min(1, 'Give the segment a name.').max(200),
  description: z.string().trim().max(2_000).default(''),
  scope: scopeSchema,
  rule: ruleInput,
};
export const newSegment = z.strictObject({ key: segmentKey, ...named });
export const changedSegment = z.strictObject({ ...named, version: z.int().positive().optional() });

export interface Audience {
  readonly scope: Scope;
  /** A SELECT of one column, contact_id or account_id; its parameters are $1 … $n. */
  readonly text: string;
  readonly params: unknown[];
  readonly touches: TouchedData;
  readonly version: number;
}

export interface AudienceFailure {
  readonly kind: 'segment_missing' | 'segment_invalid';
  readonly detail: string;
}

export interface SegmentSummary extends Omit<SegmentRow, 'segment_id'> {
  readonly sentence: Sentence | undefined;
  /** After a change: the campaigns that send nothing more, or to fewer people, because the rule now reads what their purposes may not use. */
  readonly stops?: readonly StoppedCampaign[];
}

export interface SegmentDetails extends SegmentSummary {
  readonly touches: TouchedData | undefined;
  readonly usedBy: { readonly campaigns: readonly UsingCampaign[]; readonly segments: readonly string[] };
}

/** Definitions of segments, and the statement that selects who is in one. */
@Injectable()
export class SegmentsService {
  private known: { readonly stamp: string; readonly book: RuleBook } | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The statement that selects a segment's members as of `now`, or those of `only` who are. Fails with a sentence when there is no such segment, or its rule no longer fits the data. */
  async audience(key: string, now: Date, only?: readonly number[]): Promise<Result<Audience, AudienceFailure>> {
    const row = await findSegment(this.sql, key);
    return this.audienceOf(key, row, await this.currentBook(), now, only);
  }

  /** Of several segments, by key: two statements, while no rule changes. */
  async audiences(keys: readonly string[], now: Date): Promise<ReadonlyMap<string, Result<Audience, AudienceFailure>>> {
    const asked = [...new Set(keys)];
    const rows = new Map((await findSegments(this.sql, asked)).map((row) => [row.key, row]));
    const book = await this.currentBook();
    const audiences = new Map<string, Result<Audience, AudienceFailure>>();
    for (const key of asked) audiences.set(key, await this.audienceOf(key, rows.get(key), book, now));
    return audiences;
  }

  private async audienceOf(key: string, row: SegmentRow | undefined, book: RuleBook, now: Date, only?: readonly number[]): Promise<Result<Audience, AudienceFailure>> {
    if (!row) return err({ kind: 'segment_missing', detail: `There is no segment “${key}”.` });
    // A list is read as the rule that somebody is in it, so that all that can be asked of a segment can be asked of a list.
    const rule = row.kind === 'list' ? book.read(inList(key), row.scope) : book.read(row.rule, row.scope, key);
    const compiled = rule.ok ? book.compile(rule.value, row.scope, now, only) : rule;
    if (!rule.ok || !compiled.ok) {
      const problems = compiled.ok ? [] : compiled.error;
      return err({ kind: 'segment_invalid', detail: `The rule of segment “${key}” cannot be used: ${problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(' ')}` });
    }
    return ok({ scope: row.scope, ...compiled.value, touches: await this.touches(book, rule.value, row.scope), version: row.version });
  }

  async count(key: string): Promise<Result<number, SegmentProblem>> {
    const audience = await this.audience(key, this.clock.now());
    if (!audience.ok) {
      return err(audience.error.kind === 'segment_missing' ? { kind: 'segment_missing', key } : { kind: 'rule_invalid', problems: [{ path: '', message: audience.error.detail }] });
    }
    return readWithin(this.sql, (sql) => countMembers(sql, audience.value));
  }

  async list(afterKey: string, limit: number): Promise<SegmentSummary[]> {
    const [rows, book] = [await listSegments(this.sql, afterKey, limit), await this.book(this.sql)];
    return rows.map((row) => summaryOf(row, book));
  }

  async find(key: string): Promise<SegmentDetails | undefined> {
    const row = await findSegment(this.sql, key);
    if (!row) return undefined;
    const book = await this.book(this.sql);
    const rule = book.selecting(key)?.rule;
    return {
      ...summaryOf(row, book),
      touches: rule && (await this.touches(book, rule, row.scope)),
      usedBy: { campaigns: await listUsingCampaigns(this.sql, key), segments: book.users(key) },
    };
  }

  /** Keeps segments from being deleted until the transaction ends. Gives the keys that are there. */
  hold(sql: Sql, keys: readonly string[]): Promise<string[]> {
    return holdSegments(sql, keys);
  }

  create(input: z.input<typeof newSegment>, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const segment = newSegment.parse(input);
      await lockSegments(sql);
      const rule = (await this.book(sql)).read(segment.rule, segment.scope, segment.key);
      if (!rule.ok) return err({ kind: 'rule_invalid', problems: rule.error });
      const row = await insertSegment(sql, { ...segment, rule: rule.value }, actor, this.clock.now());
      if (!row) return err({ kind: 'segment_exists', key: segment.key });
      return this.saved(sql, 'segment.created', row, rule.value, actor);
    });
  }

  /** Replaces name, description and rule; the scope stays what it was. With `version`, only if nobody changed the rule since. */
  change(key: string, input: z.input<typeof changedSegment>, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      const segment = changedSegment.parse(input);
      await lockSegments(sql);
      const before = await findSegment(sql, key);
      if (!before) return err({ kind: 'segment_missing', key });
      if (before.kind === 'list') return err({ kind: 'is_list', key });
      if (before.scope !== segment.scope) return err({ kind: 'scope_fixed', scope: before.scope });
      if (segment.version !== undefined && segment.version !== before.version) return err({ kind: 'segment_changed', version: before.version });
      return this.replace(sql, before, segment, actor);
    });
  }

  /** Takes the rule of an old version again, as a new version, if it still fits what there is today. */
  restore(key: string, version: number, actor: string): Promise<Result<SegmentSummary, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      await lockSegments(sql);
      const before = await findSegment(sql, key);
      if (!before) return err({ kind: 'segment_missing', key });
      const old = await findVersion(sql, before.segment_id, version);
      if (!old) return err({ kind: 'version_missing', key, version });
      return this.replace(sql, before, { name: before.name, description: before.description, rule: old.rule }, actor, version);
    });
  }

  /** Deletes a segment that nobody uses; tells the users otherwise. */
  remove(key: string, actor: string): Promise<Result<void, SegmentProblem>> {
    return this.sql.transaction(async (sql) => {
      await lockSegments(sql);
      await lockSegment(sql, key);
      const [campaigns, segments] = [await listUsingCampaigns(sql, key), (await this.book(sql)).users(key)];
      if (campaigns.length > 0 || segments.length > 0) return err({ kind: 'segment_in_use', key, campaigns, segments });
      await deleteSnapshotsOf(sql, key);
      if ((await deleteSegment(sql, key)) === 0) return err({ kind: 'segment_missing', key });
      await this.audit.record(sql, { actor, action: 'segment.deleted', subjectType: 'segment', subjectId: key }, this.clock.now());
      return ok(undefined);
    });
  }

  private async replace(sql: Sql, before: SegmentRow, next: { name: string; description: string; rule: unknown }, actor: string, restoredFrom?: number): Promise<Result<SegmentSummary, SegmentProblem>> {
    const rule = (await this.book(sql)).read(next.rule, before.scope, before.key);
    if (!rule.ok) return err({ kind: 'rule_invalid', problems: rule.error });
    const { value: row, stops } = await tellingWhatStops(sql, () => updateSegment(sql, { key: before.key, name: next.name, description: next.description, rule: rule.value }, actor, this.clock.now()));
    const saved = await this.saved(sql, restoredFrom === undefined ? 'segment.changed' : 'segment.restored', row, rule.value, actor, restoredFrom);
    return saved.ok ? ok({ ...saved.value, stops }) : saved;
  }

  private async saved(sql: Sql, action: string, row: SegmentRow, rule: Rule, actor: string, restoredFrom?: number): Promise<Result<SegmentSummary, SegmentProblem>> {
    const [book, now] = [await this.book(sql), this.clock.now()];
    await insertVersion(sql, { segmentId: row.segment_id, version: row.version, rule: row.rule, sentence: book.describe(rule, row.scope), by: actor, restoredFrom: restoredFrom ?? null }, now);
    await this.audit.record(sql, { actor, action, subjectType: 'segment', subjectId: row.key, details: { version: row.version, rule: row.rule, ...(restoredFrom !== undefined && { restoredFrom }) } }, now);
    return ok(summaryOf(row, book));
  }

  /** What a rule reads, with what filled the lists in it. */
  private async touches(book: RuleBook, rule: Rule, scope: Scope): Promise<TouchedData> {
    const touched = book.touches(rule, scope);
    const hasLists = touched.segments.some((key) => book.segment(key)?.list !== undefined);
    return hasLists ? touchedBehindLists(touched, await loadListOrigins(this.sql), book.segment) : touched;
  }

  /** All rules as they are now, read again only when one of them changed: planning asks some ten times a second. */
  private async currentBook(): Promise<RuleBook> {
    // The stamp first: what is saved meanwhile makes another one, and is read the next time.
    const stamp = await readRulesStamp(this.sql);
    if (this.known?.stamp !== stamp) this.known = { stamp, book: await this.book(this.sql) };
    return this.known.book;
  }

  private book(sql: Sql): Promise<RuleBook> {
    return RuleBook.load(sql, this.config.defaultTimeZone);
  }
}

export function summaryOf({ segment_id: _, ...row }: SegmentRow, book: RuleBook): SegmentSummary {
  const rule = book.selecting(row.key)?.rule;
  // The parsed rule has its fields in the order they are written; jsonb sorts them by length.
  return { ...row, rule: row.kind === 'list' ? null : (rule ?? row.rule), sentence: rule && book.describe(rule, row.scope) };
}
