import { err, ok, type Result } from '../../core/shared/result.js';
import type { FieldType } from './import-fields.js';
import { compileTemplate } from './compile-template.js';
import type { FieldSource, ImportMap } from './map-file.js';
import { compileDateForm, type DateForm } from './read-date.js';
import { readValue, type Value } from './read-value.js';

/** The columns of a file, found by name: exactly, else without regard to case and surrounding blanks. */
export class Header {
  private readonly byName: ReadonlyMap<string, readonly number[]>;
  private readonly byFoldedName: ReadonlyMap<string, readonly number[]>;

  constructor(readonly columns: readonly string[]) {
    const places = [...columns.keys()];
    this.byName = Map.groupBy(places, (place) => columns[place] ?? '');
    this.byFoldedName = Map.groupBy(places, (place) => (columns[place] ?? '').toLowerCase());
  }

  has(column: string): boolean {
    return this.placesOf(column).length > 0;
  }

  /** Where the column stands. Of several with one name nobody knows which is meant: taking one would lose the other unseen. */
  find(column: string): Result<number, string> {
    const [place, another] = this.placesOf(column);
    if (place === undefined) return err(`the file has no column "${column}"`);
    return another === undefined ? ok(place) : err(`the file has several columns "${column}": give the one that is meant a name of its own`);
  }

  private placesOf(column: string): readonly number[] {
    return this.byName.get(column) ?? this.byFoldedName.get(column.trim().toLowerCase()) ?? [];
  }
}

/** Where a row tells what is wrong with it, and what to look at though it was taken. */
export interface RowTrouble {
  readonly problems: string[];
  readonly warnings: string[];
}

export type SourceReader = (cells: readonly string[], trouble: RowTrouble) => Value | undefined;

export interface SourceContext {
  readonly map: ImportMap;
  readonly header: Header;
  readonly timeZone: string;
}

/** Compiles one source of the map into a function from the cells of a row to its value. */
export function compileSource(field: string, source: FieldSource, type: FieldType, context: SourceContext): Result<SourceReader, string> {
  const raw = compileRaw(source, context.header);
  if (!raw.ok) return raw;
  const forms = compileForms(source, context.map);
  if (!forms.ok) return forms;
  const reading = { decimal: source.decimal ?? context.map.decimal, forms: forms.value, timeZone: context.timeZone, split: source.split ?? ';' };
  const replace = source.replace && new Map(Object.entries(source.replace));
  const empty = new Set(['', ...context.map.empty]);
  const label = source.column === undefined || source.column === field ? field : `${field} (column "${source.column}")`;
  return ok((cells, trouble) => {
    const written = raw.value(cells);
    // An address keeps its line ends until it is read: trimming them away would hide what is wrong with it.
    const trimmed = type === 'email' && /[\r\n]/.test(written) ? written : written.trim();
    const text = replace?.get(trimmed) ?? trimmed;
    if (empty.has(text)) return undefined;
    const read = readValue(type, text, reading);
    if (!read.ok) {
      trouble.problems.push(`${label}: "${shown(text)}" ${read.error}`);
      return undefined;
    }
    if (read.value === undefined) trouble.warnings.push(`${label}: "${shown(text)}" is left empty: Tactful writes nl and en`);
    return read.value;
  });
}

function compileRaw(source: FieldSource, header: Header): Result<(cells: readonly string[]) => string, string> {
  if (source.const !== undefined) {
    const constant = String(source.const);
    return ok(() => constant);
  }
  if (source.template !== undefined) {
    const template = compileTemplate(source.template, (column) => header.find(column));
    return !template.ok && source.optional === true ? ok(() => '') : template;
  }
  const column = source.column ?? '';
  if (source.optional === true && !header.has(column)) return ok(() => '');
  const place = header.find(column);
  if (!place.ok) return place;
  return ok((cells) => cells[place.value] ?? '');
}

function compileForms(source: FieldSource, map: ImportMap): Result<DateForm[], string> {
  const forms: DateForm[] = [];
  for (const form of source.format === undefined ? map.dates : [source.format].flat()) {
    const compiled = compileDateForm(form);
    if (!compiled.ok) return compiled;
    forms.push(compiled.value);
  }
  return ok(forms);
}

function shown(text: string): string {
  const oneLine = text.replace(/[\u0000-\u001F\u007F]/g, ' ');
  return oneLine.length > 60 ? `${oneLine.slice(0, 60)}…` : oneLine;
}
