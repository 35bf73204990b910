/**
 * How an account's name is found again: lower case, without accents and punctuation, so that "J-Texon", "J Texon" and
 * "j-texon." are one. Dots and apostrophes go ("B.V." is "bv"), other punctuation becomes a blank. A name of punctuation alone keeps it.
 */
export function accountNameKey(name: string): string {
  const folded = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const key = folded.replace(/[.'’`´]/g, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  return key === '' ? folded.trim() : key;
}
