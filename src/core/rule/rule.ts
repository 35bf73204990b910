import { z } from 'zod';
import { BUYING_GROUP_ROLES } from '../account/buying-group.js';

/**
 * A segment rule as data: what the API takes, what the table keeps, what the console edits.
 *
 * One law holds for compiler and evaluator alike: **a condition is true or false for everybody, never unknown.**
 * - A value is missing when it is null, an empty text, an empty list, or (custom attributes, event properties) of another
 *   JSON type than asked about. Dates must read YYYY-MM-DD, timestamps YYYY-MM-DDTHH:MM:SS.sssZ, or they are missing too.
 * - A missing value fulfils no comparison: it is not equal, not in, not greater, contains nothing.
 * - Hence `not_equals`, `not_in`, `not_set` and `not` select exactly the people whom the positive condition does not.
 * - A contact without an account fulfils no `account` condition, also not one that asks for something missing.
 * - Texts are compared to the letter; numbers as decimals.
 * - A day of a timestamp or an event window is 24 hours: "in the last 7 days" is [now − 168 h, now], "more than 7 days ago"
 *   everything before, "in the next 7 days" (now, now + 168 h]. A date has no hour and is counted in calendar days of the
 *   workspace's zone: [today − 7, today], before, (today, today + 7].
 * - Nothing that lies after `now` has happened: events of the future are not counted.
 */
export type Rule =
  | { kind: 'all'; conditions: Rule[] }
  | { kind: 'any'; conditions: Rule[] }
  | { kind: 'not'; condition: Rule }
  | AttributeCondition
  | EventCondition
  | { kind: 'account'; rule: Rule }
  | { kind: 'people'; count: Count; role?: PeopleRole | undefined; rule: Rule }
  | SegmentCondition;

export type RuleKind = Rule['kind'];
export type AccountCondition = Extract<Rule, { kind: 'account' }>;
export type PeopleCondition = Extract<Rule, { kind: 'people' }>;

/** Contacts are people, accounts are organisations; every rule selects one of the two. */
export type Scope = 'contact' | 'account';
export const scopeSchema = z.enum(['contact', 'account']);

/** A rule with what it selects: what a segment stores. */
export interface SegmentRule {
  readonly scope: Scope;
  readonly rule: Rule;
}

export const RULE_LIMITS = { depth: 20, conditions: 200, values: 1_000, textLength: 1_000, days: 36_500, propertyFilters: 20 } as const;

/** People who can be asked about by the part they play in their account's buying group; `any` is whoever is in it. */
export const PEOPLE_ROLES = [...BUYING_GROUP_ROLES, 'any'] as const;
export type PeopleRole = (typeof PEOPLE_ROLES)[number];

// PostgreSQL holds no NUL and no half of a surrogate pair: such a value could never match, and would break the statement.
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const text = z
  .string({ error: 'Give a text.' })
  .min(1, 'An empty text matches nothing; use the operator is_set or not_set.')
  .max(RULE_LIMITS.textLength, `A text may have at most ${RULE_LIMITS.textLength} characters.`)
  .refine((value) => !UNSTORABLE.test(value), 'The text holds a character that no stored text can hold; take it out.');
const number = z.number({ error: 'Give a number.' });
const name = (what: string) =>
  z.string({ error: `Give the name of ${what}.` }).min(1, `Give the name of ${what}.`).max(200).refine((value) => !UNSTORABLE.test(value), 'The name holds a character that no name can hold.');
const scalar = z.union([text, number, z.boolean()], { error: 'Give a text, a number, true or false.' });
const textOrNumber = z.union([text, number], { error: 'Give a text or a number.' });
const values = z.array(textOrNumber, { error: 'Give a list of texts or numbers.' }).min(1, 'Give at least one value.').max(RULE_LIMITS.values, `A list may have at most ${RULE_LIMITS.values} values.`);
const days = z.int({ error: 'Give a whole number of days.' }).min(1, 'Give at least 1 day.').max(RULE_LIMITS.days, `At most ${RULE_LIMITS.days} days.`);

