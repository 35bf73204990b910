/** The accents that Latin, Greek and Cyrillic letters carry. */
const MARKS = /[\u0300-\u036F]+/g;
/** Letters that Unicode does not take apart though people leave the stroke out, the i without its dot, and the sigma that ends a word. */
const KIN: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', đ: 'd', ħ: 'h', ŧ: 't', ı: 'i', ς: 'σ' };
const KINDRED = /[øłđħŧıς]/g;
const ASCII = /^[\0-\x7F]*$/;
/** Code points younger than Unicode 16, which PostgreSQL 18 reads as unassigned while this JavaScript may already know their case or order. */
const YOUNGER = /([\u1ACF-\u1AEB\uA7CE\uA7D2\uA7D4\u{10EFA}\u{10EFB}\u{16EA0}-\u{16EB8}\u{1E6E3}\u{1E6E6}\u{1E6EE}\u{1E6EF}\u{1E6F5}])/u;

/**
 * Texts that differ in case or accents only become the same text: Zoë, ZOE and zoe\u0308 are all “zoe”. Scripts keep their letters,
 * and ß, æ and ligatures are letters of their own. The SQL function fold_text (migration 0003) gives the same answer for every
 * text; test/db/text-folding.test.ts asks both about each code point.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const folded = text
    .split(YOUNGER)
    .map((part, index) => (index % 2 === 1 ? part : part.normalize('NFD').toLowerCase()))
    .join('')
    .replace(MARKS, '')
    .replace(KINDRED, (letter) => KIN[letter] ?? letter);
  // An accent by itself stays: of nothing, every text would contain it.
  return folded === '' ? text : folded;
}

/** Whether nothing would be left of a text within another one: it is accents alone. */
export function vanishes(text: string): boolean {
  return foldText(`x${text}`) === 'x';
}

/** How a column spells all it holds, because whoever writes it brings it to that spelling. It is compared as it stands, by its index. */
export type Spelling = 'lower' | 'upper' | 'address';

/** A value as such a column would spell it. Accents are part of an address: zoë@ and zoe@ are two mailboxes. */
export function spell(text: string, spelling: Spelling): string {
  if (spelling === 'address') return text.normalize('NFC').toLowerCase();
  const folded = foldText(text);
  return spelling === 'lower' ? folded : folded.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
