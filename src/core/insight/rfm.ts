import { z } from 'zod';

/**
 * Recency, frequency and monetary value of a person's orders, each as a quintile from 1 to 5 (5: most recent, most often, most money), and a name for the
 * three together. Equal values are always in the same quintile: where many are equal, some quintiles are empty.
 */
export const QUINTILES = [1, 2, 3, 4, 5] as const;
export type Quintile = (typeof QUINTILES)[number];

/** The smallest value that is in quintile 2, 3, 4 and 5; null where nobody is in that one or a higher one. */
export type Cuts = readonly [number | null, number | null, number | null, number | null];

/** How many people have a value. Any order, each value once. */
export interface ValueCount {
  readonly value: number;
  readonly people: number;
}

/**
 * Where the quintiles begin. A value with L people below it and E at it lies in the middle of those E: quintile ⌊5 · (2L + E) / 2n⌋ + 1. So equal values
 * share a quintile, a population in which all are equal is in the middle one, and turning the order of people changes nothing.
 * The same formula stands in SQL (portfolio.queries.ts); a property test holds them together.
 */
export function quintileCuts(counts: readonly ValueCount[]): Cuts {
  const sorted = [...counts].sort((a, b) => a.value - b.value);
  const all = sorted.reduce((sum, { people }) => sum + people, 0);
  const cuts: [number | null, number | null, number | null, number | null] = [null, null, null, null];
  let below = 0;
  for (const { value, people } of sorted) {
    const quintile = Math.floor((5 * (2 * below + people)) / (2 * all)) + 1;
    for (let index = 0; index <= quintile - 2; index += 1) cuts[index] ??= value;
    below += people;
  }
  return cuts;
}

export function quintileOf(value: number, cuts: Cuts): Quintile {
  let quintile = 1;
  for (const cut of cuts) if (cut !== null && value >= cut) quintile += 1;
  return quintile as Quintile;
}

const quintile = z.int({ error: 'must be a whole number from 1 to 5' }).min(1).max(5);
const range = z.tuple([quintile, quintile]).refine(([from, to]) => from <= to, 'must be written as [lowest, highest]');

const rfmClassSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a lower-case letter, then letters, digits and _'),
  recency: range.default([1, 5]),
  frequency: range.default([1, 5]),
  monetary: range.default([1, 5]),
});
export type RfmClass = z.output<typeof rfmClassSchema>;

/** The table of classes: the first that fits counts, and one fits everybody. */
export const rfmClasses = z
  .array(rfmClassSchema)
  .min(1)
  .max(50)
  .superRefine((classes, context) => {
    const left = combinations().find(([r, f, m]) => rfmClassOf(r, f, m, classes) === undefined);
    if (left) context.addIssue({ code: 'custom', message: `leave out recency ${left[0]}, frequency ${left[1]}, monetary ${left[2]}: end with a class for everybody else` });
    classes.forEach(({ name }, index) => {
      if (classes.findIndex((other) => other.name === name) < index) context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" stands in the table before` });
      const reached = combinations().some(([r, f, m]) => classes.findIndex((one) => fits(one, r, f, m)) === index);
      if (!reached) context.addIssue({ code: 'custom', path: [index], message: 'is never reached: the classes before it take everybody it fits' });
    });
  });

export function rfmClassOf(recency: Quintile, frequency: Quintile, monetary: Quintile, classes: readonly RfmClass[]): string | undefined {
  return classes.find((one) => fits(one, recency, frequency, monetary))?.name;
}

function fits({ recency, frequency, monetary }: RfmClass, r: number, f: number, m: number): boolean {
  return r >= recency[0] && r <= recency[1] && f >= frequency[0] && f <= frequency[1] && m >= monetary[0] && m <= monetary[1];
}

/** All 125. */
function combinations(): [Quintile, Quintile, Quintile][] {
  return QUINTILES.flatMap((r) => QUINTILES.flatMap((f) => QUINTILES.map((m): [Quintile, Quintile, Quintile] => [r, f, m])));
}

/** The usual names. Recency decides whether somebody is there at all, frequency how close, money breaks the tie for those who are going. */
export const DEFAULT_RFM_CLASSES: readonly RfmClass[] = [
  { name: 'champions', recency: [4, 5], frequency: [4, 5], monetary: [4, 5] },
  { name: 'loyal', recency: [3, 5], frequency: [4, 5], monetary: [1, 5] },
  { name: 'new', recency: [5, 5], frequency: [1, 1], monetary: [1, 5] },
  { name: 'promising', recency: [4, 4], frequency: [1, 1], monetary: [1, 5] },
  { name: 'potential_loyal', recency: [4, 5], frequency: [2, 3], monetary: [1, 5] },
  { name: 'need_attention', recency: [3, 3], frequency: [2, 3], monetary: [1, 5] },
  { name: 'about_to_sleep', recency: [3, 3], frequency: [1, 1], monetary: [1, 5] },
  { name: 'cannot_lose', recency: [1, 2], frequency: [4, 5], monetary: [4, 5] },
  { name: 'at_risk', recency: [1, 2], frequency: [3, 5], monetary: [1, 5] },
  { name: 'hibernating', recency: [2, 2], frequency: [1, 2], monetary: [1, 5] },
  { name: 'lost', recency: [1, 1], frequency: [1, 2], monetary: [1, 5] },
];
