import { z } from 'zod';

export const attributeScope = z.enum(['contact', 'account']);

export const purposesInput = z
  .array(z.string().regex(/^(\*|[a-z][a-z0-9_]{0,62})$/, 'must be the key of a purpose, or * for any'))
  .max(100)
  .refine((keys) => new Set(keys).size === keys.length, 'names one twice')
  .refine((keys) => keys.length <= 1 || !keys.includes('*'), '"*" stands alone: it is any purpose');

// What a browser or a terminal would act on: control characters, and marks that turn the direction of all that follows.
const UNPRINTABLE = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;
const line = (longest: number) => z.string().trim().max(longest).refine((text) => !UNPRINTABLE.test(text), 'holds control characters');
export const labelInput = z.strictObject({ nl: line(100), en: line(100) }).partial();
export const descriptionInput = z.string().trim().max(2_000).refine((text) => !text.includes('\0'), 'holds a NUL character');

const something = 'name what is to change';
const eventShape = { purposes: purposesInput, sensitive: z.boolean(), label: labelInput, description: descriptionInput };
export const eventChange = z.strictObject(eventShape).partial().refine((change) => Object.keys(change).length > 0, something);
export type EventChange = z.output<typeof eventChange>;

export const attributeChange = z
  .strictObject({
    ...eventShape,
    nature: z.enum(['static', 'dynamic']),
    /** Days after which a value is taken out; null: never. */
    retentionDays: z.int().min(1).max(36_500).nullable(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, something);
export type AttributeChange = z.output<typeof attributeChange>;
