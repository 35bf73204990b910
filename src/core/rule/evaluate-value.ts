import { assertNever } from '../shared/assert-never.js';
import { anniversaryMoments, daysOfYear, isAmongDays, isAmongMoments } from './anniversary.js';
import { boundsOf, type Moment, within } from './bounds.js';
import type { Field, FieldType } from './fields.js';
import { foldText, spell, type Spelling } from './fold-text.js';
import type { AttributeCondition, PropertyFilter } from './rule.js';

type Properties = Readonly<Record<string, unknown>>;
type Value = string | number | boolean | readonly unknown[];

export function attributeHolds(condition: AttributeCondition, field: Field, attributes: Properties, moment: Moment): boolean {
  return holds(condition, field.type, readValue(field.type, own(attributes, field.key)), moment, field.spelling);
}

/** A property has no declared type: it is taken as what it is. */
export function propertyHolds(filter: PropertyFilter, properties: Properties): boolean {
  const value = own(properties, filter.property);
  const missing = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (filter.operator === 'is_set') return !missing;
  if (filter.operator === 'not_set') return missing;
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value) ? value : undefined;
  return holds(filter, 'number', known as Value | undefined, { now: new Date(0), timeZone: 'UTC' });
}

/** `orderedAs`: the type by which ordered operators compare. */
function holds(condition: AttributeCondition | PropertyFilter, orderedAs: FieldType, value: Value | undefined, moment: Moment, spelling?: Spelling): boolean {
  const wanted = <T>(one: T): T | string => (typeof one !== 'string' ? one : spelling === undefined ? foldText(one) : spell(one, spelling));
  const known = typeof value === 'string' && spelling === undefined ? foldText(value) : value;
  switch (condition.operator) {
    case 'equals':
      return known === wanted(condition.value);
    case 'not_equals':
      return known !== wanted(condition.value);
    case 'in':
      return wantedOnce(condition, wanted).has(known);
    case 'not_in':
      return !wantedOnce(condition, wanted).has(known);
    case 'contains':
      return typeof known === 'string' && known.includes(wanted(condition.value));
    case 'starts_with':
      return typeof known === 'string' && known.startsWith(wanted(condition.value));
    case 'list_contains':
    case 'list_contains_any':
      return Array.isArray(value) && value.some((item) => wantedOnce(condition, wanted).has(wanted(item)));
    case 'list_contains_all': {
      const items = Array.isArray(value) && new Set<unknown>(value.map(wanted));
      return items && [...wantedOnce(condition, wanted)].every((one) => items.has(one));
    }
    case 'anniversary':
      return typeof value === 'string' && (orderedAs === 'date' ? isAmongDays(value, daysOfYear(condition.days, moment)) : isAmongMoments(value, anniversaryMoments(condition.days, moment)));
    case 'is_set':
      return value !== undefined;
    case 'not_set':
      return value === undefined;
    default: {
      const type = orderedAs as 'number' | 'date' | 'timestamp';
      const comparable = type === 'number' ? typeof value === 'number' : typeof value === 'string';
      return comparable && within(value as number | string, boundsOf(condition, type, moment));
    }
  }
}

type ListedComparison = Extract<AttributeCondition | PropertyFilter, { operator: 'in' | 'not_in' | 'list_contains' | 'list_contains_any' | 'list_contains_all' }>;

/** What a condition wants is folded once, however many people it is asked of. */
const folded = new WeakMap<ListedComparison, ReadonlySet<unknown>>();

function wantedOnce(condition: ListedComparison, wanted: (one: unknown) => unknown): ReadonlySet<unknown> {
  const values = folded.get(condition) ?? new Set([condition.value].flat().map(wanted));
  folded.set(condition, values);
  return values;
}

const DATE_SHAPE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIMESTAMP_SHAPE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$/;

/** The value as its type has it; undefined when it is missing in the sense of rule.ts. */
function readValue(type: FieldType, stored: unknown): Value | undefined {
  switch (type) {
    case 'text':
      return typeof stored === 'string' && stored !== '' ? stored : undefined;
    case 'number':
      return typeof stored === 'number' ? stored : undefined;
    case 'boolean':
      return typeof stored === 'boolean' ? stored : undefined;
    case 'date':
      return typeof stored === 'string' && DATE_SHAPE.test(stored) ? stored : undefined;
    case 'timestamp':
      if (stored instanceof Date) return stored.toISOString();
      return typeof stored === 'string' && TIMESTAMP_SHAPE.test(stored) ? stored : undefined;
    case 'list':
      return Array.isArray(stored) && stored.length > 0 ? stored : undefined;
    default:
      return assertNever(type);
  }
}

/** Only what the data itself holds: never what its prototype would answer to a name such as constructor. */
function own(values: Properties, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
