import { assertNever } from '../shared/assert-never.js';
import type { RuleProblem } from '../rule/parse-rule.js';
import type { Rule } from '../rule/rule.js';
import { touchedData } from '../rule/touched-data.js';

/** What follows from what an account or its people do, or from scores themselves: the other axis, or a circle. */
const BEHAVIOUR: ReadonlySet<string> = new Set(['fit_score', 'fit_grade', 'engagement_score', 'account_stage', 'lifecycle_stage', 'open_opportunities', 'won_opportunities', 'won_value', 'last_won_on']);
/** Operators whose answer changes by the clock: what an account is does not. */
const CLOCK: ReadonlySet<string> = new Set(['in_last_days', 'in_next_days', 'more_than_days_ago', 'anniversary']);

/** The attributes of accounts that a condition of fit reads. */
export function fitAttributes(rule: Rule): string[] {
  return touchedData(rule, 'account', () => undefined).accountAttributes;
}

/** Fit is about what an account is: static data, its own and that of its group. Everything else is named, and refused. */
export function behaviourIn(rule: Rule, path = ''): RuleProblem[] {
  const at = (step: string): string => (path === '' ? step : `${path}.${step}`);
  switch (rule.kind) {
    case 'all':
    case 'any':
      return rule.conditions.flatMap((condition, index) => behaviourIn(condition, at(`${rule.kind}[${index}]`)));
    case 'not':
      return behaviourIn(rule.condition, at('not'));
    case 'parent':
    case 'subsidiaries':
      return behaviourIn(rule.rule, at(rule.kind));
    case 'attribute':
      if (BEHAVIOUR.has(rule.attribute)) return [{ path: at('attribute'), message: `“${rule.attribute}” follows from what happens, which is not part of fit. Fit and engagement are two axes: ask for what the account is.` }];
      return CLOCK.has(rule.operator) ? [{ path: at('operator'), message: `The answer of “${rule.operator}” changes by the clock; fit is about static data. Compare with a fixed value.` }] : [];
    case 'account':
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'engagement':
    case 'people':
    case 'segment':
    case 'mailable':
    case 'sample':
      return [{ path: at('kind'), message: `“${rule.kind}” is not about static data of the account. Fit asks attributes only, its own or those of its parent and subsidiaries.` }];
    default:
      return assertNever(rule);
  }
}
