/**
 * g: how much of the usual pressure a person bears. 1 for everybody, less after signs of having had enough, more after signs of
 * interest; it goes back to 1 by itself, so that neither lasts for ever.
 */
export interface PressureFactor {
  readonly factor: number;
  readonly at: Date;
}

const LOWEST_FACTOR = 0.25;
const HIGHEST_FACTOR = 1.5;
export const FACTOR_HALF_LIFE_MS = 30 * 86_400_000;

/** What changes it, and by how much (rules.md section 4). */
export const FACTOR_CAUSES = { topic_unsubscribed: 0.5, negative_reply: 0.5, less_often: 0.5, no_reaction: 0.7, reply: 1.2, meeting: 1.2 } as const;
export type FactorCause = keyof typeof FACTOR_CAUSES;

/** After so many mails in a row that a person did not react to. */
export const UNANSWERED_TOUCHES = 6;

/** The same cause within this time says nothing new: somebody who tries the choices of a page has asked once. */
const SAME_CAUSE_MS = 86_400_000;

/** What is left of it at a moment: half of the way back to 1 every thirty days. */
export function factorAt({ factor, at }: PressureFactor, moment: Date): number {
  const age = Math.max(0, moment.getTime() - at.getTime());
  return 1 + (factor - 1) * 2 ** (-age / FACTOR_HALF_LIFE_MS);
}

export interface FactorChange {
  readonly cause: FactorCause;
  readonly at: Date;
}

/** The factor after a sign; undefined when the sign was counted before. */
export function changedFactor(before: (PressureFactor & { readonly cause: string }) | undefined, { cause, at }: FactorChange): (PressureFactor & { readonly cause: FactorCause }) | undefined {
  if (before && before.cause === cause && Math.abs(at.getTime() - before.at.getTime()) < SAME_CAUSE_MS) return undefined;
  // Signs may come late: what came before the last one counts as of the last one, so that no way back is lost.
  const moment = before && before.at > at ? before.at : at;
  const present = before ? factorAt(before, moment) : 1;
  return { factor: Math.min(HIGHEST_FACTOR, Math.max(LOWEST_FACTOR, present * FACTOR_CAUSES[cause])), at: moment, cause };
}
