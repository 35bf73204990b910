import { Inject, Injectable } from '@nestjs/common';
import type { Rule, Scope } from '../core/rule/rule.js';
import type { TouchedData } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { readWithin } from './limited-reading.js';
import { type MemberCard, readCards } from './member-cards.js';
import { countAndSample, listMemberIds, listMembersAmong } from './membership.queries.js';
import { RuleBook, type Sentence } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';

export const SAMPLE_SIZE = 10;

export interface Preview {
  readonly scope: Scope;
  readonly count: number;
  /** Up to ten members, the longest known first. */
  readonly sample: readonly MemberCard[];
  readonly sentence: Sentence;
  readonly touches: TouchedData;
}

/** Runs rules for people to look at: saved or not, read-only and within a time limit. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whom a rule would select, before anything is saved. */
  async preview(scope: Scope, input: unknown): Promise<Result<Preview, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const rule = book.read(input, scope);
    return rule.ok ? this.run(book, scope, rule.value) : err({ kind: 'rule_invalid', problems: rule.error });
  }

  async previewSegment(key: string): Promise<Result<Preview, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    return segment ? this.run(book, segment.scope, segment.rule) : err({ kind: 'segment_missing', key });
  }

  /** One page of a segment's members, ordered by id. */
  async members(key: string, after: number, limit: number): Promise<Result<MemberCard[], SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const compiled = book.compile(segment.rule, segment.scope, this.clock.now());
    if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    return readWithin(this.sql, async (sql) => readCards(sql, segment.scope, await listMemberIds(sql, compiled.value, segment.scope, after, limit)));
  }

  /** Which of these contacts or accounts are members now. */
  async membersAmong(key: string, ids: readonly number[]): Promise<Result<number[], SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const segment = book.selecting(key);
    if (!segment) return err({ kind: 'segment_missing', key });
    const compiled = book.compile(segment.rule, segment.scope, this.clock.now(), ids);
    if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    return readWithin(this.sql, (sql) => listMembersAmong(sql, compiled.value, segment.scope));
  }

  private async run(book: RuleBook, scope: Scope, rule: Rule): Promise<Result<Preview, SegmentProblem>> {
    const compiled = book.compile(rule, scope, this.clock.now());
    if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    const found = await readWithin(this.sql, async (sql) => {
      const { count, ids } = await countAndSample(sql, compiled.value, scope, SAMPLE_SIZE);
      return { count, sample: await readCards(sql, scope, ids) };
    });
    return found.ok ? ok({ scope, ...found.value, sentence: book.describe(rule, scope), touches: book.touches(rule, scope) }) : found;
  }
}
