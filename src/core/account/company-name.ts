/**
 * Company names as people type them: with and without legal form, accents, dots, blanks and typing errors. Two names are compared by
 * their words, whatever their order, and each word may be spelt a little differently.
 */

/** Endings that say what kind of company it is, as they read after folding ("B.V." is "bv"); longest first, so that "gmbh co kg" goes whole. */
const ENDINGS: readonly (readonly string[])[] = [
  'gmbh und co kgaa', 'gmbh und co kg', 'gmbh co kgaa', 'gmbh co ohg', 'gmbh co kg', 'ag co kg', 'se co kgaa', 'se co kg', 'ug haftungsbeschrankt',
  'sp z oo sp k', 'sp z o o', 'sp z oo', 's de rl de cv', 'sa de cv', 'sapi de cv', 'pte ltd', 'pty ltd', 'pvt ltd', 'private limited', 'co ltd', 'co inc', 'd o o', 's r o',
  'spol s ro', 'and co', 'und co', 'et cie', 'en co', 'och co', 'naamloze vennootschap', 'besloten vennootschap', 'public limited company', 'limited liability company',
  'bv', 'bvba', 'nv', 'vof', 'cv', 'cvba', 'cvoa', 'ebvba', 'comm v', 'commv', 'gmbh', 'ggmbh', 'ag', 'kg', 'kgaa', 'ohg', 'gbr', 'ug', 'ek', 'ev', 'eg', 'se', 'ltd', 'limited', 'plc', 'llp', 'llc', 'lp', 'lllp', 'cic',
  'inc', 'incorporated', 'corp', 'corporation', 'company', 'co', 'sa', 'sas', 'sasu', 'sarl', 'eurl', 'sprl', 'srl', 'scrl', 'snc', 'spa', 'sapa', 'sl', 'slu', 'sau', 'scoop', 'lda', 'ltda', 'eireli', 'ab', 'hb', 'as', 'asa', 'aps', 'ans', 'da',
  'oy', 'oyj', 'ou', 'uab', 'sia', 'sro', 'doo', 'dd', 'ad', 'ead', 'eood', 'ood', 'kft', 'nyrt', 'zrt', 'bt', 'rt', 'spk', 'spj', 'ks', 'vos', 'pte', 'pty', 'pvt', 'bhd', 'sdn bhd', 'kk', 'gk', 'tbk', 'jsc', 'ojsc', 'pjsc', 'fze', 'fzco', 'fzc', 'wll', 'saoc', 'saog',
  'αε', 'επε', 'οε', 'ικε', 'ооо', 'оао', 'зао', 'пао', 'ао', 'тоо', 'тов', 'еоод', 'оод', 'ад',
].map((form) => form.split(' ')).sort((a, b) => b.length - a.length);

/** Forms that stand before the name. */
const BEGINNINGS: readonly (readonly string[])[] = ['stichting', 'ооо', 'оао', 'зао', 'пао', 'ао', 'тоо', 'тов', 'ип', 'pt', 'uab', 'sia'].map((form) => form.split(' '));

/** Written without a blank between: 株式会社トヨタ, 腾讯有限公司. */
const JOINED = /^(?:株式会社|有限会社|合同会社|주식회사|\(?주\)|\(株\)|\(有\))|(?:株式会社|有限会社|合同会社|股份有限公司|有限责任公司|有限責任公司|有限公司|集团公司|公司|주식회사|\(주\)|\(株\)|\(有\))$/gu;

const MOST_TOKENS = 24;

/** The words of a name without its legal form, folded: "GmbH & Co. KG", accents, case and punctuation are gone. A name of legal forms alone keeps them. */
export function companyWords(name: string): readonly string[] {
  const folded = name.slice(0, 500).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFKC').replaceAll('ß', 'ss').replaceAll('ł', 'l').replaceAll('ı', 'i').replaceAll('ø', 'o').replaceAll('đ', 'd').replaceAll('æ', 'ae');
  const joined = folded.trim().replace(JOINED, '');
  const words = wordsOf(joined.trim() === '' ? folded : joined);
  const short = withoutForms(words);
  return (short.length === 0 ? words : short).slice(0, MOST_TOKENS);
}

