import { createHmac } from 'node:crypto';
import { readVerpAddress, verpAddress } from '../../../src/core/mail/verp.js';

const sign = (text: string): Buffer => createHmac('sha256', 'key of this test').update(text).digest();
const otherSign = (text: string): Buffer => createHmac('sha256', 'another key').update(text).digest();
const key = { contactId: 1_234_567, messageId: 98_765_432 };

describe('the signed return path', () => {
  it('names its message, also after a server has changed the case', () => {
    const address = verpAddress(key, 'voorbeeld.example', sign);
    expect(address).toMatch(/^bounce\+qglj\.1msvw8\.[a-z2-7]{16}@voorbeeld\.example$/);
    expect(address.split('@')[0]?.length).toBeLessThanOrEqual(64);
    expect(readVerpAddress(address, sign)).toEqual(key);
    expect(readVerpAddress(address.toUpperCase(), sign)).toEqual(key);
  });

  it('is read by nobody else, and for nothing else', () => {
    const address = verpAddress(key, 'voorbeeld.example', sign);
    expect(readVerpAddress(address, otherSign)).toBeUndefined();
    expect(readVerpAddress(address, sign, 'unsubscribe')).toBeUndefined();
    expect(readVerpAddress(address.replace('bounce', 'unsubscribe'), sign, 'unsubscribe')).toBeUndefined();
    expect(readVerpAddress(address.replace('qglj', 'qglk'), sign)).toBeUndefined();
  });

  it.each(['', 'bounce@voorbeeld.example', 'bounce+a.b@x', 'bounce+a.b.cccccccccccccccc@x', `bounce+${'9'.repeat(400)}.1.cccccccccccccccc@x`])('ignores %j', (address) => {
    expect(readVerpAddress(address, sign)).toBeUndefined();
  });
});
