import { scoreOfSums } from '../../../core/account/score.js';
import { DEFAULT_SCORE_POLICY, type ScorePolicy } from '../../../core/account/score-policy.js';
import type { AccessRow } from '../../../core/privacy/access-document.js';
import type { LetterLanguage } from '../../../core/privacy/letter-texts.js';
import type { ScoreInputs } from './access.queries.js';

/** What somebody adds to the engagement of his account, with all that counted; nothing where nothing did. */
export function engagementRow({ epoch, policy, sums, did }: ScoreInputs['engagement'], now: Date, language: LetterLanguage): AccessRow[] {
  if (sums.length === 0) return [];
  const { kinds, perDay } = (policy as ScorePolicy | null)?.engagement ?? DEFAULT_SCORE_POLICY.engagement;
  const terms = new Map(kinds.map(({ key, weight, halfLifeDays }) => [key, { weight, halfLifeDays }]));
  const value = Math.round(scoreOfSums(sums, new Date(epoch), now) * 1_000) / 1_000;
  return [{ score: WORDS[language].name, value, inputs: { did: did.map((one) => ({ ...one, ...terms.get(one.kind) })), perDay }, formula: WORDS[language].formula }];
}

const WORDS = {
  nl: { name: 'Betrokkenheid', formula: 'Som over wat u deed van gewicht × 2^(−leeftijd in dagen / halveringstijd), van elke soort hooguit zoveel per dag. Telt mee voor uw bedrijf; wilt u dat niet, zet dan profilering uit.' },
  en: { name: 'Engagement', formula: 'Sum over what you did of weight × 2^(−age in days / half-life), of each kind at most so many a day. It counts for your company; if you do not want that, switch profiling off.' },
} as const;
