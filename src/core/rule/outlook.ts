import { assertNever } from '../shared/assert-never.js';
import { engagementEvents, evaluateAccountRule, evaluateRule, type AccountFacts, type EvaluationContext, playsRole, type PersonFacts } from './evaluate-rule.js';
import { momentsOfAttribute, momentsOfEvents } from './moments.js';
import { engagementAsEvent } from './relation-conditions.js';
import { relatives } from './relatives.js';
import type { Count, PeopleCondition, Rule } from './rule.js';
import type { Leaf } from './walk-rule.js';

/**
 * An answer and how long it stands: as long as no data changes, the answer is the same at every moment before `until` (milliseconds).
 * Undefined: the clock alone never changes it. At `until` it need not change: then it is asked again.
 */
export interface Outlook {
  readonly holds: boolean;
  readonly until: number | undefined;
}

/** The answer of evaluateRule for this person, with how long it stands. */
export function outlook(rule: Rule, person: PersonFacts, context: EvaluationContext): Outlook {
  switch (rule.kind) {
    case 'all':
      return all(rule.conditions, (condition) => outlook(condition, person, context));
    case 'any':
      return opposite(all(rule.conditions, (condition) => opposite(outlook(condition, person, context))));
    case 'not':
      return opposite(outlook(rule.condition, person, context));
    case 'segment': {
      const inner = context.segments(rule.segment)?.rule;
      if (!inner) return { holds: evaluateRule(rule, person, context), until: undefined };
      return rule.operator === 'in' ? outlook(inner, person, context) : opposite(outlook(inner, person, context));
    }
    case 'account':
      return person.account ? accountOutlook(rule.rule, person.account, context) : { holds: false, until: undefined };
    case 'mailable':
      return { holds: evaluateRule(rule, person, context), until: person.permissions?.get(rule.purpose)?.until?.getTime() };
    case 'sample':
      return { holds: evaluateRule(rule, person, context), until: undefined };
    case 'people':
    case 'parent':
    case 'subsidiaries':
      throw new Error(`A contact has no ${rule.kind}.`);
    default:
      return overMoments(momentsOf(rule, person, context), context, (then) => evaluateRule(rule, person, then));
  }
}

/** The same for a rule over accounts. */
export function accountOutlook(rule: Rule, account: AccountFacts, context: EvaluationContext): Outlook {
  switch (rule.kind) {
    case 'all':
      return all(rule.conditions, (condition) => accountOutlook(condition, account, context));
    case 'any':
      return opposite(all(rule.conditions, (condition) => opposite(accountOutlook(condition, account, context))));
    case 'not':
      return opposite(accountOutlook(rule.condition, account, context));
    case 'segment': {
      const inner = context.segments(rule.segment)?.rule;
      if (!inner) return { holds: evaluateAccountRule(rule, account, context), until: undefined };
      return rule.operator === 'in' ? accountOutlook(inner, account, context) : opposite(accountOutlook(inner, account, context));
    }
    case 'people':
      return peopleOutlook(rule, account, context);
    case 'attribute':
      return overMoments(momentsOfAttribute(rule, context.fields.find('account', rule.attribute), account.attributes, context), context, (then) => evaluateAccountRule(rule, account, then));
    case 'parent':
      return countOutlook({ operator: 'at_least', value: 1 }, relatives(rule, account).map((one) => accountOutlook(rule.rule, one, context)));
    case 'subsidiaries':
      return countOutlook(rule.count, relatives(rule, account).map((one) => accountOutlook(rule.rule, one, context)));
    case 'sample':
      return { holds: evaluateAccountRule(rule, account, context), until: undefined };
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'engagement':
    case 'account':
    case 'mailable':
      throw new Error(`An account has no ${rule.kind}.`);
    default:
      return assertNever(rule);
  }
}

