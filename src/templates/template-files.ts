import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Language } from '../core/template/template-functions.js';
import type { TemplateDraft, TemplateLanguageDraft } from './template-draft.js';

export interface TemplateFile {
  readonly key: string;
  /** Of everything the template is made from, its layout included: a change anywhere makes a new version. */
  readonly contentHash: string;
  readonly draft: TemplateDraft;
}

export interface Layouts {
  readonly mjml: ReadonlyMap<string, string>;
  readonly words: Readonly<Record<Language, Readonly<Record<string, string>>>>;
  readonly hash: string;
}

const LANGUAGES: readonly Language[] = ['nl', 'en'];

/** Reads templates/layouts: one MJML frame per file and the words of its footer per language. */
export async function readLayouts(root: string): Promise<Layouts> {
  const folder = join(root, 'templates', 'layouts');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjml')).sort();
  const mjml = new Map<string, string>();
  for (const name of names) mjml.set(name.replace(/\.mjml$/, ''), await readFile(join(folder, name), 'utf8'));
  const words = await readFile(join(folder, 'words.json'), 'utf8');
  return { mjml, words: JSON.parse(words) as Layouts['words'], hash: hashOf([words, ...mjml.values()]) };
}

/** Reads templates/mails/<key>/{nl,en}.mjml: MJML sections below a few lines of front matter. */
export async function readTemplateFiles(root: string, layouts: Layouts): Promise<TemplateFile[]> {
  const folder = join(root, 'templates', 'mails');
  const keys = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(keys.map(async (key) => readTemplateFile(join(folder, key), key, layouts)));
}

async function readTemplateFile(folder: string, key: string, layouts: Layouts): Promise<TemplateFile> {
  const files = await readdir(folder);
  const languages: Partial<Record<Language, TemplateLanguageDraft>> = {};
  const sources: string[] = [layouts.hash];
  let name = key;
  for (const language of LANGUAGES.filter((each) => files.includes(`${each}.mjml`))) {
    const source = await readFile(join(folder, `${language}.mjml`), 'utf8');
    const { fields, body } = frontMatter(source);
    sources.push(language, source);
    if (language === 'en' || name === key) name = fields['name'] ?? key;
    languages[language] = { subject: fields['subject'] ?? '', preheader: fields['preheader'] ?? '', layout: fields['layout'] ?? 'base', mjml: body };
  }
  return { key, contentHash: hashOf(sources), draft: { name, languages } };
}

function frontMatter(source: string): { fields: Record<string, string>; body: string } {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(source);
  if (!match) return { fields: {}, body: source };
  const lines = (match[1] ?? '').split(/\r?\n/).map((line) => /^(\w+):\s*(.*)$/.exec(line));
  return { fields: Object.fromEntries(lines.flatMap((line) => (line ? [[line[1] ?? '', line[2] ?? '']] : []))), body: source.slice(match[0].length) };
}

function hashOf(pieces: readonly string[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(`${piece.length}:`).update(piece);
  return hash.digest('hex');
}
