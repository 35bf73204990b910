import { assertNever } from '../shared/assert-never.js';
import { boundsOf, type Moment, type OrderedComparison } from './bounds.js';
import { compileCelebratedDay, compileCelebratedMoments, compileCelebratedText } from './compile-anniversary.js';
import { compileList } from './compile-list.js';
import { escapeLike } from './escape-like.js';
import type { Field } from './fields.js';
import { foldText, spell } from './fold-text.js';
import type { Parameters } from './parameters.js';
import type { AttributeCondition, PropertyFilter, SampleCondition, Scope } from './rule.js';
import { drawOf } from './sample.js';

/** Up to here a list becomes `@> or @> …`, each of which the GIN index answers; past it one comparison with an array. */
const GIN_VALUES = 20;

/** A test of one attribute; null or false means no. `alias` is the table's, written by the compiler. */
export function compileAttribute(condition: AttributeCondition, field: Field, alias: string, params: Parameters, moment: Moment): string {
  if (field.column === undefined) return compileJson(condition, field.type, `${alias}.attributes`, field.key, params, moment);
  return compileColumn(condition, field, `${alias}.${field.column}`, params, moment);
}

/** A test of one property of an event in the jsonb column `column`. Its type is that of the value asked for. */
export function compilePropertyFilter(filter: PropertyFilter, column: string, params: Parameters): string {
  return compileJson(filter, undefined, column, filter.property, params, { now: new Date(0), timeZone: 'UTC' });
}

/** Whether an id is drawn (sample.ts). */
export function compileSample(rule: SampleCondition, scope: Scope, id: string, params: Parameters): string {
  const { seed, below } = drawOf(rule, scope);
  return `(hashint8extended(${id}, ${params.add(String(seed), 'bigint')}) & 4294967295) < ${params.add(below, 'bigint')}`;
}

function compileColumn(condition: AttributeCondition, field: Field, column: string, params: Parameters, moment: Moment): string {
  if (field.type === 'text') return compileText(condition, field, column, params);
  const type = columnType(condition, field);
  switch (condition.operator) {
    case 'equals':
      return `${column} = ${params.add(condition.value, type)}`;
    case 'not_equals':
      return `(${column} = ${params.add(condition.value, type)}) is not true`;
    case 'in':
      return `${column} = any(${params.add(condition.value, `${type}[]`)})`;
    case 'not_in':
      return `(${column} = any(${params.add(condition.value, `${type}[]`)})) is not true`;
    case 'is_set':
      return `${column} is not null`;
    case 'not_set':
      return `${column} is null`;
    case 'anniversary':
      return field.type === 'date' ? compileCelebratedDay(condition.days, column, params, moment) : compileCelebratedMoments(condition.days, column, 'timestamptz', params, moment);
    case 'contains':
    case 'starts_with':
    case 'list_contains':
    case 'list_contains_any':
    case 'list_contains_all':
      throw new Error(`“${condition.operator}” does not fit the column ${column}.`);
    default:
      return compileBounds(condition, field.type as 'number' | 'date' | 'timestamp', column, type, params, moment);
  }
}

/** A column of one spelling is compared as it stands, with the value so spelled; any other folded. */
function compileText(condition: AttributeCondition, { spelling }: Field, column: string, params: Parameters): string {
  const compared = spelling === undefined ? folded(column) : column;
  const wanted = (value: unknown): string => (spelling === undefined ? foldText(String(value)) : spell(String(value), spelling));
  switch (condition.operator) {
    case 'is_set':
      return `${column} <> ''`;
    case 'not_set':
      return `(${column} is null or ${column} = '')`;
    case 'equals':
    case 'not_equals':
    case 'in':
    case 'not_in':
    case 'contains':
    case 'starts_with':
      return compileComparison(condition, compared, wanted, params);
    default:
      throw new Error(`“${condition.operator}” does not fit the text column ${column}.`);
  }
}

