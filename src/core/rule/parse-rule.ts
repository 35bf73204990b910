import type { z } from 'zod';
import { err, ok, type Result } from '../shared/result.js';
import { RULE_LIMITS, type Rule, ruleSchema } from './rule.js';

/** What is wrong with a rule, where (`all[2].attribute`: the third condition of the outermost `all`), and what to do. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * Makes a Rule of anything: JSON from the API, a file, the table. Depth and size are counted first and without recursion, so
 * that a rule of depth 5,000 is a problem with a path and not a stack overflow.
 */
export function parseRule(input: unknown): Result<Rule, RuleProblem[]> {
  const boundProblems = checkBounds(input);
  if (boundProblems.length > 0) return err(boundProblems);
  const parsed = ruleSchema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map((issue) => ({ path: readablePath(input, issue.path), message: explain(input, issue) })));
}

const GROUPS = new Set(['all', 'any', 'not']);
const NESTING = new Set(['all', 'any', 'not', 'account', 'people', 'parent', 'subsidiaries']);
/** Keys that reach an object's prototype instead of its data. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
/** No valid rule nests JSON deeper than this: per level an object and a list, and at the bottom a list of property filters. */
const JSON_DEPTH = 2 * RULE_LIMITS.depth + 6;

interface Visit {
  readonly value: unknown;
  readonly path: Path | undefined;
  readonly ruleDepth: number;
  readonly jsonDepth: number;
}
/** A path as a linked list, made into text only when there is a problem to show. */
interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

function checkBounds(input: unknown): RuleProblem[] {
  const forbidden: RuleProblem[] = [];
  const pending: Visit[] = [{ value: input, path: undefined, ruleDepth: 0, jsonDepth: 0 }];
  let conditions = 0;
  for (let visit = pending.pop(); visit; visit = pending.pop()) {
    const { value, path, jsonDepth } = visit;
    if (typeof value !== 'object' || value === null) continue;
    const kind = kindOf(value);
    const ruleDepth = visit.ruleDepth + (kind !== undefined && NESTING.has(kind) ? 1 : 0);
    if (ruleDepth > RULE_LIMITS.depth || jsonDepth > JSON_DEPTH) {
      return [{ path: readablePath(input, keysOf(path)), message: `The rule is nested deeper than ${RULE_LIMITS.depth} levels. Make a segment of the inner part and use it here with a “segment” condition.` }];
    }
    if (kind !== undefined && !GROUPS.has(kind) && path?.key !== 'within') conditions += 1;
    for (const key of Object.keys(value)) {
      const here = { parent: path, key: Array.isArray(value) ? Number(key) : key };
      if (FORBIDDEN.has(key)) forbidden.push({ path: readablePath(input, keysOf(here)), message: `“${key}” cannot be a field of a rule; take it out.` });
      pending.push({ value: (value as Record<string, unknown>)[key], path: here, ruleDepth, jsonDepth: jsonDepth + 1 });
    }
  }
  if (forbidden.length > 0) return forbidden;
  if (conditions > RULE_LIMITS.conditions) {
    return [{ path: '', message: `The rule has ${conditions} conditions; at most ${RULE_LIMITS.conditions} fit. Use “in” for a list of values, or make segments of parts of it.` }];
  }
  return [];
}

function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const kind: unknown = Object.hasOwn(value, 'kind') ? (value as { kind: unknown }).kind : undefined;
  return typeof kind === 'string' ? kind : undefined;
}

function keysOf(path: Path | undefined): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let step = path; step; step = step.parent) keys.unshift(step.key);
  return keys;
}

/** Names each step by the kind of the rule it is in: conditions, 2, attribute → all[2].attribute. */
export function readablePath(input: unknown, keys: readonly PropertyKey[]): string {
  let text = '';
  let here: unknown = input;
  for (const key of keys) {
    const kind = kindOf(here);
    const step = kind !== undefined && NESTING.has(kind) && ['conditions', 'condition', 'rule'].includes(String(key)) ? kind : String(key);
    text += typeof key === 'number' ? `[${key}]` : `${text === '' ? '' : '.'}${step}`;
    here = typeof here === 'object' && here !== null && Object.hasOwn(here, key) ? (here as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return text;
}

const KINDS = 'all, any, not, attribute, event, event_value, event_time, sequence, engagement, account, people, parent, subsidiaries, segment, mailable, sample';

function explain(input: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `Unknown field ${issue.keys.map((key) => `“${key}”`).join(', ')}; take it out, or look at its spelling.`;
  }
  const at = valueAt(input, issue.path);
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String).join(', ') : KINDS;
    const given = at === undefined ? 'is missing' : `${JSON.stringify(at)?.slice(0, 60)} does not exist`;
    return `The ${issue.discriminator} ${given}. Choose one of: ${options}.`;
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return `Give a condition: an object with a “kind”, one of ${KINDS}.`;
  }
  if (issue.code === 'invalid_value') return `Choose one of: ${issue.values.map(String).join(', ')}.`;
  return issue.message;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let here = input;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return here;
}
