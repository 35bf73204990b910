import { fc } from '../../support/generated.js';
import { LinkTokens } from '../../../src/consent/link-tokens.js';
import { Secrets } from '../../../src/platform/secrets.js';

const tokens = new LinkTokens(new Secrets({ secret: 'a-secret-of-thirty-two-characters!' }));
const ofAnother = new LinkTokens(new Secrets({ secret: 'another-secret-of-32-characters!!!' }));
const link = { contactId: 281_474_976_710_655, messageId: 1, purpose: 'newsletter' };

describe('a link token', () => {
  it('carries what it is about, and fits into an address', () => {
    expect(tokens.open(tokens.unsubscribe(link))).toEqual({ kind: 'unsubscribe', ...link });
    expect(tokens.open(tokens.preferences({ contactId: 7 }))).toEqual({ kind: 'preferences', contactId: 7 });
    const confirm = { contactId: 281_474_976_710_655, requestId: 2_147_483_647 };
    expect(tokens.open(tokens.confirm(confirm))).toEqual({ kind: 'confirm', ...confirm });
    expect(tokens.confirm(confirm)).toMatch(/^[A-Za-z0-9_-]{20,140}$/);
  });

  it('is the same each time, so that a mail sent again is the same mail', () => {
    expect(tokens.unsubscribe(link)).toBe(tokens.unsubscribe(link));
  });

  it('is worth nothing at another installation', () => {
    expect(ofAnother.open(tokens.unsubscribe(link))).toBeUndefined();
  });

  it('never opens with one character changed, cut off, doubled or added', () => {
    const good = [tokens.unsubscribe(link), tokens.preferences({ contactId: 7 }), tokens.confirm({ contactId: 7, requestId: 3 })];
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .%\0é';
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.nat(), fc.constantFrom(...letters.split('')), fc.constantFrom('change', 'cut', 'add'), (token, position, letter, how) => {
        const at = position % token.length;
        const attack = token.slice(0, at) + (how === 'cut' ? '' : letter) + token.slice(how === 'add' ? at : at + 1);
        fc.pre(attack !== token);
        expect(tokens.open(attack)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('never opens with the kind or the version of another', () => {
    const bytes = Buffer.from(tokens.preferences({ contactId: 7 }), 'base64url');
    for (let first = 0; first < 4; first += 1) {
      for (let second = 0; second < 5; second += 1) {
        if (first === bytes[0] && second === bytes[1]) continue;
        const attack = Buffer.from(bytes);
        attack[0] = first;
        attack[1] = second;
        expect(tokens.open(attack.toString('base64url'))).toBeUndefined();
      }
    }
  });

  it.each(['', 'A', 'AQ', 'AQE', '.'.repeat(40), 'A'.repeat(100_000)])('is not found in %#', (text) => {
    expect(tokens.open(text)).toBeUndefined();
  });
});