type TextComparison = Extract<AttributeCondition | PropertyFilter, { operator: 'equals' | 'not_equals' | 'in' | 'not_in' | 'contains' | 'starts_with' }>;

function compileComparison(condition: TextComparison, expression: string, wanted: (value: unknown) => string, params: Parameters): string {
  switch (condition.operator) {
    case 'equals':
      return `${expression} = ${params.add(wanted(condition.value), 'text')}`;
    case 'not_equals':
      return `(${expression} = ${params.add(wanted(condition.value), 'text')}) is not true`;
    case 'in':
      return `${expression} = any(${params.add(condition.value.map(wanted), 'text[]')})`;
    case 'not_in':
      return `(${expression} = any(${params.add(condition.value.map(wanted), 'text[]')})) is not true`;
    case 'contains':
      return `${expression} like ${params.add(`%${escapeLike(wanted(condition.value))}%`, 'text')}`;
    case 'starts_with':
      return `${expression} like ${params.add(`${escapeLike(wanted(condition.value))}%`, 'text')}`;
    default:
      return assertNever(condition);
  }
}

/** The function of migration 0003, which PostgreSQL writes out in place. */
function folded(expression: string): string {
  return `fold_text(${expression})`;
}

/** A column of whole numbers is compared with whole numbers as they are; about 2.5 it is asked as decimal, at the price of a cast per row. */
function columnType(condition: AttributeCondition, field: Field): string {
  if (field.integer !== true) return COLUMN_TYPES[field.type];
  const values = 'value' in condition ? [condition.value].flat() : condition.operator === 'between' ? [condition.from, condition.to] : [];
  return values.every((value) => Number.isSafeInteger(value)) ? 'bigint' : 'numeric';
}

const COLUMN_TYPES: Record<Field['type'], string> = { text: 'text', number: 'numeric', boolean: 'boolean', date: 'date', timestamp: 'timestamptz', list: 'jsonb' };

function compileJson(condition: AttributeCondition | PropertyFilter, declared: Field['type'] | undefined, column: string, key: string, params: Parameters, moment: Moment): string {
  const value = (): string => `${column} -> ${params.add(key, 'text')}`;
  const textValue = (): string => `${column} ->> ${params.add(key, 'text')}`;
  const holds = (wanted: unknown): string => `${column} @> ${params.add(jsonObject(key, wanted), 'jsonb')}`;
  const text = (test: string, certain: boolean): string => (certain ? `${folded(textValue())} ${test}` : `(${folded(textValue())} ${test} and ${isText(value())})`);
  const is = (wanted: unknown): string => (typeof wanted === 'string' ? text(`= ${params.add(foldText(wanted), 'text')}`, isOnlyText(foldText(wanted))) : holds(wanted));
  const oneOf = (wanted: readonly unknown[]): string => {
    const texts = wanted.filter((one) => typeof one === 'string').map(foldText);
    const others = wanted.filter((one) => typeof one !== 'string');
    return `(${[
      ...(texts.length > 0 ? [text(`= any(${params.add(texts, 'text[]')})`, texts.every(isOnlyText))] : []),
      ...(others.length > GIN_VALUES ? [`${value()} = any(${params.add(others.map((one) => JSON.stringify(one)), 'jsonb[]')})`] : others.map(holds)),
    ].join(' or ')})`;
  };
  switch (condition.operator) {
    case 'equals':
      return is(condition.value);
    case 'not_equals':
      return `(${is(condition.value)}) is not true`;
    case 'in':
      return oneOf(condition.value);
    case 'not_in':
      return `${oneOf(condition.value)} is not true`;
    case 'contains':
      return text(`like ${params.add(`%${escapeLike(foldText(condition.value))}%`, 'text')}`, false);
    case 'starts_with':
      return text(`like ${params.add(`${escapeLike(foldText(condition.value))}%`, 'text')}`, isOnlyText(foldText(condition.value)));
    case 'list_contains':
    case 'list_contains_any':
    case 'list_contains_all':
      return compileList(condition, { value, text: textValue, holds }, params);
    case 'anniversary':
      return compileJsonAnniversary(condition.days, declared as 'date' | 'timestamp', textValue(), params, moment);
    case 'is_set':
      return compilePresence(declared, value(), textValue());
    case 'not_set':
      return `(${compilePresence(declared, value(), textValue())}) is not true`;
    default:
      return compileJsonBounds(condition, declared ?? 'number', value(), textValue(), params, moment);
  }
}

