/**
 * The subject of a mail's source, decoded (RFC 2047), for the list of the mailbox; '' where there is none.
 * Only the head is looked at, so that thousands of mails a second can be taken in; the mail itself is parsed when it is read.
 */
export function subjectOf(source: Buffer): string {
  const end = source.indexOf('\r\n\r\n');
  const head = source.toString('latin1', 0, end === -1 ? source.length : end);
  const raw = /^subject:[ \t]*((?:.*)(?:\r\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  const unfolded = raw.replace(/\r\n(?=[ \t])/g, '');
  return unfolded
    .replace(/(\?=)[ \t]+(?==\?)/g, '$1') // blanks between encoded words are not part of the text
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, text: string) => (kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString('utf8') : decodeQ(text)))
    .replace(/\0/g, '')
    .trim();
}

function decodeQ(text: string): string {
  const bytes = text.replaceAll('_', ' ').replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
