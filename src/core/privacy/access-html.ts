import { ACCESS_SECTIONS, type AccessDocument, type AccessRow } from './access-document.js';

const WORDS = {
  nl: { title: 'Uw gegevens', intro: (controller: string, at: string) => `Dit is een kopie van alles wat ${controller} over u bewaart, gemaakt op ${at}.`, none: 'Niets.', yes: 'ja', no: 'nee' },
  en: { title: 'Your data', intro: (controller: string, at: string) => `This is a copy of everything that ${controller} keeps about you, made on ${at}.`, none: 'Nothing.', yes: 'yes', no: 'no' },
} as const;

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2421}h2{margin:2rem 0 .25rem}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid #dcd9d0;padding:.35rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap}.soft{color:#5a625d}';

/** The copy as a page that opens anywhere: no scripts, nothing loaded. Every value is text, whatever somebody wrote into it. */
export function accessHtml(document: AccessDocument): string {
  const words = WORDS[document.language];
  const sections = Object.entries(ACCESS_SECTIONS).filter(([key]) => key in document.sections).map(([key, about]) => {
    const rows = document.sections[key] ?? [];
    const { title, about: intro } = about[document.language];
    return `<section><h2>${escapeHtml(title)}</h2><p class="soft">${escapeHtml(intro)}</p>${rows.length === 0 ? `<p>${words.none}</p>` : table(rows, words)}</section>`;
  });
  const intro = words.intro(document.controller, document.madeAt);
  return `<!doctype html><html lang="${document.language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${words.title}</title><style>${STYLE}</style></head><body><h1>${words.title}</h1><p>${escapeHtml(intro)}</p>${sections.join('')}</body></html>\n`;
}

/** Fit for text and for attribute values in quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function table(rows: readonly AccessRow[], words: { yes: string; no: string }): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column.replaceAll('_', ' '))}</th>`).join('');
  const body = rows.map((row) => `<tr>${columns.map((column) => `<td>${escapeHtml(valueText(row[column], words))}</td>`).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

export function valueText(value: unknown, words: { yes: string; no: string } = { yes: 'yes', no: 'no' }): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) && value.every((one) => typeof one !== 'object') ? value.join(', ') : JSON.stringify(value);
}
