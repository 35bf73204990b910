import { domainToASCII } from 'node:url';
import { readRegistrationNumber, type RegistrationNumber } from '../../core/account/registration-number.js';
import { type AddressProblem, normaliseAddress } from '../../core/mail/address.js';
import { assertNever } from '../../core/shared/assert-never.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import type { FieldType } from './import-fields.js';
import { readCountry } from './read-country.js';
import { type DateForm, readDate, readTimestamp } from './read-date.js';
import { type DecimalSign, readInteger, readNumber } from './read-number.js';

export type Value = string | number | boolean | string[];

/** How one source of the map reads its texts. */
export interface Reading {
  readonly decimal: DecimalSign;
  readonly forms: readonly DateForm[];
  readonly timeZone: string;
  readonly split: string;
}

const LONGEST_TEXT = 10_000;
const LONGEST_LINE = 500;
const YES = new Set(['true', 't', 'yes', 'y', '1', 'ja', 'j', 'waar', 'x', 'on']);
const NO = new Set(['false', 'f', 'no', 'n', '0', 'nee', 'onwaar', 'off']);
const LANGUAGES = new Map([
  ['nl', 'nl'], ['dutch', 'nl'], ['nederlands', 'nl'], ['nld', 'nl'], ['dut', 'nl'],
  ['en', 'en'], ['english', 'en'], ['engels', 'en'], ['eng', 'en'],
]);
const ADDRESS_PROBLEMS: Record<AddressProblem, string> = {
  empty: 'it is empty',
  control_character: 'it has a blank or an invisible character in it',
  no_at_sign: 'it has no @',
  no_local_part: 'nothing stands before the @',
  no_domain: 'nothing stands after the @',
  local_part_invalid: 'what stands before the @ cannot be a mailbox',
  domain_invalid: 'what stands after the @ is not a domain',
  too_long: 'it is too long',
};
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/;

/** Reads one text, not empty and already trimmed. `undefined` is "cannot be kept, but no reason to refuse the row" (a language we do not write). */
export function readValue(type: FieldType, text: string, reading: Reading): Result<Value | undefined, string> {
  if (typeof type === 'object') return readChoice(text, type.choice);
  switch (type) {
    case 'line':
    case 'account_name':
      return readLine(text);
    case 'text':
      return readText(text);
    case 'number':
      return readNumber(text, reading.decimal);
    case 'integer':
      return readInteger(text, reading.decimal);
    case 'boolean':
      return readBoolean(text);
    case 'date':
      return readDate(text, reading.forms);
    case 'timestamp':
      return readTimestamp(text, reading.forms, reading.timeZone);
    case 'list':
      return readList(text, reading.split);
    case 'email':
      return readEmail(text);
    case 'language':
      return ok(LANGUAGES.get(text.toLowerCase()) ?? LANGUAGES.get(text.slice(0, text.search(/[-_]/)).toLowerCase()));
    case 'country':
      return readCountry(text);
    case 'time_zone':
      return readTimeZone(text);
    case 'domain':
      return readDomain(text);
    case 'vat_number':
      return readRegistration('vat', text);
    case 'coc_number':
      return readRegistration('coc', text);
    default:
      return assertNever(type);
  }
}

function readText(text: string): Result<string, string> {
  if (text.length > LONGEST_TEXT) return err(`is longer than ${LONGEST_TEXT} characters`);
  return CONTROL.test(text) ? err('has control characters') : ok(text);
}

function readLine(text: string): Result<string, string> {
  if (text.length > LONGEST_LINE) return err(`is longer than ${LONGEST_LINE} characters`);
  if (CONTROL.test(text)) return err('has control characters');
  return ok(/\s\s|[\r\n\t]/.test(text) ? text.replace(/\s+/g, ' ') : text);
}

function readBoolean(text: string): Result<boolean, string> {
  const word = text.toLowerCase();
  if (YES.has(word)) return ok(true);
  return NO.has(word) ? ok(false) : err('is neither yes nor no');
}

function readList(text: string, split: string): Result<string[], string> {
  const items: string[] = [];
  for (const piece of text.split(split)) {
    const item = readLine(piece.trim());
    if (!item.ok) return item;
    if (item.value !== '' && !items.includes(item.value)) items.push(item.value);
  }
  return items.length > 500 ? err('has more than 500 items') : ok(items);
}

/** CR and LF in an address are how headers are smuggled into mail: said by name, because the eye does not see them in a cell. */
export function readEmail(text: string): Result<string, string> {
  if (/[\r\n]/.test(text)) return err('is an address with a line end in it');
  if (CONTROL.test(text)) return err('is an address with control characters in it');
  const read = normaliseAddress(text);
  return read.ok ? read : err(`is not an e-mail address (${ADDRESS_PROBLEMS[read.error]})`);
}

function readChoice(text: string, values: readonly string[]): Result<string, string> {
  const word = text.toLowerCase().replace(/[\s-]+/g, '_');
  return values.includes(word) ? ok(word) : err(`is none of ${values.join(', ')}`);
}

const zones = new Map<string, boolean>();

function readTimeZone(text: string): Result<string, string> {
  let known = zones.get(text);
  if (known === undefined) {
    try {
      known = /^[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*$/.test(text) && new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
    } catch {
      known = false;
    }
    if (zones.size < 1_000) zones.set(text, known);
  }
  return known ? ok(text) : err('is not a time zone such as Europe/Amsterdam');
}

function readRegistration(kind: RegistrationNumber['kind'], text: string): Result<string, string> {
  const number = readRegistrationNumber(kind, text);
  return number ? ok(number.value) : err(`is not a ${kind === 'vat' ? 'VAT' : 'chamber-of-commerce'} number: it has fewer than five digits, or only one`);
}

/** A host name, also from a web address: https://www.Acme.example/about is acme.example. */
export function readDomain(text: string): Result<string, string> {
  const host = text.toLowerCase().replace(/^[a-z]+:\/\//, '').replace(/[/?#:].*$/, '').replace(/^www\./, '').replace(/\.$/, '');
  const ascii = domainToASCII(host);
  return HOST.test(ascii) ? ok(ascii) : err('is not a domain such as acme.example');
}
