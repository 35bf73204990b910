import { z } from 'zod';
import { CONSENT_EVENTS, consentProof } from '../../core/consent/consent-event.js';
import { CONSENT_CHANNELS } from '../../core/consent/consent-scope.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { EVIDENCE_FIELDS, type EvidenceField } from './compile-consent.js';
import { customPrefix, fieldSpec, IDENTITY_FIELDS, IMPORT_FIELDS, IMPORT_KINDS, type ImportKind } from './import-fields.js';
import { ATTRIBUTE_KEY, isPoisoned, poisonedPaths, PROPERTY_KEY } from './safe-keys.js';

/**
 * The map: how the columns of a CSV file become fields. One JSON object, field → where its value comes from.
 *
 * ```jsonc
 * {
 *   "kind": "contacts",                      // contacts | accounts | events | opportunities | users
 *   "encoding": "windows-1252",              // left out: found by byte-order mark and contents
 *   "delimiter": ";",                        // left out: the one that finds most of the columns named here
 *   "decimal": ",",                          // 1.234,56 (Dutch); "." is 1,234.56 (English) and the default
 *   "dates": "d-M-yyyy",                     // default form of dates; tokens yyyy yy MMM MM M dd d HH H mm ss, or "iso", "unix", "unix_ms"
 *   "timeZone": "Europe/Amsterdam",          // of times without an offset; left out: the workspace's
 *   "empty": ["n/a", "-"],                   // texts that mean "nothing"; an empty cell always does, and never erases what is known
 *   "skip": [{ "column": "ID", "values": ["83721"] }],   // rows left out on purpose; they are counted
 *   "fields": {
 *     "external_id": "ID",                                             // a column
 *     "email": { "template": "consumer-{ID}@klant.example" },          // text with columns; {x|lower} {x|upper} {x|slug} (a-b) {x|dotted} (a.b)
 *     "language": { "const": "nl" },                                   // the same for every row
 *     "country": { "column": "Land", "replace": { "Philipines": "Philippines" } },   // mends values before they are read; names become ISO codes
 *     "account": "Company",                                            // contacts, opportunities: by account (name), account_domain or account_external_id
 *     "role": "DMU role",                                              // contacts: part in the buying group of that account
 *     "role_confidence": "Sure", "colleague_email": "Our contact",     // how sure that part is (0 to 1), and who of us is paired with the person in it
 *     "attributes.income": { "column": "Income", "type": "number" },   // of your own: text number boolean date timestamp list (list: "split", default ";")
 *     "attributes.since": { "column": "Dt_Customer", "type": "date", "format": ["d/M/yyyy", "iso"] }
 *   },
 *   "list": "fair-2026",                     // contacts, accounts: put everybody of the file into this list
 *   "createAccounts": true,                  // contacts: make accounts that are not there; otherwise such rows are rejected
 *   "accountOwners": "latest_opportunity",   // opportunities: accounts without an owner get that of their newest opportunity
 *   "consents": [{ "purpose": "newsletter", "event": "given", "at": "Dt_Customer", "when": { "column": "Optin", "values": ["yes"] },
 *                  "proof": { "controller": "…", "wording": "…", "method": "web_form" },           // what is the same for everybody …
 *                  "evidence": { "captureUrl": "Page", "confirmedAt": "Confirmed" } }]              // … and what each row proves; without its evidence a yes refuses the row
 * }
 * ```
 * A column that the file does not have stops the import before it begins, unless its source says `"optional": true`.
 */
const NAME = z.string().min(1).max(200);

const sourceObject = z
  .strictObject({
    column: NAME.optional(),
    const: z.union([z.string(), z.number(), z.boolean()]).optional(),
    template: z.string().min(1).max(1_000).optional(),
    optional: z.boolean().optional(),
    replace: z.record(z.string(), z.string()).optional(),
    type: z.enum(['text', 'number', 'boolean', 'date', 'timestamp', 'list']).optional(),
    decimal: z.enum([',', '.']).optional(),
    format: z.union([NAME, z.array(NAME).min(1).max(5)]).optional(),
    split: z.string().min(1).max(5).optional(),
  })
  .refine((source) => [source.column, source.const, source.template].filter((origin) => origin !== undefined).length === 1, {
    error: 'needs exactly one of "column", "const" and "template"',
  });

const source = z.union([NAME.transform((column): FieldSource => ({ column })), sourceObject], { error: 'must be a column name or an object with one of "column", "const" and "template"' });
const condition = z.strictObject({ column: NAME, values: z.array(z.string()).min(1).max(10_000) });
const dates = z.union([NAME.transform((format) => [format]), z.array(NAME).min(1).max(5)]);

const consent = z.strictObject({
  purpose: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
  /** The mail, or a consent of its own beside it. */
  channel: z.enum(CONSENT_CHANNELS).default('email'),
  event: z.enum(CONSENT_EVENTS),
  at: source,
  validUntil: source.optional(),
  when: condition.optional(),
  /** What differs from person to person: read from the row and added to the proof. */
  evidence: z.partialRecord(z.enum(Object.keys(EVIDENCE_FIELDS) as [EvidenceField, ...EvidenceField[]]), source).default({}),
  proof: z
    .record(z.string(), z.unknown())
    .default({})
    .transform((proof) => ({ actor: 'import', method: 'import', ...proof }))
    .pipe(consentProof)
    .refine((proof) => proof.confirmedAt === undefined && proof.doubleOptInTokenId === undefined, 'a confirmation is each person\'s own: name its column under "evidence"'),
});

