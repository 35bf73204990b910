import type { AccountFacts } from './evaluate-rule.js';
import { GROUP_LEVELS } from './relation-conditions.js';
import type { ParentCondition, SubsidiariesCondition } from './rule.js';

/** The accounts one step up or down, or all that are reached step by step; each once. In a circle an account reaches itself. */
export function relatives({ kind, depth }: ParentCondition | SubsidiariesCondition, account: AccountFacts): AccountFacts[] {
  const next = (one: AccountFacts): readonly AccountFacts[] => (kind === 'subsidiaries' ? one.subsidiaries : one.parent ? [one.parent] : []);
  const found = new Map<number, AccountFacts>();
  let level = [account];
  for (let step = 1; level.length > 0 && step <= (depth === 'any' ? GROUP_LEVELS : 1); step += 1) {
    level = level.flatMap(next).filter((one) => !found.has(one.accountId));
    for (const one of level) found.set(one.accountId, one);
  }
  return [...found.values()];
}
