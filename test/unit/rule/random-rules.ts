import { fc } from '../../support/generated.js';
import { purposeCatalogue } from '../../../src/core/decision/permission.js';
import { DEFAULT_POLICIES, versioned } from '../../../src/core/decision/policies.js';
import { OPERATORS } from '../../../src/core/rule/check-rule.js';
import type { Campaigns } from '../../../src/core/rule/check-rule.js';
import { type AttributeDefinitionRow, fieldCatalogue, type FieldType, standardFields } from '../../../src/core/rule/fields.js';
import { AGGREGATES, type EventValueCondition } from '../../../src/core/rule/event-conditions.js';
import { ENGAGEMENTS, PEOPLE_ROLES, type Count, type EventWindow, type PropertyFilter, type ListSegment, type Rule, type Scope, type SegmentRule } from '../../../src/core/rule/rule.js';

/** Noon in Amsterdam, two hours ahead of UTC. */
export const NOW = new Date('2026-06-09T10:00:00.000Z');
export const TIME_ZONE = 'Europe/Amsterdam';
const HOUR = 3_600_000;

/** Custom attributes of every type, some with names that try to be something else. */
export const CUSTOM: AttributeDefinitionRow[] = [
  ...(['contact', 'account'] as const).flatMap((scope) => [
    { scope, key: 'plan', type: 'text' as const, standard: false },
    { scope, key: 'score', type: 'number' as const, standard: false },
    { scope, key: 'vip', type: 'boolean' as const, standard: false },
    { scope, key: 'renewal', type: 'date' as const, standard: false },
    { scope, key: 'last_seen', type: 'timestamp' as const, standard: false },
    { scope, key: 'tags', type: 'list' as const, standard: false },
  ]),
  { scope: 'contact', key: '__proto__', type: 'text', standard: false },
  { scope: 'contact', key: 'constructor', type: 'text', standard: false },
  { scope: 'account', key: `it's a "key"; drop table contacts --`, type: 'text', standard: false },
];
export const FIELDS = fieldCatalogue([...standardFields(), ...CUSTOM]);

const STANDARD_ASKED: Record<Scope, string[]> = {
  contact: ['first_name', 'country', 'birth_date', 'created_at'],
  account: ['name', 'sector', 'employees', 'revenue', 'last_won_on', 'created_at'],
};
export const askedKeys = (scope: Scope): string[] => [...STANDARD_ASKED[scope], ...CUSTOM.filter((row) => row.scope === scope).map((row) => row.key)];

/** Purposes that rest on consent, on a sale and on an interest that was weighed. Retention is long: its end is tested apart. */
export const MAILED = ['newsletter', 'offers', 'events'] as const;
const mailed = { message_class: 'marketing', channels: ['email'], retention_days: 730, balancing_recorded: true, valid_until: null, retired_at: null, controller: null } as const;
export const PURPOSES_KNOWN = purposeCatalogue(
  new Map([
    ['newsletter', { ...mailed, legal_basis: 'consent', double_opt_in: true }],
    ['offers', { ...mailed, legal_basis: 'soft_opt_in', double_opt_in: false }],
    ['events', { ...mailed, legal_basis: 'legitimate_interest', double_opt_in: true }],
  ]),
  versioned(DEFAULT_POLICIES),
);

/** Texts that mean something to LIKE, SQL, JSON or Unicode, and near misses of each other, also by case and accents. */
export const TEXTS = ['NL', 'nl', 'BE', '100%', '100', 'a_b', 'aXb', 'a\\b', 'a\\', `O'Brien`, '"', 'Zoë', 'Zoe\u0308', 'ZOE', 'İ', 'i', 'ΟΔΌΣ', 'οδός', 'ß', 'Łódź', 'lodz', '\u0301', 'null\u0301', '山田', '😀', '\u202Eabc', '$1', '%', 'true', '5', '5.0', 'null', ' ', '{}'];
export const NUMBERS = [-1, 0, 0.1, 1, 2.5, 5, 1e21, 1500];
/** Items of lists: what JSON escapes, LIKE reads and folding changes, also next to each other. */
export const ITEMS = ['ZOE', 'zoe\u0308', 'ZOË ', 'a"b', 'A\"B', 'a\\', '\\"', '", "', '\t\u0301\u001F', 'É\n', '\u0301', '\u0344\u0301', '😀É', '\u202Eאב', 'ΟΔΌΣ', 'Łódź', '100%', '_', '\\u0041'] as const;
const DAYS_COUNTED = [1, 7, 30];

