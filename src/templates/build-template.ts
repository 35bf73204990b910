import { convert } from 'html-to-text';
import { err, ok, type Result } from '../core/shared/result.js';
import { lintTemplate } from '../core/template/lint-template.js';
import type { Language } from '../core/template/template-functions.js';
import { collectMergeFields, mergeMergeFields, type MergeField } from '../core/template/merge-fields.js';
import type { KnownFields } from '../core/template/template-fields.js';
import type { TemplateProblem } from '../core/template/template-problem.js';
import type { Layouts } from './template-files.js';
import type { TemplateLanguageDraft } from './template-draft.js';

/** One language of a template as it is stored: MJML compiled once, Handlebars expressions still in place. */
export interface BuiltLanguage {
  readonly language: Language;
  readonly subject: string;
  readonly preheader: string;
  readonly mjml: string;
  readonly html: string;
  readonly text: string;
  readonly mergeFields: readonly MergeField[];
}

/** Frames, checks and compiles what an author wrote; every problem is named, with its line in the author's own text. */
export async function buildLanguage(language: Language, draft: TemplateLanguageDraft, layouts: Layouts, known: KnownFields): Promise<Result<BuiltLanguage, TemplateProblem[]>> {
  const sources = [collectMergeFields('subject', draft.subject, known), collectMergeFields('preheader', draft.preheader, known), collectMergeFields('mjml', draft.mjml, known)];
  const early = sources.flatMap((source) => (source.ok ? [] : source.error));
  const include = draft.mjml.search(/<mj-include\b/i); // MJML is told to ignore it; the author should know
  if (include !== -1) early.push({ part: 'mjml', line: draft.mjml.slice(0, include).split('\n').length, message: '<mj-include> is not available: a template reads no files' });
  if (early.length > 0) return err(early);

  const framed = frame(language, draft, layouts);
  if (!framed.ok) return framed;
  const compiled = await compileMjml(framed.value.mjml, framed.value.linesBefore);
  if (!compiled.ok) return compiled;

  const html = compiled.value;
  const text = draft.text ?? textOf(html);
  const problems = lintTemplate(html, text);
  const parts = [collectMergeFields('subject', draft.subject, known), collectMergeFields('html', html, known), collectMergeFields('text', text, known)];
  for (const part of parts) if (!part.ok) problems.push(...part.error);
  if (problems.length > 0) return err(problems);
  const mergeFields = mergeMergeFields(parts.map((part) => (part.ok ? part.value : [])));
  return ok({ language, subject: draft.subject, preheader: draft.preheader, mjml: framed.value.mjml, html, text, mergeFields });
}

/** Puts sections into their layout; a whole document stays as it is. linesBefore turns MJML's line numbers into the author's. */
function frame(language: Language, draft: TemplateLanguageDraft, layouts: Layouts): Result<{ mjml: string; linesBefore: number }, TemplateProblem[]> {
  if (/^\s*<mjml[\s>]/.test(draft.mjml)) return ok({ mjml: draft.mjml, linesBefore: 0 });
  const layout = layouts.mjml.get(draft.layout);
  if (layout === undefined) return err([{ part: 'mjml', message: `there is no layout "${draft.layout}"; there are ${[...layouts.mjml.keys()].join(', ')}` }]);
  const words: Record<string, string> = { ...layouts.words[language], language, preheader: escapeLiterals(draft.preheader) };
  // A function as replacement: "$&" in an author's text is text.
  const filled = layout.replace(/\[\[(\w+)\]\]/g, (whole, name: string) => words[name] ?? whole);
  const before = filled.slice(0, filled.indexOf('[[content]]'));
  return ok({ mjml: filled.replace('[[content]]', () => draft.mjml), linesBefore: before.split('\n').length - 1 });
}

interface MjmlError {
  readonly line: number;
  readonly message: string;
  readonly tagName: string;
}

async function compileMjml(mjml: string, linesBefore: number): Promise<Result<string, TemplateProblem[]>> {
  // Loading MJML takes a second, so only those who save a template pay for it.
  const { default: compile } = await import('mjml');
  try {
    // No includes (they read files), no web fonts (a call home from the reader's machine).
    const { html } = await compile(mjml, { validationLevel: 'strict', keepComments: false, ignoreIncludes: true, fonts: {} });
    if (!/<body/.test(html)) return err([{ part: 'mjml', message: 'gives an empty mail' }]);
    return ok(html.replace(/[ \t]+$/gm, '').replace(/^[ \t]+/gm, '').replace(/\n{2,}/g, '\n'));
  } catch (error) {
    const errors = (error as { errors?: MjmlError[] }).errors;
    if (errors) return err(errors.map(({ line, message, tagName }) => ({ part: 'mjml' as const, line: Math.max(1, line - linesBefore), message: `<${tagName}>: ${message}` })));
    return err([{ part: 'mjml', message: `cannot be read: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}` }]);
  }
}

/** The text part, read off the HTML. Capitals and line wrapping would break the expressions in it, so neither is touched. */
function textOf(html: string): string {
  const text = convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'div[style^="display:none"]', format: 'skip' },
      { selector: 'img', format: 'skip' },
      { selector: 'div', format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
      { selector: 'a', options: { linkBrackets: ['(', ')'], hideLinkHrefIfSameAsText: true } },
      ...['h1', 'h2', 'h3', 'h4'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  });
  return `${text.replace(/\u00a0/g, ' ').replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

/** Escapes what would be markup in the literal pieces of a text, and leaves its expressions alone. */
function escapeLiterals(text: string): string {
  return text.replace(/(\{\{[\s\S]*?\}\})|[&<>]/g, (found: string, expression: string | undefined) => expression ?? (found === '&' ? '&amp;' : found === '<' ? '&lt;' : '&gt;'));
}
