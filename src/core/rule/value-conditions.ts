import { z } from 'zod';
import { days, name, scalar, text, textOrNumber, values } from './rule-parts.js';

/** What may be asked of any value, whether attribute or event property; what fits which type stands in check-rule.ts. */
const comparisons = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  [
    z.strictObject({ ...shape, operator: z.enum(['equals', 'not_equals']), value: scalar }),
    z.strictObject({ ...shape, operator: z.enum(['in', 'not_in']), value: values }),
    z.strictObject({ ...shape, operator: z.enum(['contains', 'starts_with']), value: text }),
    z.strictObject({ ...shape, operator: z.enum(['greater_than', 'at_least', 'less_than', 'at_most']), value: textOrNumber }),
    z.strictObject({ ...shape, operator: z.literal('between'), from: textOrNumber, to: textOrNumber }),
    z.strictObject({ ...shape, operator: z.literal('list_contains'), value: textOrNumber }),
    z.strictObject({ ...shape, operator: z.enum(['list_contains_any', 'list_contains_all']), value: values }),
    z.strictObject({ ...shape, operator: z.enum(['is_set', 'not_set']) }),
  ] as const;

/** To each side; further apart the two ends would meet and everybody be selected. */
const anniversaryDays = z.int({ error: 'Give a whole number of days.' }).min(0, 'Give 0 for the day itself, or more.').max(180, 'At most 180 days to each side: more is all of the year.');
const attributeShape = { kind: z.literal('attribute'), attribute: name('an attribute') };
export const attributeCondition = z.discriminatedUnion('operator', [
  ...comparisons(attributeShape),
  z.strictObject({ ...attributeShape, operator: z.enum(['in_last_days', 'in_next_days', 'more_than_days_ago']), days }),
  z.strictObject({ ...attributeShape, operator: z.literal('anniversary'), days: anniversaryDays }),
]);
export type AttributeCondition = z.infer<typeof attributeCondition>;
export type AttributeOperator = AttributeCondition['operator'];

/** A condition on a property of an event, also used by campaigns that begin or end with an event. */
export const propertyFilterSchema = z.discriminatedUnion('operator', comparisons({ property: name('a property') }));
export type PropertyFilter = z.infer<typeof propertyFilterSchema>;
export type PropertyOperator = PropertyFilter['operator'];
