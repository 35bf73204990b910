import { assertNever } from '../shared/assert-never.js';
import { type Compilation, type Frame, idOf, type RowCondition } from './compilation.js';
import { askTime, askValue } from './compile-events.js';
import { accountsAbove, accountsBelow, type Matching, relativesOf, subsidiaryRows } from './compile-group.js';
import { askCount, type Asked, buyingGroup, compared, engagementRows, eventRows, needed, ONCE, type Rows } from './compile-rows.js';
import { askSequence, askSequenceOfOne } from './compile-sequence.js';
import type { ParentCondition, PeopleCondition, PeopleRole, Rule, SubsidiariesCondition } from './rule.js';

/** What a condition asks of the rows of another table. */
export function askedOf(c: Compilation, rule: RowCondition, asker?: Frame): Asked {
  const events = { params: c.params, alias: () => c.alias('e'), set: (select: string) => c.set(select), moment: c.options };
  switch (rule.kind) {
    case 'event':
      return askCount(eventRows(rule, c.alias('e'), c.params, c.options), rule.count, c.params);
    case 'event_value':
      return askValue(rule, events);
    case 'event_time':
      return askTime(rule, events, c.options.only !== undefined);
    case 'sequence':
      return c.options.only && asker ? askSequenceOfOne(rule, idOf(asker), events) : askSequence(rule, events);
    case 'people':
      return askCount(people(c, rule, asker), rule.count, c.params);
    case 'engagement':
      return askCount(engagementRows(rule, c.alias('e'), c.params, c.options, c.options.campaigns), rule.count, c.params);
    case 'parent':
      return askCount(relatives(c, rule, asker), ONCE, c.params);
    case 'subsidiaries':
      return askCount(relatives(c, rule, asker), rule.count, c.params);
    default:
      return assertNever(rule);
  }
}

/** Accounts of the same group that stand above or below. */
function relatives(c: Compilation, rule: ParentCondition | SubsidiariesCondition, asker?: Frame): Rows {
  const frame = c.frame('account');
  const test = c.condition(rule.rule, frame, { required: true, negated: false });
  const matching: Matching = { alias: frame.alias, from: c.from(frame), test };
  const newName = (prefix: string): string => c.alias(prefix);
  if (c.options.only && asker) return relativesOf(idOf(asker), rule.kind === 'parent' ? 'up' : 'down', rule.depth, matching, newName);
  if (rule.kind === 'parent') return accountsBelow(matching, newName);
  return rule.depth === 'direct' ? subsidiaryRows(matching) : accountsAbove(matching, newName);
}

function people(c: Compilation, rule: PeopleCondition, asker?: Frame): Rows {
  const { people, group } = rule.role === undefined ? { people: c.frame('contact') } : members(c, [rule.role]);
  const test = c.condition(rule.rule, people, { required: true, negated: false });
  const key = `${people.alias}.account_id`;
  return {
    key,
    from: [group?.from ?? `contacts ${people.alias}`, ...people.joins].join(' '),
    where: [`${key} is not null`, ...(group?.where ?? []), test, ...(asker ? narrowed(c, asker, key) : [])],
    counted: group ? `distinct ${people.alias}.contact_id` : '*',
  };
}

/**
 * People of a buying group, who stand in its rows and in their own. For one account their id is read in the former, so that what they did is looked
 * up of them alone and not of everybody who belongs to the account, as the planner would have it (a third of the pages, each perhaps a read).
 */
function members(c: Compilation, roles: readonly PeopleRole[]): { people: Frame; member: string; group: { from: string; where: string[] } } {
  const [alias, member] = [c.alias('c'), c.alias('b')];
  return { people: c.frame('contact', alias, c.options.only ? `${member}.contact_id` : undefined), member, group: buyingGroup(roles, alias, member, c.params, c.options.now) };
}

/** What the account itself must be is asked of its people too: a grouped set cannot be narrowed from outside (1.8 s; so: 0.5 s). */
function narrowed(c: Compilation, { scope, required }: Frame, key: string): string[] {
  if (c.options.only || required.length === 0) return [];
  const frame = c.frame(scope);
  const conditions = required.map(({ rule, negated }) => c.condition(rule, frame, { required: false, negated }));
  return [`${key} in (select ${idOf(frame)} from ${c.from(frame)} where ${conditions.join(' and ')})`];
}

export type PartCondition = PeopleCondition & { role: PeopleRole };

/** "Three of the buying group did this, one of them a decider": the people are found once and counted for each part (1.5 s; so: 0.8 s). */
export function compileParts(c: Compilation, conditions: readonly PartCondition[], frame: Frame): string {
  const { people, member, group } = members(c, conditions.map(({ role }) => role));
  const [first] = conditions;
  if (!first) throw new Error('No condition to ask.');
  const test = c.condition(first.rule, people, { required: true, negated: false });
  const key = `${people.alias}.account_id`;
  const counts = conditions.map(({ role, count }) => {
    const those = role === 'any' ? '' : ` filter (where ${member}.role = ${c.params.add(role, 'text')})`;
    return compared(`count(distinct ${people.alias}.contact_id)${those}`, count, c.params);
  });
  const from = [group.from, ...people.joins].join(' ');
  const where = [...group.where, test, ...narrowed(c, frame, key)].join(' and ');
  if (c.options.only) return `(select ${counts.join(' and ')} from ${from} where ${key} = ${idOf(frame)} and ${where})`;
  const set = c.set(`select ${key} from ${from} where ${where} group by ${key} having ${counts.join(' and ')}`);
  return `${idOf(frame)} in (select account_id from ${set})`;
}

/** Conditions that ask the same of people in different parts of the buying group; only where some must be found, none must be missing. */
export function samePeople(conditions: readonly Rule[]): PartCondition[][] {
  const bundles = new Map<string, PartCondition[]>();
  for (const condition of conditions) {
    if (condition.kind !== 'people' || condition.role === undefined || needed(condition.count).reversed) continue;
    const same = JSON.stringify(condition.rule);
    bundles.set(same, [...(bundles.get(same) ?? []), condition as PartCondition]);
  }
  return [...bundles.values()].filter((bundle) => bundle.length > 1);
}
