import { err, ok, type Result } from '../shared/result.js';
import { checkRule } from './check-rule.js';
import { Compilation, type CompiledRule, type CompileOptions, type Frame, type Position, type RowCondition } from './compilation.js';
import { conditionOf } from './compile-condition.js';
import { selectIds } from './compile-listed.js';
import { askedOf } from './compile-related.js';
import type { Asked } from './compile-rows.js';
import type { RuleProblem } from './parse-rule.js';
import type { Rule, Scope } from './rule.js';

export type { CompiledRule, CompileOptions } from './compilation.js';

/**
 * Compiles a rule, with the rules of the segments it uses, to ONE statement. Values travel as parameters only; table and
 * column names come from this file and the catalogue.
 *
 * What a condition about many rows (events, people, members of a list) becomes depends on where it stands, because PostgreSQL plans a
 * subquery under OR or NOT for itself, row by row as soon as its result does not fit into work_mem:
 * - one that must hold: `id in (select …)`, which the planner turns into a join;
 * - one that must not hold: `not exists`, an anti join;
 * - "any" of several that can be listed: `id in (select … union select …)`, so that each is answered by its own index;
 * - elsewhere: a left join of the set, asked `is (not) null`, which stays a join under OR;
 * - with `only`: a scalar lookup, which is planned without joins (planning is most of its time: 46 partitions take 4.3 ms as
 *   `exists`, 1.6 ms as a scalar).
 * Sets that are grouped are computed once, in a WITH: in place, each process of a parallel plan would compute them anew (5 s instead of 2.4).
 */
export function compileRule(rule: Rule, options: CompileOptions): Result<CompiledRule, RuleProblem[]> {
  const scope = options.scope ?? 'contact';
  const problems = checkRule(rule, { scope, fields: options.fields, segments: options.segments, purposes: options.purposes, campaigns: options.campaigns });
  if (problems.length > 0) return err(problems);
  const compilation = new Statement(options);
  return ok({ text: compilation.statement(rule, scope), params: compilation.params.values });
}

class Statement extends Compilation {
  statement(rule: Rule, scope: Scope): string {
    const text = this.select(rule, scope, false);
    return this.sets.length === 0 ? text : `with ${this.sets.join(', ')} ${text}`;
  }

  select(rule: Rule, scope: Scope, negated: boolean): string {
    return selectIds(this, rule, scope, negated);
  }

  condition(rule: Rule, frame: Frame, position: Position): string {
    return conditionOf(this, rule, frame, position);
  }

  asked(rule: RowCondition, asker?: Frame): Asked {
    return askedOf(this, rule, asker);
  }
}
