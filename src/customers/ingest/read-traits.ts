import type { CustomValue } from '../field-input.js';
import type { FieldType } from '../import/import-fields.js';
import { compileDateForm } from '../import/read-date.js';
import { readValue } from '../import/read-value.js';
import { ATTRIBUTE_KEY, isPoisoned } from '../import/safe-keys.js';
import { isSound, isSoundKey } from './sound-json.js';
import type { TrackingProblem } from './tracking-problem.js';

/** Where a standard trait goes, under its names of Segment's spec and under ours. */
type Standard = readonly [field: string, type: FieldType];

const CONTACT: ReadonlyMap<string, Standard> = new Map<string, Standard>([
  ['email', ['email', 'email']],
  ['first_name', ['first_name', 'line']],
  ['last_name', ['last_name', 'line']],
  ['phone', ['phone', 'line']],
  ['title', ['job_title', 'line']],
  ['job_title', ['job_title', 'line']],
  ['birthday', ['birth_date', 'date']],
  ['birth_date', ['birth_date', 'date']],
  ['city', ['city', 'line']],
  ['address_city', ['city', 'line']],
  ['country', ['country', 'country']],
  ['address_country', ['country', 'country']],
  ['language', ['language', 'language']],
  ['locale', ['language', 'language']],
  ['time_zone', ['time_zone', 'time_zone']],
  ['timezone', ['time_zone', 'time_zone']],
  ['created_at', ['created_at', 'timestamp']],
]);

const ACCOUNT: ReadonlyMap<string, Standard> = new Map<string, Standard>([
  ['name', ['name', 'account_name']],
  ['domain', ['domain', 'domain']],
  ['website', ['domain', 'domain']],
  ['industry', ['sector', 'line']],
  ['sector', ['sector', 'line']],
  ['employees', ['employees', 'integer']],
  ['city', ['city', 'line']],
  ['address_city', ['city', 'line']],
  ['country', ['country', 'country']],
  ['address_country', ['country', 'country']],
]);

/** Fields that Tactful fills, or that stand for something else than a trait. */
const OWN: ReadonlySet<string> = new Set(['lifecycle_stage', 'source', 'updated_at', 'address_state', 'account_id', 'contact_id']);

const LONGEST_TEXT = 10_000;
const MOST_ITEMS = 500;
const iso = compileDateForm('iso');
const READING = { decimal: '.', forms: iso.ok ? [iso.value] : [], timeZone: 'UTC', split: ';' } as const;

export interface Traits {
  /** By column; null removes what is known. */
  readonly fields: ReadonlyMap<string, string | number | null>;
  /** Attributes of the company's own, by key; null removes one. */
  readonly attributes: ReadonlyMap<string, CustomValue | null>;
  readonly problems: readonly TrackingProblem[];
}

/** Traits of an identify, as fields and attributes of a contact. What cannot be kept is dropped by itself. */
export function readContactTraits(given: Readonly<Record<string, unknown>>): Traits {
  const traits = readTraits(given, CONTACT);
  const name = traits.attributes.get('name');
  if (typeof name !== 'string') return traits;
  traits.attributes.delete('name');
  if (!traits.fields.has('first_name') && !traits.fields.has('last_name')) {
    for (const [field, part] of Object.entries(splitName(name))) if (part !== undefined) setField(traits, field, 'line', part, 'traits.name');
  }
  return traits;
}

/** Traits of a group, as fields and attributes of an account. */
export function readAccountTraits(given: Readonly<Record<string, unknown>>): Traits {
  return readTraits(given, ACCOUNT);
}

interface Open {
  fields: Map<string, string | number | null>;
  attributes: Map<string, CustomValue | null>;
  problems: TrackingProblem[];
}

