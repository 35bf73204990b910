import { truncateIp } from '../../../src/core/consent/truncate-ip.js';

describe('truncateIp', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0'],
    ['::ffff:192.0.2.77', '192.0.2.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:DB8::1', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1::'],
  ])('keeps of %s only %s', (address, expected) => {
    expect(truncateIp(address)).toBe(expected);
  });

  it.each(['', 'nonsense', '1.2.3', '256.1.1.1', '1.2.3.4.5', ':::1', 'http://[::1]/', '2001:db8'])('finds no address in %j', (text) => {
    expect(truncateIp(text)).toBeUndefined();
  });
});
