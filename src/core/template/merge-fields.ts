import Handlebars from 'handlebars';
import { err, ok, type Result } from '../shared/result.js';
import { BLOCK_HELPERS, INLINE_HELPERS, LIMITS } from './template-functions.js';
import { TEMPLATE_ROOTS, type KnownFields } from './template-fields.js';
import type { TemplatePart, TemplateProblem } from './template-problem.js';

/** A field a template reads. Required: somewhere it stands without a fallback and outside an `{{#if}}` on itself. */
export interface MergeField {
  readonly path: string;
  readonly required: boolean;
  /** Needed only within {{#personal}}: whoever objected to profiling can do without. */
  readonly personal?: true;
}

/** Names that lead out of the data into the language: refused outright, whatever the run-time switches say. */
const FORBIDDEN = new Set([
  '__proto__', 'prototype', 'constructor', 'toString', 'toLocaleString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable',
  '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__',
]);
const LOOP_DATA = new Set(['index', 'first', 'last']);

/** What a name means at this place: a field below a prefix (`''` at the top), or the item of a loop over a list. */
type Scope = { readonly kind: 'fields'; readonly prefix: string } | { readonly kind: 'item'; readonly list: string };

interface Place {
  readonly scopes: readonly Scope[];
  readonly aliases: ReadonlyMap<string, Scope>;
  readonly guarded: ReadonlySet<string>;
  readonly depth: number;
  /** Within {{#personal}}. */
  readonly personal?: boolean;
}

/**
 * Which fields the text of a template reads, and whether it can do without them; or what stands in the way of using it.
 * Works on the parsed template, so nothing is found or missed by the look of the text.
 */
export function collectMergeFields(part: TemplatePart, source: string, known: KnownFields): Result<MergeField[], TemplateProblem[]> {
  if (source.length > LIMITS.source) return err([{ part, message: `is longer than ${LIMITS.source} characters` }]);
  if (isTooMuchToParse(source)) return err([{ part, message: `has more than ${LIMITS.expressions} expressions` }]);
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    return err([syntaxProblem(part, error)]);
  }
  const collector = new Collector(part, known);
  collector.program(program, { scopes: [{ kind: 'fields', prefix: '' }], aliases: new Map(), guarded: new Set(), depth: 0 });
  if (collector.problems.length > 0) return err(collector.problems);
  return ok([...collector.fields].map(fieldOf).sort((left, right) => (left.path < right.path ? -1 : 1)));
}

/** The fields of several parts as one list: required if any part requires it. */
export function mergeMergeFields(lists: readonly (readonly MergeField[])[]): MergeField[] {
  const all = new Map<string, Need>();
  for (const { path, required, personal } of lists.flat()) all.set(path, greater(all.get(path), !required ? 'no' : personal ? 'personal' : 'always'));
  return [...all].map(fieldOf).sort((left, right) => (left.path < right.path ? -1 : 1));
}

type Need = 'no' | 'personal' | 'always';

function greater(one: Need = 'no', other: Need): Need {
  return one === 'always' || other === 'always' ? 'always' : one === 'personal' ? one : other;
}

function fieldOf([path, need]: [string, Need]): MergeField {
  return { path, required: need !== 'no', ...(need === 'personal' && { personal: true as const }) };
}

class Collector {
  readonly fields = new Map<string, Need>();
  readonly problems: TemplateProblem[] = [];

  constructor(
    private readonly part: TemplatePart,
    private readonly known: KnownFields,
  ) {}

  program(program: hbs.AST.Program | null | undefined, place: Place): void {
    if (!program) return;
    if (place.depth > LIMITS.depth) return this.problem(program, `blocks are nested more than ${LIMITS.depth} deep`);
    for (const statement of program.body) this.statement(statement, place);
  }

  private statement(statement: hbs.AST.Statement, place: Place): void {
    switch (statement.type) {
      case 'ContentStatement':
      case 'CommentStatement':
        return;
      case 'MustacheStatement':
        return this.mustache(statement as hbs.AST.MustacheStatement, place);
      case 'BlockStatement':
        return this.block(statement as hbs.AST.BlockStatement, place);
      default:
        return this.problem(statement, `partials and decorators ({{> …}}, {{* …}}) are not available in templates`);
    }
  }

  private mustache(node: hbs.AST.MustacheStatement, place: Place): void {
    if (!node.escaped && (this.part === 'html' || this.part === 'mjml')) this.problem(node, 'unescaped output ({{{ … }}}, {{& …}}) is not allowed in HTML: a name could carry markup');
    if (!isPath(node.path)) return this.problem(node, 'a literal in {{ }} means nothing; name a field');
    if (node.params.length === 0 && node.hash === undefined && !this.isHelper(node.path)) return this.read(node.path, place, true);
    this.call(node.path, node.params, node.hash, place, true);
  }

