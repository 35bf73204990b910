/** Somebody whose name may stand in a note about somebody else. */
export interface NamedPerson {
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly email?: string | null;
}

export const REDACTED = '█████';

/** Words within names that say nothing by themselves, and everything else in a note: "van", "de". They go only together with the name they stand before. */
const PARTICLES = new Set(['van', 'von', 'vom', 'der', 'den', 'de', 'het', 'ter', 'ten', 'te', 'op', 'in', 't', 's', 'zu', 'zur', 'la', 'le', 'les', 'du', 'des', 'di', 'da', 'do', 'dos', 'das', 'del', 'della', 'el', 'al', 'bin', 'ibn', 'ben', 'y', 'e', 'af', 'av']);

/** Those that are read as part of the name when they stand before it. */
const BEFORE_NAMES = new Set(['van', 'von', 'vom', 'der', 'den', 'de', 'ter', 'ten', 'zu', 'zur', 'la', 'du', 'di', 'da', 'del', 'della', 'el', 'bin', 'ibn', 't', 's']);

// Scripts that write no blanks between words: a name there has no ends to look for.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const ADDRESS = /[^\s<>()[\]\\,;:"@]+@[^\s<>()[\]\\,;:"@]*[\p{L}\p{N}]/gu;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Makes a note about a person readable for him without telling about others (GDPR art. 15(4)): names of the people given are blacked out, whole or
 * in part, in any script, whatever the case and the accents; of mail addresses only his own stay. Where in doubt, more is blacked out than less; his own names stay.
 */
export function redactOthers(text: string, others: Iterable<NamedPerson>, own: NamedPerson & { readonly addresses?: readonly string[] }): string {
  const ownAddresses = new Set([...(own.addresses ?? []), own.email ?? ''].map((address) => address.toLowerCase()));
  const names = namesOf(others, wordsOf(`${own.firstName ?? ''} ${own.lastName ?? ''}`));
  const spans: Span[] = [];
  const withoutAddresses = text.replace(ADDRESS, (address, at: number) => {
    if (!ownAddresses.has(address.toLowerCase())) spans.push({ from: at, to: at + address.length });
    return ' '.repeat(address.length); // what stands in an address is no name in the note
  });
  spans.push(...wordSpans(withoutAddresses, names.words), ...unspacedSpans(withoutAddresses, names.unspaced));
  return blackOut(text, withoutParticles(text, spans));
}

function namesOf(others: Iterable<NamedPerson>, ownWords: readonly string[]): { words: Set<string>; unspaced: Set<string> } {
  const own = new Set(ownWords);
  const words = new Set<string>();
  const unspaced = new Set<string>();
  for (const { firstName, lastName } of others) {
    const [first, last] = [firstName ?? '', lastName ?? ''].map((name) => name.normalize('NFC').trim());
    for (const word of wordsOf(`${first} ${last}`)) if (!own.has(word) && !PARTICLES.has(word) && (word.length > 1 || UNSPACED.test(word))) words.add(word);
    for (const name of [`${last}${first}`, `${first}${last}`, first ?? '', last ?? '']) if (UNSPACED.test(name) && name.length > 1) unspaced.add(name);
  }
  return { words, unspaced };
}

/** Words that are a name: also with a genitive or plural s, "Jansens", "Anna's". */
function wordSpans(text: string, names: ReadonlySet<string>): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(WORD)) {
    const word = folded(match[0]);
    if (names.has(word) || (word.endsWith('s') && names.has(word.slice(0, -1)))) spans.push({ from: match.index, to: match.index + match[0].length });
  }
  return spans;
}

function unspacedSpans(text: string, names: ReadonlySet<string>): Span[] {
  const spans: Span[] = [];
  for (const name of names) {
    for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) spans.push({ from: at, to: at + name.length });
  }
  return spans;
}

/** Initials and particles before a name go with it: "J. van der Berg" is one. */
function withoutParticles(text: string, spans: readonly Span[]): Span[] {
  return spans.map(({ from, to }) => {
    let start = from;
    for (;;) {
      const before = /(?:(?<initial>\p{Lu}\.)|(?<word>[\p{L}\p{M}]+|['’][\p{L}]))[\s-]*$/u.exec(text.slice(Math.max(0, start - 40), start));
      const word = before?.groups?.['word'];
      if (!before || (word !== undefined && !BEFORE_NAMES.has(folded(word.replace(/['’]/g, ''))))) break;
      start -= before[0].length;
    }
    return { from: start, to };
  });
}

/** Names side by side become one bar, so that its length tells nothing. */
function blackOut(text: string, spans: readonly Span[]): string {
  const joined: { from: number; to: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = joined.at(-1);
    if (last && (span.from <= last.to || /^[\s.-]*$/.test(text.slice(last.to, span.from)))) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  let result = '';
  let at = 0;
  for (const { from, to } of joined) {
    result += text.slice(at, from) + REDACTED;
    at = to;
  }
  return result + text.slice(at);
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map((match) => folded(match[0]));
}

/** Without case and accents, and in one width: "JOSÉ", "josé" and "jose" are one name. */
function folded(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/ß/g, 'ss').replace(/ø/g, 'o').replace(/ł/g, 'l').replace(/ı/g, 'i');
}