function wordsOf(text: string): string[] {
  return text.replace(/[.'’`´]/g, '').split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

function withoutForms(words: readonly string[]): readonly string[] {
  let rest = words;
  for (;;) {
    const ending = ENDINGS.find((form) => form.length < rest.length && form.every((word, index) => rest[rest.length - form.length + index] === word));
    if (ending) {
      rest = rest.slice(0, rest.length - ending.length);
      continue;
    }
    const beginning = BEGINNINGS.find((form) => form.length < rest.length && form.every((word, index) => rest[index] === word));
    if (!beginning) return rest;
    rest = rest.slice(beginning.length);
  }
}

/** A word spelt differently still is the same word from here on: "technolgy" and "technology" are 0.95 alike, "north" and "south" 0.6. */
const SAME_WORD = 0.8;

/** What names get at most that differ in their blanks: 1 is for the same words. */
const OTHER_BLANKS = 0.99;

/** What names get at most that contradict each other, however long the rest is that they share. */
const CONTRADICTION = 0.9;

/**
 * How alike two names are, from 0 to 1: the share of their letters that stand in words they have in common, each word counted as far as it is spelt alike
 * (Dice over the sets of words). Blanks may be missing: "Green Plus" is "Greenplus". A name is not like a longer one that begins with it
 * ("Acme", "Acme Bakery"), and two names contradict each other when each has a word that the other lacks ("Continental Freight East" and "… West") or when
 * their numbers differ ("Studio 54" and "Studio 55").
 */
export function nameSimilarity(one: string, other: string): number {
  return wordSimilarity(companyWords(one), companyWords(other));
}

export function wordSimilarity(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return 0;
  const bySets = setSimilarity([...new Set(one)], [...new Set(other)]);
  const alike = one.length === other.length ? bySets : Math.max(bySets, Math.min(spelling(one.join(''), other.join('')), OTHER_BLANKS));
  return digitsOf(one) === digitsOf(other) ? alike : Math.min(alike, CONTRADICTION);
}

function digitsOf(words: readonly string[]): string {
  return words.flatMap((word) => word.match(/\p{N}+/gu) ?? []).sort().join(' ');
}

/** The most alike words are paired first; among pairs that are equally alike the order of the alphabet decides, so that both directions agree. */
function setSimilarity(one: readonly string[], other: readonly string[]): number {
  const pairs = one.flatMap((a) => other.map((b) => ({ a, b, alike: spelling(a, b) }))).filter(({ alike }) => alike >= SAME_WORD);
  pairs.sort((p, q) => q.alike - p.alike || compare([p.a, p.b].sort().join(' '), [q.a, q.b].sort().join(' ')) || compare(p.a, q.a));
  const [leftOfOne, leftOfOther] = [new Set(one), new Set(other)];
  let common = 0;
  for (const { a, b, alike } of pairs) {
    if (!leftOfOne.has(a) || !leftOfOther.has(b)) continue;
    leftOfOne.delete(a);
    leftOfOther.delete(b);
    common += alike * (a.length + b.length);
  }
  const alike = common / (lettersOf(one) + lettersOf(other));
  return leftOfOne.size > 0 && leftOfOther.size > 0 ? Math.min(alike, CONTRADICTION) : alike;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lettersOf(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length, 0);
}

/** 1 − the least number of letters to add or take away, over all letters: "technolgy" → "technology" is 1 − 1/19. */
function spelling(a: string, b: string): number {
  if (a === b) return 1;
  const total = a.length + b.length;
  // Even if all letters of the shorter one were kept, the difference in length remains.
  if (1 - Math.abs(a.length - b.length) / total < SAME_WORD) return 0;
  return (2 * longestCommonSubsequence(a, b)) / total;
}

function longestCommonSubsequence(a: string, b: string): number {
  let before = new Uint16Array(b.length + 1);
  let row = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) row[j] = a[i - 1] === b[j - 1] ? (before[j - 1] ?? 0) + 1 : Math.max(before[j] ?? 0, row[j - 1] ?? 0);
    [before, row] = [row, before];
  }
  return before[b.length] ?? 0;
}
