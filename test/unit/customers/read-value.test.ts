import { readCountry } from '../../../src/customers/import/read-country.js';
import type { FieldType } from '../../../src/customers/import/import-fields.js';
import { readDomain, readEmail, readValue } from '../../../src/customers/import/read-value.js';

const reading = { decimal: ',', forms: [], timeZone: 'Europe/Amsterdam', split: ';' } as const;
const read = (type: FieldType, text: string) => readValue(type, text, reading);

describe('countries', () => {
  it.each([
    ['Philippines', 'PH'],
    ['Duitsland', 'DE'],
    ['Deutschland', 'DE'],
    ['allemagne', 'DE'],
    ['NEDERLAND', 'NL'],
    ['The Netherlands', 'NL'],
    ['België', 'BE'],
    ['Belgie', 'BE'],
    ['United States', 'US'],
    ['USA', 'US'],
    ['uk', 'GB'],
    ['gb', 'GB'],
    ['South Korea', 'KR'],
    ['Turkey', 'TR'],
    ["Côte d’Ivoire", 'CI'],
  ])('knows %s as %s', (name, code) => {
    expect(readCountry(name)).toEqual({ ok: true, value: code });
  });

  it.each(['Philipines', 'Korea', 'Atlantis', 'XX', 'EU', 'ZZ', '', '__proto__', 'constructor'])('refuses %s', (name) => {
    expect(readCountry(name).ok).toBe(false);
  });
});

describe('addresses', () => {
  it('keeps one spelling', () => {
    expect(readEmail(' Jan.Jansen@VOORBEELD.example ')).toEqual({ ok: true, value: 'jan.jansen@voorbeeld.example' });
  });

  it.each(['a@b.example\r\nBcc: x@y.example', 'a@b.example\n', 'a\r@b.example', 'a\n@b.example'])('refuses a line end in %j and says so', (text) => {
    expect(readEmail(text)).toEqual({ ok: false, error: 'is an address with a line end in it' });
  });

  it.each(['jan', 'jan@', '@b.example', 'a b@c.example', 'a@b', 'a\u0000@b.example', 'a@b.example, c@d.example'])('refuses %j', (text) => {
    expect(readEmail(text).ok).toBe(false);
  });
});

describe('other values', () => {
  it.each([
    ['boolean', 'Ja', true],
    ['boolean', '0', false],
    ['language', 'nl-NL', 'nl'],
    ['language', 'English', 'en'],
    ['language', 'Deutsch', undefined],
    ['language', 'toString', undefined],
    ['time_zone', 'Europe/Amsterdam', 'Europe/Amsterdam'],
    ['list', 'a; b ;a;', ['a', 'b']],
    ['line', 'Jan\r\n  Jansen', 'Jan Jansen'],
    ['text', 'two\nlines', 'two\nlines'],
    [{ choice: ['won', 'new_customer'] }, 'New customer', 'new_customer'],
  ] as const)('reads %j %j', (type, text, value) => {
    expect(read(type as FieldType, text)).toEqual({ ok: true, value });
  });

  it.each([
    ['boolean', 'perhaps'],
    ['time_zone', 'Mars/Olympus'],
    ['line', 'bell\u0007'],
    ['text', 'nul\u0000'],
    ['line', 'x'.repeat(501)],
    [{ choice: ['won'] }, 'constructor'],
  ] as const)('refuses %j %j', (type, text) => {
    expect(read(type as FieldType, text).ok).toBe(false);
  });

  it.each([
    ['https://www.Acme.example/about?x=1', 'acme.example'],
    ['ACME.example.', 'acme.example'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
  ])('finds the domain in %s', (text, domain) => {
    expect(readDomain(text)).toEqual({ ok: true, value: domain });
  });

  it.each(['acme', 'a b.example', '-x.example', 'x..example'])('refuses %s as a domain', (text) => {
    expect(readDomain(text).ok).toBe(false);
  });
});