/** Said of what it is not, because of "= 'string'" the planner expects one row in 200. */
function isText(value: string): string {
  return `jsonb_typeof(${value}) not in ('number', 'boolean', 'array', 'object')`;
}

/** Whether no number, boolean, list or object is written so, nor begins so: then what reads like it is a text (asking costs a third more). */
function isOnlyText(folded: string): boolean {
  return !/^[-0-9[{]/.test(folded) && !['true', 'false'].some((word) => word.startsWith(folded));
}

/** Text of another shape than its type's counts as missing. */
const SHAPES = {
  date: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  timestamp: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$',
} as const;

function compilePresence(declared: Field['type'] | undefined, value: string, textValue: string): string {
  switch (declared) {
    case 'text':
      return `jsonb_typeof(${value}) = 'string' and ${textValue} <> ''`;
    case 'number':
    case 'boolean':
      return `jsonb_typeof(${value}) = '${declared}'`;
    case 'date':
    case 'timestamp':
      return `${textValue} ~ '${SHAPES[declared]}'`;
    case 'list':
      return `jsonb_typeof(${value}) = 'array' and ${value} <> '[]'`;
    case undefined:
      return `${value} not in ('null', '""', '[]')`;
    default:
      return assertNever(declared);
  }
}

/** Nothing is cast: jsonb compares numbers as numbers, and dates of one shape sort as text. The shape is asked last, of the few that lie within. */
function compileJsonBounds(condition: OrderedComparison, type: Field['type'], value: string, textValue: string, params: Parameters, moment: Moment): string {
  if (type === 'number') {
    const within = boundsOf(condition, type, moment).map((bound) => `${value} ${bound.operator} ${params.add(JSON.stringify(bound.value), 'jsonb')}`);
    return `${within.join(' and ')} and jsonb_typeof(${value}) = 'number'`;
  }
  const shape = type as 'date' | 'timestamp';
  // "C" compares bytes, whatever the database's own collation is.
  return `${compileBounds(condition, shape, `(${textValue}) collate "C"`, 'text', params, moment)} and ${textValue} ~ '${SHAPES[shape]}'`;
}

function compileJsonAnniversary(days: number, type: 'date' | 'timestamp', textValue: string, params: Parameters, moment: Moment): string {
  // Cheap tests go first, whatever their order here. As a piece of the text the shape costs as much as what it follows, and is asked of the few that are left (half the time).
  if (type === 'date') return `${compileCelebratedText(days, `substr(${textValue}, 6) collate "C"`, params, moment)} and substr(${textValue}, 1) ~ '${SHAPES[type]}'`;
  return `${compileCelebratedMoments(days, `(${textValue}) collate "C"`, 'text', params, moment)} and ${textValue} ~ '${SHAPES[type]}'`;
}

function compileBounds(condition: OrderedComparison, type: 'number' | 'date' | 'timestamp', expression: string, sqlType: string, params: Parameters, moment: Moment): string {
  return boundsOf(condition, type, moment)
    .map((bound) => `${expression} ${bound.operator} ${params.add(bound.value, sqlType)}`)
    .join(' and ');
}

/** JSON of { key: value }; written out, because an object literal would take a key such as __proto__ for something else. */
function jsonObject(key: string, value: unknown): string {
  return `{${JSON.stringify(key)}:${JSON.stringify(value)}}`;
}
