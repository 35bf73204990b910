/** One row of CSV text, without its line end. */
export function csvRow(cells: readonly (string | number)[], delimiter: string): string {
  return cells.map((cell) => csvCell(String(cell), delimiter)).join(delimiter);
}

function csvCell(text: string, delimiter: string): string {
  const plain = !text.includes('"') && !text.includes(delimiter) && !text.includes('\n') && !text.includes('\r');
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}

const ESCAPED = /[\\\t\n\r]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One row in the text format of PostgreSQL's COPY, with its line end. */
export function copyRow(line: number, cells: readonly (string | null)[]): string {
  let row = String(line);
  for (const cell of cells) row += cell === null ? '\t\\N' : `\t${ESCAPED.test(cell) ? cell.replace(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] ?? sign) : cell}`;
  return `${row}\n`;
}
