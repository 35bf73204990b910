import type { CustomValue } from './field-input.js';
import { compileDateForm, readDate, readTimestamp } from './import/read-date.js';

export type AttributeType = 'text' | 'number' | 'boolean' | 'date' | 'timestamp' | 'list';

/** Attributes as they are given; null removes one. */
export type CustomValues = Readonly<Record<string, CustomValue | null>>;

export interface AttributeProblem {
  readonly path: string;
  readonly message: string;
}

const iso = compileDateForm('iso');
const FORMS = iso.ok ? [iso.value] : [];

/** The type of an attribute that nobody has defined yet, from its first value. A text that looks like a date stays a text: guesses cannot be taken back. */
export function typeOfValue(value: CustomValue): AttributeType {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'text';
}

/** The value as an attribute of this type keeps it; undefined when it is not one. Days are YYYY-MM-DD, moments ISO in UTC. */
export function valueOfType(value: CustomValue, type: AttributeType): CustomValue | undefined {
  if (type === 'date' || type === 'timestamp') {
    if (typeof value !== 'string') return undefined;
    const read = type === 'date' ? readDate(value, FORMS) : readTimestamp(value, FORMS, 'UTC');
    return read.ok ? read.value : undefined;
  }
  if (typeof value === 'string' && /[\u0000]/.test(value)) return undefined;
  return typeOfValue(value) === type ? value : undefined;
}

/** Values checked against what is defined; what is not defined yet comes back to be defined. */
export function readAttributes(
  given: CustomValues,
  defined: ReadonlyMap<string, { readonly type: AttributeType; readonly standard: boolean; readonly computation?: unknown; readonly removing?: boolean }>,
): { values: Map<string, CustomValue | null>; undefinedYet: { key: string; type: AttributeType }[]; problems: AttributeProblem[] } {
  const values = new Map<string, CustomValue | null>();
  const undefinedYet: { key: string; type: AttributeType }[] = [];
  const problems: AttributeProblem[] = [];
  for (const [key, value] of Object.entries(given)) {
    const definition = defined.get(key);
    if (definition?.standard === true) problems.push({ path: `attributes.${key}`, message: 'is a standard field: give it without "attributes"' });
    else if (definition?.computation !== null && definition?.computation !== undefined) problems.push({ path: `attributes.${key}`, message: 'is computed from events: it cannot be written' });
    else if (definition?.removing === true) problems.push({ path: `attributes.${key}`, message: 'is being removed: give it again when it is gone, or choose another name' });
    else if (value === null) values.set(key, null);
    else if (definition) {
      const kept = valueOfType(value, definition.type);
      if (kept === undefined) problems.push({ path: `attributes.${key}`, message: `must be a ${definition.type}` });
      else values.set(key, kept);
    } else {
      undefinedYet.push({ key, type: typeOfValue(value) });
      values.set(key, value);
    }
  }
  return { values, undefinedYet, problems };
}

/** Attributes with the given ones set, and those given as null removed. */
export function mergeAttributes(before: Readonly<Record<string, unknown>>, changes: ReadonlyMap<string, CustomValue | null>): Record<string, unknown> {
  const merged = new Map(Object.entries(before));
  for (const [key, value] of changes) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
