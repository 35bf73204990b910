import iconv from 'iconv-lite';
import { TextDecoding } from '../../../src/customers/import/decode-text.js';

const TEXT = 'naam;plaats\nRenée;’s-Hertogenbosch\nJosé;Curaçao\n€ 5;Łódź\n';
const WESTERN = 'naam;plaats\nRenée;’s-Hertogenbosch\nJosé;Curaçao\n€ 5;Köln\n';

function decode(bytes: Buffer, size: number): { text: string; encoding: string } {
  const decoding = new TextDecoding();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += decoding.write(bytes.subarray(at, at + size));
  return { text: text + decoding.end(), encoding: decoding.encoding };
}

describe.each([1, 3, 7, 65_536])('decoding in pieces of %d bytes', (size) => {
  it.each([
    ['utf-8', TEXT, Buffer.from(TEXT)],
    ['utf-8', TEXT, Buffer.from(`\uFEFF${TEXT}`)],
    ['utf-16le', TEXT, iconv.encode(`\uFEFF${TEXT}`, 'utf-16le', { addBOM: false })],
    ['utf-16be', TEXT, iconv.encode(`\uFEFF${TEXT}`, 'utf-16be', { addBOM: false })],
    ['windows-1252', WESTERN, iconv.encode(WESTERN, 'windows-1252')],
  ])('finds %s', (encoding, text, bytes) => {
    expect(decode(bytes, size)).toEqual({ text, encoding });
  });
});

describe('encodings that are not said', () => {
  it('finds UTF-16 without a byte-order mark by its zero bytes', () => {
    expect(decode(iconv.encode(TEXT, 'utf-16le', { addBOM: false }), 65_536)).toEqual({ text: TEXT, encoding: 'utf-16le' });
    expect(decode(iconv.encode(TEXT, 'utf-16be', { addBOM: false }), 65_536)).toEqual({ text: TEXT, encoding: 'utf-16be' });
  });

  it('judges by the first bytes that are not ASCII, however late they come', () => {
    const late = Buffer.concat([Buffer.from('a;b\n'.repeat(1_000)), iconv.encode('Köln;x\n', 'windows-1252')]);
    expect(decode(late, 100).encoding).toBe('windows-1252');
    expect(decode(late, 100).text).toContain('Köln;x');
  });

  it('keeps a UTF-8 file UTF-8 when one character in it is broken', () => {
    const broken = Buffer.concat([Buffer.from('é;è;ë\n'), Buffer.from([0xc3]), Buffer.from(';x\nü;y\n')]);
    expect(decode(broken, 65_536)).toEqual({ text: 'é;è;ë\n\uFFFD;x\nü;y\n', encoding: 'utf-8' });
  });

  it('reads an empty file and a file of one byte', () => {
    expect(decode(Buffer.alloc(0), 10)).toEqual({ text: '', encoding: 'utf-8' });
    expect(decode(Buffer.from('a'), 10)).toEqual({ text: 'a', encoding: 'utf-8' });
    expect(decode(Buffer.from([0xe9]), 10)).toEqual({ text: 'é', encoding: 'windows-1252' });
  });
});
