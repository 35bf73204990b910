import type { Spelling } from './fold-text.js';
import type { Scope } from './rule.js';

export type FieldType = 'text' | 'number' | 'boolean' | 'date' | 'timestamp' | 'list';

/** One attribute a rule may name. `column` is set for standard attributes; all others live in the jsonb column `attributes`. */
export interface Field {
  readonly scope: Scope;
  readonly key: string;
  readonly type: FieldType;
  readonly column?: string;
  /** A number column of whole numbers. */
  readonly integer?: boolean;
  /** A text column whose writers bring every value to one spelling. */
  readonly spelling?: Spelling;
  readonly label: { readonly nl: string; readonly en: string };
}

/** The part of a row of attribute_definitions that rules need. */
export interface AttributeDefinitionRow {
  readonly scope: Scope;
  readonly key: string;
  readonly type: FieldType;
  readonly standard: boolean;
  /** What people call it; empty or left out: by its key. */
  readonly label_nl?: string;
  readonly label_en?: string;
}

/** Every attribute that exists. Column names reach a statement only from here, never from a rule. */
export interface FieldCatalogue {
  find(scope: Scope, key: string): Field | undefined;
  keys(scope: Scope): readonly string[];
}

type Standard = readonly [type: FieldType, nl: string, en: string];

/** Standard attributes: the key is the column's name. The Dutch label carries its article. */
const STANDARD: Record<Scope, ReadonlyMap<string, Standard>> = {
  contact: new Map<string, Standard>([
    ['email', ['text', 'het e-mailadres', 'e-mail address']],
    ['first_name', ['text', 'de voornaam', 'first name']],
    ['last_name', ['text', 'de achternaam', 'last name']],
    ['language', ['text', 'de taal', 'language']],
    ['country', ['text', 'het land', 'country']],
    ['city', ['text', 'de plaats', 'city']],
    ['time_zone', ['text', 'de tijdzone', 'time zone']],
    ['phone', ['text', 'het telefoonnummer', 'phone number']],
    ['job_title', ['text', 'de functie', 'job title']],
    ['birth_date', ['date', 'de geboortedatum', 'date of birth']],
    ['lifecycle_stage', ['text', 'de levensfase', 'lifecycle stage']],
    ['orders_count', ['number', 'het aantal bestellingen', 'number of orders']],
    ['orders_value', ['number', 'de waarde van alle bestellingen', 'value of all orders']],
    ['first_order_at', ['timestamp', 'de eerste bestelling', 'first order']],
    ['last_order_at', ['timestamp', 'de laatste bestelling', 'last order']],
    ['rfm_recency', ['number', 'de RFM-score voor recentheid', 'RFM score for recency']],
    ['rfm_frequency', ['number', 'de RFM-score voor frequentie', 'RFM score for frequency']],
    ['rfm_monetary', ['number', 'de RFM-score voor besteding', 'RFM score for spending']],
    ['rfm_class', ['text', 'de RFM-klasse', 'RFM class']],
    ['source', ['text', 'de herkomst', 'source']],
    ['created_at', ['timestamp', 'het moment van aanmaken', 'time of creation']],
    ['updated_at', ['timestamp', 'de laatste wijziging', 'last change']],
  ]),
  account: new Map<string, Standard>([
    ['name', ['text', 'de naam', 'name']],
    ['domain', ['text', 'het domein', 'domain']],
    ['sector', ['text', 'de sector', 'sector']],
    ['country', ['text', 'het land', 'country']],
    ['city', ['text', 'de plaats', 'city']],
    ['employees', ['number', 'het aantal medewerkers', 'number of employees']],
    ['revenue', ['number', 'de omzet', 'revenue']],
    ['year_established', ['number', 'het oprichtingsjaar', 'year of establishment']],
    ['vat_number', ['text', 'het btw-nummer', 'VAT number']],
    ['coc_number', ['text', 'het KvK-nummer', 'chamber-of-commerce number']],
    ['tier', ['text', 'het niveau', 'tier']],
    ['lifecycle_stage', ['text', 'de levensfase', 'lifecycle stage']],
    ['open_opportunities', ['number', 'het aantal open kansen', 'number of open opportunities']],
    ['won_opportunities', ['number', 'het aantal gewonnen kansen', 'number of won opportunities']],
    ['won_value', ['number', 'de gewonnen waarde', 'won value']],
    ['last_won_on', ['date', 'de laatst gewonnen kans', 'last won opportunity']],
    ['fit_score', ['number', 'de fit', 'fit']],
    ['fit_grade', ['text', 'de fitklasse', 'fit grade']],
    ['engagement_score', ['number', 'de betrokkenheid', 'engagement']],
    ['account_stage', ['text', 'de accountfase', 'account stage']],
    ['created_at', ['timestamp', 'het moment van aanmaken', 'time of creation']],
  ]),
};

/** Whole numbers in the table; the other number columns hold decimals. */
const INTEGERS: ReadonlySet<string> = new Set(['employees', 'year_established', 'open_opportunities', 'won_opportunities', 'orders_count', 'rfm_recency', 'rfm_frequency', 'rfm_monetary', 'fit_score', 'engagement_score']);

/** Import, API and tracking read these by one reader each, or the table itself checks them. Accounts take a life-cycle stage as it comes. */
const SPELLINGS: Record<Scope, ReadonlyMap<string, Spelling>> = {
  contact: new Map<string, Spelling>([['email', 'address'], ['language', 'lower'], ['country', 'upper'], ['lifecycle_stage', 'lower'], ['rfm_class', 'lower']]),
  account: new Map<string, Spelling>([['domain', 'lower'], ['country', 'upper'], ['vat_number', 'upper'], ['coc_number', 'upper'], ['fit_grade', 'upper'], ['account_stage', 'lower']]),
};

/** Builds the catalogue from attribute_definitions. A row that calls itself standard but has no column here is left out. */
export function fieldCatalogue(rows: readonly AttributeDefinitionRow[]): FieldCatalogue {
  const fields: Record<Scope, Map<string, Field>> = { contact: new Map(), account: new Map() };
  for (const row of rows) {
    const field = row.standard ? standardField(row) : customField(row);
    if (field) fields[row.scope].set(row.key, field);
  }
  return {
    find: (scope, key) => fields[scope].get(key),
    keys: (scope) => [...fields[scope].keys()],
  };
}

/** The catalogue of an installation without custom attributes. */
export function standardFields(): AttributeDefinitionRow[] {
  return (['contact', 'account'] as const).flatMap((scope) =>
    [...STANDARD[scope]].map(([key, [type]]) => ({ scope, key, type, standard: true })),
  );
}

function standardField({ scope, key }: AttributeDefinitionRow): Field | undefined {
  const standard = STANDARD[scope].get(key);
  if (!standard) return undefined;
  const [type, nl, en] = standard;
  const spelling = SPELLINGS[scope].get(key);
  return { scope, key, type, column: key, integer: INTEGERS.has(key), ...(spelling && { spelling }), label: { nl, en } };
}

function customField({ scope, key, type, label_nl: nl = '', label_en: en = '' }: AttributeDefinitionRow): Field {
  return { scope, key, type, label: { nl: nl === '' ? `“${key}”` : nl, en: en === '' ? `“${key}”` : en } };
}
