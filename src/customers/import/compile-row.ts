import { accountNameKey } from '../../accounts/name-key.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { type ConsentReader, type ConsentTerms, consentJson, EVIDENCE_FIELDS, type EvidenceField } from './compile-consent.js';
import { compileSource, Header, type RowTrouble, type SourceContext, type SourceReader } from './compile-source.js';
import { customPrefix, type FieldType, fieldSpec, IDENTITY_FIELDS } from './import-fields.js';
import type { ConsentSource, FieldSource, ImportMap, MapProblem } from './map-file.js';
import type { Value } from './read-value.js';

/** A column of the staging table and how it is filled from a converted row. */
export interface StagingColumn {
  readonly name: string;
  readonly sqlType: string;
}

/** What became of a row: the cells for staging (in the order of `columns`), a reason to reject it, or nothing because the map skips it. */
export type ConvertedRow =
  | { readonly kind: 'row'; readonly cells: readonly (string | null)[]; readonly warnings: readonly string[] }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'skipped' };

export interface RowCompiler {
  readonly columns: readonly StagingColumn[];
  /** Custom fields the map gives, with the type they are declared or read as. */
  readonly custom: readonly { readonly key: string; readonly type: string }[];
  convert(cells: readonly string[]): ConvertedRow;
}

interface StandardField {
  readonly name: string;
  readonly required: boolean;
  readonly read: SourceReader;
}

interface CustomField {
  readonly key: string;
  readonly read: SourceReader;
}

export interface RowServices {
  readonly timeZone: string;
  /** The keyed hash of an address's canonical form, in hex. */
  readonly addressHash: (address: string) => string;
  /** Text of the row itself where it brings no idempotency key of its own: a keyless hash, in hex. */
  readonly rowHash: (text: string) => string;
  /** Under what a consent of a row is believed. */
  readonly consent: ConsentTerms;
}

/** Compiles a map against a file's header. Columns that are missing and forms that mean nothing are told all at once. */
export function compileRow(map: ImportMap, columns: readonly string[], services: RowServices): Result<RowCompiler, MapProblem[]> {
  const context: SourceContext = { map, header: new Header(columns), timeZone: map.timeZone ?? services.timeZone };
  const problems: MapProblem[] = [];
  const compiled = (path: string, field: string, source: FieldSource, type: FieldType): SourceReader => {
    const reader = compileSource(field, source, type, context);
    if (reader.ok) return reader.value;
    problems.push({ path, message: reader.error });
    return () => undefined;
  };
  const standard: StandardField[] = [];
  const custom: CustomField[] = [];
  const declared: { key: string; type: string }[] = [];
  for (const [field, source] of Object.entries(map.fields)) {
    const spec = fieldSpec(map.kind, field);
    if (spec) {
      standard.push({ name: field, required: spec.required === true, read: compiled(`fields.${field}`, field, source, spec.type) });
      continue;
    }
    const key = field.slice(field.indexOf('.') + 1);
    const type = source.type ?? 'text';
    custom.push({ key, read: compiled(`fields.${field}`, field, source, type) });
    declared.push({ key, type });
  }
  const consents = map.consents.map((consent, index) => compileConsent(consent, index, compiled, context, problems));
  const skip = map.skip.map((rule, index) => compileCondition(rule, `skip.${index}`, context, problems));
  if (map.timeZone !== undefined && !isTimeZone(map.timeZone)) problems.push({ path: 'timeZone', message: 'is not a time zone such as Europe/Amsterdam' });
  if (problems.length > 0) return err(problems);
  const outputs = stagingOutputs(map, standard, custom, consents, services);
  return ok({
    columns: outputs.map(({ name, sqlType }) => ({ name, sqlType })),
    custom: declared,
    convert: (cells) => (skip.some((matches) => matches(cells)) ? { kind: 'skipped' } : convert(cells, map, standard, outputs)),
  });
}

type Values = Map<string, Value>;

interface Output extends StagingColumn {
  readonly cell: (values: Values, cells: readonly string[], trouble: RowTrouble) => string | null;
}

