import { checkRule } from '../core/rule/check-rule.js';
import { compileRule, type CompiledRule } from '../core/rule/compile-rule.js';
import { describeRule } from '../core/rule/describe-rule.js';
import { type FieldCatalogue, fieldCatalogue } from '../core/rule/fields.js';
import { parseRule, type RuleProblem } from '../core/rule/parse-rule.js';
import type { Rule, Scope, SegmentRule } from '../core/rule/rule.js';
import { type TouchedData, touchedData } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import type { Sql } from '../platform/database/sql.js';
import { listAttributeDefinitions, listRules } from './segments.queries.js';

export interface Sentence {
  readonly nl: string;
  readonly en: string;
}

/** What a rule is read against: the attributes and segments there are, as of one moment. */
export class RuleBook {
  private readonly parsed = new Map<string, SegmentRule | undefined>();

  private constructor(
    readonly fields: FieldCatalogue,
    private readonly stored: ReadonlyMap<string, { scope: Scope; rule: unknown }>,
    private readonly timeZone: string,
  ) {}

  static async load(sql: Sql, timeZone: string): Promise<RuleBook> {
    const [definitions, segments] = [await listAttributeDefinitions(sql), await listRules(sql)];
    return new RuleBook(fieldCatalogue(definitions), new Map(segments.map((segment) => [segment.key, segment])), timeZone);
  }

  /** A segment's rule; undefined when there is none, or when it is of a form this version does not know. */
  readonly segment = (key: string): SegmentRule | undefined => {
    if (this.parsed.has(key)) return this.parsed.get(key);
    const stored = this.stored.get(key);
    const rule = stored && parseRule(stored.rule);
    const segment = stored && rule?.ok ? { scope: stored.scope, rule: rule.value } : undefined;
    this.parsed.set(key, segment);
    return segment;
  };

  /** Parses and checks what came from outside. `self`: the segment it is going to be. */
  read(input: unknown, scope: Scope, self?: string): Result<Rule, RuleProblem[]> {
    const parsed = parseRule(input);
    if (!parsed.ok) return parsed;
    const problems = checkRule(parsed.value, { scope, fields: this.fields, segments: this.segment, self });
    return problems.length > 0 ? err(problems) : ok(parsed.value);
  }

  compile(rule: Rule, scope: Scope, now: Date, only?: readonly number[]): Result<CompiledRule, RuleProblem[]> {
    return compileRule(rule, { scope, now, timeZone: this.timeZone, fields: this.fields, segments: this.segment, ...(only && { only }) });
  }

  describe(rule: Rule, scope: Scope): Sentence {
    return { nl: describeRule(rule, 'nl', this.fields, scope), en: describeRule(rule, 'en', this.fields, scope) };
  }

  touches(rule: Rule, scope: Scope): TouchedData {
    return touchedData(rule, scope, this.segment);
  }

  /** The segments that name this one in their own rule. */
  users(key: string): string[] {
    return [...this.stored.keys()].filter((other) => {
      const segment = this.segment(other);
      return segment !== undefined && touchedData(segment.rule, segment.scope, () => undefined).segments.includes(key);
    });
  }
}