function readTraits(given: Readonly<Record<string, unknown>>, standard: ReadonlyMap<string, Standard>): Open {
  const traits: Open = { fields: new Map(), attributes: new Map(), problems: [] };
  for (const name of Object.keys(given)) {
    const value = given[name];
    const path = `traits.${name.slice(0, 100).toWellFormed().replaceAll('\u0000', '')}`;
    if (!isSoundKey(name) || !isSound(value)) traits.problems.push({ kind: 'text_unusable', path });
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      // One level is flattened: { plan: { name } } is plan_name.
      for (const [inner, innerValue] of Object.entries(value)) readTrait(traits, standard, `${name}_${inner}`, innerValue, `${path}.${inner.slice(0, 100)}`);
    } else readTrait(traits, standard, name, value, path);
  }
  return traits;
}

function readTrait(traits: Open, standard: ReadonlyMap<string, Standard>, name: string, value: unknown, path: string): void {
  const key = attributeKey(name);
  const field = standard.get(key);
  if (field) {
    setField(traits, field[0], field[1], value, path);
    return;
  }
  if (isPoisoned(key) || !ATTRIBUTE_KEY.test(key)) traits.problems.push({ kind: 'trait_name', path });
  else if (OWN.has(key)) traits.problems.push({ kind: 'trait_standard', path });
  else {
    const kept = customValue(value);
    if (typeof kept === 'object' && kept !== null && 'problem' in kept) traits.problems.push({ kind: kept.problem, path });
    else traits.attributes.set(key, kept);
  }
}

/** `planType`, "Plan Type" and `plan-type` are plan_type. */
function attributeKey(name: string): string {
  return name
    .trim()
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[\s.-]+/g, '_');
}

function customValue(value: unknown): CustomValue | null | { readonly problem: 'trait_nested' | 'trait_too_long' | 'trait_value' } {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) return { problem: 'trait_value' }; // 1e400 is read as infinity, which JSON cannot say
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? { problem: 'trait_too_long' } : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value) || value.some((item) => typeof item === 'object')) return { problem: 'trait_nested' };
  const items = value.map(String);
  return items.length > MOST_ITEMS || items.some((item) => item.length > MOST_ITEMS) ? { problem: 'trait_too_long' } : items;
}

/** A standard field, by the rules of imports and of the API. A null removes it; an address stays: taking one away is a person's act, not a tracker's. */
function setField(traits: Open, field: string, type: FieldType, value: unknown, path: string): void {
  if (value === null || value === '') {
    if (field !== 'email' && field !== 'name' && field !== 'created_at') traits.fields.set(field, null);
    return;
  }
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || text.length > LONGEST_TEXT) {
    traits.problems.push({ kind: 'trait_value', path });
    return;
  }
  const read = readValue(type, fieldText(type, text), READING);
  if (read.ok && (typeof read.value === 'string' || typeof read.value === 'number') && read.value !== '') traits.fields.set(field, read.value);
  else if (!(read.ok && read.value === undefined)) traits.problems.push({ kind: type === 'time_zone' ? 'time_zone_unknown' : 'trait_value', path });
}

/** Clients send moments where the spec asks for a day, and a moment as milliseconds. */
function fieldText(type: FieldType, text: string): string {
  const trimmed = text.trim();
  if (type === 'date') return /^(\d{4}-\d{2}-\d{2})T/.exec(trimmed)?.[1] ?? trimmed;
  if (type === 'timestamp' && /^\d{12,13}$/.test(trimmed)) return new Date(Number(trimmed)).toISOString();
  return type === 'email' ? text : trimmed;
}

/** A name in one piece: what stands before the first blank is the first name, "De Vries, Jan" is turned. One word is a first name. */
export function splitName(name: string): { first_name?: string | undefined; last_name?: string | undefined } {
  const text = name.trim().replace(/\s+/g, ' ');
  const turned = /^([^,]+), ?([^,]+)$/.exec(text);
  if (turned) return { first_name: turned[2], last_name: turned[1] };
  const blank = text.indexOf(' ');
  if (blank < 0) return { first_name: text === '' ? undefined : text };
  return { first_name: text.slice(0, blank), last_name: text.slice(blank + 1) };
}
