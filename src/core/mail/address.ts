import { err, ok, type Result } from '../shared/result.js';

/** Why a text is not a mail address that Tactful sends to. */
export type AddressProblem = 'empty' | 'control_character' | 'no_at_sign' | 'no_local_part' | 'no_domain' | 'local_part_invalid' | 'domain_invalid' | 'too_long';

// RFC 5321 §4.5.3.1: sizes in octets. 254 is what fits the path with its angle brackets (RFC 3696 erratum 1690).
const MAX_ADDRESS = 254;
const MAX_LOCAL_PART = 64;

// RFC 5322 dot-atom, with the letters of other scripts (RFC 6531). Quoted local parts are refused: no mailbox of a
// living person has one, and they are the classic way to smuggle a header or a second recipient.
const DOT_ATOM = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// What may stand in a domain before the URL parser sees it. It would read '/', '?', '#', '\', ':', '@' and '%' as syntax.
const DOMAIN_TEXT = /^[\p{L}\p{M}\p{N}.。．｡-]+$/u;
const NUMBERS_ONLY = /^[0-9]+$/;
// Controls, line breaks, blanks, and the invisible ones: zero width, direction marks, soft hyphen, lone surrogates.
const INVISIBLE = /[\p{C}\p{Z}]/u;
// Marks that a copy from a web page or a spreadsheet leaves around an address.
const EDGES = /^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$/g;

// Most addresses of a file: ASCII, lower case, short enough for every limit. They are normalised already, and found so in a tenth of the time.
const PLAIN = /^[a-z0-9_-]+(?:[.+][a-z0-9_-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
const PLAIN_LENGTH = 63;

const octets = new TextEncoder();

/**
 * The one spelling under which Tactful stores and mails an address: trimmed, lower case, NFC, the domain in ASCII (IDNA).
 * A CR or LF anywhere inside is refused, so that no address can carry a header.
 */
export function normaliseAddress(text: string): Result<string, AddressProblem> {
  if (text.length <= PLAIN_LENGTH && PLAIN.test(text)) return ok(text);
  if (/[\r\n\0]/.test(text.trim())) return err('control_character');
  const address = text.replace(EDGES, '').normalize('NFC').toLowerCase();
  if (address === '') return err('empty');
  if (INVISIBLE.test(address)) return err('control_character');
  const at = address.lastIndexOf('@');
  if (at === -1) return err('no_at_sign');
  const local = address.slice(0, at);
  if (local === '') return err('no_local_part');
  if (!DOT_ATOM.test(local)) return err('local_part_invalid');
  const domain = asciiDomain(address.slice(at + 1));
  if (!domain.ok) return domain;
  const localOctets = octets.encode(local).length;
  if (localOctets > MAX_LOCAL_PART || localOctets + 1 + domain.value.length > MAX_ADDRESS) return err('too_long');
  return ok(`${local}@${domain.value}`);
}

/**
 * The spelling under which an address is recognised as the same mailbox, for suppression hashes only: never for sending.
 * On top of `normaliseAddress` it drops the plus tag and, at Gmail, the dots; googlemail.com is gmail.com.
 * A text that is no address is only trimmed and lowered, so that a hash exists for whatever stands in old data.
 */
export function canonicalAddress(text: string): string {
  const normalised = normaliseAddress(text);
  if (!normalised.ok) return text.trim().toLowerCase();
  const at = normalised.value.lastIndexOf('@');
  const domain = normalised.value.slice(at + 1);
  // NFKC: a full-width letter is the same mailbox to the servers that accept it at all.
  const local = withoutTag(normalised.value.slice(0, at).normalize('NFKC').toLowerCase());
  if (domain === 'gmail.com' || domain === 'googlemail.com') return `${local.replaceAll('.', '')}@gmail.com`;
  return `${local}@${domain}`;
}

function withoutTag(local: string): string {
  const plus = local.indexOf('+');
  return plus > 0 ? local.slice(0, plus) : local;
}

function asciiDomain(text: string): Result<string, AddressProblem> {
  if (text === '') return err('no_domain');
  if (!DOMAIN_TEXT.test(text)) return err('domain_invalid');
  const domain = hostOf(text)?.replace(/\.$/, '');
  if (domain === undefined || domain.length > MAX_ADDRESS || !HOST.test(domain)) return err('domain_invalid');
  // A last label of digits is an IPv4 address to the URL parser, and never a top-level domain.
  return NUMBERS_ONLY.test(domain.slice(domain.lastIndexOf('.') + 1)) ? err('domain_invalid') : ok(domain);
}

/** The host as the WHATWG URL parser writes it: the one IDNA (UTS 46) implementation that is at hand without a dependency. */
function hostOf(text: string): string | undefined {
  if (HOST.test(text)) return text; // most addresses: no parser needed, an import has a million of them
  const url = `https://${text}/`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
