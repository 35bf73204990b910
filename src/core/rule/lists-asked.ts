import { assertNever } from '../shared/assert-never.js';
import type { Rule, Scope } from './rule.js';

export interface AskedAttribute {
  readonly scope: Scope;
  readonly key: string;
}

/** The list attributes of which a rule wants what they contain, each once: an index finds those. Whose list lacks something, no index knows. */
export function listsAsked(rule: Rule, scope: Scope): AskedAttribute[] {
  const found = new Map<string, AskedAttribute>();
  const visit = (node: Rule, here: Scope, negated: boolean): void => {
    switch (node.kind) {
      case 'all':
      case 'any':
        for (const condition of node.conditions) visit(condition, here, negated);
        return;
      case 'not':
        return visit(node.condition, here, !negated);
      case 'attribute':
        if (!negated && (node.operator === 'list_contains' || node.operator === 'list_contains_any' || node.operator === 'list_contains_all')) found.set(`${here}.${node.attribute}`, { scope: here, key: node.attribute });
        return;
      case 'account':
        return visit(node.rule, 'account', negated);
      case 'parent':
      case 'subsidiaries': // also of accounts that have none: those who have one are listed
        return visit(node.rule, 'account', false);
      case 'people':
        return visit(node.rule, 'contact', false);
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
      case 'engagement':
      case 'mailable':
      case 'sample':
      case 'segment': // asked when that one was saved
        return;
      default:
        return assertNever(node);
    }
  };
  visit(rule, scope, false);
  return [...found.values()];
}
