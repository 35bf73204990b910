import { assertNever } from '../shared/assert-never.js';
import type { Rows } from './compile-rows.js';
import { type Depth, GROUP_LEVELS } from './relation-conditions.js';
import type { GroupStep } from './walk-rule.js';

/** Accounts that a rule holds for: `from` names them as `alias`. */
export interface Matching {
  readonly alias: string;
  readonly from: string;
  readonly test: string;
}

/** Names that are not taken yet. */
type NewName = (prefix: string) => string;

/** Direct subsidiaries for which the rule holds, by their parent. */
export function subsidiaryRows({ alias, from, test }: Matching): Rows {
  return { key: `${alias}.parent_account_id`, from, where: [`${alias}.parent_account_id is not null`, test], counted: '*' };
}

/**
 * From each account for which the rule holds up to all that stand above it: the accounts below are counted by the one above. Only
 * accounts that match are walked from, so that the work grows with those. `union` and the bound on levels end circles.
 */
export function accountsAbove({ alias, from, test }: Matching, newName: NewName): Rows {
  const [walk, up, step] = [newName('w'), newName('u'), newName('p')];
  return {
    key: `${up}.above_id`,
    from: `(with recursive ${walk} (below_id, above_id, level) as (select ${alias}.account_id, ${alias}.parent_account_id, 1 from ${from} where ${alias}.parent_account_id is not null and ${test} union select ${walk}.below_id, ${step}.parent_account_id, ${walk}.level + 1 from ${walk} join accounts ${step} on ${step}.account_id = ${walk}.above_id where ${step}.parent_account_id is not null and ${walk}.level < ${GROUP_LEVELS}) select below_id, above_id from ${walk}) ${up}`,
    where: ['true'],
    counted: `distinct ${up}.below_id`,
  };
}

/** From each account for which the rule holds down to all that stand below it. */
export function accountsBelow({ alias, from, test }: Matching, newName: NewName): Rows {
  const [walk, down, step] = [newName('w'), newName('d'), newName('k')];
  return {
    key: `${down}.below_id`,
    from: `(with recursive ${walk} (below_id, level) as (select ${step}.account_id, 1 from ${from} join accounts ${step} on ${step}.parent_account_id = ${alias}.account_id where ${test} union select ${step}.account_id, ${walk}.level + 1 from ${walk} join accounts ${step} on ${step}.parent_account_id = ${walk}.below_id where ${walk}.level < ${GROUP_LEVELS}) select below_id from ${walk}) ${down}`,
    where: ['true'],
    counted: '*',
  };
}

/** For a few: from the one who asks (`id`) step by step, and the rule only about those that are met. */
export function relativesOf(id: string, direction: 'up' | 'down', depth: Depth, { alias, from, test }: Matching, newName: NewName): Rows {
  const [walk, met, step] = [newName('w'), newName('m'), newName('r')];
  const levels = depth === 'direct' ? 1 : GROUP_LEVELS;
  const [own, link] = direction === 'up' ? ['parent_account_id', 'account_id'] : ['account_id', 'parent_account_id'];
  return {
    key: `${met}.account_id`,
    from: `(with recursive ${walk} (account_id, level) as (select ${step}.${own}, 1 from accounts ${step} where ${step}.${link} = ${id} union select ${step}.${own}, ${walk}.level + 1 from ${walk} join accounts ${step} on ${step}.${link} = ${walk}.account_id where ${walk}.level < ${levels}) select distinct account_id from ${walk}) ${met} join ${from} on ${alias}.account_id = ${met}.account_id`,
    where: [test],
    counted: '*',
    ofOne: true,
  };
}

/** From an account (`id`) to others of its group. "All": step by step; `union` ends circles. */
export function joinGroup(step: GroupStep, alias: string, id: string): string {
  switch (step) {
    case 'subsidiaries':
      return `join accounts ${alias} on ${alias}.parent_account_id = ${id}`;
    case 'parent':
      return `join lateral (select parent_account_id as account_id from accounts where account_id = ${id} and parent_account_id is not null) ${alias} on true`;
    case 'all_subsidiaries':
      return `join lateral (with recursive w (account_id) as (select account_id from accounts where parent_account_id = ${id} union select a.account_id from w join accounts a on a.parent_account_id = w.account_id) select account_id from w) ${alias} on true`;
    case 'all_parents':
      return `join lateral (with recursive w (account_id) as (select parent_account_id from accounts where account_id = ${id} union select a.parent_account_id from w join accounts a on a.account_id = w.account_id) select account_id from w where account_id is not null) ${alias} on true`;
    default:
      return assertNever(step);
  }
}
