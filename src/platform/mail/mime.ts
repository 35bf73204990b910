import type { Mailbox, MailHeaders } from '../../core/mail/headers.js';
import { quotedPrintableBound, writeQuotedPrintable } from './quoted-printable.js';

/** "=_" cannot occur in quoted-printable, so no body can contain it: one boundary serves all mails. */
const BOUNDARY = '=_tactful-part';
const PART_TEXT = `--${BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
const PART_HTML = `\r\n--${BOUNDARY}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
const END = `\r\n--${BOUNDARY}--\r\n`;

const encoder = new TextEncoder();
let scratch = Buffer.allocUnsafe(64 * 1024);
let utf8 = Buffer.allocUnsafe(32 * 1024);

/** A whole mail: headers, text and HTML as alternatives. CRLF everywhere, ASCII only, no line begins with a dot. */
export function buildMime(headers: MailHeaders, body: { readonly text: string; readonly html: string }): Buffer {
  const head = `${headerLines(headers)}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="${BOUNDARY}"\r\n\r\n${PART_TEXT}`;
  const most = head.length + quotedPrintableBound(body.text.length * 3) + PART_HTML.length + quotedPrintableBound(body.html.length * 3) + END.length;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  let at = scratch.write(head, 0, 'latin1');
  at = writeText(body.text, at);
  at += scratch.write(PART_HTML, at, 'latin1');
  at = writeText(body.html, at);
  at += scratch.write(END, at, 'latin1');
  return Buffer.from(scratch.subarray(0, at));
}

function writeText(text: string, at: number): number {
  if (utf8.length < text.length * 3) utf8 = Buffer.allocUnsafe(text.length * 3);
  return writeQuotedPrintable(utf8, encoder.encodeInto(text, utf8).written, scratch, at);
}

function headerLines({ from, replyTo, to, list, subject, plain }: MailHeaders): string {
  let lines = `From: ${mailbox(from)}\r\nTo: ${mailbox(to)}\r\nReply-To: ${mailbox(replyTo)}\r\nSubject: ${unstructured(subject, 9)}\r\n`;
  if (list) lines += `List-Id: ${phrase(list.name, list.id.length + 12)}<${list.id}>\r\n`;
  // These are ASCII and must not be folded: some receivers do not unfold List-Unsubscribe.
  for (const [name, value] of plain) lines += `${name}: ${value}\r\n`;
  return lines;
}

function mailbox({ name, address }: Mailbox): string {
  return name === undefined ? address : `${phrase(name, address.length + 12)}<${address}>`;
}

/** A display name before its address, with the blank or the fold between them. `beside` is how much else stands on the line. */
function phrase(name: string, beside: number): string {
  if (name === '') return '';
  const text = name.length <= 60 && /^[\x20-\x7e]*$/.test(name) ? (/^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`) : encodedWords(name, 12);
  return text.length + beside > 76 ? `${text}\r\n ` : `${text} `;
}

/** A subject: as it is where it is ASCII, folded at blanks; else as encoded words. */
function unstructured(text: string, nameLength: number): string {
  if (!/^[\x20-\x7e]*$/.test(text) || /\S{70}/.test(text)) return encodedWords(text, nameLength);
  let line = '';
  let folded = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 + (folded === '' ? nameLength : 1) > 76) {
      folded += `${line}\r\n `;
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return folded + line;
}

/** RFC 2047: base64 words of at most 75 characters, each of whole characters, folded between. */
function encodedWords(text: string, nameLength: number): string {
  const words: string[] = [];
  let piece = '';
  let bytes = 0;
  let room = Math.floor((75 - nameLength - 12) / 4) * 3;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > room) {
      words.push(piece);
      piece = '';
      bytes = 0;
      room = 45;
    }
    piece += character;
    bytes += size;
  }
  words.push(piece);
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}
