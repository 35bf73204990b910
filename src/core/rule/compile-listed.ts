import { assertNever } from '../shared/assert-never.js';
import { type Compilation, idOf } from './compilation.js';
import { askCount, type Asked, idsOf, listRows, ONCE } from './compile-rows.js';
import { isListable, readsManyRows } from './listable.js';
import type { Rule, Scope } from './rule.js';

/** The ids for which a rule, or its opposite, holds; each once. */
export function selectIds(c: Compilation, rule: Rule, scope: Scope, negated: boolean): string {
  return (c.options.only ? undefined : list(c, rule, scope, negated)) ?? scan(c, rule, scope, negated);
}

/** Everybody, asked one by one. */
function scan(c: Compilation, rule: Rule, scope: Scope, negated: boolean): string {
  const frame = c.frame(scope);
  const conditions = [c.condition(rule, frame, { required: true, negated })];
  if (c.options.only) conditions.unshift(`${idOf(frame)} = any(${c.params.add(c.options.only, 'bigint[]')})`);
  return `select ${idOf(frame)} from ${c.from(frame)} where ${conditions.join(' and ')}`;
}

/**
 * The ids as the events or people themselves give them, without a look at the table of contacts or accounts: an event's contact
 * exists, because who deletes a contact deletes its events with it. Undefined when the rule is of another kind.
 */
function list(c: Compilation, rule: Rule, scope: Scope, negated: boolean): string | undefined {
  switch (rule.kind) {
    case 'not':
      return list(c, rule.condition, scope, !negated);
    case 'segment': {
      const segment = c.segment(rule.segment);
      const outside = negated !== (rule.operator === 'not_in');
      if (!segment.rule) return outside ? undefined : idsOf(askCount(listRows(segment, c.alias('m'), c.params), ONCE, c.params));
      return list(c, segment.rule, scope, outside);
    }
    case 'all':
    case 'any': {
      const [only] = rule.conditions;
      if (only && rule.conditions.length === 1) return list(c, only, scope, negated);
      return (rule.kind === 'any') !== negated && isUnion(c, rule.conditions, negated) ? union(c, rule.conditions, scope, negated) : undefined;
    }
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'engagement':
    case 'people':
    case 'subsidiaries':
      return isListable(rule, negated, c.options.segments) ? aloneOf(c.asked(rule)) : undefined;
    case 'parent':
      return rule.depth === 'any' && !negated ? idsOf(c.asked(rule)) : undefined;
    case 'attribute':
    case 'account':
    case 'mailable':
    case 'sample':
      return undefined;
    default:
      return assertNever(rule);
  }
}

function aloneOf(asked: Asked): string {
  return asked.alone ?? idsOf(asked);
}

export function isUnion(c: Compilation, conditions: readonly Rule[], negated: boolean): boolean {
  const { segments, only } = c.options;
  return !only && conditions.length > 1 && conditions.every((condition) => isListable(condition, negated, segments)) && conditions.some((condition) => readsManyRows(condition, segments));
}

/** Conditions on the row itself stay together: one scan answers them all. */
export function union(c: Compilation, conditions: readonly Rule[], scope: Scope, negated: boolean): string {
  const { segments } = c.options;
  const own = conditions.filter((condition) => !readsManyRows(condition, segments));
  const lists = conditions.filter((condition) => readsManyRows(condition, segments)).map((condition) => c.select(condition, scope, negated));
  if (own.length > 0) lists.push(c.select({ kind: negated ? 'all' : 'any', conditions: own }, scope, negated));
  return lists.join(' union ');
}
