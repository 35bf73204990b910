import { z } from 'zod';
import { assertNever } from '../shared/assert-never.js';
import { count, days, type EventWindow, moment, name, number, RULE_LIMITS, window } from './rule-parts.js';
import { propertyFilterSchema } from './value-conditions.js';

const where = z.array(propertyFilterSchema).max(RULE_LIMITS.propertyFilters, `At most ${RULE_LIMITS.propertyFilters} property filters.`).optional();
/** One event that is meant: its name, and what its properties must be. */
const meant = { event: name('an event'), where };

/** How often somebody did something. */
export const eventCondition = z.strictObject({
  kind: z.literal('event'),
  ...meant,
  count: count.default({ operator: 'at_least', value: 1 }),
  within: window.optional(),
});
export type EventCondition = z.infer<typeof eventCondition>;

/** What a number may be asked. */
const numberTest = z.discriminatedUnion('operator', [
  z.strictObject({ operator: z.enum(['equals', 'greater_than', 'at_least', 'less_than', 'at_most']), value: number }),
  z.strictObject({ operator: z.literal('between'), from: number, to: number }),
]);
export type NumberTest = z.infer<typeof numberTest>;

export const AGGREGATES = ['sum', 'average', 'minimum', 'maximum'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** What a property of somebody's events comes to: spent 500 in all in a year, rated us 4 on average. */
export const eventValueCondition = z.strictObject({
  kind: z.literal('event_value'),
  ...meant,
  property: name('a property'),
  aggregate: z.enum(AGGREGATES),
  is: numberTest,
  within: window.optional(),
});
export type EventValueCondition = z.infer<typeof eventValueCondition>;

const timeShape = { kind: z.literal('event_time'), ...meant, which: z.enum(['first', 'last']) };
/** When somebody did something for the first or the last time. */
export const eventTimeCondition = z.discriminatedUnion('operator', [
  z.strictObject({ ...timeShape, operator: z.enum(['greater_than', 'at_least', 'less_than', 'at_most']), value: moment }),
  z.strictObject({ ...timeShape, operator: z.literal('between'), from: moment, to: moment }),
  z.strictObject({ ...timeShape, operator: z.enum(['in_last_days', 'more_than_days_ago']), days }),
  z.strictObject({ ...timeShape, operator: z.enum(['is_set', 'not_set']) }),
]);
export type EventTimeCondition = z.infer<typeof eventTimeCondition>;

export const MOST_STEPS = 5;
/** One thing after another, and perhaps another thing not: asked for a demo, visited it within 14 days, then never bought. */
export const sequenceCondition = z.strictObject({
  kind: z.literal('sequence'),
  first: z.strictObject(meant),
  then: z
    .array(z.strictObject({ ...meant, withinDays: days }), { error: 'Give a list of what came next.' })
    .min(1, 'Give at least one step that came next; for a single event use the condition “event”.')
    .max(MOST_STEPS, `At most ${MOST_STEPS} steps.`),
  never: z.strictObject({ ...meant, withinDays: days.optional() }).optional(),
  within: window.optional(),
});
export type SequenceCondition = z.infer<typeof sequenceCondition>;
export type EventStep = SequenceCondition['first'];

/** The conditions that are answered by somebody's events. */
export type EventRule = EventCondition | EventValueCondition | EventTimeCondition | SequenceCondition;

/** Events a condition looks at, and in which window; whether it must see their properties. */
export interface EventsMeant extends EventStep {
  readonly within?: EventWindow | undefined;
  readonly properties: boolean;
}

export function eventsMeant(rule: EventRule): EventsMeant[] {
  const meant = (step: EventStep, within?: EventWindow): EventsMeant => ({ ...step, within, properties: (step.where?.length ?? 0) > 0 });
  switch (rule.kind) {
    case 'event':
      return [meant(rule, rule.within)];
    case 'event_value':
      return [{ ...meant(rule, rule.within), properties: true }];
    case 'event_time':
      return [meant(rule)];
    case 'sequence':
      return [...[rule.first, ...rule.then].map((step) => meant(step, rule.within)), ...(rule.never ? [meant(rule.never)] : [])];
    default:
      return assertNever(rule);
  }
}
