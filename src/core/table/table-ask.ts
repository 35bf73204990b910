import { checkRule } from '../rule/check-rule.js';
import type { Field, FieldCatalogue } from '../rule/fields.js';
import { foldText } from '../rule/fold-text.js';
import { parseRule, type RuleProblem } from '../rule/parse-rule.js';
import type { AttributeCondition, Scope } from '../rule/rule.js';
import { sortValue } from '../rule/sort-value.js';
import { err, ok, type Result } from '../shared/result.js';

/** What a table of contacts or accounts is asked for, checked: whatever is in here exists and fits. */
export interface TableAsk {
  readonly scope: Scope;
  readonly conditions: readonly AttributeCondition[];
  /** Folded; each must begin a word that a person or an account is found by. */
  readonly words: readonly string[];
  /** Undefined: in order of id. */
  readonly sort: Field | undefined;
  readonly descending: boolean;
  readonly fields: FieldCatalogue;
}

export const TABLE_LIMITS = { conditions: 20, words: 5, search: 200 } as const;

export interface TableInput {
  /** The key of an attribute, with a minus before it for the other direction. */
  readonly sort?: string | undefined;
  /** JSON: a list of attribute conditions, as rules have them. */
  readonly filter?: string | undefined;
  readonly search?: string | undefined;
}

/** Reads what somebody asked for; the problems name what is wrong with `sort` and `filter`. */
export function readTableAsk(scope: Scope, { sort, filter, search }: TableInput, fields: FieldCatalogue): Result<TableAsk, RuleProblem[]> {
  const conditions = filter === undefined ? ok([]) : readConditions(scope, filter, fields);
  if (!conditions.ok) return conditions;
  const descending = sort?.startsWith('-') === true;
  const key = descending ? sort.slice(1) : sort;
  const field = key === undefined || key === 'id' ? undefined : fields.find(scope, key);
  if (key !== undefined && key !== 'id' && !field) return err([{ path: 'sort', message: `There is no attribute "${key}" to sort by.` }]);
  if (field && !sortValue(field, '', '')) return err([{ path: 'sort', message: `"${key}" is a list: it has no order to sort by.` }]);
  const words = (search ?? '').trim().split(/\s+/u).filter((word) => word !== '').slice(0, TABLE_LIMITS.words).map(foldText);
  return ok({ scope, conditions: conditions.value, words, sort: field, descending, fields });
}

function readConditions(scope: Scope, filter: string, fields: FieldCatalogue): Result<AttributeCondition[], RuleProblem[]> {
  const problem = (message: string): Result<never, RuleProblem[]> => err([{ path: 'filter', message }]);
  let given: unknown;
  try {
    given = JSON.parse(filter);
  } catch {
    return problem('is not JSON; give a list of conditions such as [{"attribute":"country","operator":"equals","value":"NL"}]');
  }
  if (!Array.isArray(given)) return problem('must be a list of conditions on attributes');
  if (given.length > TABLE_LIMITS.conditions) return problem(`may have at most ${TABLE_LIMITS.conditions} conditions; make a segment for more`);
  const named = given.map((one: unknown) => (typeof one === 'object' && one !== null && !('kind' in one) ? { kind: 'attribute', ...one } : one));
  const rule = parseRule({ kind: 'all', conditions: named });
  if (!rule.ok) return err(rule.error.map(inFilter));
  const conditions = rule.value.kind === 'all' ? rule.value.conditions : [];
  const attributes = conditions.filter((condition) => condition.kind === 'attribute');
  if (attributes.length < conditions.length) return problem('may only ask about attributes; make a segment for anything else');
  const problems = checkRule(rule.value, { scope, fields, segments: () => undefined });
  return problems.length > 0 ? err(problems.map(inFilter)) : ok(attributes);
}

function inFilter({ path, message }: RuleProblem): RuleProblem {
  return { path: `filter.${path}`, message };
}
