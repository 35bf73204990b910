import { consentProof, hasCompleteEvidence } from '../../../src/core/consent/consent-event.js';

const words = { actor: 'self', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, stuur mij de nieuwsbrief.' } as const;

describe('the proof of a consent', () => {
  it('takes all fields of the record, and trims them', () => {
    const proof = {
      ...words, actorName: ' Balie Utrecht ', jurisdiction: 'NL', language: 'nl', noticeVersion: 'privacy-2026-01', wordingVersion: 'nieuwsbrief-3', wordingHash: 'a'.repeat(64), formVersion: '7',
      captureUrl: 'https://voorbeeld.example/aanmelden', truncatedIp: '192.0.2.0', userAgentHash: 'b'.repeat(64), messageId: 7, doubleOptInTokenId: 'abc', sentAt: '2026-06-09T08:00:00Z',
      confirmedAt: '2026-06-09T10:00:00+02:00', policyVersion: '4', similarProducts: true, optOutOffered: false, note: 'Belde zelf.',
    };
    expect(consentProof.parse(proof)).toEqual({ ...proof, actorName: 'Balie Utrecht' });
  });

  it.each([
    ['a field nobody knows', { ...words, mood: 'good' }],
    ['a prototype', JSON.parse('{"actor":"self","method":"web_form","__proto__":{"admin":true}}')],
    ['an actor that is nobody', { ...words, actor: 'robot' }],
    ['no way in which it came', { actor: 'self' }],
    ['a NUL, which jsonb refuses', { ...words, controller: 'Voorbeeld\0' }],
    ['a line break in a name', { ...words, controller: 'Voorbeeld\r\nBcc: x' }],
    ['half a character, which canonical JSON refuses', { ...words, wording: 'Ja \ud800' }],
    ['a hash that is none', { ...words, wordingHash: 'A'.repeat(64) }],
    ['a script as capture URL', { ...words, captureUrl: 'javascript:alert(1)' }],
    ['a book as wording', { ...words, wording: 'x'.repeat(10_001) }],
  ])('refuses %s', (_, proof) => {
    expect(consentProof.safeParse(proof).success).toBe(false);
  });

  it('keeps the line breaks of a wording', () => {
    expect(consentProof.parse({ ...words, wording: 'Ja,\ngraag.' }).wording).toBe('Ja,\ngraag.');
  });
});

describe('hasCompleteEvidence', () => {
  it.each([
    ['a yes with controller and words', 'given', 'consent', words, true],
    ['a yes whose words are known by version only', 'given', 'consent', { actor: 'import', method: 'import', controller: 'Voorbeeld B.V.', wordingVersion: 'v3' }, true],
    ['a yes without the words', 'given', 'consent', { actor: 'import', method: 'import', controller: 'Voorbeeld B.V.' }, false],
    ['a yes without controller', 'confirmed', 'consent', { actor: 'self', method: 'web_form', wording: 'Ja' }, false],
    ['a customer who was offered a way out', 'given', 'soft_opt_in', { actor: 'import', method: 'import' }, true],
    ['a no from a telephone call', 'withdrawn', 'consent', { actor: 'agent', method: 'phone' }, true],
  ] as const)('judges %s', (_, event, legalBasis, proof, complete) => {
    expect(hasCompleteEvidence(event, legalBasis, proof)).toBe(complete);
  });
});
