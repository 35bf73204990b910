import { parse } from 'csv-parse/sync';
import { fc } from '../../support/generated.js';
import { type FileRecord, RecordReader } from '../../../src/customers/import/record-reader.js';

function read(text: string, options: { columns?: number; size?: number; delimiter?: string; limits?: ConstructorParameters<typeof RecordReader>[2] } = {}): FileRecord[] {
  const reader = new RecordReader(options.delimiter ?? ',', options.columns, options.limits);
  const size = options.size ?? text.length + 1;
  const records: FileRecord[] = [];
  for (let at = 0; at < text.length; at += size) records.push(...reader.write(text.slice(at, at + size)));
  return [...records, ...reader.end()];
}

const cells = (records: FileRecord[]): (readonly string[])[] => records.flatMap((record) => ('cells' in record ? [record.cells] : []));
const problems = (records: FileRecord[]): number[] => records.flatMap((record) => ('problem' in record ? [record.line] : []));

describe.each([1, 2, 5, 10_000])('records read in pieces of %d characters', (size) => {
  it('takes quotes, line ends inside them, blank lines and the three kinds of line end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['a,b', '1,"x, ""y"""', '', `2,"two${end}lines"`, ',', '3,z'].join(end);
      expect(read(text, { columns: 2, size })).toEqual([
        { line: 1, cells: ['a', 'b'] },
        { line: 2, cells: ['1', 'x, "y"'] },
        { line: 4, cells: ['2', `two${end}lines`] },
        { line: 7, cells: ['3', 'z'] },
      ]);
    }
  });

  it('rejects only the line whose closing quote is missing', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `${index},"name ${index}",city`);
    lines[100] = '100,"name 100,city';
    const records = read(lines.join('\n'), { columns: 3, size });
    expect(problems(records)).toEqual([101]);
    expect(cells(records)).toHaveLength(399);
  });
});

describe('one missing quote', () => {
  it.each([
    ['the closing one, in a file without other quotes', ['1,a', '2,"b', '3,c', '4,d'], [2], 3],
    ['the closing one, on the last line', ['1,a', '2,b', '3,"c'], [3], 2],
    ['the opening one', ['1,a', '2,b"', '3,"c"'], [2], 2],
    ['one on each of two lines', ['1,a', '2,"b', '3,c', '4,"d', '5,e'], [2, 4], 3],
    ['one before a field that really spans lines', ['1,"b', '2,"two', 'lines"', '3,c'], [1], 2],
    ['a stray one within a cell, twice', ['1,a"b"c', '2,d'], [1], 1],
  ])('%s', (_, lines, rejected, good) => {
    const records = read(lines.join('\n'), { columns: 2 });
    expect(problems(records)).toEqual(rejected);
    expect(cells(records)).toHaveLength(good);
  });

  it('is found within the limits, however long the file', () => {
    const lines = ['1,"open', ...Array.from({ length: 5_000 }, (_, index) => `${index + 2},x`)];
    const records = read(lines.join('\n'), { columns: 2, size: 1_000, limits: { lineCharacters: 10_000, recordLines: 20, recordCharacters: 10_000 } });
    expect(problems(records)).toEqual([1]);
    expect(cells(records)).toHaveLength(5_000);
  });
});

describe('what cannot be a record', () => {
  it('tells the number of columns', () => {
    expect(read('1,2,3\n1,2\n1,2,3', { columns: 3 })).toContainEqual({ line: 2, problem: 'has 2 columns where the header has 3', raw: '1,2' });
  });

  it('keeps nothing but the beginning of a line without end', () => {
    const records = read(`1,2\n${'x'.repeat(50_000)}\n3,4`, { columns: 2, size: 1_000, limits: { lineCharacters: 5_000, recordLines: 20, recordCharacters: 10_000 } });
    expect(problems(records)).toEqual([2]);
    expect(cells(records)).toEqual([['1', '2'], ['3', '4']]);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  it('refuses characters that the decoder could not read', () => {
    expect(problems(read('1,2\n3,\uFFFD', { columns: 2 }))).toEqual([2]);
  });

  it('forgives blanks around quoted cells', () => {
    expect(cells(read('"a" , "b"', { columns: 2 }))).toEqual([['a', 'b']]);
  });
});

it('agrees with csv-parse on any sound file, in any pieces', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', ',', '"', '\n', ';', '1') });
  const quote = (text: string): string => (/[",\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (rows, size) => {
      const text = rows.map((row) => row.map(quote).join(',')).join('\n');
      const expected = parse(text, { relax_column_count: true }).filter((row) => row.some((value) => value.trim() !== ''));
      expect(cells(read(text, { columns: 3, size }))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
