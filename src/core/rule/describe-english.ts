import { assertNever } from '../shared/assert-never.js';
import type { Aggregate } from './event-conditions.js';
import type { CountPhrase, Phrasebook, Values } from './phrasebook.js';
import type { AttributeOperator, Engagement, EventWindow, PeopleRole } from './rule.js';

export const english: Phrasebook = {
  locale: 'en-GB',
  and: 'and',
  or: 'or',
  serialComma: true,
  yes: 'yes',
  no: 'no',
  nobody: 'of whom there are none',
  andMore: (hidden) => `or one of ${hidden} more`,
  andAll: (hidden) => `and ${hidden} more`,
  selected: { contact: 'Contacts', account: 'Accounts' },
  everyone: { contact: 'All contacts', account: 'All accounts' },
  attribute: (_scope, label, operator, negated, values) => `whose ${predicate(label, operator, negated, values)}`,
  property: (label, operator, values) => predicate(label, operator, false, values),
  event: (name, count, window, filters) => {
    const did = count.kind === 'none' ? (window === '' ? `who never did “${name}”` : `who did not do “${name}”`) : `who did “${name}”${times(count)}`;
    return `${did}${window}${filters === '' ? '' : ` where ${filters}`}`;
  },
  step: (event, filters) => `“${event}”${filters === '' ? '' : ` (where ${filters})`}`,
  eventValue: (aggregate, property, event, window) => `${AGGREGATES[aggregate]} “${property}” of ${event}${window}`,
  eventTime: (which, event) => `${which} ${event}`,
  sequence: (steps, never, window, negated) => {
    const [first, ...then] = steps.map(({ event, days }) => `${event}${days === undefined ? '' : ` within ${days === 1 ? '1 day' : `${days} days`}`}`);
    const without = never ? ` and then no ${never.event}${never.days === undefined ? '' : ` in the ${unit(never.days, 'day')} after`}` : '';
    return `who did${negated ? ' not do' : ''} ${[first, ...then].join(' then ')}${window}${without}`;
  },
  window: (window, format) => (window ? ` ${windowPhrase(window, format)}` : ''),
  account: (inner, negated) => `${negated ? 'not ' : ''}from an account${inner === '' ? '' : ` ${inner}`}`,
  people: (count, role, inner) => `with ${amount(count)} ${people(role, count)}${inner === '' ? '' : ` ${inner}`}`,
  engagement: (did, campaign, count, window) => {
    const what = campaign === undefined ? ENGAGED[did].any : `${ENGAGED[did].campaign} “${campaign}”`;
    if (count.kind === 'none') return `who ${window === '' ? `never ${ENGAGED[did].past}` : `did not ${ENGAGED[did].verb}`} ${what}${window}`;
    return `who ${ENGAGED[did].past} ${what}${times(count)}${window}`;
  },
  parent: (depth, inner, negated) => `${negated ? 'without' : 'with'} ${depth === 'direct' ? 'a parent account' : 'an account anywhere above them'}${inner === '' ? '' : ` ${inner}`}`,
  subsidiaries: (depth, count, inner) => {
    const which = depth === 'direct' ? (count.value === 1 ? 'subsidiary' : 'subsidiaries') : `${count.value === 1 ? 'account' : 'accounts'} anywhere below them`;
    return `with ${amount(count)} ${which}${inner === '' ? '' : ` ${inner}`}`;
  },
  sample: (percent, seed, negated) => `${negated ? 'outside' : 'in'} the random sample “${seed}” of ${percent}%`,
  segment: (key, negated) => `${negated ? 'not ' : ''}in segment “${key}”`,
  list: (key, negated) => `${negated ? 'not ' : ''}in the list “${key}”`,
  mailable: (purpose, negated) => `who may ${negated ? 'not ' : ''}be mailed now for “${purpose}”`,
};

const ENGAGED: Record<Engagement, { past: string; verb: string; campaign: string; any: string }> = {
  got: { past: 'got', verb: 'get', campaign: 'campaign', any: 'mail' },
  opened: { past: 'opened', verb: 'open', campaign: 'campaign', any: 'a mail' },
  clicked: { past: 'clicked', verb: 'click', campaign: 'in campaign', any: 'in a mail' },
  replied: { past: 'replied', verb: 'reply', campaign: 'to campaign', any: 'to a mail' },
};

