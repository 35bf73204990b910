import { foldedItems } from './compile-list.js';
import type { Field } from './fields.js';

/** What a table is sorted by: the same expression that rules compare (compile-value.ts), so that one index serves both. */
export interface SortValue {
  readonly expression: string;
  /** The type of the expression, to give a value of it back as a parameter. */
  readonly type: 'text' | 'bigint' | 'numeric' | 'boolean' | 'date' | 'timestamptz' | 'jsonb';
}

/** `key` is the SQL of the attribute's key: a parameter, or the literal of an index. Undefined: lists have no order. */
export function sortValue(field: Field, alias: string, key: string): SortValue | undefined {
  if (field.column !== undefined) {
    const column = `${alias}${field.column}`;
    if (field.type === 'text') return { expression: field.spelling === undefined ? `fold_text(${column})` : column, type: 'text' };
    if (field.type === 'number') return { expression: column, type: field.integer === true ? 'bigint' : 'numeric' };
    if (field.type === 'list') return undefined;
    return { expression: column, type: field.type === 'timestamp' ? 'timestamptz' : field.type };
  }
  switch (field.type) {
    case 'text':
      return { expression: `fold_text(${alias}attributes ->> ${key})`, type: 'text' };
    case 'date':
    case 'timestamp':
      return { expression: `(${alias}attributes ->> ${key}) collate "C"`, type: 'text' };
    case 'number':
    case 'boolean':
      return { expression: `${alias}attributes -> ${key}`, type: 'jsonb' };
    case 'list':
      return undefined;
  }
}

/** What an index on an attribute is built on: a list's items are found one by one, every other value is sorted. `key` is the SQL of its key. */
export function indexValue(field: Field, key: string): { readonly method: 'btree' | 'gin'; readonly expression: string } | undefined {
  if (field.type === 'list') return field.column === undefined ? { method: 'gin', expression: foldedItems(`attributes -> ${key}`, `attributes ->> ${key}`) } : undefined;
  const value = sortValue(field, '', key);
  return value && { method: 'btree', expression: value.expression };
}
