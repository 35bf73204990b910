import { ACCESS_SECTIONS, type AccessDocument, type AccessRow } from './access-document.js';
import { fieldWords, valueWords } from './access-words.js';
import type { LetterLanguage } from './letter-texts.js';

const WORDS = {
  nl: { title: 'Uw gegevens', intro: (controller: string, at: string) => `Dit is een kopie van alles wat ${controller} over u bewaart, gemaakt op ${at}.`, none: 'Niets.', yes: 'ja', no: 'nee' },
  en: { title: 'Your data', intro: (controller: string, at: string) => `This is a copy of everything that ${controller} keeps about you, made on ${at}.`, none: 'Nothing.', yes: 'yes', no: 'no' },
} as const;

const STYLE = [
  ':root{color-scheme:light dark;--paper:#f6f4ef;--card:#fff;--ink:#1f2421;--soft:#5a625d;--line:#dcd9d0}',
  '@media(prefers-color-scheme:dark){:root{--paper:#161a18;--card:#1f2522;--ink:#eef1ee;--soft:#b0b9b3;--line:#37403b}}',
  '*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}',
  'main{max-width:56rem;margin:0 auto;padding:2rem 1rem 4rem}h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}h2{font-size:1.2rem;margin:0 0 .25rem}p{margin:0 0 1rem}.soft,th,dt{color:var(--soft)}',
  'section{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.25rem 1.5rem;margin:1.25rem 0}section>:last-child{margin-bottom:0}',
  'table{border-collapse:collapse;width:100%;font-size:.95rem}th,td{border-top:1px solid var(--line);padding:.45rem 1rem .45rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap}th{font-weight:600;overflow-wrap:normal}thead th{border-top:0}',
  'ol{list-style:none;margin:0;padding:0}li{border-top:1px solid var(--line);padding:.75rem 0}dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.2rem 1.25rem;margin:0;font-size:.95rem}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}',
  '@media(max-width:40rem){section{padding:1rem}thead{display:none}tr{display:block;border-top:1px solid var(--line);padding:.6rem 0}td{display:block;border:0;padding:0}td:empty{display:none}td::before{content:attr(data-label);display:block;color:var(--soft);font-size:.85rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}}',
].join('');
/** More columns than this, and each row is a list of its own: a table of them cannot be read. */
const MOST_COLUMNS = 5;

interface Reading {
  readonly language: LetterLanguage;
  readonly words: { readonly yes: string; readonly no: string };
  readonly moment: Intl.DateTimeFormat;
}

/** The copy as a page that opens anywhere: no scripts, nothing loaded. Every value is text, whatever somebody wrote into it. */
export function accessHtml(document: AccessDocument, timeZone = 'UTC'): string {
  const { language } = document;
  const words = WORDS[language];
  const reading: Reading = { language, words, moment: new Intl.DateTimeFormat(language === 'nl' ? 'nl-NL' : 'en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone }) };
  const sections = Object.entries(ACCESS_SECTIONS).filter(([key]) => key in document.sections).map(([key, about]) => {
    const { title, about: intro } = about[language];
    return `<section><h2>${escapeHtml(title)}</h2><p class="soft">${escapeHtml(intro)}</p>${rowsHtml(document.sections[key] ?? [], reading)}</section>`;
  });
  const intro = words.intro(document.controller, readable('at', document.madeAt, reading));
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${words.title}</title><style>${STYLE}</style>`;
  return `<!doctype html><html lang="${language}"><head>${head}</head><body><main><h1>${words.title}</h1><p>${escapeHtml(intro)}</p>${sections.join('')}</main></body></html>\n`;
}

/** Fit for text and for attribute values in quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function rowsHtml(rows: readonly AccessRow[], reading: Reading): string {
  if (rows.length === 0) return `<p>${WORDS[reading.language].none}</p>`;
  const texts = rows.map((row) => new Map(Object.entries(row).map(([column, value]) => [column, readable(column, value, reading)] as const).filter(([, text]) => text !== '')));
  const columns = [...new Set(texts.flatMap((row) => [...row.keys()]))];
  const labels = new Map(columns.map((column) => [column, escapeHtml(fieldWords(column, reading.language))]));
  if (columns.length > MOST_COLUMNS) {
    return `<ol>${texts.map((row) => `<li><dl>${[...row].map(([column, text]) => `<dt>${labels.get(column)}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl></li>`).join('')}</ol>`;
  }
  const head = columns.map((column) => `<th scope="col">${labels.get(column)}</th>`).join('');
  const body = texts.map((row) => `<tr>${columns.map((column) => `<td data-label="${labels.get(column)}">${escapeHtml(row.get(column) ?? '')}</td>`).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** As a person reads it: moments with the month in words, lists and objects without brackets. */
function readable(column: string, value: unknown, reading: Reading): string {
  if (value instanceof Date) return reading.moment.format(value);
  if (typeof value === 'string') return MOMENT.test(value) && !Number.isNaN(Date.parse(value)) ? reading.moment.format(new Date(value)) : valueWords(column, value, reading.language);
  if (Array.isArray(value)) return value.map((one) => readable(column, one, reading)).join(value.some((one) => typeof one === 'object') ? '\n' : ', ');
  if (typeof value === 'object' && value !== null) return objectText(value, reading);
  return valueText(value, reading.words);
}

function objectText(value: object, reading: Reading): string {
  const parts = Object.entries(value as Record<string, unknown>).map(([key, one]) => {
    const text = readable(key, one, reading);
    return text === '' ? '' : `${key}: ${typeof one === 'object' && !Array.isArray(one) ? `(${text})` : text}`;
  });
  return parts.filter((part) => part !== '').join('; ');
}

export function valueText(value: unknown, words: { yes: string; no: string } = { yes: 'yes', no: 'no' }): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) && value.every((one) => typeof one !== 'object') ? value.join(', ') : JSON.stringify(value);
}
