import { err, ok, type Result } from '../../core/shared/result.js';

export type DecimalSign = ',' | '.';

const DIGITS = /^-?\d+$/;
const FORMS: Record<DecimalSign, RegExp> = {
  ',': /^[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:e[-+]?\d+)?$/i,
  '.': /^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d+)?$/i,
};
const EXAMPLE: Record<DecimalSign, string> = { ',': '1.234,56', '.': '1,234.56' };
const CURRENCY_AND_SPACE = /[€$£\s\u00A0\u202F']/g;

/**
 * A number as people write it: `1.234,56` where the decimal sign is a comma, `1,234.56` where it is a point; a currency sign
 * and blanks or apostrophes between thousands are allowed. `1.5` under a decimal comma is refused rather than read as 15.
 */
export function readNumber(text: string, decimal: DecimalSign): Result<number, string> {
  if (DIGITS.test(text) && text.length < 16) return ok(Number(text));
  const bare = text.replace(CURRENCY_AND_SPACE, '');
  if (bare === '' || !/\d/.test(bare) || !FORMS[decimal].test(bare)) return err(`is not a number written like ${EXAMPLE[decimal]}`);
  const plain = decimal === ',' ? bare.replaceAll('.', '').replace(',', '.') : bare.replaceAll(',', '');
  const value = Number(plain);
  if (!Number.isFinite(value)) return err('is too large a number');
  return ok(value);
}

export function readInteger(text: string, decimal: DecimalSign): Result<number, string> {
  const read = readNumber(text, decimal);
  if (!read.ok) return read;
  if (!Number.isInteger(read.value)) return err('is not a whole number');
  if (Math.abs(read.value) > 2_147_483_647) return err('is too large a number');
  return read;
}
