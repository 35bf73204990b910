import { err, ok, type Result } from '../../core/shared/result.js';
import { Header } from './compile-source.js';
import { type Encoding, TextDecoding } from './decode-text.js';
import type { FieldSource, ImportMap } from './map-file.js';
import { type FileRecord, RecordReader } from './record-reader.js';

const DELIMITERS = [',', ';', '\t', '|'];
const HEAD_CHARACTERS = 65_536;

/** How files begin that are picked in place of a CSV file. */
const OTHER_FILES = [['PK\u0003\u0004', 'an Excel workbook (or another zip file)'], ['ÐÏ\u0011à', 'an Excel workbook of before 2007'], ['%PDF-', 'a PDF']] as const;

/** A file opened as far as its header. */
export interface Table {
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** Known for certain once everything has been read. */
  readonly encoding: () => Encoding;
  /** The records after the header, in lots. */
  readonly records: AsyncGenerator<FileRecord[]>;
}

type TableMap = Pick<ImportMap, 'encoding' | 'delimiter' | 'fields' | 'skip' | 'consents'>;

/** Reads up to the header; encoding and delimiter are found unless the map says them. */
export async function openTable(bytes: AsyncIterable<Buffer>, map: TableMap): Promise<Result<Table, string>> {
  const decoding = new TextDecoding(map.encoding);
  const texts = decoded(bytes, decoding);
  let head = '';
  let complete = false;
  while (!complete && head.length < HEAD_CHARACTERS) {
    const next = await texts.next();
    if (next.done === true) complete = true;
    else head += next.value;
  }
  const other = OTHER_FILES.find(([mark]) => head.startsWith(mark));
  if (other) return err(`this is ${other[1]}, not CSV: open it and save it as "CSV UTF-8", then import that file`);
  // Excel's own first line, which says the delimiter.
  const marked = /^sep=(.)\r?\n/i.exec(head);
  const delimiter = map.delimiter ?? marked?.[1] ?? chooseDelimiter(head, complete, wantedColumns(map));
  const before = marked ? 1 : 0;
  const header = opening(head, complete, delimiter, before + 1)[before];
  if (!header) return err(head.trim() === '' ? 'the file is empty' : `no header is found in the first ${HEAD_CHARACTERS} characters`);
  if ('problem' in header) return err(`the header (line ${header.line}) cannot be read: ${header.problem}`);
  const columns = header.cells.map((column) => column.trim());
  return ok({ delimiter, columns, encoding: () => decoding.encoding, records: recordsAfter(before + 1, new RecordReader(delimiter, columns.length), head, complete, texts) });
}

async function* decoded(bytes: AsyncIterable<Buffer>, decoding: TextDecoding): AsyncGenerator<string> {
  for await (const piece of bytes) {
    const text = decoding.write(piece);
    if (text !== '') yield text;
  }
  const text = decoding.end();
  if (text !== '') yield text;
}

async function* recordsAfter(leave: number, reader: RecordReader, head: string, complete: boolean, texts: AsyncGenerator<string>): AsyncGenerator<FileRecord[]> {
  const first = reader.write(head);
  if (complete) first.push(...reader.end());
  yield first.slice(leave);
  if (complete) return;
  for await (const text of texts) yield reader.write(text);
  yield reader.end();
}

/** The first records, read line by line and no further: under a wrong delimiter most lines with quotes are errors, which cost time. */
function opening(head: string, complete: boolean, delimiter: string, count: number): FileRecord[] {
  const reader = new RecordReader(delimiter);
  const records: FileRecord[] = [];
  for (const [line] of head.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    records.push(...reader.write(line));
    if (records.length >= count) return records;
  }
  return complete ? [...records, ...reader.end()] : records;
}

/** The delimiter under which most of the columns that the map names are found; between equals the one with more columns. */
function chooseDelimiter(head: string, complete: boolean, wanted: readonly string[]): string {
  let best = { delimiter: ',', found: -1, columns: 0 };
  for (const delimiter of DELIMITERS) {
    const [header] = opening(head, complete, delimiter, 1);
    if (!header || 'problem' in header) continue;
    const columns = new Header(header.cells.map((cell) => cell.trim()));
    const found = wanted.filter((column) => columns.has(column)).length;
    if (found > best.found || (found === best.found && header.cells.length > best.columns)) best = { delimiter, found, columns: header.cells.length };
  }
  return best.delimiter;
}

function wantedColumns(map: TableMap): string[] {
  const ofSource = ({ column, template }: FieldSource): string[] => [
    ...(column === undefined ? [] : [column]),
    ...[...(template ?? '').matchAll(/\{([^{}|]*)/g)].map(([, inner = '']) => inner.trim()),
  ];
  return [...Object.values(map.fields), ...map.consents.map(({ at }) => at)].flatMap(ofSource).concat(map.skip.map(({ column }) => column));
}
