import type { PermissionTerms } from '../core/decision/permission.js';
import { conditionsOf, millisecondsOf, PATIENCE_MS, thriftOf } from '../core/rule/costly-condition.js';
import type { Rule, Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';
import { readWithin } from './limited-reading.js';
import { compileReasons, explainCost } from './reach.queries.js';
import type { RuleBook, Sentence } from './rule-book.js';

/** What a rule will take, by the planner's estimate: nothing is run. */
export interface Estimate {
  readonly rows: number;
  /** In the planner's units. */
  readonly cost: number;
  readonly milliseconds: number;
  /** Part of them: to count who may be mailed, and why the others not. */
  readonly mailingMilliseconds: number;
  readonly expensive: boolean;
  /** Of an expensive rule: which condition costs most, and what to do about it. */
  readonly advice: Sentence | null;
}

/** Only so many conditions are looked at by themselves: planning takes some milliseconds each. */
const CONDITIONS_LOOKED_AT = 30;

export interface Asking {
  readonly patience?: number;
  /** With a purpose: counting who may be mailed, and why the others not, is part of what is asked. */
  readonly terms?: PermissionTerms | undefined;
}

const MAILING_ADVICE: Sentence = {
  nl: 'Dit vraagt veel tijd. Het meest kost tellen wie er gemaild mag worden en waarom de anderen niet. Vraag het zonder doel, of begin met een kleiner segment.',
  en: 'This takes long. What costs most is counting who may be mailed and why the others not. Ask without a purpose, or begin from a smaller segment.',
};

/** Undefined when the rule cannot be compiled, or planning itself takes too long. */
export async function estimateRule(sql: Sql, book: RuleBook, rule: Rule, scope: Scope, now: Date, { patience = PATIENCE_MS, terms }: Asking = {}): Promise<Estimate | undefined> {
  const estimated = await readWithin(sql, async (reader) => {
    const { rows, cost: selecting } = await costOf(reader, book, rule, scope, now);
    const mailing = terms ? (await explainCost(reader, compileReasons((params) => book.compiled(rule, scope, now, params), scope, terms, now))).cost : 0;
    const cost = selecting + mailing;
    const milliseconds = millisecondsOf(cost);
    const expensive = milliseconds > patience;
    // Who may be mailed is asked of the same people, so that statement selects them once more.
    const advice = !expensive ? null : mailing > 3 * selecting ? MAILING_ADVICE : await adviceOn(reader, book, rule, scope, now);
    return { rows, cost: Math.round(cost), milliseconds, mailingMilliseconds: millisecondsOf(mailing), expensive, advice };
  });
  return estimated.ok ? estimated.value : undefined;
}

async function costOf(sql: Sql, book: RuleBook, rule: Rule, scope: Scope, now: Date): Promise<{ rows: number; cost: number }> {
  const compiled = book.compile(rule, scope, now);
  return compiled.ok ? explainCost(sql, compiled.value) : { rows: 0, cost: 0 };
}

async function adviceOn(sql: Sql, book: RuleBook, rule: Rule, scope: Scope, now: Date): Promise<Sentence> {
  let dearest = { condition: rule, cost: -1 };
  // One statement each on purpose: what a condition costs by itself, the plan of the whole does not tell.
  for (const condition of conditionsOf(rule).slice(0, CONDITIONS_LOOKED_AT)) {
    const { cost } = await costOf(sql, book, condition, scope, now);
    if (cost > dearest.cost) dearest = { condition, cost };
  }
  const sentence = book.describe(dearest.condition, scope);
  const thrift = thriftOf(dearest.condition);
  return {
    nl: `Deze regel vraagt veel tijd. Het meest kost: “${sentence.nl.slice(0, -1)}”. ${thrift.nl}`,
    en: `This rule takes long. What costs most: “${sentence.en.slice(0, -1)}”. ${thrift.en}`,
  };
}
