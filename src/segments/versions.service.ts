import { Inject, Injectable } from '@nestjs/common';
import { Parameters } from '../core/rule/parameters.js';
import type { Rule, Scope } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { readWithin } from './limited-reading.js';
import { type MemberCard, readCards } from './member-cards.js';
import { RuleBook, type Sentence } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';
import { findSegment, type SegmentRow } from './segments.queries.js';
import { compareMembers, findVersion, listVersions, type VersionRow } from './versions.queries.js';

export interface SegmentVersion {
  readonly version: number;
  readonly rule: unknown;
  /** As it was shown when it was saved; undefined when this version of Tactful cannot read the rule. */
  readonly sentence: Sentence | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly restoredFrom: number | null;
  /** Whether it is the rule of now. */
  readonly current: boolean;
}

export interface Gone {
  readonly count: number;
  /** Up to ten of them, the longest known first. */
  readonly sample: readonly MemberCard[];
}

/** What another rule would change, as of now. */
export interface VersionDifference {
  readonly from: { readonly version: number; readonly sentence: Sentence; readonly members: number };
  /** Without a version: a rule that is not saved yet. */
  readonly to: { readonly version: number | null; readonly sentence: Sentence; readonly members: number };
  readonly entering: Gone;
  readonly leaving: Gone;
}

const SAMPLE = 10;

/** The rules a segment has had, and what lies between two of them. */
@Injectable()
export class VersionsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Newest first. */
  async list(key: string, before: number, limit: number): Promise<Result<SegmentVersion[], SegmentProblem>> {
    const segment = await findSegment(this.sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const [rows, book] = [await listVersions(this.sql, segment.segment_id, before, limit), await this.book()];
    return ok(rows.map((row) => versionOf(row, segment, book)));
  }

  async find(key: string, version: number): Promise<Result<SegmentVersion, SegmentProblem>> {
    const segment = await findSegment(this.sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const row = await findVersion(this.sql, segment.segment_id, version);
    return row ? ok(versionOf(row, segment, await this.book())) : err({ kind: 'version_missing', key, version });
  }

  /** Who would come in and who would go if `to` (the present rule when left out) took the place of `from`. */
  async difference(key: string, from: number, to?: number): Promise<Result<VersionDifference, SegmentProblem>> {
    const segment = await findSegment(this.sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const newer = to ?? segment.version;
    const rows = [await findVersion(this.sql, segment.segment_id, from), await findVersion(this.sql, segment.segment_id, newer)] as const;
    for (const [row, version] of [[rows[0], from], [rows[1], newer]] as const) if (!row) return err({ kind: 'version_missing', key, version });
    return this.compare(segment, { version: from, rule: rows[0]?.rule }, { version: newer, rule: rows[1]?.rule });
  }

  /** The same for a rule that is not saved yet. */
  async differenceTo(key: string, rule: unknown): Promise<Result<VersionDifference, SegmentProblem>> {
    const segment = await findSegment(this.sql, key);
    if (!segment) return err({ kind: 'segment_missing', key });
    if (segment.kind === 'list') return err({ kind: 'is_list', key });
    return this.compare(segment, { version: segment.version, rule: segment.rule }, { version: null, rule });
  }

  private async compare(segment: SegmentRow, before: { version: number; rule: unknown }, after: { version: number | null; rule: unknown }): Promise<Result<VersionDifference, SegmentProblem>> {
    const [book, now, params] = [await this.book(), this.clock.now(), new Parameters()];
    const compile = (input: unknown): Result<{ rule: Rule; text: string }, SegmentProblem> => {
      const rule = book.read(input, segment.scope, segment.key);
      const compiled = rule.ok ? book.compile(rule.value, segment.scope, now, undefined, params) : rule;
      return rule.ok && compiled.ok ? ok({ rule: rule.value, text: compiled.value.text }) : err({ kind: 'rule_invalid', problems: compiled.ok ? [] : compiled.error });
    };
    const [older, newer] = [compile(before.rule), compile(after.rule)];
    if (!older.ok) return older;
    if (!newer.ok) return newer;
    return readWithin(this.sql, async (sql) => {
      const found = await compareMembers(sql, older.value.text, newer.value.text, params.values, SAMPLE);
      return {
        from: { version: before.version, sentence: book.describe(older.value.rule, segment.scope), members: found.before },
        to: { version: after.version, sentence: book.describe(newer.value.rule, segment.scope), members: found.after },
        entering: await gone(sql, segment.scope, found.entering, found.entering_ids),
        leaving: await gone(sql, segment.scope, found.leaving, found.leaving_ids),
      };
    });
  }

  private book(): Promise<RuleBook> {
    return RuleBook.load(this.sql, this.config.defaultTimeZone);
  }
}

export async function gone(sql: Sql, scope: Scope, count: number, ids: readonly number[]): Promise<Gone> {
  return { count, sample: await readCards(sql, scope, ids) };
}

function versionOf(row: VersionRow, segment: SegmentRow, book: RuleBook): SegmentVersion {
  const shown = row.sentence_nl !== null && row.sentence_en !== null ? { nl: row.sentence_nl, en: row.sentence_en } : book.sentence(row.rule, segment.scope);
  return { version: row.version, rule: row.rule, sentence: shown, createdAt: row.created_at, createdBy: row.created_by, restoredFrom: row.restored_from, current: row.version === segment.version };
}