const ago = (milliseconds: number): string => new Date(NOW.getTime() - milliseconds).toISOString();
/** The moment itself, its boundaries, and a millisecond to either side of each. */
export const MOMENTS = [0, ...DAYS_COUNTED.map((days) => days * 24 * HOUR), 5 * HOUR].flatMap((distance) => [distance - 1, distance, distance + 1, -distance - 1, -distance, -distance + 1]).map(ago);
/** Amsterdam's today and its neighbours; UTC is a day behind around midnight, which the moments above do not reach. */
export const DAYS = ['2026-06-09', '2026-06-08', '2026-06-10', '2026-06-02', '2026-06-01', '2026-06-03', '2026-06-16', '2026-06-17', '2026-05-10', '2026-05-09', '1980-02-29', '2024-02-29'];
export const SEEDS = ['winter', 'x', '😀 “draw”'];
export const EVENTS = ['Pricing Viewed', 'Order Completed', "Robert'); drop table events;--"];
export const PROPERTIES = ['amount', 'plan', 'tags', '__proto__', 'vip'];
export const CAMPAIGNS: Campaigns = new Map([['spring', 3], ['welcome', 1]]);

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

function valueOf(type: FieldType): fc.Arbitrary<string | number | boolean> {
  switch (type) {
    case 'text':
      return pick(TEXTS);
    case 'number':
      return pick(NUMBERS);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return pick(DAYS);
    case 'timestamp':
      return pick([...MOMENTS, ...DAYS, '2026-06-09T12:00:00+02:00']);
    case 'list':
      return pick([...TEXTS, ...NUMBERS, ...ITEMS]);
  }
}

const rank = (value: string | number | boolean): number => (typeof value === 'number' ? value : Date.parse(String(value)));
function range(type: FieldType): fc.Arbitrary<{ from: string | number; to: string | number }> {
  return fc
    .tuple(valueOf(type), valueOf(type))
    .filter(([from, to]) => rank(from) !== rank(to))
    .map(([from, to]) => (rank(from) < rank(to) ? { from, to } : { from: to, to: from })) as fc.Arbitrary<{ from: string | number; to: string | number }>;
}

/** One comparison with any operator that fits the type. */
function comparison(type: FieldType, operators: readonly string[] = OPERATORS[type]): fc.Arbitrary<Record<string, unknown>> {
  return pick(operators).chain((operator): fc.Arbitrary<Record<string, unknown>> => {
    switch (operator) {
      case 'is_set':
      case 'not_set':
        return fc.constant({ operator });
      case 'in':
      case 'not_in':
        // Sometimes long enough for the form that does not use the GIN index.
        return fc.oneof(fc.array(valueOf(type), { minLength: 1, maxLength: 4 }), fc.constant([...TEXTS, ...NUMBERS].filter((value) => typeof value === (type === 'number' ? 'number' : 'string')))).map((value) => ({ operator, value }));
      case 'contains':
      case 'starts_with':
        return fc.oneof(pick(TEXTS), pick(['%', '_', '\\', 'a', 'N', '1', "'", 'o', 'Ó', '😀', '\u0308'])).map((value) => ({ operator, value }));
      case 'between':
        return range(type).map((ends) => ({ operator, ...ends }));
      case 'list_contains_any':
      case 'list_contains_all':
        return fc.array(fc.oneof({ weight: 4, arbitrary: pick<string | number>(['nl', 'BE', 'Zoe', '100%', 5]) }, { weight: 2, arbitrary: pick(ITEMS) }, valueOf(type)), { minLength: 1, maxLength: operator === 'list_contains_all' ? 2 : 3 }).map((value) => ({ operator, value }));
      case 'anniversary':
        return pick([0, 1, 7, 100, 180]).map((days) => ({ operator, days }));
      case 'in_last_days':
      case 'in_next_days':
      case 'more_than_days_ago':
        return pick(DAYS_COUNTED).map((days) => ({ operator, days }));
      default:
        return valueOf(type).map((value) => ({ operator, value }));
    }
  });
}

function attribute(scope: Scope): fc.Arbitrary<Rule> {
  return pick(askedKeys(scope)).chain((key) => {
    const type = FIELDS.find(scope, key)?.type;
    if (!type) throw new Error(`no field ${key}`);
    return comparison(type).map((rest) => ({ kind: 'attribute', attribute: key, ...rest }) as Rule);
  });
}

export const propertyFilter: fc.Arbitrary<PropertyFilter> = fc
  .tuple(pick(PROPERTIES), pick<FieldType>(['text', 'number', 'boolean', 'list']))
  .chain(([property, type]) => comparison(type).map((rest) => ({ property, ...rest }) as PropertyFilter));