  private block(node: hbs.AST.BlockStatement, place: Place): void {
    const name = node.path.original;
    const [subject, ...rest] = node.params;
    if (name === 'personal') return this.personalBlock(node, place);
    if (!BLOCK_HELPERS.includes(name)) return this.problem(node, `{{#${shorten(name)}}} is not a block; use ${listed(BLOCK_HELPERS)}`);
    if (!subject || rest.length > 0) return this.problem(node, `{{#${name}}} takes one field or expression`);
    this.hash(node.hash, place, false);
    const inside: Place = { ...place, depth: place.depth + 1 };
    if (name === 'if' || name === 'unless') {
      this.expression(subject, place, false);
      const whenTrue = this.guard(inside, subject, true);
      const whenFalse = this.guard(inside, subject, false);
      this.program(node.program, name === 'if' ? whenTrue : whenFalse);
      this.program(node.inverse, name === 'if' ? whenFalse : whenTrue);
      return;
    }
    const path = isPath(subject) ? this.resolve(subject, place) : undefined;
    if (path === undefined) return isPath(subject) ? undefined : this.problem(node, `{{#${name}}} takes a field`);
    if (name === 'each') this.touch(subject, path, 'no');
    const scope: Scope = name === 'each' ? { kind: 'item', list: path } : { kind: 'fields', prefix: path };
    const aliases = new Map(place.aliases);
    const [alias, indexAlias] = node.program.blockParams ?? [];
    if (alias !== undefined) aliases.set(alias, scope);
    if (indexAlias !== undefined) aliases.set(indexAlias, { kind: 'item', list: path });
    this.program(node.program, { ...inside, aliases, scopes: [...place.scopes, scope] });
    this.program(node.inverse, inside);
  }

  private personalBlock(node: hbs.AST.BlockStatement, place: Place): void {
    if (node.params.length > 0 || node.hash) return this.problem(node, '{{#personal}} takes nothing: it asks whether the person objected to profiling');
    this.program(node.program, { ...place, depth: place.depth + 1, personal: true });
    this.program(node.inverse, { ...place, depth: place.depth + 1 });
  }

  private call(path: hbs.AST.PathExpression, params: hbs.AST.Expression[], hash: hbs.AST.Hash | undefined, place: Place, required: boolean): void {
    const name = path.original;
    if (isForbidden(path)) return this.problem(path, `"${shorten(name)}" is not a field: templates cannot reach into the program`);
    if (!this.isHelper(path)) return this.problem(path, `unknown helper "${shorten(name)}"; there are ${listed(INLINE_HELPERS)}, and the blocks ${listed(BLOCK_HELPERS)}`);
    if (BLOCK_HELPERS.includes(name)) return this.problem(path, `"${name}" is a block: {{#${name} …}} … {{/${name}}}`);
    this.hash(hash, place, required);
    // With a fallback only the last word counts: {{fallback contact.first_name "there"}} needs no first name.
    for (const [index, param] of params.entries()) this.expression(param, place, required && !(name === 'fallback' && index < params.length - 1) && !isComparison(name));
    if (name === 'fallback' && required) {
      const last = params.at(-1);
      if (last && isEmptyLiteral(last)) this.problem(path, 'the last value of "fallback" is empty, so the field would still be missing');
    }
  }

  private hash(hash: hbs.AST.Hash | undefined, place: Place, required: boolean): void {
    for (const pair of hash?.pairs ?? []) this.expression(pair.value, place, required);
  }

  private expression(node: hbs.AST.Expression, place: Place, required: boolean): void {
    if (isPath(node)) return this.read(node, place, required);
    if (node.type === 'SubExpression') {
      const call = node as hbs.AST.SubExpression;
      if (place.depth > LIMITS.depth) return this.problem(node, `expressions are nested more than ${LIMITS.depth} deep`);
      this.call(call.path, call.params, call.hash, { ...place, depth: place.depth + 1 }, required);
    }
  }

  private read(node: hbs.AST.PathExpression, place: Place, required: boolean): void {
    const path = this.resolve(node, place);
    if (path === undefined) return;
    const isNeeded = required && !place.guarded.has(path) && !this.isItem(node, place);
    this.touch(node, path, !isNeeded ? 'no' : place.personal === true ? 'personal' : 'always');
  }

  /** The full name of the field, or undefined when it is no field (loop data) or when a problem was noted. */
  private resolve(node: hbs.AST.PathExpression, place: Place): string | undefined {
    const shown = shorten(node.original);
    if (isForbidden(node)) return this.problem(node, `"${shown}" is not a field: templates cannot reach into the program`);
    if (node.data && node.parts[0] !== 'root') {
      if (!LOOP_DATA.has(node.parts.join('.'))) this.problem(node, `"${shown}" is not available; in a loop there are @index, @first and @last`);
      return undefined;
    }
    const alias = node.data || node.depth > 0 ? undefined : place.aliases.get(node.parts[0] ?? '');
    const parts = node.data || alias ? node.parts.slice(1) : node.parts;
    const scope = node.data ? place.scopes[0] : (alias ?? place.scopes[place.scopes.length - 1 - node.depth]);
    if (!scope) return this.problem(node, `"${shown}" climbs above the top`);
    if (scope.kind === 'item') {
      if (!alias && TEMPLATE_ROOTS.includes(parts[0] ?? '')) return this.problem(node, `inside {{#each}} write "@root.${shown}"`);
      return scope.list;
    }
    const path = [scope.prefix, ...parts].filter((name) => name !== '').join('.');
    if (path === '') return this.problem(node, 'name a field: {{contact.first_name}}');
    return path;
  }

