import { readFile, rename, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';

/**
 * Takes the rows that hold one of these values out of files with rejected rows, which quote the file that was imported. A file that is gone
 * holds nobody; one that cannot be split into rows any more loses the lines. Gives how many rows went.
 */
export async function forgetInFiles(paths: readonly string[], values: readonly string[]): Promise<number> {
  const needles = values.map((value) => value.toLowerCase());
  let gone = 0;
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined || !holds(text, needles)) continue;
    const rows = rowsOf(text);
    const kept = rows.filter((row, index) => index === 0 || !holds(row, needles));
    await writeFile(`${path}.part`, kept.join(''), { mode: 0o600 });
    await rename(`${path}.part`, path);
    gone += rows.length - kept.length;
  }
  return gone;
}

/** The text of each row, with its line end: a row may hold line breaks between quotes. */
function rowsOf(text: string): string[] {
  try {
    const records = parse(text, { raw: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: false, delimiter: [',', ';', '\t', '|'] }) as unknown as { raw: string }[];
    const rows = records.map(({ raw }) => raw);
    if (rows.join('').length === text.length) return rows;
  } catch {
    // not CSV any more: line by line
  }
  return text.split(/(?<=\n)/);
}

function holds(text: string, needles: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return needles.some((needle) => lower.includes(needle));
}
