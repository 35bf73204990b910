import { DateTime } from 'luxon';
import { err, ok, type Result } from '../../core/shared/result.js';

/** Parts of a moment as written; `offset` in minutes where the text names one. */
interface Written {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly offset?: number;
}

export type DateForm = (text: string) => Written | undefined;

const MONTHS = new Map<string, number>(
  [
    ['jan', 'january', 'januari'], ['feb', 'february', 'februari'], ['mar', 'mrt', 'march', 'maart'], ['apr', 'april'], ['may', 'mei'], ['jun', 'june', 'juni'],
    ['jul', 'july', 'juli'], ['aug', 'august', 'augustus'], ['sep', 'sept', 'september'], ['oct', 'okt', 'october', 'oktober'], ['nov', 'november'], ['dec', 'december'],
  ].flatMap((names, month) => names.map((name): [string, number] => [name, month + 1])),
);

const TOKENS: Record<string, { readonly pattern: string; readonly part: keyof Written | 'yy' | 'name' }> = {
  yyyy: { pattern: '(\\d{4})', part: 'year' },
  yy: { pattern: '(\\d{2})', part: 'yy' },
  MMM: { pattern: '(\\p{L}{3,9})\\.?', part: 'name' },
  MM: { pattern: '(\\d{2})', part: 'month' },
  M: { pattern: '(\\d{1,2})', part: 'month' },
  dd: { pattern: '(\\d{2})', part: 'day' },
  d: { pattern: '(\\d{1,2})', part: 'day' },
  HH: { pattern: '(\\d{2})', part: 'hour' },
  H: { pattern: '(\\d{1,2})', part: 'hour' },
  mm: { pattern: '(\\d{2})', part: 'minute' },
  ss: { pattern: '(\\d{2})', part: 'second' },
};

/** 00–68 are of this century, 69–99 of the last: the POSIX rule for years of two digits. */
export function fullYear(twoDigits: number): number {
  return twoDigits <= 68 ? 2000 + twoDigits : 1900 + twoDigits;
}

/** Compiles a form such as `d-M-yyyy` or `dd/MM/yy HH:mm`, or one of `iso`, `unix`, `unix_ms`. */
export function compileDateForm(form: string): Result<DateForm, string> {
  if (form === 'iso') return ok(isoForm);
  if (form === 'unix') return ok((text) => (/^-?\d{1,11}(\.\d+)?$/.test(text) ? instantParts(Number(text) * 1_000) : undefined));
  if (form === 'unix_ms') return ok((text) => (/^-?\d{1,14}$/.test(text) ? instantParts(Number(text)) : undefined));
  const parts: (keyof Written | 'yy' | 'name')[] = [];
  let pattern = '';
  for (const [piece] of form.matchAll(/yyyy|yy|MMM|MM|M|dd|d|HH|H|mm|ss|[^A-Za-z]|[A-Za-z]+/g)) {
    const token = TOKENS[piece];
    if (token) {
      pattern += token.pattern;
      parts.push(token.part);
    } else if (/[A-Za-z]/.test(piece) && piece !== 'T') {
      return err(`"${piece}" in the form "${form}" means nothing; use yyyy yy MMM MM M dd d HH H mm ss, "iso", "unix" or "unix_ms"`);
    } else pattern += piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  if (!parts.some((part) => part === 'year' || part === 'yy') || !parts.some((part) => part === 'month' || part === 'name') || !parts.includes('day')) {
    return err(`the form "${form}" needs a year, a month and a day, such as dd-MM-yyyy (a capital M is a month, a small m a minute)`);
  }
  const expression = new RegExp(`^${pattern}$`, 'u');
  return ok((text) => {
    const match = expression.exec(text);
    return match ? assemble(parts, match) : undefined;
  });
}

function assemble(parts: readonly (keyof Written | 'yy' | 'name')[], match: RegExpExecArray): Written | undefined {
  const written: Record<string, number> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0 };
  for (const [index, part] of parts.entries()) {
    const text = match[index + 1] ?? '';
    if (part === 'yy') written['year'] = fullYear(Number(text));
    else if (part === 'name') written['month'] = MONTHS.get(text.toLowerCase()) ?? 0;
    else written[part] = Number(text);
  }
  return written as unknown as Written;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

const isoForm: DateForm = (text) => {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = match;
  return {
    year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second),
    millisecond: Number(fraction.slice(0, 3).padEnd(3, '0')),
    ...(zone !== undefined && { offset: zone === 'Z' ? 0 : offsetMinutes(zone) }),
  };
};

