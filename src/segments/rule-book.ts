import { type PurposeCatalogue, purposeCatalogue } from '../core/decision/permission.js';
import { policiesOf } from '../core/decision/policies.js';
import { type Campaigns, checkRule } from '../core/rule/check-rule.js';
import { compileRule, type CompiledRule } from '../core/rule/compile-rule.js';
import type { Parameters } from '../core/rule/parameters.js';
import { describeRule } from '../core/rule/describe-rule.js';
import { type FieldCatalogue, fieldCatalogue } from '../core/rule/fields.js';
import { parseRule, type RuleProblem } from '../core/rule/parse-rule.js';
import type { Rule, RuleSegment, Scope, SegmentRule } from '../core/rule/rule.js';
import { type TouchedByRule, touchedData } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import type { Sql } from '../platform/database/sql.js';
import { listAttributeDefinitions, listCampaignIds, listPurposeTerms, listRules } from './segments.queries.js';

export interface Sentence {
  readonly nl: string;
  readonly en: string;
}

type StoredRule = Awaited<ReturnType<typeof listRules>>[number];

/** What a rule is read against: the attributes, segments, purposes and campaigns there are, as of one moment. */
export class RuleBook {
  private readonly parsed = new Map<string, SegmentRule | undefined>();

  private constructor(
    readonly fields: FieldCatalogue,
    readonly purposes: PurposeCatalogue,
    private readonly purposeNames: ReadonlyMap<string, Sentence>,
    private readonly stored: ReadonlyMap<string, StoredRule>,
    readonly campaigns: Campaigns,
    private readonly timeZone: string,
  ) {}

  static async load(sql: Sql, timeZone: string): Promise<RuleBook> {
    const [definitions, purposes, segments, campaigns] = [await listAttributeDefinitions(sql), await listPurposeTerms(sql), await listRules(sql), await listCampaignIds(sql)];
    const terms = purposeCatalogue(new Map(purposes.map((row) => [row.purpose, row])), policiesOf(purposes[0]?.policies ?? null));
    const names = new Map(purposes.map((row) => [row.purpose, { nl: row.name_nl, en: row.name_en }]));
    return new RuleBook(fieldCatalogue(definitions), terms, names, new Map(segments.map((segment) => [segment.key, segment])), new Map(campaigns.map(({ key, campaign_id }) => [key, campaign_id])), timeZone);
  }

  /** Every segment as it is stored. */
  all(): readonly StoredRule[] {
    return [...this.stored.values()];
  }

  /** A segment's rule, or a list; undefined when there is none, or when it is of a form this version does not know. */
  readonly segment = (key: string): SegmentRule | undefined => {
    if (this.parsed.has(key)) return this.parsed.get(key);
    const stored = this.stored.get(key);
    const segment = stored && segmentOf(stored);
    this.parsed.set(key, segment);
    return segment;
  };

  /** A segment as the rule that selects its members: of a list, that they are in it. */
  selecting(key: string): RuleSegment | undefined {
    const segment = this.segment(key);
    return segment && { scope: segment.scope, rule: segment.rule ?? inList(key) };
  }

  /** Parses and checks what came from outside. `self`: the segment it is going to be. */
  read(input: unknown, scope: Scope, self?: string): Result<Rule, RuleProblem[]> {
    const parsed = parseRule(input);
    if (!parsed.ok) return parsed;
    const problems = checkRule(parsed.value, { scope, fields: this.fields, segments: this.segment, purposes: this.purposes, campaigns: this.campaigns, self });
    return problems.length > 0 ? err(problems) : ok(parsed.value);
  }

  compile(rule: Rule, scope: Scope, now: Date, only?: readonly number[], params?: Parameters): Result<CompiledRule, RuleProblem[]> {
    return compileRule(rule, { scope, now, timeZone: this.timeZone, fields: this.fields, segments: this.segment, purposes: this.purposes, campaigns: this.campaigns, ...(only && { only }), ...(params && { params }) });
  }

  /** Compiles a rule that is known to compile, into a statement that has parameters already. */
  compiled(rule: Rule, scope: Scope, now: Date, params: Parameters): CompiledRule {
    const compiled = this.compile(rule, scope, now, undefined, params);
    if (!compiled.ok) throw new Error('The rule was not checked.');
    return compiled.value;
  }

  describe(rule: Rule, scope: Scope): Sentence {
    return { nl: describeRule(rule, 'nl', this.fields, scope, this.segment), en: describeRule(rule, 'en', this.fields, scope, this.segment) };
  }

  /** A rule as it is stored, in words; undefined when it is of a form this version does not know. */
  sentence(stored: unknown, scope: Scope): Sentence | undefined {
    const rule = parseRule(stored);
    return rule.ok ? this.describe(rule.value, scope) : undefined;
  }

  purposeName(key: string): Sentence {
    return this.purposeNames.get(key) ?? { nl: key, en: key };
  }

  touches(rule: Rule, scope: Scope): TouchedByRule {
    return touchedData(rule, scope, this.segment);
  }

  /** The segments that name this one in their own rule. */
  users(key: string): string[] {
    return [...this.stored.keys()].filter((other) => {
      const segment = this.segment(other);
      return segment?.rule !== undefined && touchedData(segment.rule, segment.scope, () => undefined).segments.includes(key);
    });
  }
}

/** That somebody is in a list, or in any other segment. */
export function inList(key: string): Rule {
  return { kind: 'segment', operator: 'in', segment: key };
}

function segmentOf({ segment_id, kind, scope, rule }: StoredRule): SegmentRule | undefined {
  if (kind === 'list') return { scope, list: segment_id };
  const parsed = parseRule(rule);
  return parsed.ok ? { scope, rule: parsed.value } : undefined;
}
