import { BUYING_GROUP_ROLES } from '../../core/account/buying-group.js';
import { LIFECYCLE_STAGES } from '../../core/account/stage.js';
import { assertNever } from '../../core/shared/assert-never.js';

export const IMPORT_KINDS = ['contacts', 'accounts', 'events', 'opportunities', 'users'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** How a field's text is read. `text` and `line` differ in line ends: a line has none, they become one space. */
export type FieldType =
  | 'text'
  | 'line'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'list'
  | 'email'
  | 'language'
  | 'country'
  | 'time_zone'
  | 'domain'
  | 'account_name'
  | 'vat_number'
  | 'coc_number'
  | { readonly choice: readonly string[] };

export interface FieldSpec {
  readonly type: FieldType;
  readonly required?: boolean;
  /** The column's type in the staging table. */
  readonly sqlType: string;
}

const line: FieldSpec = { type: 'line', sqlType: 'text' };
const number: FieldSpec = { type: 'number', sqlType: 'numeric' };
const integer: FieldSpec = { type: 'integer', sqlType: 'integer' };
const date: FieldSpec = { type: 'date', sqlType: 'date' };
const timestamp: FieldSpec = { type: 'timestamp', sqlType: 'timestamptz' };
const choice = (...values: string[]): FieldSpec => ({ type: { choice: values }, sqlType: 'text' });
const accountName: FieldSpec = { type: 'account_name', sqlType: 'text' };
const domain: FieldSpec = { type: 'domain', sqlType: 'text' };

/** An account may be named in three ways; the first that the map gives and the row fills in decides. */
const accountReference = { account_external_id: line, account: accountName, account_domain: domain };

/** What the rows of each kind can fill. Contacts, accounts and events also take `attributes.x` and `properties.x`. */
export const IMPORT_FIELDS = {
  contacts: {
    external_id: line,
    user_id: line,
    email: { type: 'email', sqlType: 'text' },
    first_name: line,
    last_name: line,
    language: { type: 'language', sqlType: 'text' },
    country: { type: 'country', sqlType: 'text' },
    city: line,
    time_zone: { type: 'time_zone', sqlType: 'text' },
    phone: line,
    job_title: line,
    birth_date: date,
    lifecycle_stage: choice(...LIFECYCLE_STAGES),
    address_state: choice('ok', 'unverified', 'invalid'),
    source_at: timestamp,
    ...accountReference,
    role: choice(...BUYING_GROUP_ROLES),
    role_confidence: number,
    colleague_email: { type: 'email', sqlType: 'text' },
  },
  accounts: {
    external_id: line,
    name: { type: 'account_name', sqlType: 'text', required: true },
    domain,
    sector: line,
    country: { type: 'country', sqlType: 'text' },
    city: line,
    employees: integer,
    revenue: number,
    year_established: integer,
    vat_number: { type: 'vat_number', sqlType: 'text' },
    coc_number: { type: 'coc_number', sqlType: 'text' },
    tier: line,
    lifecycle_stage: line,
    parent: accountName,
    owner: line,
    owner_email: { type: 'email', sqlType: 'text' },
  },
  events: {
    external_id: line,
    user_id: line,
    email: { type: 'email', sqlType: 'text' },
    name: { type: 'line', sqlType: 'text', required: true },
    occurred_at: { type: 'timestamp', sqlType: 'timestamptz', required: true },
    idempotency_key: line,
  },
  opportunities: {
    opportunity_id: { type: 'line', sqlType: 'text', required: true },
    ...accountReference,
    owner: line,
    owner_email: { type: 'email', sqlType: 'text' },
    product: line,
    stage: { ...choice('prospecting', 'engaging', 'won', 'lost'), required: true },
    engaged_on: date,
    closed_on: date,
    value: number,
  },
  users: {
    email: { type: 'email', sqlType: 'text', required: true },
    name: { type: 'line', sqlType: 'text', required: true },
    manager: line,
    region: line,
  },
} as const satisfies Record<ImportKind, Record<string, FieldSpec>>;

export const IDENTITY_FIELDS = ['external_id', 'user_id', 'email'] as const;

export type CustomPrefix = 'attributes' | 'properties';

/** The prefix under which rows of a kind carry fields of the company's own; undefined where there are none. */
export function customPrefix(kind: ImportKind): CustomPrefix | undefined {
  switch (kind) {
    case 'contacts':
    case 'accounts':
      return 'attributes';
    case 'events':
      return 'properties';
    case 'opportunities':
    case 'users':
      return undefined;
    default:
      return assertNever(kind);
  }
}

export function fieldSpec(kind: ImportKind, field: string): FieldSpec | undefined {
  const fields: Record<string, FieldSpec> = IMPORT_FIELDS[kind];
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}
