import type { FieldType } from './fields.js';
import type { Language } from './phrasebook.js';
import { isDay } from './rule.js';

const LOCALES: Record<Language, string> = { nl: 'nl-NL', en: 'en-GB' };
const YES: Record<Language, readonly [string, string]> = { nl: ['nee', 'ja'], en: ['no', 'yes'] };
/** A value is to be read, not to be copied. */
const LONGEST = 200;

/** A stored value as a person reads it; undefined when it is missing. */
export function sayValue(value: unknown, type: FieldType, language: Language): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (value instanceof Date) return sayMoment(value, language);
  if (typeof value === 'boolean') return YES[language][value ? 1 : 0];
  if (typeof value === 'number') return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: 20, useGrouping: 'min2' }).format(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : cut(value.map((one) => sayValue(one, 'text', language) ?? '–').join(', '));
  if (typeof value === 'string' && type === 'date' && isDay(value)) return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(value));
  if (typeof value === 'string') return cut(value);
  return cut(JSON.stringify(value));
}

export function sayMoment(moment: Date, language: Language, timeZone = 'UTC'): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeStyle: 'short', timeZone }).format(moment);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
