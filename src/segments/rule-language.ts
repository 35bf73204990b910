import type { Scope } from '../core/rule/rule.js';

/** One kind of condition, said to a developer: what it asks, and one rule that stands by itself. */
export interface RuleExample {
  readonly kind: string;
  readonly scope: Scope;
  readonly says: string;
  readonly rule: { readonly kind: string; readonly [field: string]: unknown };
}

const dutch = { kind: 'attribute', attribute: 'country', operator: 'equals', value: 'NL' };
const pricing = { kind: 'event', event: 'Pricing Viewed', within: { kind: 'last_days', days: 7 } };
const big = { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: 1000 };

/** Every kind there is, each with an example that can be saved as it stands (a test parses and checks them all). */
export const RULE_EXAMPLES: readonly RuleExample[] = [
  { kind: 'all', scope: 'contact', says: 'All of the conditions hold; of none, everybody is selected.', rule: { kind: 'all', conditions: [dutch, pricing] } },
  { kind: 'any', scope: 'contact', says: 'At least one holds.', rule: { kind: 'any', conditions: [dutch, pricing] } },
  { kind: 'not', scope: 'contact', says: 'The condition does not hold, also for want of a value.', rule: { kind: 'not', condition: dutch } },
  {
    kind: 'attribute', scope: 'contact',
    says: 'An attribute compared: equals, not_equals (value), in, not_in (value: a list), contains, starts_with (value: a text), greater_than, at_least, less_than, at_most (value), between (from, and to, which is out), in_last_days, in_next_days, more_than_days_ago (days of a date or timestamp), anniversary (days to each side of today, 0 to 180), list_contains (value), list_contains_any, list_contains_all (value: a list), is_set, not_set. Which fit depends on the type. Texts compare without regard to case and accents.',
    rule: { kind: 'attribute', attribute: 'birth_date', operator: 'anniversary', days: 3 },
  },
  { kind: 'event', scope: 'contact', says: 'Something done so often (count: at_least, at_most, exactly; at least once when left out), within last_days, last_hours or between, where properties fit.', rule: { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 }, where: [{ property: 'plan', operator: 'equals', value: 'pro' }] } },
  { kind: 'event_value', scope: 'contact', says: 'The sum, average, minimum or maximum of a property of events.', rule: { kind: 'event_value', event: 'Order Completed', property: 'total', aggregate: 'sum', is: { operator: 'at_least', value: 500 }, within: { kind: 'last_days', days: 365 } } },
  { kind: 'event_time', scope: 'contact', says: 'When something was done for the first or last time.', rule: { kind: 'event_time', event: 'Order Completed', which: 'last', operator: 'more_than_days_ago', days: 180 } },
  { kind: 'sequence', scope: 'contact', says: 'One thing, then another within days, and then never a third.', rule: { kind: 'sequence', first: { event: 'Demo Requested' }, then: [{ event: 'Pricing Viewed', withinDays: 14 }], never: { event: 'Order Completed', withinDays: 30 } } },
  { kind: 'engagement', scope: 'contact', says: 'Mail that was got, opened, clicked or replied to, of one campaign (its key) or, left out, of any; what machines did never counts, nor does mail that bounced.', rule: { kind: 'engagement', did: 'clicked', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 30 } } },
  { kind: 'mailable', scope: 'contact', says: 'Nothing lasting speaks against mailing for the purpose (its key) now.', rule: { kind: 'mailable', purpose: 'newsletter' } },
  { kind: 'segment', scope: 'contact', says: 'In or not_in another segment or list, by its key.', rule: { kind: 'segment', operator: 'in', segment: 'customers' } },
  { kind: 'sample', scope: 'contact', says: 'A share drawn by lot: the same people for the same seed, more of them for more percent.', rule: { kind: 'sample', percent: 10, seed: 'winter' } },
  { kind: 'account', scope: 'contact', says: 'The account of the contact fulfils a rule over accounts.', rule: { kind: 'account', rule: big } },
  { kind: 'people', scope: 'account', says: 'So many people of the account, of this role in its buying group (any: of any role), fulfil a rule over contacts.', rule: { kind: 'all', conditions: [{ kind: 'people', count: { operator: 'at_least', value: 3 }, role: 'any', rule: pricing }, { kind: 'people', role: 'decider', rule: pricing }] } },
  { kind: 'parent', scope: 'account', says: 'The parent account fulfils a rule, or with depth any an account anywhere above (up to 20 levels).', rule: { kind: 'parent', depth: 'any', rule: big } },
  { kind: 'subsidiaries', scope: 'account', says: 'So many direct subsidiaries fulfil a rule, or with depth any accounts anywhere below.', rule: { kind: 'subsidiaries', count: { operator: 'at_least', value: 2 }, rule: dutch } },
];

/** The whole language in one text, for the API's documentation. */
export const RULE_LANGUAGE = ['The rule: a tree of conditions, each with its kind.', ...RULE_EXAMPLES.map(({ kind, scope, says, rule }) => `**${kind}** (${kind === 'all' || kind === 'any' || kind === 'not' || kind === 'attribute' || kind === 'segment' || kind === 'sample' ? 'contacts and accounts' : `${scope}s`}): ${says}\n\n    ${JSON.stringify(rule)}`)].join('\n\n');
