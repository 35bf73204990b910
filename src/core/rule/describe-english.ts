import { assertNever } from '../shared/assert-never.js';
import type { Aggregate } from './event-conditions.js';
import type { CountPhrase, Phrasebook, Values } from './phrasebook.js';
import type { AttributeOperator, EventWindow, PeopleRole } from './rule.js';

export const english: Phrasebook = {
  locale: 'en-GB',
  and: 'and',
  or: 'or',
  serialComma: true,
  yes: 'yes',
  no: 'no',
  nobody: 'of whom there are none',
  andMore: (hidden) => `or one of ${hidden} more`,
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
  segment: (key, negated) => `${negated ? 'not ' : ''}in segment “${key}”`,
  list: (key, negated) => `${negated ? 'not ' : ''}in the list “${key}”`,
  mailable: (purpose, negated) => `who may ${negated ? 'not ' : ''}be mailed now for “${purpose}”`,
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
      return verb(`contains ${value}`, `does not contain ${value}`);
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