const count: fc.Arbitrary<Count> = fc.oneof(
  pick([1, 2, 3]).map((value) => ({ operator: 'at_least' as const, value })),
  fc.tuple(pick(['at_most', 'exactly'] as const), pick([0, 1, 2])).map(([operator, value]) => ({ operator, value })),
);

const eventWindow: fc.Arbitrary<EventWindow> = fc.oneof(
  pick(DAYS_COUNTED).map((days) => ({ kind: 'last_days' as const, days })),
  fc.constant({ kind: 'last_hours' as const, hours: 5 }),
  range('timestamp').map((ends) => ({ kind: 'between' as const, from: String(ends.from), to: String(ends.to) })),
);

const event: fc.Arbitrary<Rule> = fc.record(
  { kind: fc.constant('event' as const), event: pick(EVENTS), count, within: eventWindow, where: fc.array(propertyFilter, { maxLength: 2 }) },
  { requiredKeys: ['kind', 'event', 'count'] },
);

const mailable: fc.Arbitrary<Rule> = pick(MAILED).map((purpose) => ({ kind: 'mailable', purpose }));

/** Seldom: with it hardly any event is meant. */
const where = fc.oneof({ weight: 4, arbitrary: fc.constant<PropertyFilter[]>([]) }, { weight: 1, arbitrary: fc.array(propertyFilter, { minLength: 1, maxLength: 1 }) });
const numberTest = comparison('number', ['equals', 'greater_than', 'at_least', 'less_than', 'at_most', 'between']);

/** Often of the property that mostly holds numbers. */
const eventValue: fc.Arbitrary<Rule> = fc.record(
  {
    kind: fc.constant('event_value' as const),
    event: pick(EVENTS),
    property: fc.oneof({ weight: 3, arbitrary: fc.constant('amount') }, { weight: 1, arbitrary: pick(PROPERTIES) }),
    aggregate: pick([...AGGREGATES]),
    is: fc.oneof(numberTest, pick([0.3, 0.1, 1.25, 2.6]).map((value) => ({ operator: 'equals', value }))) as fc.Arbitrary<EventValueCondition['is']>,
    within: eventWindow,
    where,
  },
  { requiredKeys: ['kind', 'event', 'property', 'aggregate', 'is'] },
);

const eventTime: fc.Arbitrary<Rule> = fc
  .tuple(pick(EVENTS), pick(['first', 'last']), fc.option(where, { nil: undefined }), comparison('timestamp', ['greater_than', 'at_least', 'less_than', 'at_most', 'between', 'in_last_days', 'more_than_days_ago', 'is_set', 'not_set']))
  .map(([event, which, filters, test]) => ({ kind: 'event_time', event, which, ...(filters && { where: filters }), ...test }) as Rule);

const step = fc.record({ event: pick(EVENTS), where }, { requiredKeys: ['event'] });
const sequence: fc.Arbitrary<Rule> = fc.record(
  {
    kind: fc.constant('sequence' as const),
    first: step,
    then: fc.array(fc.tuple(step, pick([...DAYS_COUNTED, 30])).map(([meant, withinDays]) => ({ ...meant, withinDays })), { minLength: 1, maxLength: 3 }),
    never: fc.tuple(step, fc.option(pick(DAYS_COUNTED), { nil: undefined })).map(([meant, withinDays]) => ({ ...meant, ...(withinDays !== undefined && { withinDays }) })),
    within: fc.oneof(fc.constant({ kind: 'last_days' as const, days: 30 }), eventWindow),
  },
  { requiredKeys: ['kind', 'first', 'then'] },
);

/** Conditions that look at what events add up to, when they were and how they follow each other. */
export const eventConditions: fc.Arbitrary<Rule> = fc.oneof(eventValue, eventTime, { weight: 2, arbitrary: sequence });

const engagement: fc.Arbitrary<Rule> = fc.record(
  { kind: fc.constant('engagement' as const), did: pick(ENGAGEMENTS), campaign: pick([...CAMPAIGNS.keys()]), count, within: eventWindow },
  { requiredKeys: ['kind', 'did', 'count'] },
);

const sample: fc.Arbitrary<Rule> = fc.record({ kind: fc.constant('sample' as const), percent: pick([0.5, 10, 50, 90, 100]), seed: pick(SEEDS) });

const anniversaryOrItems: fc.Arbitrary<Rule> = pick(['birth_date', 'created_at', 'renewal', 'last_seen', 'tags', 'tags', 'tags', 'tags']).chain((key) => {
  const type = FIELDS.find('contact', key)?.type ?? 'date';
  return comparison(type, type === 'list' ? ['list_contains_any', 'list_contains_all'] : ['anniversary']).map((rest) => ({ kind: 'attribute', attribute: key, ...rest }) as Rule);
});

