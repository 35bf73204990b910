import { accountNameKey } from '../../../src/accounts/name-key.js';

describe("an account's name is found again", () => {
  it.each([
    ['J-Texon', 'j texon'],
    ['  J  Texon. ', 'j texon'],
    ['Gekko & Co', 'gekko co'],
    ['Müller B.V.', 'muller bv'],
    ["O'Neill", 'oneill'],
    ['株式会社', '株式会社'],
    ['!!!', '!!!'],
  ])('%j as %j', (name, key) => {
    expect(accountNameKey(name)).toBe(key);
  });
});
