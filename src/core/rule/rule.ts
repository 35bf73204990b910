import { z } from 'zod';
import { BUYING_GROUP_ROLES } from '../account/buying-group.js';
import { type EventCondition, eventCondition, type EventTimeCondition, eventTimeCondition, type EventValueCondition, eventValueCondition, type SequenceCondition, sequenceCondition } from './event-conditions.js';
import { type Depth, depth, type EngagementCondition, engagementCondition, type SampleCondition, sampleCondition } from './relation-conditions.js';
import { type Count, count, name } from './rule-parts.js';
import { type AttributeCondition, attributeCondition } from './value-conditions.js';

export type { EventCondition, EventTimeCondition, EventValueCondition, SequenceCondition } from './event-conditions.js';
export { type Depth, type Engagement, ENGAGEMENTS, type EngagementCondition, type SampleCondition } from './relation-conditions.js';
export { type Count, DAY_WANTED, type EventWindow, isDay, isMoment, MOMENT_WANTED, RULE_LIMITS } from './rule-parts.js';
export { type AttributeCondition, type AttributeOperator, type PropertyFilter, type PropertyOperator, propertyFilterSchema } from './value-conditions.js';

/**
 * A segment rule as data: what the API takes, what the table keeps, what the console edits.
 *
 * One law holds for compiler and evaluator alike: **a condition is true or false for everybody, never unknown.**
 * - A value is missing when it is null, an empty text, an empty list, or (custom attributes, event properties) of another
 *   JSON type than asked about. Dates must read YYYY-MM-DD, timestamps YYYY-MM-DDTHH:MM:SS.sssZ, or they are missing too.
 * - A missing value fulfils no comparison: it is not equal, not in, not greater, contains nothing.
 * - Hence `not_equals`, `not_in`, `not_set` and `not` select exactly the people whom the positive condition does not.
 * - A contact without an account fulfils no `account` condition, also not one that asks for something missing.
 * - Texts are compared without regard to case and accents (foldText): Zoë is zoe, and % or _ are only themselves. Columns that are kept
 *   in one spelling (country NL, e-mail addresses) are compared with the value so spelled. Texts in a list are compared whole, and
 *   numbers as decimals: 5 is not “5”.
 * - A day of a timestamp or an event window is 24 hours: "in the last 7 days" is [now − 168 h, now], "more than 7 days ago"
 *   everything before, "in the next 7 days" (now, now + 168 h]. A date has no hour and is counted in calendar days of the
 *   workspace's zone: [today − 7, today], before, (today, today + 7].
 * - Nothing that lies after `now` has happened: events of the future are not counted.
 * - `event_value` takes of the events meant those whose property is a number. The sum of none is 0, so that "at most 100 in all" holds
 *   for whoever never bought; an average, minimum or maximum of none is missing. Reckoned as decimals: 0.1 and 0.2 make 0.3.
 * - `event_time` asks of the first or last event meant, over all time until now; what never happened has no time and is `not_set`.
 * - `sequence` asks for one chain of events. Each is later than the one before (what happens at the same moment is neither before nor
 *   after) by at most its N times 24 hours: (t, t + N days]. All of them lie in the window. `never`: after the chain's last event, in
 *   (t, t + N days], nothing of this kind, which is known only when these days are over; without days, nothing until now.
 * - An anniversary is a day of the year, in whatever year the date lies: "± 3 days" holds from three days before it to three days
 *   after. 29 February is celebrated on 28 February in years without one. The day of a timestamp is the one of the workspace's zone.
 * - An account whose parents go in a circle stands above and below itself.
 */
export type Rule =
  | { kind: 'all'; conditions: Rule[] }
  | { kind: 'any'; conditions: Rule[] }
  | { kind: 'not'; condition: Rule }
  | AttributeCondition
  | EventCondition
  | EventValueCondition
  | EventTimeCondition
  | SequenceCondition
  | EngagementCondition
  | { kind: 'account'; rule: Rule }
  | { kind: 'people'; count: Count; role?: PeopleRole | undefined; rule: Rule }
  | { kind: 'parent'; depth: Depth; rule: Rule }
  | { kind: 'subsidiaries'; depth: Depth; count: Count; rule: Rule }
  | SegmentCondition
  | MailableCondition
  | SampleCondition;

export type PeopleCondition = Extract<Rule, { kind: 'people' }>;
export type ParentCondition = Extract<Rule, { kind: 'parent' }>;
export type SubsidiariesCondition = Extract<Rule, { kind: 'subsidiaries' }>;

/** Contacts are people, accounts are organisations; every rule selects one of the two. */
export type Scope = 'contact' | 'account';
export const scopeSchema = z.enum(['contact', 'account']);

/** What a segment stores: a rule with what it selects, or, of a list, the id under which its members stand, put there one by one. */
export type SegmentRule = RuleSegment | ListSegment;
export interface RuleSegment {
  readonly scope: Scope;
  readonly rule: Rule;
  readonly list?: undefined;
}
export interface ListSegment {
  readonly scope: Scope;
  readonly list: number;
  readonly rule?: undefined;
}

/** People who can be asked about by the part they play in their account's buying group; `any` is whoever is in it. */
export const PEOPLE_ROLES = [...BUYING_GROUP_ROLES, 'any'] as const;
export type PeopleRole = (typeof PEOPLE_ROLES)[number];

const segmentCondition = z.strictObject({ kind: z.literal('segment'), operator: z.enum(['in', 'not_in']), segment: name('a segment') });
export type SegmentCondition = z.infer<typeof segmentCondition>;

/** Nothing lasting speaks against mailing this person for the purpose now; how much mail there was lately and what hour it is are not asked. */
const mailableCondition = z.strictObject({ kind: z.literal('mailable'), purpose: name('a purpose') });
export type MailableCondition = z.infer<typeof mailableCondition>;

/**
 * The shape of a rule. It does not know which attributes exist (check-rule.ts does) and recurses, so that input nobody has
 * looked at goes through parseRule, which first counts its depth without recursion.
 */
export const ruleSchema: z.ZodType<Rule> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all'), conditions: z.array(ruleSchema, { error: 'Give a list of conditions.' }) }),
    z.strictObject({ kind: z.literal('any'), conditions: z.array(ruleSchema, { error: 'Give a list of conditions.' }).min(1, 'Give at least one condition: “any” of none selects nobody.') }),
    z.strictObject({ kind: z.literal('not'), condition: ruleSchema }),
    attributeCondition,
    eventCondition,
    eventValueCondition,
    eventTimeCondition,
    sequenceCondition,
    engagementCondition,
    z.strictObject({ kind: z.literal('account'), rule: ruleSchema }),
    z.strictObject({ kind: z.literal('people'), count: count.default({ operator: 'at_least', value: 1 }), role: z.enum(PEOPLE_ROLES).optional(), rule: ruleSchema }),
    z.strictObject({ kind: z.literal('parent'), depth, rule: ruleSchema }),
    z.strictObject({ kind: z.literal('subsidiaries'), depth, count: count.default({ operator: 'at_least', value: 1 }), rule: ruleSchema }),
    segmentCondition,
    mailableCondition,
    sampleCondition,
  ]),
);
