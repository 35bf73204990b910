import { add, compare, decimalOf, times } from '../../../src/core/shared/decimal.js';

describe('decimals', () => {
  it.each([
    [0.1, 1n, 1],
    [-12.5, -125n, 1],
    [1e21, 10n ** 21n, 0],
    [1.5e-7, 15n, 8],
    [5e-324, 5n, 324],
    [0, 0n, 0],
    [-0, 0n, 0],
  ])('are what a number is written as: %p', (number, units, scale) => {
    expect(decimalOf(number)).toEqual({ units, scale });
  });

  it('add up and compare exactly', () => {
    const sum = add(decimalOf(0.1), decimalOf(0.2));
    expect(compare(sum, decimalOf(0.3))).toBe(0);
    expect(compare(add(sum, decimalOf(1e-30)), decimalOf(0.3))).toBe(1);
    expect(compare(decimalOf(-1), decimalOf(1e-9))).toBe(-1);
    expect(compare(times(decimalOf(0.1), 3), decimalOf(0.3))).toBe(0);
  });
});
