import { readInteger, readNumber } from '../../../src/customers/import/read-number.js';

describe('numbers as people write them', () => {
  it.each([
    ['1.234,56', ',', 1234.56],
    ['1234,5', ',', 1234.5],
    ['€ 12.345.678', ',', 12345678],
    ['-0,5', ',', -0.5],
    [',5', ',', 0.5],
    ['1\u00A0234,50', ',', 1234.5],
    ["1'234.50", '.', 1234.5],
    ['1,234.56', '.', 1234.56],
    ['34,421', '.', 34421],
    ['34,421', ',', 34.421],
    ['1.2E+05', '.', 120000],
    ['007', '.', 7],
  ] as const)('reads %s with decimal sign %s as %d', (text, decimal, value) => {
    expect(readNumber(text, decimal)).toEqual({ ok: true, value });
  });

  it.each([
    ['1.5', ','],
    ['1.23.456', ','],
    ['1,5,6', '.'],
    ['1,23', '.'],
    ['12abc', '.'],
    ['-', '.'],
    ['', '.'],
    ['.', '.'],
    ['Infinity', '.'],
    ['0x10', '.'],
    ['1e999', '.'],
  ] as const)('refuses %s with decimal sign %s rather than guess', (text, decimal) => {
    expect(readNumber(text, decimal).ok).toBe(false);
  });

  it('refuses a fraction and a number past 32 bits where a whole number is needed', () => {
    expect(readInteger('2.5', '.')).toEqual({ ok: false, error: 'is not a whole number' });
    expect(readInteger('3000000000', '.')).toEqual({ ok: false, error: 'is too large a number' });
    expect(readInteger('2.500', ',')).toEqual({ ok: true, value: 2500 });
  });
});
