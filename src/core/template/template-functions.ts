import Handlebars from 'handlebars';

/** A template asked for more than a mail may hold. Fails that one message, with this text as the reason. */
export class TemplateLimitError extends Error {}

export const LIMITS = {
  /** Rounds of all `{{#each}}` loops of one rendering together. */
  rounds: 2_000,
  /** Characters of one rendered part. Gmail clips at 102 KB; this only stops a runaway. */
  characters: 1_000_000,
  /** Characters of one template part as written. */
  source: 500_000,
  /** Expressions of one template part, counting parentheses. */
  expressions: 1_000,
  /** Blocks within blocks. */
  depth: 30,
} as const;

export type Language = 'nl' | 'en';

/** What travels through one rendering beside the values, out of the template's reach. */
export interface RenderBudget {
  readonly language: Language;
  readonly timeZone: string;
  rounds: number;
}

/** `personal` holds what was fitted to a person: whoever objected to profiling (GDPR art. 21) reads its {{else}}. */
export const BLOCK_HELPERS: readonly string[] = ['if', 'unless', 'each', 'with', 'personal'];
export const INLINE_HELPERS: readonly string[] = ['fallback', 'formatDate', 'formatNumber', 'eq', 'ne', 'gt', 'lt', 'and', 'or', 'not', 'join'];

interface Options {
  fn: (context: unknown, options: { data: Record<string, unknown>; blockParams: unknown[] }) => string;
  inverse: (context: unknown) => string;
  data: Record<string, unknown> & { budget: RenderBudget; root?: { profiling?: { off?: unknown } } };
}

/**
 * A Handlebars of our own with a fixed list of helpers: no `lookup` (reads any property), no `log`, nothing that calls what
 * is not on the list. A field is never a function, so what a template can do is what stands here.
 */
export function handlebarsWithHelpers(): typeof Handlebars {
  const engine = Handlebars.create();
  for (const name of ['lookup', 'log', 'each', 'helperMissing', 'blockHelperMissing']) engine.unregisterHelper(name);
  engine.registerHelper('each', each);
  engine.registerHelper('personal', personal);
  engine.registerHelper('fallback', (...params: unknown[]) => params.slice(0, -1).find(isFilled));
  engine.registerHelper('formatDate', (value: unknown, ...rest: unknown[]) => formatDate(value, rest.length > 1 ? rest[0] : 'long', budgetOf(rest)));
  engine.registerHelper('formatNumber', (value: unknown, ...rest: unknown[]) => formatNumber(value, rest.length > 1 ? rest[0] : undefined, budgetOf(rest)));
  engine.registerHelper('join', (list: unknown) => (Array.isArray(list) ? list.slice(0, LIMITS.rounds).filter(isFilled).join(', ') : undefined));
  engine.registerHelper('eq', (left: unknown, right: unknown) => left === right);
  engine.registerHelper('ne', (left: unknown, right: unknown) => left !== right);
  engine.registerHelper('gt', (left: unknown, right: unknown) => typeof left === typeof right && (left as number) > (right as number));
  engine.registerHelper('lt', (left: unknown, right: unknown) => typeof left === typeof right && (left as number) < (right as number));
  engine.registerHelper('and', (...params: unknown[]) => params.slice(0, -1).every(isTruthy));
  engine.registerHelper('or', (...params: unknown[]) => params.slice(0, -1).some(isTruthy));
  engine.registerHelper('not', (value: unknown) => !isTruthy(value));
  return engine;
}

/** Filled: something a reader would see. A name of blanks is as missing as none. */
export function isFilled(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'string') return value.trim() !== '';
  return !Array.isArray(value) || value.length > 0;
}

function isTruthy(value: unknown): boolean {
  return isFilled(value) && value !== false && value !== 0;
}

function budgetOf(rest: unknown[]): RenderBudget {
  return (rest.at(-1) as Options).data.budget;
}

function personal(this: unknown, options: Options): string {
  return options.data.root?.profiling?.off === true ? options.inverse(this) : (options.fn as (context: unknown) => string)(this);
}

function each(this: unknown, list: unknown, options: Options): string {
  if (!Array.isArray(list) || list.length === 0) return options.inverse(this);
  const { budget } = options.data;
  if (list.length > budget.rounds) throw new TemplateLimitError(`the template loops more than ${LIMITS.rounds} times in one mail`);
  budget.rounds -= list.length;
  let text = '';
  for (const [index, item] of list.entries()) {
    const data = Object.assign(Handlebars.createFrame(options.data) as Record<string, unknown>, { index, first: index === 0, last: index === list.length - 1 });
    text += options.fn(item, { data, blockParams: [item, index] });
    if (text.length > LIMITS.characters) throw new TemplateLimitError(`a loop of the template writes more than ${LIMITS.characters} characters`);
  }
  return text;
}

const LOCALES: Record<Language, string> = { nl: 'nl-NL', en: 'en-GB' };

function formatDate(value: unknown, style: unknown, { language, timeZone }: RenderBudget): string | undefined {
  if (typeof value !== 'string' && !(value instanceof Date)) return undefined;
  const bare = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value); // a date has no zone
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime())) return undefined;
  const zone = bare ? 'UTC' : timeZone;
  if (style === 'month') return new Intl.DateTimeFormat(LOCALES[language], { month: 'long', year: 'numeric', timeZone: zone }).format(moment);
  const dateStyle = style === 'short' || style === 'medium' || style === 'full' ? style : 'long';
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle, timeZone: zone }).format(moment);
}

function formatNumber(value: unknown, decimals: unknown, { language }: RenderBudget): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const digits = typeof decimals === 'number' && decimals >= 0 && decimals <= 6 ? Math.trunc(decimals) : undefined;
  return new Intl.NumberFormat(LOCALES[language], { minimumFractionDigits: digits ?? 0, maximumFractionDigits: digits ?? 2 }).format(value);
}