const group = (inner: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> =>
  fc.tuple(pick(['direct', 'any'] as const), count, fc.boolean(), inner).map(([depth, times, up, rule]) => (up ? { kind: 'parent', depth, rule } : { kind: 'subsidiaries', depth, count: times, rule }));

/** Conditions on mail, days of the year, groups of accounts and samples, each by itself. */
export const relationConditions: Record<Scope, fc.Arbitrary<Rule>> = {
  contact: fc.oneof({ weight: 3, arbitrary: engagement }, { weight: 3, arbitrary: anniversaryOrItems }, sample),
  account: fc.oneof({ weight: 5, arbitrary: group(attribute('account')) }, sample),
};

/** Any rule of this scope up to so many levels, over segments with these keys. */
export function randomRule(scope: Scope, levels: number, segments: Record<Scope, readonly string[]>): fc.Arbitrary<Rule> {
  const leaf: fc.WeightedArbitrary<Rule>[] = [{ weight: 4, arbitrary: attribute(scope) }];
  if (scope === 'contact') leaf.push({ weight: 3, arbitrary: event }, { weight: 1, arbitrary: eventValue }, { weight: 1, arbitrary: eventTime }, { weight: 2, arbitrary: sequence }, { weight: 2, arbitrary: mailable }, { weight: 2, arbitrary: engagement });
  leaf.push({ weight: 1, arbitrary: sample });
  if (segments[scope].length > 0) {
    leaf.push({ weight: 2, arbitrary: fc.record({ kind: fc.constant('segment' as const), operator: pick(['in', 'not_in'] as const), segment: pick(segments[scope]) }) });
  }
  if (levels === 0) return fc.oneof(...leaf);
  const inner = randomRule(scope, levels - 1, segments);
  const other = randomRule(scope === 'contact' ? 'account' : 'contact', levels - 1, segments);
  const crossing: fc.Arbitrary<Rule> =
    scope === 'contact'
      ? other.map((rule) => ({ kind: 'account', rule }))
      : fc.record({ kind: fc.constant('people' as const), count, role: pick([...PEOPLE_ROLES]), rule: other }, { requiredKeys: ['kind', 'count', 'rule'] });
  // The same of people in different parts, which is compiled together.
  const parts: fc.Arbitrary<Rule> = fc
    .tuple(other, fc.array(fc.tuple(pick([...PEOPLE_ROLES]), count), { minLength: 2, maxLength: 3 }), fc.array(inner, { maxLength: 1 }))
    .map(([rule, asked, more]) => ({ kind: 'all', conditions: [...asked.map(([role, times]) => ({ kind: 'people' as const, count: times, role, rule })), ...more] }));
  return fc.oneof(
    ...leaf,
    ...(scope === 'account' ? [{ weight: 1, arbitrary: parts }, { weight: 3, arbitrary: group(inner) }] : []),
    { weight: 3, arbitrary: fc.array(inner, { maxLength: 3 }).map((conditions) => ({ kind: 'all' as const, conditions })) },
    { weight: 3, arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((conditions) => ({ kind: 'any' as const, conditions })) },
    { weight: 2, arbitrary: inner.map((condition) => ({ kind: 'not' as const, condition })) },
    { weight: 3, arbitrary: crossing },
  );
}

/** Lists that rules and segments may use; who is in them, a population says. */
export const LISTS: ReadonlyMap<string, ListSegment> = new Map([['people-list', { scope: 'contact', list: 901 }], ['other-list', { scope: 'contact', list: 902 }], ['accounts-list', { scope: 'account', list: 903 }]]);

/** Six segments, each of which may use those before it: no circles. */
export const randomSegments: fc.Arbitrary<ReadonlyMap<string, SegmentRule>> = fc
  .tuple(...(['contact', 'account', 'contact', 'account', 'contact', 'account'] as const).map((scope, index) => randomRule(scope, 1, earlier(index)).map((rule): [string, SegmentRule] => [`s${index}`, { scope, rule }])))
  .map((entries) => new Map([...entries, ...LISTS]));
export const SEGMENT_KEYS: Record<Scope, string[]> = earlier(6);

function earlier(index: number): Record<Scope, string[]> {
  const keys = Array.from({ length: index }, (_, number) => `s${number}`);
  const lists = (scope: Scope): string[] => [...LISTS].flatMap(([key, list]) => (list.scope === scope ? [key] : []));
  return { contact: [...keys.filter((_, number) => number % 2 === 0), ...lists('contact')], account: [...keys.filter((_, number) => number % 2 === 1), ...lists('account')] };
}