/** The moments at which a condition may change its answer about a person. */
function momentsOf(leaf: Exclude<Leaf, { kind: 'account' | 'people' | 'parent' | 'subsidiaries' | 'list' | 'mailable' }>, person: PersonFacts, context: EvaluationContext): number[] {
  switch (leaf.kind) {
    case 'attribute':
      return momentsOfAttribute(leaf, context.fields.find('contact', leaf.attribute), person.attributes, context);
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
      return momentsOfEvents(leaf, person.events, context.now.getTime());
    case 'engagement':
      return momentsOfEvents(engagementAsEvent(leaf), engagementEvents(leaf, person), context.now.getTime());
    default:
      return assertNever(leaf);
  }
}

/** Looked at one by one until the answer is another. Past so many it is asked again then: the answer is known to stand until there. */
const MOMENTS_LOOKED_AT = 64;

function overMoments(moments: readonly number[], context: EvaluationContext, ask: (context: EvaluationContext) => boolean): Outlook {
  const holds = ask(context);
  const now = context.now.getTime();
  const coming = [...new Set(moments.filter((moment) => moment > now))].sort((left, right) => left - right);
  for (const [index, moment] of coming.entries()) {
    if (index === MOMENTS_LOOKED_AT || ask({ ...context, now: new Date(moment) }) !== holds) return { holds, until: moment };
  }
  return { holds, until: undefined };
}

/** While all hold, the first to fall ends it; while some do not, all of those must turn: the last one decides, and one that never turns, for ever. */
function all(conditions: readonly Rule[], ask: (condition: Rule) => Outlook): Outlook {
  let first: number | undefined;
  let last: number | undefined;
  for (const condition of conditions) {
    const { holds, until } = ask(condition);
    if (!holds && until === undefined) return { holds: false, until: undefined };
    if (holds) first = earlier(first, until);
    else last = Math.max(last ?? 0, until ?? 0);
  }
  return last === undefined ? { holds: true, until: first } : { holds: false, until: last };
}

function opposite({ holds, until }: Outlook): Outlook {
  return { holds: !holds, until };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function peopleOutlook({ count, role, rule }: PeopleCondition, account: AccountFacts, context: EvaluationContext): Outlook {
  const outlooks = account.people.map((person) => {
    if (role === undefined) return outlook(rule, person, context);
    const part: Outlook = { holds: playsRole(role, person), until: person.rolesUntil?.getTime() };
    return all([rule], (inner) => togetherWith(part, () => outlook(inner, person, context)));
  });
  return countOutlook(count, outlooks);
}

function togetherWith(part: Outlook, ask: () => Outlook): Outlook {
  if (!part.holds && part.until === undefined) return part;
  const other = ask();
  if (part.holds && other.holds) return { holds: true, until: earlier(part.until, other.until) };
  const turning = [part, other].filter(({ holds }) => !holds).map(({ until }) => until);
  return { holds: false, until: turning.includes(undefined) ? undefined : Math.max(...(turning as number[])) };
}

/** So many people must turn before a count passes its bound; the one of them that turns last is looked for. */
export function countOutlook(count: Count, outlooks: readonly Outlook[]): Outlook {
  const found = outlooks.filter(({ holds }) => holds).length;
  switch (count.operator) {
    case 'at_least':
      return found >= count.value ? { holds: true, until: nth(outlooks, true, found - count.value + 1) } : { holds: false, until: nth(outlooks, false, count.value - found) };
    case 'at_most':
      return opposite(countOutlook({ operator: 'at_least', value: count.value + 1 }, outlooks));
    case 'exactly':
      return { holds: found === count.value, until: outlooks.reduce<number | undefined>((first, { until }) => earlier(first, until), undefined) };
    default:
      return assertNever(count);
  }
}

/** When the n-th of those who hold (or do not) turns; undefined when so many never do. */
function nth(outlooks: readonly Outlook[], holds: boolean, n: number): number | undefined {
  const moments = outlooks.flatMap((one) => (one.holds === holds && one.until !== undefined ? [one.until] : []));
  return moments.sort((left, right) => left - right)[n - 1];
}
