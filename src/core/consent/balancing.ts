import { z } from 'zod';

const words = z.string().trim().min(10, 'must say something: at least ten characters').max(5_000);
const day = z.iso.date();

/**
 * Why a legitimate interest weighs more than the person's (GDPR art. 6(1)(f); the three steps of the EDPB's guidelines 1/2024): the interest, that the use is
 * necessary for it, that the person's interests do not override it; with what protects the person, who weighed it, and when it is weighed again.
 */
export const balancingInput = z
  .strictObject({
    interest: words,
    necessity: words,
    balance: words,
    safeguards: words,
    assessedBy: z.string().trim().min(2).max(200),
    assessedOn: day,
    reviewOn: day,
  })
  .refine((assessment) => assessment.reviewOn > assessment.assessedOn, { path: ['reviewOn'], message: 'must be after assessedOn' });
export type BalancingInput = z.output<typeof balancingInput>;

/** In one text, as the purpose shows it. */
export function balancingText({ interest, necessity, balance, safeguards, assessedBy, assessedOn, reviewOn }: BalancingInput): string {
  return `Interest: ${interest}\nNecessity: ${necessity}\nBalance: ${balance}\nSafeguards: ${safeguards}\nAssessed by ${assessedBy} on ${assessedOn}; to be reviewed on ${reviewOn}.`.slice(0, 10_000);
}
