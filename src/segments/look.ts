import type { PermissionTerms } from '../core/decision/permission.js';
import { extrapolate, type Extrapolated } from '../core/rule/extrapolate.js';
import type { Rule, Scope } from '../core/rule/rule.js';
import { ok, type Result } from '../core/shared/result.js';
import { estimateRows } from '../platform/database/estimate-rows.js';
import type { Sql } from '../platform/database/sql.js';
import { readWithin, type SegmentSlow } from './limited-reading.js';
import { listMembersAmong } from './membership.queries.js';
import { type Compile, type CountedCode, countPeopleOf, countReasons, countReasonsOf, drawIds, type Reached, reach } from './reach.queries.js';
import type { RuleBook } from './rule-book.js';

export interface Looked {
  readonly book: RuleBook;
  readonly rule: Rule;
  readonly scope: Scope;
  readonly now: Date;
  /** With a purpose: under what its mail is asked about. */
  readonly terms: PermissionTerms | undefined;
}

/** What looking at a rule found. */
export interface Look extends Omit<Reached, 'drawn'> {
  /** Null: counted one and all. Else judged by those drawn. */
  readonly between: Pick<Extrapolated, 'from' | 'to'> | null;
  readonly reasons: readonly CountedCode[];
  readonly reasonsExact: boolean;
}

/**
 * How long somebody who builds a rule waits for it: so long for the exact answer, then so long for asking people drawn by lot, at most so many.
 * Together with all else a preview stays within a second on a million contacts, of any rule.
 */
export interface Patience {
  readonly exactMs: number;
  readonly drawMs: number;
  readonly draw: number;
}
export const QUICK: Patience = { exactMs: 550, drawMs: 250, draw: 4_000 };

/** Up to so many contacts are always counted. */
const SMALL = 20_000;
/** One statement for so many: the first tells how long the next takes. */
const AT_ONCE = 250;

/** All people, with all the time there is. */
export async function lookAtAll(sql: Sql, { book, rule, scope, now, terms }: Looked, sample: number): Promise<Result<Look, SegmentSlow>> {
  const compile: Compile = (params) => book.compiled(rule, scope, now, params);
  return readWithin(sql, async (reader) => {
    const { count, ids, people } = await reach(reader, compile, scope, sample, 0);
    const reasons = terms ? await countReasons(reader, compile, scope, terms, now) : [];
    return { count, ids, people, between: null, reasons, reasonsExact: true };
  });
}

/**
 * The exact answer where it is there in time. Where it is not, or `dear` says that it will not be, people drawn by lot are asked one by one, as live
 * membership does: at a million contacts 4,000 take 0.1 s of most rules, whatever the rule costs of everybody (14 s under load). What keeps the rest from being
 * mailed is asked of all members where that is quick, else of 4,000 of them.
 */
export async function lookQuickly(sql: Sql, looked: Looked, sample: number, dear: boolean, patience: Patience): Promise<Result<Look, SegmentSlow>> {
  const { book, rule, scope, now, terms } = looked;
  const compile: Compile = (params) => book.compiled(rule, scope, now, params);
  const left = stopwatch(dear ? 0 : patience.exactMs);
  const counted = await inTime(sql, left(), (reader) => reach(reader, compile, scope, sample, terms ? patience.draw : 0));
  if (!counted) return lookAtDrawn(sql, looked, sample, patience);
  const { drawn, ...reached } = counted;
  if (!terms) return ok({ ...reached, between: null, reasons: [], reasonsExact: true });
  const few = drawn.length >= reached.count;
  const all = few ? undefined : await inTime(sql, left(), (reader) => countReasons(reader, compile, scope, terms, now));
  const reasons = all ? ok(all) : await readWithin(sql, (reader) => countReasonsOf(reader, drawn, scope, terms, now));
  if (!reasons.ok) return reasons;
  return ok({ ...reached, between: null, reasons: scaled(reasons.value, reached.people), reasonsExact: few || all !== undefined });
}

async function lookAtDrawn(sql: Sql, { book, rule, scope, now, terms }: Looked, sample: number, { drawMs, draw }: Patience): Promise<Result<Look, SegmentSlow>> {
  const { value: everybody } = await estimateRows(sql, 'segments.everybody', `${scope}s`, { text: `select from ${scope}s`, params: [] });
  return readWithin(sql, async (reader) => {
    const ids = await drawIds(reader, scope, draw);
    const left = stopwatch(drawMs);
    const members: number[] = [];
    let asked = 0;
    // One statement after the other on purpose: how many can be asked in time shows only as one goes.
    for (; asked < ids.length && (asked === 0 || left() > 0); asked += AT_ONCE) {
      const compiled = book.compile(rule, scope, now, ids.slice(asked, asked + AT_ONCE));
      if (compiled.ok) members.push(...(await listMembersAmong(reader, compiled.value, scope)));
    }
    const { count, from, to } = extrapolate(members.length, Math.min(asked, ids.length), everybody);
    const people = scope === 'contact' || members.length === 0 ? count : Math.round((count * (await countPeopleOf(reader, members))) / members.length);
    const reasons = terms ? scaled(await countReasonsOf(reader, members, scope, terms, now), people) : [];
    return { count, people, ids: [...members].sort((a, b) => a - b).slice(0, sample), between: { from, to }, reasons, reasonsExact: false };
  });
}

/** Few enough that everybody is asked always: by the size of the table, which is known without counting. */
export async function isSmall(sql: Sql, scope: Scope = 'contact', small = SMALL): Promise<boolean> {
  const { value } = await estimateRows(sql, 'segments.everybody', `${scope}s`, { text: `select from ${scope}s`, params: [] });
  return value <= small;
}

async function inTime<Value>(sql: Sql, milliseconds: number, work: (sql: Sql) => Promise<Value>): Promise<Value | undefined> {
  if (milliseconds < 1) return undefined;
  const done = await readWithin(sql, work, Math.ceil(milliseconds));
  return done.ok ? done.value : undefined;
}

function stopwatch(milliseconds: number): () => number {
  const began = performance.now();
  return () => milliseconds - (performance.now() - began);
}

/** As many as `people` in all, in the same shares. */
function scaled(reasons: readonly CountedCode[], people: number): CountedCode[] {
  const counted = reasons.reduce((sum, { count }) => sum + count, 0);
  return counted === people || counted === 0 ? [...reasons] : reasons.map(({ code, count }) => ({ code, count: Math.round((count * people) / counted) }));
}
