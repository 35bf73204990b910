import { err, ok, type Result } from '../shared/result.js';
import { BLOCK_HELPERS, handlebarsWithHelpers, INLINE_HELPERS, isFilled, LIMITS, TemplateLimitError, type Language, type RenderBudget } from './template-functions.js';
import type { MergeField } from './merge-fields.js';

/** The values of one person's mail, by root: contact, account, sender … Plain data: no functions, no class instances but Date. */
export type MergeValues = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** One language of a template, ready to render. Its text comes from the store, where only checked templates are. */
export interface TemplateText {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface CompiledTemplate {
  /** Fails only by a limit (a loop too long, an output too large), with the reason in words. */
  render(values: MergeValues): Result<RenderedMail, string>;
}

const engine = handlebarsWithHelpers();
const knownHelpers = Object.fromEntries([
  ...[...BLOCK_HELPERS, ...INLINE_HELPERS].map((name) => [name, true] as const),
  ...['lookup', 'log', 'helperMissing', 'blockHelperMissing'].map((name) => [name, false] as const),
]);
const SAFE = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false, allowCallsToHelperMissing: false } as const;

/** Compiles the three parts once per template version. HTML is always escaped; subject and text are plain, so never are. */
export function compileTemplate(source: TemplateText, language: Language, timeZone: string): CompiledTemplate {
  const parts = { subject: compilePart(source.subject, true), html: compilePart(source.html, false), text: compilePart(source.text, true) };
  return {
    render(values) {
      const budget: RenderBudget = { language, timeZone, rounds: LIMITS.rounds };
      const runtime = { ...SAFE, data: { budget } };
      try {
        const mail = { subject: parts.subject(values, runtime), html: parts.html(values, runtime), text: parts.text(values, runtime) };
        const long = Object.entries(mail).find(([, text]) => text.length > LIMITS.characters);
        return long ? err(`the ${long[0]} is longer than ${LIMITS.characters} characters`) : ok(mail);
      } catch (error) {
        if (error instanceof TemplateLimitError) return err(error.message);
        throw error;
      }
    },
  };
}

/** Filled by the engine itself for every mail, so never missing. */
const ALWAYS_THERE = /^(?:links|workspace|campaign)\./;

/** The required fields that this person has no value for: they deny the message, by name, rather than send "Dear ,". */
export function missingFields(fields: readonly MergeField[], values: MergeValues): string[] {
  const isGeneric = values['profiling']?.['off'] === true;
  return fields.filter(({ path, required, personal }) => required && !(personal && isGeneric) && !ALWAYS_THERE.test(path) && !isFilled(valueAt(values, path))).map(({ path }) => path);
}

function valueAt(values: MergeValues, path: string): unknown {
  let value: unknown = values;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function compilePart(source: string, noEscape: boolean): (values: MergeValues, runtime: object) => string {
  return engine.compile(source, { knownHelpers, knownHelpersOnly: true, noEscape, preventIndent: true });
}