function predicate(label: string, operator: AttributeOperator, negated: boolean, { type, value, to, days }: Values): string {
  const is = `${label} is ${negated ? 'not ' : ''}`;
  const isNot = `${label} is ${negated ? '' : 'not '}`;
  const verb = (positive: string, negative: string): string => `${label} ${negated ? negative : positive}`;
  const later = type === 'date' || type === 'timestamp';
  switch (operator) {
    case 'equals':
    case 'in':
      return `${is}${value}`;
    case 'not_equals':
    case 'not_in':
      return `${isNot}${value}`;
    case 'contains':
    case 'list_contains':
    case 'list_contains_any':
      return verb(`contains ${value}`, `does not contain ${value}`);
    case 'list_contains_all':
      return verb(`contains ${value}`, `does not contain all of ${value}`);
    case 'starts_with':
      return verb(`starts with ${value}`, `does not start with ${value}`);
    case 'greater_than':
      return `${is}${later ? 'after' : 'greater than'} ${value}`;
    case 'at_least':
      return `${is}${later ? 'on or after' : 'at least'} ${value}`;
    case 'less_than':
      return `${is}${later ? 'before' : 'less than'} ${value}`;
    case 'at_most':
      return `${is}${later ? 'on or before' : 'at most'} ${value}`;
    case 'between':
      return later ? `${is}on or after ${value} and before ${to}` : `${is}at least ${value} and less than ${to}`;
    case 'in_last_days':
      return `${is}in the last ${unit(days, 'day')}`;
    case 'in_next_days':
      return `${is}in the next ${unit(days, 'day')}`;
    case 'more_than_days_ago':
      return `${is}more than ${days} ${days === 1 ? 'day' : 'days'} ago`;
    case 'anniversary':
      return `${verb('has', 'does not have')} its anniversary ${days === 0 ? 'today' : `at most ${days} ${days === 1 ? 'day' : 'days'} before or after today`}`;
    case 'is_set':
      return `${label} is ${negated ? 'unknown' : 'known'}`;
    case 'not_set':
      return `${label} is ${negated ? 'known' : 'unknown'}`;
    default:
      return assertNever(operator);
  }
}

const AGGREGATES: Record<Aggregate, string> = { sum: 'total', average: 'average', minimum: 'lowest', maximum: 'highest' };

function windowPhrase(window: EventWindow, format: (value: string) => string): string {
  switch (window.kind) {
    case 'last_days':
      return `in the last ${unit(window.days, 'day')}`;
    case 'last_hours':
      return `in the last ${unit(window.hours, 'hour')}`;
    case 'between':
      return `from ${format(window.from)} until ${format(window.to)}`;
    default:
      return assertNever(window);
  }
}

/** "the last day", "the last 7 days". */
function unit(number: number, word: string): string {
  return number === 1 ? word : `${number} ${word}s`;
}

function times(count: CountPhrase): string {
  if (count.kind === 'at_least' && count.value === 1) return '';
  return ` ${amount(count)} ${count.value === 1 ? 'time' : 'times'}`;
}

function amount({ kind, value }: CountPhrase): string {
  const words: Record<CountPhrase['kind'], string> = {
    none: 'no',
    at_least: `at least ${value}`,
    fewer_than: `fewer than ${value}`,
    at_most: `at most ${value}`,
    more_than: `more than ${value}`,
    exactly: `exactly ${value}`,
    not_exactly: `not exactly ${value}`,
  };
  return words[kind];
}

const ROLES: Record<PeopleRole, readonly [singular: string, plural: string]> = {
  initiator: ['initiator', 'initiators'],
  user: ['user', 'users'],
  influencer: ['influencer', 'influencers'],
  decider: ['decider', 'deciders'],
  buyer: ['buyer', 'buyers'],
  gatekeeper: ['gatekeeper', 'gatekeepers'],
  any: ['member of the buying group', 'members of the buying group'],
};

function people(role: PeopleRole | undefined, count: CountPhrase): string {
  const [singular, plural] = role === undefined ? (['person', 'people'] as const) : ROLES[role];
  return count.value === 1 ? singular : plural;
}
