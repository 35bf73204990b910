/**
 * Net promoter score: how likely somebody is to recommend us, 0–10. Promoters give 9 or 10, passives 7 or 8, detractors 0–6; the score is the
 * percentage of promoters less that of detractors, a whole number from −100 to 100.
 */
export type NpsGroup = 'promoter' | 'passive' | 'detractor';

export interface NpsCounts {
  readonly promoters: number;
  readonly passives: number;
  readonly detractors: number;
}

export interface NpsScore extends NpsCounts {
  readonly answers: number;
  /** Null: nobody answered, and nothing is what it says. */
  readonly score: number | null;
}

/** How long an answer may be given after its mail, and changed after it was given. */
export const ANSWER_WITHIN_DAYS = 60;
export const CHANGE_WITHIN_DAYS = 14;
/** A promoter is asked for a reference no more often than this. */
export const REFERENCE_EVERY_DAYS = 180;

export function isScore(score: number): boolean {
  return Number.isInteger(score) && score >= 0 && score <= 10;
}

export function npsGroup(score: number): NpsGroup {
  if (score >= 9) return 'promoter';
  return score >= 7 ? 'passive' : 'detractor';
}

/** Halves are rounded away from zero, so that a base with promoters and detractors exchanged has the opposite score. */
export function npsOf({ promoters, passives, detractors }: NpsCounts): NpsScore {
  const answers = promoters + passives + detractors;
  const exact = answers === 0 ? null : (100 * (promoters - detractors)) / answers;
  return { promoters, passives, detractors, answers, score: exact === null ? null : Math.sign(exact) * Math.round(Math.abs(exact)) + 0 };
}

export function addCounts(one: NpsCounts, other: NpsCounts): NpsCounts {
  return { promoters: one.promoters + other.promoters, passives: one.passives + other.passives, detractors: one.detractors + other.detractors };
}

export interface AnswerTimes {
  /** When the mail was made. */
  readonly askedAt: Date;
  /** Null: not yet answered. */
  readonly answeredAt: Date | null;
}

/** Whether an answer is taken at this moment: the first for some weeks after the mail, another one for some days after the first. */
export function mayAnswer({ askedAt, answeredAt }: AnswerTimes, now: Date): boolean {
  const [since, days] = answeredAt === null ? [askedAt, ANSWER_WITHIN_DAYS] : [answeredAt, CHANGE_WITHIN_DAYS];
  return now.getTime() - since.getTime() < days * 86_400_000;
}
