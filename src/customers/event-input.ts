import { z } from 'zod';
import { fieldInput } from './field-input.js';
import { isWritable } from './ingest/sound-json.js';
import { isPoisoned, poisonedPaths, PROPERTY_KEY } from './import/safe-keys.js';

export const MOST_EVENTS = 500;
const MOST_PROPERTY_BYTES = 32_768;

const properties = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  if (!isWritable(value)) {
    context.addIssue({ code: 'custom', message: 'are nested deeper than 100 levels' });
    return;
  }
  for (const key of Object.keys(value)) {
    if (isPoisoned(key) || !PROPERTY_KEY.test(key)) context.addIssue({ code: 'custom', path: [key], message: 'is not a name for a property: a letter, then letters, digits and _ (at most 63)' });
  }
  for (const path of poisonedPaths(value)) context.addIssue({ code: 'custom', path: path.split('.'), message: 'is not a name that can be used' });
  const text = JSON.stringify(value);
  if (text.length > MOST_PROPERTY_BYTES) context.addIssue({ code: 'custom', message: `are larger than ${MOST_PROPERTY_BYTES} bytes` });
  if (text.includes('\\u0000')) context.addIssue({ code: 'custom', message: 'hold a NUL character, which no text here can' });
});

const person = z
  .strictObject({ id: z.number().int().positive().optional(), email: fieldInput('email').optional(), external_id: fieldInput('line').optional(), user_id: fieldInput('line').optional() })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, { error: 'name the contact in one way: id, email, external_id or user_id' });

export const eventInput = z.strictObject({
  contact: person,
  name: fieldInput('line').refine((name) => name.length <= 200, 'is longer than 200 characters'),
  occurredAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  /** The sender's own key: the same event sent twice is stored once. Left out: a hash of what it says. */
  key: z.string().trim().min(1).max(200).optional(),
  properties: properties.default({}),
});
export type EventInput = z.output<typeof eventInput>;

export const eventsInput = z.strictObject({
  source: z.string().trim().min(1).max(200),
  /** What events of a kind seen for the first time may be used for; left out: nothing, until somebody classifies them. */
  purposes: z.array(z.string().min(1).max(63)).max(50).default([]),
  events: z.array(z.unknown()).min(1).max(MOST_EVENTS),
});
export type EventsInput = z.output<typeof eventsInput>;