  private isItem(node: hbs.AST.PathExpression, place: Place): boolean {
    const alias = node.depth > 0 ? undefined : place.aliases.get(node.parts[0] ?? '');
    return !node.data && (alias ?? place.scopes[place.scopes.length - 1 - node.depth])?.kind === 'item';
  }

  private touch(node: hbs.AST.Node, path: string, need: Need): void {
    if (!this.known.has(path)) {
      const near = this.known.near(path);
      return this.problem(node, `unknown field "${shorten(path)}"${near.length > 0 ? `; did you mean ${near.map((name) => `"${name}"`).join(' or ')}?` : ''}`);
    }
    this.fields.set(path, greater(this.fields.get(path), need));
  }

  private guard(place: Place, condition: hbs.AST.Expression, holds: boolean): Place {
    const paths = this.filledWhen(condition, place, holds, 0);
    return paths.length === 0 ? place : { ...place, guarded: new Set([...place.guarded, ...paths]) };
  }

  /** The fields that are surely filled where the condition holds (or, with holds false, where it does not). */
  private filledWhen(node: hbs.AST.Expression, place: Place, holds: boolean, depth: number): string[] {
    if (depth > LIMITS.depth) return [];
    if (isPath(node)) {
      const quiet = new Collector(this.part, this.known);
      const path = holds ? quiet.resolve(node, place) : undefined;
      return path === undefined ? [] : [path];
    }
    if (node.type !== 'SubExpression') return [];
    const { path, params } = node as hbs.AST.SubExpression;
    const of = (param: hbs.AST.Expression, value: boolean): string[] => this.filledWhen(param, place, value, depth + 1);
    if (path.original === 'not' && params[0]) return of(params[0], !holds);
    if ((path.original === 'and' && holds) || (path.original === 'or' && !holds)) return params.flatMap((param) => of(param, holds));
    if (['eq', 'gt', 'lt'].includes(path.original) && holds && params.some(isFilledLiteral)) return params.filter(isPath).flatMap((param) => of(param, true));
    return [];
  }

  private isHelper(path: hbs.AST.PathExpression): boolean {
    return !path.data && path.depth === 0 && (INLINE_HELPERS.includes(path.original) || BLOCK_HELPERS.includes(path.original));
  }

  private problem(node: hbs.AST.Node, message: string): undefined {
    this.problems.push({ part: this.part, line: node.loc.start.line, message });
    return undefined;
  }
}

function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression';
}

function isForbidden(path: hbs.AST.PathExpression): boolean {
  return path.parts.some((part) => FORBIDDEN.has(part));
}

function isComparison(name: string): boolean {
  return ['eq', 'ne', 'gt', 'lt', 'and', 'or', 'not'].includes(name);
}

function isFilledLiteral(node: hbs.AST.Expression): boolean {
  return node.type === 'NumberLiteral' || (node.type === 'StringLiteral' && (node as hbs.AST.StringLiteral).value.trim() !== '') || node.type === 'BooleanLiteral';
}

function isEmptyLiteral(node: hbs.AST.Expression): boolean {
  return node.type.endsWith('Literal') && !isFilledLiteral(node);
}

/**
 * Handlebars' parser takes time that grows with the square of the nesting: 15,000 blocks within blocks would hold the
 * process for a minute. So expressions and parentheses are counted first, in one pass.
 */
function isTooMuchToParse(source: string): boolean {
  let count = 0;
  for (let open = source.indexOf('{{'); open !== -1; open = source.indexOf('{{', open + 2)) {
    count += 1;
    const close = source.indexOf('}}', open);
    if (close === -1) return count > LIMITS.expressions;
    for (let at = source.indexOf('(', open); at !== -1 && at < close; at = source.indexOf('(', at + 1)) count += 1;
    if (count > LIMITS.expressions) return true;
  }
  return false;
}

function syntaxProblem(part: TemplatePart, error: unknown): TemplateProblem {
  const text = error instanceof Error ? error.message : String(error);
  const line = /line (\d+)|^(.*?) - (\d+):/.exec(text);
  const at = Number(line?.[1] ?? line?.[3]);
  // The parser's own words end in a list of token names that helps nobody.
  const said = text.split('\n').filter((piece) => piece.trim() !== '' && !/^-+\^|^Expecting/.test(piece)).slice(0, 2).join(' ');
  return { part, ...(at > 0 ? { line: at } : {}), message: `cannot be read: ${shorten(said, 160)}` };
}

function shorten(text: string, length = 60): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function listed(names: readonly string[]): string {
  return names.join(', ');
}
