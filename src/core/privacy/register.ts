import { z } from 'zod';

const line = z.string().trim().max(2_000).default('');

/** What of the register no table knows: who is responsible, who else gets data, how it is kept safe. */
export const registerFacts = z.strictObject({ controller: line, officer: line, recipients: line, transfers: line, security: line });
export type RegisterFacts = z.output<typeof registerFacts>;

export interface RegisterEntry {
  readonly purpose: string;
  readonly nameNl: string;
  readonly nameEn: string;
  readonly legalBasis: string;
  readonly retentionDays: number;
  readonly people: number;
  readonly data: readonly string[];
  readonly sensitive: readonly string[];
  readonly sources: readonly string[];
  readonly campaigns: readonly string[];
}

export interface Register {
  readonly facts: RegisterFacts;
  readonly recipients: readonly string[];
  readonly entries: readonly RegisterEntry[];
}

const WORDS = {
  nl: {
    title: 'Register van verwerkingsactiviteiten (AVG art. 30)', controller: 'Verwerkingsverantwoordelijke', officer: 'Functionaris gegevensbescherming', recipients: 'Ontvangers', transfers: 'Doorgifte buiten de EER', security: 'Beveiligingsmaatregelen',
    columns: ['Doel', 'Grondslag', 'Bewaartermijn (dagen)', 'Betrokkenen', 'Gegevens', 'Bijzondere gegevens', 'Bronnen', 'Campagnes', 'Ontvangers'],
  },
  en: {
    title: 'Register of processing activities (GDPR art. 30)', controller: 'Controller', officer: 'Data protection officer', recipients: 'Recipients', transfers: 'Transfers outside the EEA', security: 'Security measures',
    columns: ['Purpose', 'Legal basis', 'Kept (days)', 'People', 'Data', 'Special categories', 'Sources', 'Campaigns', 'Recipients'],
  },
} as const;

/** The register as rows, the first of which says what stands where. */
export function registerRows({ entries, recipients, facts }: Register, language: 'nl' | 'en'): string[][] {
  const told = [...recipients, ...(facts.recipients === '' ? [] : [facts.recipients])].join('; ');
  return [
    [...WORDS[language].columns],
    ...entries.map((one) => [
      `${language === 'nl' ? one.nameNl : one.nameEn} (${one.purpose})`, one.legalBasis, String(one.retentionDays), String(one.people), one.data.join('; '), one.sensitive.join('; '), one.sources.join('; '), one.campaigns.join('; '), told,
    ]),
  ];
}

/** One page to print. */
export function registerPage(register: Register, language: 'nl' | 'en'): string {
  const words = WORDS[language];
  const [head = [], ...rows] = registerRows(register, language);
  const facts = (['controller', 'officer', 'transfers', 'security'] as const).map((key) => `<dt>${words[key]}</dt><dd>${escape(register.facts[key]) || '–'}</dd>`).join('');
  const cells = (tag: string, texts: readonly string[]): string => `<tr>${texts.map((text) => `<${tag}>${escape(text) || '–'}</${tag}>`).join('')}</tr>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${words.title}</title></head><body><h1>${words.title}</h1><dl>${facts}</dl><table border="1"><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table></body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
