import { z } from 'zod';

// What the conditions of a rule are made of: texts, numbers, days, counts, windows.

export const RULE_LIMITS = { depth: 20, conditions: 200, values: 1_000, textLength: 1_000, days: 36_500, propertyFilters: 20 } as const;

// PostgreSQL holds no NUL and no half of a surrogate pair: such a value could never match, and would break the statement.
const UNSTORABLE = /[\0\p{Surrogate}]/u;
export const text = z
  .string({ error: 'Give a text.' })
  .min(1, 'An empty text matches nothing; use the operator is_set or not_set.')
  .max(RULE_LIMITS.textLength, `A text may have at most ${RULE_LIMITS.textLength} characters.`)
  .refine((value) => !UNSTORABLE.test(value), 'The text holds a character that no stored text can hold; take it out.');
export const number = z.number({ error: 'Give a number.' });
export const name = (what: string) =>
  z.string({ error: `Give the name of ${what}.` }).min(1, `Give the name of ${what}.`).max(200).refine((value) => !UNSTORABLE.test(value), 'The name holds a character that no name can hold.');
export const scalar = z.union([text, number, z.boolean()], { error: 'Give a text, a number, true or false.' });
export const textOrNumber = z.union([text, number], { error: 'Give a text or a number.' });
export const values = z.array(textOrNumber, { error: 'Give a list of texts or numbers.' }).min(1, 'Give at least one value.').max(RULE_LIMITS.values, `A list may have at most ${RULE_LIMITS.values} values.`);
export const days = z.int({ error: 'Give a whole number of days.' }).min(1, 'Give at least 1 day.').max(RULE_LIMITS.days, `At most ${RULE_LIMITS.days} days.`);

export const count = z.discriminatedUnion('operator', [
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
export const moment = z.string({ error: MOMENT_WANTED }).refine(isMoment, MOMENT_WANTED);

/** Rolling, exact to the moment; or absolute and half-open: from is in, to is out. */
export const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('last_days'), days }),
  z.strictObject({ kind: z.literal('last_hours'), hours: z.int('Give a whole number of hours.').min(1, 'Give at least 1 hour.').max(24 * RULE_LIMITS.days) }),
  z.strictObject({ kind: z.literal('between'), from: moment, to: moment }),
]);
export type EventWindow = z.infer<typeof window>;
