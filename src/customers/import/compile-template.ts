import { err, ok, type Result } from '../../core/shared/result.js';

type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'cell'; readonly index: number; readonly change: (text: string) => string };

const CHANGES = new Map<string, (text: string) => string>([
  ['lower', (text) => text.toLowerCase()],
  ['upper', (text) => text.toUpperCase()],
  ['slug', (text) => joined(text, '-')],
  ['dotted', (text) => joined(text, '.')],
]);

function joined(text: string, by: string): string {
  const words = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[a-z0-9]+/g);
  return words?.join(by) ?? '';
}

/** Text with columns in braces: `{First name} {Last name|upper}`. A row where one of them is empty gets nothing at all: never "consumer-@…". */
export function compileTemplate(template: string, find: (column: string) => Result<number, string>): Result<(cells: readonly string[]) => string, string> {
  const pieces: Piece[] = [];
  for (const [whole, inner] of template.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (inner === undefined) {
      if (whole === '{' || whole === '}') return err(`"${template}" has a brace without its other half`);
      pieces.push({ kind: 'text', text: whole });
      continue;
    }
    const bar = inner.lastIndexOf('|');
    const column = (bar === -1 ? inner : inner.slice(0, bar)).trim();
    const change = bar === -1 ? (text: string) => text : CHANGES.get(inner.slice(bar + 1).trim());
    if (!change) return err(`"${inner.slice(bar + 1)}" is none of ${[...CHANGES.keys()].join(', ')}`);
    const place = find(column);
    if (!place.ok) return place;
    pieces.push({ kind: 'cell', index: place.value, change });
  }
  return ok((cells) => {
    let text = '';
    for (const piece of pieces) {
      if (piece.kind === 'text') text += piece.text;
      else {
        const cell = piece.change((cells[piece.index] ?? '').trim());
        if (cell === '') return '';
        text += cell;
      }
    }
    return text;
  });
}
