import { z } from 'zod';
import { propertyFilterSchema, RULE_LIMITS } from '../rule/rule.js';
import type { FieldType } from '../rule/fields.js';

/**
 * A contact's attribute whose value follows from the contact's events.
 *
 * - Nothing that lies after `now` has happened; a window is [now − days · 24 h, now], as in rules.
 * - No event that fits: no value (not 0). A rule says so with `not_set`.
 * - `first` and `last` without a property give the moment itself. "Days since the last order" is that moment, asked with `more_than_days_ago`
 *   or `in_last_days`: a number of days would have to be rewritten for everybody every night, and would be up to a day old.
 * - Events at the same moment are ordered by their key. Of values that are most frequent alike, the one seen last counts.
 * - A property of another JSON type than `type` is as if it were missing; so is a number beyond ±1e15, an empty text, and one of more than 500 characters.
 * - Sums and averages are decimals, exact, rounded half away from zero to six places.
 */
const event = z.string({ error: 'Give the name of an event.' }).min(1, 'Give the name of an event.').max(200);
const property = z.string({ error: 'Give the name of a property.' }).regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'is not a name for a property: a letter, then letters, digits and _ (at most 63)');
const valueType = z.enum(['text', 'number', 'boolean'], { error: 'must be text, number or boolean' });
const shape = {
  event,
  where: z.array(propertyFilterSchema).max(RULE_LIMITS.propertyFilters, `At most ${RULE_LIMITS.propertyFilters} property filters.`).optional(),
  withinDays: z.int('Give a whole number of days.').min(1, 'Give at least 1 day.').max(3_660, 'At most 3,660 days.').optional(),
};

export const computationSchema = z.union([
  z.strictObject({ aggregate: z.literal('count'), ...shape }),
  z.strictObject({ aggregate: z.enum(['sum', 'average', 'minimum', 'maximum']), property, ...shape }),
  z.strictObject({ aggregate: z.enum(['first', 'last']), property, type: valueType, ...shape }),
  z.strictObject({ aggregate: z.enum(['first', 'last']), ...shape }),
  z.strictObject({ aggregate: z.literal('most_frequent'), property, type: valueType, ...shape }),
], { error: 'must name an aggregate (count, sum, average, minimum, maximum, first, last, most_frequent), an event, and where needed its property and the type of it' });
export type Computation = z.output<typeof computationSchema>;

export const LARGEST_NUMBER = 1e15;
export const LONGEST_TEXT = 500;
export const DECIMALS = 6;

/** The type of the attribute a computation gives. */
export function computedType(computation: Computation): FieldType {
  switch (computation.aggregate) {
    case 'first':
    case 'last':
    case 'most_frequent':
      return 'type' in computation ? computation.type : 'timestamp';
    default:
      return 'number';
  }
}

/** The JSON type a property must have to count; undefined where no property is read. */
export function valueTypeOf(computation: Computation): 'text' | 'number' | 'boolean' | undefined {
  if ('type' in computation) return computation.type;
  return 'property' in computation ? 'number' : undefined;
}