/** What may be asked of any value, whether attribute or event property; what fits which type stands in check-rule.ts. */
const comparisons = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  [
    z.strictObject({ ...shape, operator: z.enum(['equals', 'not_equals']), value: scalar }),
    z.strictObject({ ...shape, operator: z.enum(['in', 'not_in']), value: values }),
    z.strictObject({ ...shape, operator: z.enum(['contains', 'starts_with']), value: text }),
    z.strictObject({ ...shape, operator: z.enum(['greater_than', 'at_least', 'less_than', 'at_most']), value: textOrNumber }),
    z.strictObject({ ...shape, operator: z.literal('between'), from: textOrNumber, to: textOrNumber }),
    z.strictObject({ ...shape, operator: z.literal('list_contains'), value: textOrNumber }),
    z.strictObject({ ...shape, operator: z.enum(['is_set', 'not_set']) }),
  ] as const;

const attributeShape = { kind: z.literal('attribute'), attribute: name('an attribute') };
const attributeCondition = z.discriminatedUnion('operator', [
  ...comparisons(attributeShape),
  z.strictObject({ ...attributeShape, operator: z.enum(['in_last_days', 'in_next_days', 'more_than_days_ago']), days }),
]);
export type AttributeCondition = z.infer<typeof attributeCondition>;
export type AttributeOperator = AttributeCondition['operator'];

/** A condition on a property of an event, also used by campaigns that begin or end with an event. */
export const propertyFilterSchema = z.discriminatedUnion('operator', comparisons({ property: name('a property') }));
export type PropertyFilter = z.infer<typeof propertyFilterSchema>;
export type PropertyOperator = PropertyFilter['operator'];

const count = z.discriminatedUnion('operator', [
  z.strictObject({ operator: z.literal('at_least'), value: z.int('Give a whole number.').min(1, 'At least 0 is always true; give 1 or more.').max(1_000_000) }),
  z.strictObject({ operator: z.enum(['at_most', 'exactly']), value: z.int('Give a whole number.').min(0, 'Give 0 or more.').max(1_000_000) }),
]);
export type Count = z.infer<typeof count>;

const dateText = z.iso.date();
const momentText = z.iso.datetime({ offset: true });
/** Years outside are typing errors, and at the far ends JavaScript and PostgreSQL no longer spell them alike. */
const SENSIBLE_YEAR = /^(?:1[89]|2\d)\d\d-/;

export function isDay(value: unknown): value is string {
  return typeof value === 'string' && SENSIBLE_YEAR.test(value) && dateText.safeParse(value).success;
}

/** ISO 8601 with its offset, or a date, which means the start of that day in the workspace's zone. */
export function isMoment(value: unknown): value is string {
  return isDay(value) || (typeof value === 'string' && SENSIBLE_YEAR.test(value) && momentText.safeParse(value).success);
}

export const DAY_WANTED = 'Give a date such as 2026-03-31, in a year from 1800 to 2999.';
export const MOMENT_WANTED = 'Give a date such as 2026-03-31, or a moment with its offset such as 2026-03-31T12:00:00Z, in a year from 1800 to 2999.';
const moment = z.string({ error: MOMENT_WANTED }).refine(isMoment, MOMENT_WANTED);

/** Rolling, exact to the moment; or absolute and half-open: from is in, to is out. */
const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('last_days'), days }),
  z.strictObject({ kind: z.literal('last_hours'), hours: z.int('Give a whole number of hours.').min(1, 'Give at least 1 hour.').max(24 * RULE_LIMITS.days) }),
  z.strictObject({ kind: z.literal('between'), from: moment, to: moment }),
]);
export type EventWindow = z.infer<typeof window>;

const eventCondition = z.strictObject({
  kind: z.literal('event'),
  event: name('an event'),
  count: count.default({ operator: 'at_least', value: 1 }),
  within: window.optional(),
  where: z.array(propertyFilterSchema).max(RULE_LIMITS.propertyFilters, `At most ${RULE_LIMITS.propertyFilters} property filters.`).optional(),
});
export type EventCondition = z.infer<typeof eventCondition>;

const segmentCondition = z.strictObject({ kind: z.literal('segment'), operator: z.enum(['in', 'not_in']), segment: name('a segment') });
export type SegmentCondition = z.infer<typeof segmentCondition>;

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
    z.strictObject({ kind: z.literal('account'), rule: ruleSchema }),
    z.strictObject({ kind: z.literal('people'), count: count.default({ operator: 'at_least', value: 1 }), role: z.enum(PEOPLE_ROLES).optional(), rule: ruleSchema }),
    segmentCondition,
  ]),
);
