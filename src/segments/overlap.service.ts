import { Inject, Injectable } from '@nestjs/common';
import type { RuleSegment, Scope } from '../core/rule/rule.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { readWithin } from './limited-reading.js';
import { overlap } from './reach.queries.js';
import { RuleBook, type Sentence } from './rule-book.js';
import type { SegmentProblem } from './segment-problem.js';

/** Each is run once, in one statement: so many in reasonable time. */
const MOST_COMPARED = 20;

export interface OverlapQuestion {
  readonly rule: { readonly scope: Scope; readonly rule: unknown } | { readonly segment: string };
  /** Keys to compare with; all segments of the same scope when left out. */
  readonly with?: readonly string[] | undefined;
}

export interface Overlap {
  readonly scope: Scope;
  readonly size: number;
  readonly segments: readonly {
    readonly key: string;
    readonly size: number;
    /** In both; only in the rule asked about; only in this segment. */
    readonly both: number;
    readonly onlyHere: number;
    readonly onlyThere: number;
    readonly sentence: Sentence;
  }[];
  /** Segments that were left out, because so many are not compared at once. */
  readonly leftOut: readonly string[];
}

/** How much a rule and segments have in common: before a segment is made that is there already. */
@Injectable()
export class OverlapService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async compare(question: OverlapQuestion): Promise<Result<Overlap, SegmentProblem>> {
    const book = await RuleBook.load(this.sql, this.config.defaultTimeZone);
    const asked = readAsked(book, question);
    if (!asked.ok) return asked;
    const { scope, rule } = asked.value;
    const own = 'segment' in question.rule ? question.rule.segment : undefined;
    const others = readOthers(book, scope, question.with, own);
    if (!others.ok) return others;
    const compared = others.value.slice(0, MOST_COMPARED);
    const now = this.clock.now();
    const rules = [rule, ...compared.map((segment) => segment.rule)];
    for (const one of rules) {
      const compiled = book.compile(one, scope, now);
      if (!compiled.ok) return err({ kind: 'rule_invalid', problems: compiled.error });
    }
    const found = await readWithin(this.sql, (sql) => overlap(sql, (params) => rules.map((one) => book.compiled(one, scope, now, params)), scope));
    if (!found.ok) return found;
    const { size, others: rows } = found.value;
    return ok({
      scope,
      size,
      segments: compared.map((segment, index) => {
        const row = rows[index] ?? { size: 0, both: 0 };
        return { key: segment.key, size: row.size, both: row.both, onlyHere: size - row.both, onlyThere: row.size - row.both, sentence: book.describe(segment.rule, scope) };
      }),
      leftOut: others.value.slice(MOST_COMPARED).map(({ key }) => key),
    });
  }
}

function readAsked(book: RuleBook, { rule: asked }: OverlapQuestion): Result<RuleSegment, SegmentProblem> {
  if ('segment' in asked) {
    const segment = book.selecting(asked.segment);
    return segment ? ok(segment) : err({ kind: 'segment_missing', key: asked.segment });
  }
  const rule = book.read(asked.rule, asked.scope);
  return rule.ok ? ok({ scope: asked.scope, rule: rule.value }) : err({ kind: 'rule_invalid', problems: rule.error });
}

function readOthers(book: RuleBook, scope: Scope, wanted: readonly string[] | undefined, own: string | undefined): Result<(RuleSegment & { key: string })[], SegmentProblem> {
  const keys = wanted ?? book.all().filter((segment) => segment.scope === scope && segment.key !== own).map(({ key }) => key).sort();
  const found: (RuleSegment & { key: string })[] = [];
  for (const key of new Set(keys)) {
    const segment = book.selecting(key);
    if (!segment && wanted) return err({ kind: 'segment_missing', key });
    if (segment && segment.scope !== scope) return err({ kind: 'other_scope', key, scope: segment.scope, wanted: scope });
    // Of all there are, one whose rule no longer fits the data is no reason to compare with none.
    if (segment && (wanted !== undefined || book.read(segment.rule, scope).ok)) found.push({ ...segment, key });
  }
  return ok(found);
}
