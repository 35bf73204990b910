import { arrayText } from '../../../src/platform/database/array-text.js';

const moment = new Date('2026-06-09T08:00:00.123Z');

describe('lists as PostgreSQL array literals', () => {
  it.each<[string, unknown[], string | undefined]>([
    ['numbers', [1, -2.5, null, 9_007_199_254_740_991], '{1,-2.5,NULL,9007199254740991}'],
    ['moments', [moment, null, moment], '{"2026-06-09T08:00:00.123Z",NULL,"2026-06-09T08:00:00.123Z"}'],
    ['a list that begins with nothing', [null, undefined, 3], '{NULL,NULL,3}'],
    ['texts', ['a', null, 'b c', '', 'NULL', '{1,2}'], '{"a",NULL,"b c","","NULL","{1,2}"}'],
    ['texts with quotes and backslashes', ['say "yes"', 'C:\\new', '\\"'], String.raw`{"say \"yes\"","C:\\new","\\\""}`],
    ['texts with line ends and signs of all kinds', ['a\nb\tc', '\u202E🎉'], '{"a\nb\tc","\u202E🎉"}'],
    ['bytes', [Buffer.from([0, 255]), null, Buffer.alloc(0)], String.raw`{"\\x00ff",NULL,"\\x"}`],
    ['texts among numbers are left to pg', ['a', 1], undefined],
    ['bytes among texts are left to pg', [Buffer.from('a'), 'a'], undefined],
    ['mixed lists are left to pg', [1, 'a'], undefined],
    ['lists of nothing are left to pg', [null], undefined],
    ['empty lists are left to pg', [], undefined],
    ['lists in lists are left to pg', [[1], [2]], undefined],
    ['an invalid date is left to pg', [new Date(NaN)], undefined],
    ['a year beyond 9999 is left to pg', [new Date(Date.UTC(10_000, 0, 1))], undefined],
    ['a year before our era is left to pg', [new Date(Date.UTC(-1, 0, 1))], undefined],
  ])('%s', (_, values, text) => expect(arrayText(values)).toBe(text));
});
