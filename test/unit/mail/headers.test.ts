import { fc } from '../../support/generated.js';
import { cleanValue, isNoReply, isPlainAddress, marketingHeaders, messageIdOf, type MarketingMail } from '../../../src/core/mail/headers.js';

const mail: MarketingMail = {
  messageId: 71_000,
  contactId: 1_234,
  mailDomain: 'voorbeeld.example',
  from: { name: 'Voorbeeld & Co', address: 'hallo@voorbeeld.example' },
  replyTo: { address: 'hallo@voorbeeld.example' },
  to: { name: 'Anna de Vries', address: 'anna@isdom.example' },
  subject: 'Drie dingen voor de lente',
  sentAt: new Date('2026-11-03T08:05:09Z'),
  purpose: 'product_updates',
  purposeName: 'Product updates',
  campaignId: 12,
  messageClass: 'marketing',
  unsubscribeUrl: 'https://mail.voorbeeld.example/u/abc',
  unsubscribeMailto: 'mailto:unsubscribe+ya.1i.aaaa@voorbeeld.example?subject=unsubscribe',
};

function headersOf(changes: Partial<MarketingMail>): Record<string, string> {
  const result = marketingHeaders({ ...mail, ...changes });
  if (!result.ok) throw new Error(result.error.detail);
  const { subject, list, plain } = result.value;
  return { Subject: subject, 'List-Id': `${list.name} <${list.id}>`, ...Object.fromEntries(plain) };
}

describe('headers of a marketing mail', () => {
  it('has all that the big mailbox providers ask for', () => {
    expect(headersOf({})).toEqual({
      Subject: 'Drie dingen voor de lente',
      Date: 'Tue, 03 Nov 2026 08:05:09 +0000',
      'Message-ID': '<m1is8.ya@voorbeeld.example>',
      'List-Id': 'Product updates <product-updates.voorbeeld.example>',
      'List-Unsubscribe': '<https://mail.voorbeeld.example/u/abc>, <mailto:unsubscribe+ya.1i.aaaa@voorbeeld.example?subject=unsubscribe>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Feedback-ID': 'c12:product_updates:marketing:voorbeeld.example',
    });
  });

  it('keeps the Message-ID of a message, whenever it is sent', () => {
    expect(headersOf({ sentAt: new Date('2027-01-01T00:00:00Z'), subject: 'other' })['Message-ID']).toBe(messageIdOf(71_000, 1_234, 'voorbeeld.example'));
    expect(headersOf({ messageId: 71_001 })['Message-ID']).not.toBe(messageIdOf(71_000, 1_234, 'voorbeeld.example'));
  });

  it.each(['no-reply@x.example', 'noreply@x.example', 'do-not-reply@x.example', 'donotreply+a@x.example', 'NO_REPLY@x.example', 'niet-antwoorden@x.example', 'geen.antwoord@x.example'])('refuses to send from %s', (address) => {
    expect(isNoReply(address)).toBe(true);
    expect(marketingHeaders({ ...mail, replyTo: { address } })).toMatchObject({ ok: false, error: { kind: 'no_reply_sender' } });
  });

  it.each(['reply@x.example', 'norbert@x.example', 'nora.reply@x.example', 'notary@x.example'])('sends from %s', (address) => {
    expect(isNoReply(address)).toBe(false);
  });

  it.each(['a@b\r\nBcc: c@d', 'a b@c.example', '<a@b.example>', 'a@b@c', 'a,b@c.example', '"a"@b.example', 'a@b.example\u200b', 'a', '', `${'a'.repeat(65)}@b.example`])('refuses %j as an address', (address) => {
    expect(isPlainAddress(address)).toBe(false);
    expect(marketingHeaders({ ...mail, to: { address } })).toMatchObject({ ok: false, error: { kind: 'address_invalid' } });
  });
});

describe('header values', () => {
  it.each([
    ['an injected header', 'Hello\r\nBcc: everyone@x.example', 'Hello Bcc: everyone@x.example'],
    ['bare line ends and tabs', 'a\nb\rc\td', 'a b c d'],
    ['Unicode line ends', 'a\u2028b\u2029c\u0085d', 'a b c d'],
    ['an encoded word', '=?UTF-8?Q?evil?=', '= ?UTF-8?Q?evil?='],
    ['a NUL', 'a\0b', 'a b'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ])('makes %s harmless', (_name, text, expected) => {
    expect(cleanValue(text)).toBe(expected);
  });

  it('never lets a line end or an encoded word through, in any field (property)', () => {
    const nasty = fc.array(fc.constantFrom('\r\n', '\n', '\r', '=?', '?=', 'Bcc: x@y', ' ', '"', '<', '>', '\\', '\ud83d', 'é', '\u2028', ': ')).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(nasty, nasty, nasty, (subject, name, purposeName) => {
        const result = marketingHeaders({ ...mail, subject, purposeName, from: { name, address: mail.from.address }, to: { name, address: mail.to.address }, unsubscribeUrl: `https://x/${subject}` });
        if (!result.ok) throw new Error(result.error.detail);
        const values = [...result.value.plain.map(([, value]) => value), result.value.subject, result.value.list.name, result.value.to.name ?? '', result.value.from.name ?? ''];
         
        for (const value of values) expect(value).not.toMatch(/[\u0000-\u001f\u2028\u2029]/);
        expect([result.value.subject, result.value.list.name, result.value.to.name, result.value.from.name].join('\n')).not.toContain('=?');
      }),
    );
  });
});
