import { fc } from '../../support/generated.js';
import { simpleParser } from 'mailparser';
import type { ListMailHeaders } from '../../../src/core/mail/headers.js';
import { buildMime } from '../../../src/platform/mail/mime.js';
import { quotedPrintableBound, writeQuotedPrintable } from '../../../src/platform/mail/quoted-printable.js';

const headers: ListMailHeaders = {
  from: { name: 'Voorbeeld & Co', address: 'hallo@voorbeeld.example' },
  replyTo: { address: 'hallo@voorbeeld.example' },
  to: { name: 'Anna de Vries', address: 'anna@isdom.example' },
  list: { name: 'Nieuwsbrief', id: 'newsletter.voorbeeld.example' },
  subject: 'Drie flessen',
  messageId: '<m1.1@voorbeeld.example>',
  plain: [['Date', 'Tue, 03 Nov 2026 08:05:09 +0000'], ['Message-ID', '<m1.1@voorbeeld.example>'], ['List-Unsubscribe', `<https://mail.voorbeeld.example/unsubscribe/${'x'.repeat(90)}>, <mailto:u@voorbeeld.example>`]],
};

function encode(text: string): string {
  const source = Buffer.from(text);
  const out = Buffer.alloc(quotedPrintableBound(source.length));
  return out.subarray(0, writeQuotedPrintable(source, source.length, out, 0)).toString('latin1');
}

function decode(text: string): string {
  const bytes = text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const texts = fc.array(fc.oneof(fc.constantFrom('\r\n', '\n', '\r', '.', 'From ', 'From', ' ', '\t', '=', 'é', '€', '😀', '\u2028', 'a'.repeat(74), 'a'.repeat(75), 'a'.repeat(76), ' '.repeat(75), '\0'), fc.string({ unit: 'grapheme' })), { maxLength: 30 }).map((pieces) => pieces.join(''));

describe('quoted-printable', () => {
  it('keeps every text and every rule of the format (property)', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const encoded = encode(text);
        const plain = text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n');
        expect(decode(encoded)).toBe(plain === '' || plain.endsWith('\r\n') ? plain : `${plain}\r\n`);
        expect(encoded).toMatch(/^[\t\r\n\x20-\x7e]*$/);
        for (const line of encoded.split('\r\n')) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line).not.toMatch(/[\r\n]|[ \t]$|^\.|^From|=[0-9A-F]?$(?<!=)|=(?![0-9A-F]{2}|$)/);
        }
        // A sequence of UTF-8 is on one line: each line decodes by itself.
        for (const line of encoded.split(/=?\r\n/)) expect(decode(line)).not.toContain('\ufffd'.repeat(plain.includes('\ufffd') ? 99 : 1));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['.', '=2E\r\n'],
    ['From me', '=46rom me\r\n'],
    ['Frog', 'Frog\r\n'],
    ['a ', 'a=20\r\n'],
    ['a\t\nb', 'a=09\r\nb\r\n'],
    ['1=2 €', '1=3D2 =E2=82=AC\r\n'],
    [`${'a'.repeat(74)} `, `${'a'.repeat(74)}=\r\n=20\r\n`],
    [`${'a'.repeat(74)}é`, `${'a'.repeat(74)}=\r\n=C3=A9\r\n`],
    [`${'a'.repeat(75)}.`, `${'a'.repeat(75)}=\r\n=2E\r\n`],
    ['', ''],
  ])('writes %j', (text, expected) => {
    expect(encode(text)).toBe(expected);
  });
});

describe('a whole mail', () => {
  it('is read back as it was written, whatever is in it (property)', async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, fc.string({ unit: 'grapheme', maxLength: 120 }), async (text, html, name) => {
         
        const clean = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replace(/=\?/g, '= ?').replace(/ {2,}/g, ' ').trim();
        const mime = buildMime({ ...headers, subject: clean, to: { name: clean || 'x', address: 'anna@isdom.example' } }, { text, html });
        expect(mime.toString('latin1')).toMatch(/^[\t\r\n\x20-\x7e]*$/);
        expect(mime.toString('latin1')).not.toMatch(/(^|\r\n)\.|[^\r]\n|\r[^\n]/);
        const mail = await simpleParser(mime, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
        const lines = (value: string): string => value.toWellFormed().replace(/\r\n|\r|\n/g, '\n').replace(/\n$/, '');
        expect(lines(mail.text ?? '')).toBe(lines(text));
        expect(lines(mail.html || '')).toBe(lines(html));
        expect(mail.subject ?? '').toBe(clean.toWellFormed());
        expect([mail.to].flat()[0]?.value[0]).toEqual({ name: (clean || 'x').toWellFormed(), address: 'anna@isdom.example' });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['ASCII that folds', `${'lange woorden '.repeat(12)}einde`],
    ['one long word', 'x'.repeat(300)],
    ['emoji and accents', '🍷 Eén fles voor u, café à la crème '.repeat(5).trim()],
    ['a comma and quotes', 'Vries, "Anna" de \\ (x) <y>'],
  ])('encodes %s in subject, names and list', async (_name, value) => {
    const mime = buildMime({ ...headers, subject: value, from: { name: value, address: 'hallo@voorbeeld.example' }, list: { ...headers.list, name: value } }, { text: 'x', html: 'y' });
    for (const line of mime.toString('latin1').split('\r\n')) if (!line.startsWith('List-Unsubscribe')) expect(line.length).toBeLessThanOrEqual(line.includes('x'.repeat(80)) ? 400 : 78);
    const mail = await simpleParser(mime);
    expect(mail.subject).toBe(value);
    expect(mail.from?.value).toEqual([{ name: value, address: 'hallo@voorbeeld.example' }]);
    expect(mail.headers.get('list')).toMatchObject({ id: { id: 'newsletter.voorbeeld.example' } });
  });

  it('never folds List-Unsubscribe', () => {
    const mime = buildMime(headers, { text: 'x', html: 'y' }).toString('latin1');
    expect(mime).toContain(`\r\nList-Unsubscribe: <https://mail.voorbeeld.example/unsubscribe/${'x'.repeat(90)}>, <mailto:u@voorbeeld.example>\r\n`);
  });
});
