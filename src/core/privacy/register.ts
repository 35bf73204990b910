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

const STYLE = [
  ':root{color-scheme:light dark;--line:#dcd9d0;--soft:#5a625d}@media(prefers-color-scheme:dark){:root{--line:#37403b;--soft:#b0b9b3}}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem}h1{font-size:1.6rem;line-height:1.2}',
  'dt,th{color:var(--soft);font-weight:600}dd{margin:0 0 .6rem}table{border-collapse:collapse;width:100%;font-size:.875rem}th,td{border-top:1px solid var(--line);padding:.5rem .8rem .5rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{overflow-wrap:normal}',
  '@media(max-width:48rem){thead{display:none}tr{display:block;border-top:2px solid var(--line);padding:.6rem 0}td{display:block;border:0;padding:.15rem 0}td::before{content:attr(data-label)": ";color:var(--soft);font-weight:600}}',
].join('');

/** One page to print. */
export function registerPage(register: Register, language: 'nl' | 'en'): string {
  const words = WORDS[language];
  const [head = [], ...rows] = registerRows(register, language);
  const facts = (['controller', 'officer', 'transfers', 'security'] as const).map((key) => `<dt>${words[key]}</dt><dd>${escape(register.facts[key]) || '–'}</dd>`).join('');
  const titles = `<tr>${head.map((text) => `<th scope="col">${escape(text)}</th>`).join('')}</tr>`;
  const cells = (texts: readonly string[]): string => `<tr>${texts.map((text, column) => `<td data-label="${escape(head[column] ?? '')}">${escape(text) || '–'}</td>`).join('')}</tr>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${words.title}</title><style>${STYLE}</style></head><body><h1>${words.title}</h1><dl>${facts}</dl><table><thead>${titles}</thead><tbody>${rows.map(cells).join('')}</tbody></table></body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