const mapFile = z.strictObject({
  kind: z.enum(IMPORT_KINDS).optional(),
  description: z.string().max(2_000).optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'iso-8859-15']).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  decimal: z.enum([',', '.']).default('.'),
  dates: dates.default(['iso']),
  timeZone: z.string().max(64).optional(),
  empty: z.array(z.string().max(200)).max(50).default([]),
  skip: z.array(condition).max(50).default([]),
  fields: z.record(z.string(), source),
  list: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be the key of a list').optional(),
  createAccounts: z.boolean().default(false),
  accountOwners: z.literal('latest_opportunity').optional(),
  consents: z.array(consent).max(20).default([]),
});

export type FieldSource = z.output<typeof sourceObject>;
export type ImportMap = z.output<typeof mapFile> & { readonly kind: ImportKind };
export type ConsentSource = z.output<typeof consent>;

export interface MapProblem {
  readonly path: string;
  readonly message: string;
}

/** Reads a map, given as JSON text or as an object, for rows of this kind. All problems are told at once. */
export function parseMap(input: unknown, kind: ImportKind): Result<ImportMap, MapProblem[]> {
  const read = typeof input === 'string' ? fromJson(input) : ok(input);
  if (!read.ok) return read;
  const poisoned = poisonedPaths(read.value);
  if (poisoned.length > 0) return err(poisoned.map((path) => ({ path, message: 'is not a name that can be used' })));
  const parsed = mapFile.safeParse(read.value);
  if (!parsed.success) return err(parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })));
  const map = { ...parsed.data, kind };
  const problems = [...kindProblems(parsed.data.kind, kind), ...fieldProblems(map), ...completenessProblems(map)];
  return problems.length > 0 ? err(problems) : ok(map);
}

function fromJson(text: string): Result<unknown, MapProblem[]> {
  try {
    return ok(JSON.parse(text.replace(/^\uFEFF/, '')) as unknown);
  } catch (error) {
    return err([{ path: '', message: `is not JSON: ${(error as Error).message}` }]);
  }
}

function kindProblems(declared: ImportKind | undefined, kind: ImportKind): MapProblem[] {
  return declared === undefined || declared === kind ? [] : [{ path: 'kind', message: `this map is for ${declared}, not for ${kind}` }];
}

function fieldProblems(map: ImportMap): MapProblem[] {
  const prefix = customPrefix(map.kind);
  return Object.keys(map.fields).flatMap((field) => {
    if (fieldSpec(map.kind, field)) return [];
    if (prefix === undefined || !field.startsWith(`${prefix}.`)) {
      const known = [...Object.keys(IMPORT_FIELDS[map.kind]), ...(prefix === undefined ? [] : [`${prefix}.…`])];
      return [{ path: `fields.${field}`, message: `${map.kind} have no such field; known: ${known.join(', ')}` }];
    }
    const key = field.slice(prefix.length + 1);
    if (isPoisoned(key)) return [{ path: `fields.${field}`, message: 'is not a name that can be used' }];
    if (!(prefix === 'attributes' ? ATTRIBUTE_KEY : PROPERTY_KEY).test(key)) return [{ path: `fields.${field}`, message: `a name of your own is a${prefix === 'attributes' ? ' lower-case' : ''} letter, then letters, digits and _ (at most 63)` }];
    if (prefix === 'attributes' && fieldSpec(map.kind, key)) return [{ path: `fields.${field}`, message: `"${key}" is a standard field: name it without "attributes."` }];
    return [];
  });
}

function completenessProblems(map: ImportMap): MapProblem[] {
  const given = (field: string): boolean => Object.hasOwn(map.fields, field);
  const problems = Object.entries(IMPORT_FIELDS[map.kind])
    .filter(([field, spec]) => 'required' in spec && !given(field))
    .map(([field]) => ({ path: `fields.${field}`, message: `is needed for ${map.kind}` }));
  if ((map.kind === 'contacts' || map.kind === 'events') && !IDENTITY_FIELDS.some(given)) {
    problems.push({ path: 'fields', message: `at least one of ${IDENTITY_FIELDS.join(', ')} is needed to tell who a row is about` });
  }
  if (map.kind === 'contacts' && given('role') && !['account', 'account_domain', 'account_external_id'].some(given)) {
    problems.push({ path: 'fields.role', message: 'a role is a role at an account: map account, account_domain or account_external_id too' });
  }
  for (const field of ['role_confidence', 'colleague_email']) if (map.kind === 'contacts' && given(field) && !given('role')) problems.push({ path: `fields.${field}`, message: 'says something about a role: map role too' });
  const onlyFor = (option: string, used: boolean, kind: ImportKind): void => {
    if (used && map.kind !== kind) problems.push({ path: option, message: `is only for ${kind}` });
  };
  onlyFor('consents', map.consents.length > 0, 'contacts');
  onlyFor('createAccounts', map.createAccounts, 'contacts');
  onlyFor('accountOwners', map.accountOwners !== undefined, 'opportunities');
  return problems;
}
