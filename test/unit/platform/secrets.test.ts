import { createHmac, hkdfSync } from 'node:crypto';
import { Secrets } from '../../../src/platform/secrets.js';

describe('keyed hashes', () => {
  const secret = 'a-secret-of-thirty-two-characters!';
  const secrets = new Secrets({ secret });
  const standard = (use: string, text: string | Buffer) => createHmac('sha256', Buffer.from(hkdfSync('sha256', secret, '', `tactful/${use}`, 32))).update(text).digest('hex');

  it.each(['', 'jan@voorbeeld.example', 'zoë', 'x'.repeat(1_000), Buffer.from([0, 255, 10])])('are HMAC-SHA-256: %j', (text) => {
    expect(secrets.hmac('address', text).toString('hex')).toBe(standard('address', text));
  });

  it('differ by use and by secret', () => {
    const hashes = [secrets.hmac('address', 'x'), secrets.hmac('link', 'x'), new Secrets({ secret: `${secret}?` }).hmac('address', 'x')].map((hash) => hash.toString('hex'));
    expect(new Set(hashes).size).toBe(3);
  });
});
