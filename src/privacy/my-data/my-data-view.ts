import type { PageLanguage } from '../../consent/page-texts.js';
import type { MyDataRow } from './my-data.queries.js';
import { type AskedKind, MY_DATA_TEXTS } from './my-data-texts.js';
import type { Correctable } from './my-data.service.js';

const ORDER: readonly AskedKind[] = ['access', 'portability', 'rectification', 'restriction', 'objection', 'erasure'];
const TEXT_FIELDS = [['first_name', 'given-name'], ['last_name', 'family-name'], ['country', 'country-name']] as const;

export interface MyDataOutcome {
  readonly saved?: string;
  readonly problem?: string;
  /** What was filled in and cannot be kept stands in its field again. */
  readonly invalid?: readonly Correctable[];
  readonly given?: Readonly<Partial<Record<Correctable, string>>>;
}

/** What the page of one's own data shows. */
export function myDataView(row: MyDataRow, language: PageLanguage, outcome: MyDataOutcome): object {
  const words = MY_DATA_TEXTS[language];
  const countries = new Intl.DisplayNames([language], { type: 'region' });
  const shown = { first_name: row.first_name ?? '', last_name: row.last_name ?? '', country: row.country === null ? '' : (countries.of(row.country) ?? row.country) };
  const zones = ['', ...new Set([...(row.time_zone === null ? [] : [row.time_zone]), ...Intl.supportedValuesOf('timeZone')])];
  return {
    words,
    email: row.email ?? words.unknown,
    saved: outcome.saved ?? '',
    problem: outcome.problem ?? '',
    texts: TEXT_FIELDS.map(([name, autocomplete]) => ({ name, autocomplete, label: words.fields[name], value: outcome.given?.[name] ?? shown[name], invalid: outcome.invalid?.includes(name) ?? false })),
    selects: [
      { name: 'language', label: words.fields.language, options: (['', 'nl', 'en'] as const).map((value) => ({ value, text: value === '' ? words.unknown : words.languages[value], selected: value === (row.language ?? '') })) },
      { name: 'time_zone', label: words.fields.time_zone, options: zones.map((value) => ({ value, text: value === '' ? words.unknown : value.replaceAll('_', ' '), selected: value === (row.time_zone ?? '') })) },
    ],
    asks: ORDER.map((kind) => ({ kind, ...words.asks[kind], wish: kind === 'rectification', sure: kind === 'erasure' })),
  };
}
