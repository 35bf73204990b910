import { z } from 'zod';
import type { FieldType } from './import/import-fields.js';
import { compileDateForm } from './import/read-date.js';
import { readValue } from './import/read-value.js';
import { ATTRIBUTE_KEY, isPoisoned } from './import/safe-keys.js';

const iso = compileDateForm('iso');
const READING = { decimal: '.', forms: iso.ok ? [iso.value] : [], timeZone: 'UTC', split: ';' } as const;

/** A field of the API, read by the same rules as the cell of an import. */
export function fieldInput(type: FieldType) {
  return z.string().min(1).max(10_000).transform((text, context) => {
    const read = readValue(type, type === 'email' ? text : text.trim(), READING);
    if (read.ok && typeof read.value === 'string' && read.value !== '') return read.value;
    context.addIssue({ code: 'custom', message: read.ok ? 'is not a value that can be kept' : read.error });
    return z.NEVER;
  });
}

export type CustomValue = string | number | boolean | string[];

const customValue = z.union([z.string().max(10_000), z.number(), z.boolean(), z.array(z.string().max(500)).max(500), z.null()], {
  error: 'must be a text, a number, yes or no, a list of texts, or null to remove it',
});

/** Attributes of one's own; null removes one. */
export const customAttributes = z.record(z.string(), customValue).superRefine((attributes, context) => {
  for (const key of Object.keys(attributes)) {
    if (isPoisoned(key) || !ATTRIBUTE_KEY.test(key)) context.addIssue({ code: 'custom', path: [key], message: 'is not a name for an attribute: a lower-case letter, then letters, digits and _ (at most 63)' });
  }
  if (Object.keys(attributes).length > 200) context.addIssue({ code: 'custom', message: 'are more than 200 at once' });
});

/** Who collected this, when, under which notice, for what. */
export const provenanceInput = z.strictObject({
  source: z.string().trim().min(1).max(200),
  purposes: z.array(z.string().min(1).max(63)).min(1).max(50),
  sourceAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
  noticeVersion: z.string().trim().min(1).max(200).optional(),
});
