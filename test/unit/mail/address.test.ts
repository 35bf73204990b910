import { fc } from '../../support/generated.js';
import { canonicalAddress, normaliseAddress } from '../../../src/core/mail/address.js';

describe('normaliseAddress', () => {
  it.each([
    ['  Anna.de.Vries@Voorbeeld.Example ', 'anna.de.vries@voorbeeld.example'],
    ['anna@müller.example', 'anna@xn--mller-kva.example'],
    ['anna@MÜLLER.example', 'anna@xn--mller-kva.example'],
    ['anna@xn--mller-kva.example', 'anna@xn--mller-kva.example'],
    ['anna@ｖｏｏｒｂｅｅｌｄ.example', 'anna@voorbeeld.example'],
    ['anna@voorbeeld。example', 'anna@voorbeeld.example'],
    ['anna@voorbeeld.example.', 'anna@voorbeeld.example'],
    ["o'brien+tag@sub.voorbeeld.example", "o'brien+tag@sub.voorbeeld.example"],
    ['zoe\u0308@voorbeeld.example', 'zoë@voorbeeld.example'],
    ['\ufeffanna@voorbeeld.example\u200b', 'anna@voorbeeld.example'],
    ['anna@voorbeeld.example\r\n', 'anna@voorbeeld.example'],
  ])('writes %j as %s', (text, expected) => {
    expect(normaliseAddress(text)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['anna@voorbeeld.example\r\nBcc: alle@voorbeeld.example', 'control_character'],
    ['anna@voor\nbeeld.example', 'control_character'],
    ['anna\0@voorbeeld.example', 'control_character'],
    ['anna de vries@voorbeeld.example', 'control_character'],
    ['anna@voor\u00adbeeld.example', 'control_character'],
    ['an\u202ena@voorbeeld.example', 'control_character'],
    ['\ud800anna@voorbeeld.example', 'control_character'],
    ['anna', 'no_at_sign'],
    ['@voorbeeld.example', 'no_local_part'],
    ['anna@', 'no_domain'],
    ['anna@@voorbeeld.example', 'local_part_invalid'],
    ['.anna@voorbeeld.example', 'local_part_invalid'],
    ['anna.@voorbeeld.example', 'local_part_invalid'],
    ['an..na@voorbeeld.example', 'local_part_invalid'],
    ['"anna"@voorbeeld.example', 'local_part_invalid'],
    ['<anna@voorbeeld.example>', 'local_part_invalid'],
    ['anna,bert@voorbeeld.example', 'local_part_invalid'],
    ['anna@localhost', 'domain_invalid'],
    ['anna@192.168.1.1', 'domain_invalid'],
    ['anna@[192.168.1.1]', 'domain_invalid'],
    ['anna@voorbeeld.example/pad', 'domain_invalid'],
    ['anna@voorbeeld.example:25', 'domain_invalid'],
    ['anna@voor%62eeld.example', 'domain_invalid'],
    ['anna@-voorbeeld.example', 'domain_invalid'],
    ['anna@voorbeeld..example', 'domain_invalid'],
    [`anna@${'a'.repeat(64)}.example`, 'domain_invalid'],
    [`${'a'.repeat(65)}@voorbeeld.example`, 'too_long'],
    [`${'é'.repeat(33)}@voorbeeld.example`, 'too_long'],
    [`anna.de.vries@${'abcdefghi.'.repeat(24)}example`, 'too_long'],
  ])('refuses %j: %s', (text, problem) => {
    expect(normaliseAddress(text)).toEqual({ ok: false, error: problem });
  });

  it('never gives an address that holds a blank, a line break or a second @, and leaves its own result alone', () => {
    const pieces = fc.constantFrom('a', 'B', '.', '+', '@', ' ', '\r\n', '\0', 'é', 'ß', '。', '\u200b', 'voorbeeld', '.example', '"', '<', ':', '%0a', '/');
    fc.assert(
      fc.property(fc.oneof(fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')), fc.string({ unit: 'binary' })), (text) => {
        const result = normaliseAddress(text);
        if (!result.ok) return;
        expect(result.value).toMatch(/^[^\s@\p{C}]+@[a-z0-9.-]+$/u);
        expect(normaliseAddress(result.value)).toEqual(result);
      }),
    );
  });
});

describe('canonicalAddress', () => {
  it.each([
    'jan.jansen@gmail.com',
    'janjansen@gmail.com',
    'JanJansen@Gmail.com',
    ' jan.jansen@gmail.com ',
    'j.a.n.j.a.n.s.e.n@gmail.com',
    'janjansen+nieuwsbrief@gmail.com',
    'jan.jansen+a+b@googlemail.com',
    'JANJANSEN@GOOGLEMAIL.COM',
    'janjansen@ｇｍａｉｌ.com',
    'janjansen@gmail.com.',
    'ｊanjansen@gmail.com',
    '\ufeffjanjansen@gmail.com',
  ])('recognises %j as the same mailbox', (spelling) => {
    expect(canonicalAddress(spelling)).toBe('janjansen@gmail.com');
  });

  it.each([
    ['anna@müller.example', 'anna@xn--mller-kva.example'],
    ['Anna+Shop@XN--MLLER-KVA.example', 'anna@xn--mller-kva.example'],
    ['+anna@voorbeeld.example', '+anna@voorbeeld.example'],
    ['an.na@voorbeeld.example', 'an.na@voorbeeld.example'],
    [' Geen Adres ', 'geen adres'],
  ])('writes %j as %s', (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });

  it('gives the same for its own result', () => {
    fc.assert(fc.property(fc.emailAddress(), (address) => expect(canonicalAddress(canonicalAddress(address))).toBe(canonicalAddress(address))));
  });
});