function convert(cells: readonly string[], map: ImportMap, standard: readonly StandardField[], outputs: readonly Output[]): ConvertedRow {
  const trouble: RowTrouble = { problems: [], warnings: [] };
  const values: Values = new Map();
  for (const field of standard) {
    const value = field.read(cells, trouble);
    if (value !== undefined) values.set(field.name, value);
    else if (field.required && trouble.problems.length === 0) trouble.problems.push(`${field.name} is empty`);
  }
  if ((map.kind === 'contacts' || map.kind === 'events') && trouble.problems.length === 0 && !IDENTITY_FIELDS.some((field) => values.has(field))) {
    trouble.problems.push(`the row does not tell who it is about: ${IDENTITY_FIELDS.filter((field) => Object.hasOwn(map.fields, field)).join(', ')} is empty`);
  }
  const staged = outputs.map((output) => output.cell(values, cells, trouble));
  return trouble.problems.length > 0 ? { kind: 'rejected', reason: trouble.problems.join('; ') } : { kind: 'row', cells: staged, warnings: trouble.warnings };
}

function stagingOutputs(map: ImportMap, standard: readonly StandardField[], custom: readonly CustomField[], consents: readonly ConsentReader[], services: RowServices): Output[] {
  const outputs: Output[] = standard.map(({ name }) => ({ name, sqlType: fieldSpec(map.kind, name)?.sqlType ?? 'text', cell: (values) => cellText(values.get(name)) }));
  const derived = (name: string, sqlType: string, from: string, derive: (text: string) => string): void => {
    if (standard.some((field) => field.name === from)) outputs.push({ name, sqlType, cell: (values) => (values.has(from) ? derive(String(values.get(from))) : null) });
  };
  if (map.kind === 'contacts') derived('address_hash', 'bytea', 'email', (address) => `\\x${services.addressHash(address)}`);
  if (map.kind === 'accounts') derived('name_key', 'text', 'name', accountNameKey);
  derived('account_key', 'text', 'account', accountNameKey);
  derived('parent_key', 'text', 'parent', accountNameKey);
  const prefix = customPrefix(map.kind);
  if (prefix && custom.length > 0) outputs.push({ name: prefix, sqlType: 'jsonb', cell: (_, cells, trouble) => customJson(custom, cells, trouble) });
  if (consents.length > 0) outputs.push({ name: 'consents', sqlType: 'jsonb', cell: (_, cells, trouble) => consentJson(consents, cells, services.consent, trouble) });
  if (map.kind === 'events') {
    const keyed = outputs.findIndex(({ name }) => name === 'idempotency_key');
    const hashed: Output = {
      name: 'idempotency_key',
      sqlType: 'text',
      // The mapped values, not the cells: a column added to the export later does not make the same events new.
      cell: (values, cells) => cellText(values.get('idempotency_key')) ?? `row-${services.rowHash(JSON.stringify([[...values], customJson(custom, cells, { problems: [], warnings: [] })]))}`,
    };
    if (keyed === -1) outputs.push(hashed);
    else outputs[keyed] = hashed;
  }
  return outputs;
}

function cellText(value: Value | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : String(value);
}

/** Values that are there, as JSON text; null where the row has none. Built from a list of entries: no key can reach a prototype. */
function customJson(custom: readonly CustomField[], cells: readonly string[], trouble: RowTrouble): string | null {
  let json = '';
  for (const { key, read } of custom) {
    const value = read(cells, trouble);
    if (value !== undefined) json += `${json === '' ? '{' : ','}"${key}":${JSON.stringify(value)}`;
  }
  return json === '' ? null : `${json}}`;
}

function compileConsent(source: ConsentSource, index: number, compiled: (path: string, field: string, source: FieldSource, type: FieldType) => SourceReader, context: SourceContext, problems: MapProblem[]): ConsentReader {
  const path = `consents.${index}`;
  return {
    index,
    source,
    at: compiled(`${path}.at`, 'at', source.at, 'timestamp'),
    validUntil: source.validUntil && compiled(`${path}.validUntil`, 'validUntil', source.validUntil, 'timestamp'),
    evidence: Object.entries(source.evidence).map(([field, from]) => ({ field: field as EvidenceField, read: compiled(`${path}.evidence.${field}`, field, from, EVIDENCE_FIELDS[field as EvidenceField]) })),
    applies: source.when ? compileCondition(source.when, `${path}.when`, context, problems) : () => true,
  };
}

function compileCondition(rule: { column: string; values: readonly string[] }, path: string, context: SourceContext, problems: MapProblem[]): (cells: readonly string[]) => boolean {
  const place = context.header.find(rule.column);
  const values = new Set(rule.values);
  if (place.ok) return (cells) => values.has((cells[place.value] ?? '').trim());
  problems.push({ path: `${path}.column`, message: place.error });
  return () => false;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
