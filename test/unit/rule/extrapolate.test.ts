import { fc } from '../../support/generated.js';
import { extrapolate } from '../../../src/core/rule/extrapolate.js';

describe('a count judged by people drawn by lot', () => {
  it.each([
    ['a tenth', 400, 4_000, 1_000_000, { count: 100_000, from: 91_083, to: 109_685 }],
    ['none at all, which some may be yet', 0, 4_000, 1_000_000, { count: 0, from: 0, to: 960 }],
    ['all, which some may not be', 4_000, 4_000, 1_000_000, { count: 1_000_000, from: 999_040, to: 1_000_000 }],
    ['when everybody was drawn', 17, 60, 60, { count: 17, from: 17, to: 17 }],
    ['when nobody was', 0, 0, 500, { count: 0, from: 0, to: 500 }],
  ])('%s', (_, found, asked, all, expected) => {
    expect(extrapolate(found, asked, all)).toEqual(expected);
  });

  it('is never less than was found, nor more than can be, and lies between its ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(1_000_000), fc.double({ min: 0, max: 1, noNaN: true }), (asked, more, share) => {
        const [found, all] = [Math.floor(asked * share), asked + more];
        const { count, from, to } = extrapolate(found, asked, all);
        expect(from).toBeGreaterThanOrEqual(found);
        expect(to).toBeLessThanOrEqual(all - (asked - found));
        expect(count).toBeGreaterThanOrEqual(from);
        expect(count).toBeLessThanOrEqual(to);
      }),
    );
  });
});
