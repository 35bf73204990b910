import { z } from 'zod';
import { count, name, RULE_LIMITS, window } from './rule-parts.js';
import { propertyFilterSchema } from './value-conditions.js';

export const eventCondition = z.strictObject({
  kind: z.literal('event'),
  event: name('an event'),
  count: count.default({ operator: 'at_least', value: 1 }),
  within: window.optional(),
  where: z.array(propertyFilterSchema).max(RULE_LIMITS.propertyFilters, `At most ${RULE_LIMITS.propertyFilters} property filters.`).optional(),
});
export type EventCondition = z.infer<typeof eventCondition>;
