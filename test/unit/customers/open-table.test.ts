import { Readable } from 'node:stream';
import { parseMap } from '../../../src/customers/import/map-file.js';
import { openTable } from '../../../src/customers/import/open-table.js';

function pieces(text: string, size = 1_000): AsyncIterable<Buffer> {
  const bytes = Buffer.from(text);
  return Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)));
}

function mapOf(options: object = {}) {
  const parsed = parseMap({ fields: { email: 'mail', first_name: 'name' }, ...options }, 'contacts');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

async function open(text: string, options?: object) {
  const table = await openTable(pieces(text), mapOf(options));
  if (!table.ok) return table.error;
  const records = [];
  for await (const lot of table.value.records) records.push(...lot);
  return { delimiter: table.value.delimiter, columns: table.value.columns, records };
}

describe('a file', () => {
  it.each([',', ';', '\t', '|'])('is read with the delimiter %j without being told', async (delimiter) => {
    expect(await open(`mail${delimiter}"name"\na@b.example${delimiter}"x,y;z"\n`)).toEqual({ delimiter, columns: ['mail', 'name'], records: [{ line: 2, cells: ['a@b.example', 'x,y;z'] }] });
  });

  it('is not misled by other delimiters in its header', async () => {
    expect(await open('name;mail;"a,b,c,d"\nx;y;z\n')).toMatchObject({ delimiter: ';', columns: ['name', 'mail', 'a,b,c,d'] });
  });

  it("takes Excel's word for the delimiter, and the map's over it", async () => {
    expect(await open('sep=|\r\nmail|name\r\n1|2\r\n')).toMatchObject({ delimiter: '|', records: [{ line: 3, cells: ['1', '2'] }] });
    expect(await open('mail;name\n1;2\n', { delimiter: ',' })).toMatchObject({ delimiter: ',', columns: ['mail;name'] });
  });

  it('longer than what is looked at for the header is read once, whole', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `p${index}@b.example,name`).join('\n');
    const table = await open(`mail,name\n${rows}`);
    expect(typeof table === 'object' && table.records.length).toBe(20_000);
    expect(typeof table === 'object' && table.records.at(-1)).toEqual({ line: 20_001, cells: ['p19999@b.example', 'name'] });
  });

  it.each([
    ['', 'the file is empty'],
    ['\n \n', 'the file is empty'],
    ['"mail,name\n1,2\n', 'the header (line 1) cannot be read'],
    ['PK\u0003\u0004\u0014\u0000[Content_Types].xml', 'this is an Excel workbook (or another zip file), not CSV'],
    ['%PDF-1.7\n', 'this is a PDF, not CSV'],
  ])('%j is told as what it is', async (text, problem) => {
    expect(await open(text)).toContain(problem);
  });
});
