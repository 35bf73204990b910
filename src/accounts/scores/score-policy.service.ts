import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { engagementEvents } from '../../core/account/compile-engagement.js';
import { behaviourIn, fitAttributes } from '../../core/account/fit-rules.js';
import { DEFAULT_SCORE_POLICY, type ScorePolicy, scorePolicy } from '../../core/account/score-policy.js';
import { checkRule } from '../../core/rule/check-rule.js';
import type { FieldCatalogue } from '../../core/rule/fields.js';
import { parseRule, type RuleProblem } from '../../core/rule/parse-rule.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { loadCatalogue } from '../../customers/values/catalogue.js';
import { Clock } from '../../platform/clock/clock.js';
import { readSetting, type Setting, writeSetting } from '../../platform/database/settings.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../../privacy/audit.service.js';
import { readDefinitions } from './score-policy.queries.js';

const POLICY: Setting = { owner: 'scores', key: 'score_policy' };

/** The policy as it works now. */
export interface PolicyInForce {
  readonly policy: ScorePolicy;
  /** The same, of what may be used only: conditions whose attributes, and kinds whose events, nobody classified (or which are sensitive) count nothing. */
  readonly usable: ScorePolicy;
  readonly fields: FieldCatalogue;
  /** 'account.sector', 'event.Page Viewed': what fit and engagement are worked out from. */
  readonly fitReads: readonly string[];
  readonly engagementReads: readonly string[];
}

/** How accounts are scored: the workspace's rules, else the defaults. What may be used for nothing is not used for a score either. */
@Injectable()
export class ScorePolicyService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  async current(sql: Sql = this.sql): Promise<ScorePolicy> {
    const stored = await readSetting(sql, POLICY);
    // A part that came with a later version of the program has its default until somebody chooses.
    return scorePolicy.parse({ ...DEFAULT_SCORE_POLICY, ...(stored as Partial<ScorePolicy> | null) });
  }

  async inForce(sql: Sql = this.sql, given?: ScorePolicy): Promise<PolicyInForce> {
    const policy = given ?? (await this.current(sql));
    const fields = await loadCatalogue(sql);
    const conditions = policy.fit.conditions.map((condition) => ({ condition, reads: fitAttributes(condition.rule).map((key) => `account.${key}`) }));
    const definitions = new Map((await readDefinitions(sql, conditions.flatMap(({ reads }) => reads.map((read) => read.slice('account.'.length))), engagementEvents(policy.engagement.kinds))).map((one) => [one.name, one]));
    const isUsable = (read: string): boolean => definitions.get(read)?.classified === true && definitions.get(read)?.sensitive === false;
    const sound = conditions.filter(({ condition, reads }) => reads.every(isUsable) && checkRule(condition.rule, { scope: 'account', fields, segments: () => undefined }).length === 0);
    const kinds = policy.engagement.kinds.map((kind) => ({ ...kind, events: kind.events.filter(({ event }) => isUsable(`event.${event}`)) })).filter(({ events }) => events.length > 0);
    const usable = { ...policy, fit: { ...policy.fit, conditions: sound.map(({ condition }) => condition) }, engagement: { ...policy.engagement, kinds } };
    return { policy, usable, fields, fitReads: [...new Set(sound.flatMap(({ reads }) => reads))].sort(), engagementReads: engagementEvents(kinds).map((event) => `event.${event}`) };
  }

  /** What is wrong with a policy that its shape does not tell: rules that do not read, data that may not be used, each by its name. */
  async read(input: ScorePolicy): Promise<Result<ScorePolicy, RuleProblem[]>> {
    const fields = await loadCatalogue(this.sql);
    const problems: RuleProblem[] = [];
    const conditions = input.fit.conditions.map((condition, index) => {
      const at = (path: string): string => `fit.conditions[${index}].rule${path === '' ? '' : `.${path}`}`;
      const parsed = parseRule(condition.rule);
      const found = parsed.ok ? [...behaviourIn(parsed.value), ...checkRule(parsed.value, { scope: 'account', fields, segments: () => undefined })] : parsed.error;
      problems.push(...found.map(({ path, message }) => ({ path: at(path), message })));
      return parsed.ok ? { ...condition, rule: parsed.value } : condition;
    });
    if (problems.length > 0) return err(problems);
    const policy = { ...input, fit: { ...input.fit, conditions } };
    problems.push(...(await this.notAllowed(policy)));
    return problems.length > 0 ? err(problems) : ok(policy);
  }

  /** Holds within seconds: everybody is worked out anew in the background. */
  async replace(input: ScorePolicy, actor: string): Promise<Result<ScorePolicy, RuleProblem[]>> {
    const read = await this.read(input);
    if (!read.ok) return read;
    return this.sql.transaction(async (sql) => {
      const before = await this.current(sql);
      if (isDeepStrictEqual(before, read.value)) return ok(before);
      const now = this.clock.now();
      await writeSetting(sql, POLICY, read.value, actor, now);
      await this.audit.record(sql, { actor, action: 'score_policy.changed', subjectType: 'score_policy', details: { from: before, to: read.value } }, now);
      return ok(read.value);
    });
  }

  /** An event that never came in yet is no data: it counts from the moment it is classified. */
  private async notAllowed({ fit, engagement }: ScorePolicy): Promise<RuleProblem[]> {
    const attributes = fit.conditions.map(({ rule }) => fitAttributes(rule));
    const events = engagementEvents(engagement.kinds);
    const definitions = new Map((await readDefinitions(this.sql, attributes.flat(), events)).map((one) => [one.name, one]));
    const problemOf = (path: string, name: string): RuleProblem[] => {
      const found = definitions.get(name);
      if (!found) return [];
      if (!found.classified) return [{ path, message: `“${name}” was not classified: nobody has said what it may be used for, so it may be used for nothing, a score included. Have it classified, or do without it.` }];
      return found.sensitive ? [{ path, message: `“${name}” is sensitive (GDPR art. 9): nobody may be scored by it. Do without it.` }] : [];
    };
    return [
      ...attributes.flatMap((keys, index) => keys.flatMap((key) => problemOf(`fit.conditions[${index}].rule`, `account.${key}`))),
      ...engagement.kinds.flatMap((kind, index) => (kind.weight === 0 ? [] : kind.events.flatMap(({ event }, place) => problemOf(`engagement.kinds[${index}].events[${place}]`, `event.${event}`)))),
    ];
  }
}
