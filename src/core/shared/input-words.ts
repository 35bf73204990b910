import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object', date: 'a moment', null: 'null',
};
const FORMS: Readonly<Record<string, string>> = {
  date: 'Give a day such as 2026-03-31.', datetime: 'Give a moment such as 2026-03-31T09:00:00Z.', email: 'Give an e-mail address.', url: 'Give an address that begins with https://.', uuid: 'Give a UUID.',
};

/**
 * What is wrong with an input where its schema says nothing better, to whoever has to put it right: what to do, not what the parser met.
 * Given along with the parse, so that a schema's own words go first.
 */
export function inputWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `Unknown field ${issue.keys.map((key) => `“${key}”`).join(', ')}; take it out, or look at its spelling.`;
    case 'invalid_type':
      return `${missing(issue)}Give ${typeNamed(issue.expected)}.`;
    case 'invalid_value':
      return `${missing(issue)}Choose one of: ${issue.values.map(String).join(', ')}.`;
    case 'too_big':
      return `At most ${bound(issue.maximum, issue.origin)}.`;
    case 'too_small':
      return issue.minimum === 1 && issue.origin === 'string' ? 'Give a text that is not empty.' : `${issue.inclusive === false ? 'More than' : 'At least'} ${bound(issue.minimum, issue.origin)}.`;
    case 'invalid_format':
      return FORMS[issue.format];
    case 'invalid_union':
      return issue.input === undefined ? 'This is missing. /docs shows which forms it may have.' : 'This has none of the forms it may have; /docs shows them.';
    default:
      return undefined;
  }
}

function missing({ input }: z.core.$ZodRawIssue): string {
  return input === undefined ? 'This is missing. ' : '';
}

function typeNamed(expected: string): string {
  return TYPES[expected] ?? expected;
}

function bound(limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' ? 'item' : '';
  return unit === '' ? String(limit) : `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
}
