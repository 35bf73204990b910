import { z } from 'zod';
import { inputWords } from '../../../src/core/shared/input-words.js';

const said = (schema: z.ZodType, input: unknown): string[] => schema.safeParse(input, { error: inputWords }).error?.issues.map(({ message }) => message) ?? [];

describe('what is wrong with an input is said as what to do', () => {
  it.each([
    ['a field nobody knows', z.strictObject({}), { colour: 'red' }, 'Unknown field “colour”; take it out, or look at its spelling.'],
    ['two of them', z.strictObject({}), { a: 1, b: 2 }, 'Unknown field “a”, “b”; take it out, or look at its spelling.'],
    ['nothing where a text is needed', z.string(), undefined, 'This is missing. Give a text.'],
    ['null where a text is needed', z.string(), null, 'Give a text.'],
    ['half of a whole number', z.number().int(), 1.5, 'Give a whole number.'],
    ['another word than there are', z.enum(['contact', 'account']), 'person', 'Choose one of: contact, account.'],
    ['none of them', z.enum(['contact', 'account']), undefined, 'This is missing. Choose one of: contact, account.'],
    ['a text that is too long', z.string().max(3), 'long', 'At most 3 characters.'],
    ['an empty text', z.string().min(1), '', 'Give a text that is not empty.'],
    ['a list that is too long', z.array(z.number()).max(1), [1, 2], 'At most 1 item.'],
    ['a number that is too small', z.number().min(2), 1, 'At least 2.'],
    ['a number that must be positive', z.number().positive(), 0, 'More than 0.'],
    ['a day that is none', z.iso.date(), '2026-02-30', 'Give a day such as 2026-03-31.'],
    ['a moment that is none', z.iso.datetime({ offset: true }), 'noon', 'Give a moment such as 2026-03-31T09:00:00Z.'],
    ['none of several forms', z.union([z.string(), z.number()]), true, 'This has none of the forms it may have; /docs shows them.'],
  ])('%s', (_, schema, input, message) => {
    expect(said(schema, input)).toEqual([message]);
  });

  it('the words of a schema go first', () => {
    expect(said(z.strictObject({ name: z.string({ error: 'Give the segment a name.' }) }), {})).toEqual(['Give the segment a name.']);
  });
});