function offsetMinutes(zone: string): number {
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return zone.startsWith('-') ? -minutes : minutes;
}

function instantParts(milliseconds: number): Written | undefined {
  const moment = new Date(milliseconds);
  if (Number.isNaN(moment.getTime())) return undefined;
  return {
    year: moment.getUTCFullYear(), month: moment.getUTCMonth() + 1, day: moment.getUTCDate(),
    hour: moment.getUTCHours(), minute: moment.getUTCMinutes(), second: moment.getUTCSeconds(), millisecond: moment.getUTCMilliseconds(), offset: 0,
  };
}

/** Reads with the first form that fits and names a day that exists. */
function read(text: string, forms: readonly DateForm[]): Written | undefined {
  for (const form of forms) {
    const written = form(text);
    if (written && exists(written)) return written;
  }
  return undefined;
}

function exists({ year, month, day, hour, minute, second }: Written): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** A day as 'YYYY-MM-DD'. A time of day in the text is left out. */
export function readDate(text: string, forms: readonly DateForm[]): Result<string, string> {
  const written = read(text, forms);
  if (!written) return err('is not a date in the form the map gives');
  return ok(`${pad(written.year, 4)}-${pad(written.month, 2)}-${pad(written.day, 2)}`);
}

/** A moment as ISO text in UTC. Without an offset in the text the time is local to the zone; a day alone begins at midnight there. */
export function readTimestamp(text: string, forms: readonly DateForm[], zone: string): Result<string, string> {
  const written = read(text, forms);
  if (!written) return err('is not a moment in the form the map gives');
  const { year, month, day, hour, minute, second, millisecond, offset } = written;
  if (offset !== undefined || zone === 'UTC') {
    return ok(new Date(Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - (offset ?? 0) * 60_000).toISOString());
  }
  const offsetOfDay = offsets.of(year, month, day, zone);
  if (offsetOfDay !== undefined) return ok(new Date(Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - offsetOfDay * 60_000).toISOString());
  const local = DateTime.fromObject({ year, month, day, hour, minute, second, millisecond }, { zone });
  return local.isValid ? ok(new Date(local.toMillis()).toISOString()) : err(`is not a moment in ${zone}`);
}

/** Before, zones changed by odd minutes and seconds. */
const FIRST_YEAR = 1970;
const MAX_DAYS = 50_000;

/** The offset that a zone keeps for a whole day, in minutes: to ask luxon for each moment made an import with three of them in a row ten times as slow. */
class DayOffsets {
  private readonly days = new Map<string, number | undefined>();

  /** Undefined for a day on which clocks change, or may. */
  of(year: number, month: number, day: number, zone: string): number | undefined {
    if (year < FIRST_YEAR) return undefined;
    const key = `${zone} ${year}-${month}-${day}`;
    if (this.days.has(key)) return this.days.get(key);
    const begins = DateTime.fromObject({ year, month, day }, { zone });
    // Also from the hour before: a gap may begin at midnight.
    const around = [begins.minus({ hours: 1 }), begins, begins.plus({ hours: 6 }), begins.plus({ hours: 12 }), begins.plus({ hours: 18 }), begins.plus({ hours: 25 })].map(({ offset }) => offset);
    const offset = begins.isValid && around.every((one) => one === around[0]) ? around[0] : undefined;
    if (this.days.size >= MAX_DAYS) this.days.clear();
    this.days.set(key, offset);
    return offset;
  }
}

const offsets = new DayOffsets();

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
