import { NOTHING_TOUCHED, type TouchedData } from '../rule/touched-data.js';
import type { Language } from './template-functions.js';
import type { MergeField } from './merge-fields.js';
import { missingFields, type CompiledTemplate, type MergeValues } from './render.js';

export interface CompiledLanguage extends CompiledTemplate {
  readonly mergeFields: readonly MergeField[];
}

/** A stored template version, ready to render, with what it reads. */
export interface LoadedTemplate {
  readonly key: string;
  readonly templateId: number;
  readonly version: number;
  readonly languages: Readonly<Partial<Record<Language, CompiledLanguage>>>;
  readonly mergeFields: readonly MergeField[];
  readonly touches: TouchedData;
}

/** The language a person gets: the preferred one if the template speaks it, else English, else what there is. */
export function languageFor(template: LoadedTemplate, preferred: string | null | undefined): Language {
  if ((preferred === 'nl' || preferred === 'en') && template.languages[preferred]) return preferred;
  return template.languages.en ? 'en' : 'nl';
}

/** Names the fields that this person lacks for this language's mail. */
export function missingFor(template: LoadedTemplate, language: Language, values: MergeValues): string[] {
  return missingFields(template.languages[language]?.mergeFields ?? template.mergeFields, values);
}

/** The customer data a template reads, for purpose limitation: what the person's record and account hold, by name. */
export function touchedByTemplate(fields: readonly MergeField[]): TouchedData {
  const below = (root: string): string[] => fields.map(({ path }) => path).filter((path) => path.startsWith(`${root}.`)).map((path) => path.slice(root.length + 1).replace(/^attributes\./, ''));
  return { ...NOTHING_TOUCHED, contactAttributes: below('contact'), accountAttributes: below('account') };
}
