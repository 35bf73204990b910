import { type CompiledPermission, compilePermission } from '../decision/compile-permission.js';
import type { PurposeCatalogue } from '../decision/permission.js';
import { assertNever } from '../shared/assert-never.js';
import { err, ok, type Result } from '../shared/result.js';
import type { Moment } from './bounds.js';
import { type Campaigns, checkRule } from './check-rule.js';
import { askTime, askValue } from './compile-events.js';
import { accountsAbove, accountsBelow, type Matching, relativesOf, subsidiaryRows } from './compile-group.js';
import { askCount, type Asked, buyingGroup, compared, engagementRows, eventRows, idColumn, idsOf, listRows, needed, ONCE, type Rows } from './compile-rows.js';
import { askSequence, askSequenceOfOne } from './compile-sequence.js';
import { compileAttribute, compileSample, Parameters } from './compile-value.js';
import type { FieldCatalogue } from './fields.js';
import { isListable, readsManyRows } from './listable.js';
import type { RuleProblem } from './parse-rule.js';
import type { EngagementCondition, EventCondition, EventTimeCondition, EventValueCondition, ParentCondition, PeopleCondition, PeopleRole, Rule, Scope, SegmentRule, SequenceCondition, SubsidiariesCondition } from './rule.js';

export interface CompileOptions extends Moment {
  readonly fields: FieldCatalogue;
  readonly segments: (key: string) => SegmentRule | undefined;
  /** The purposes that `mailable` may name; none when left out. */
  readonly purposes?: PurposeCatalogue | undefined;
  /** The ids of the campaigns there are, by key; none when left out. */
  readonly campaigns?: Campaigns | undefined;
  /** What the rule selects; contacts when left out. */
  readonly scope?: Scope;
  /**
   * Ask only about these ids: every event and people condition is then looked up per person instead of being answered for
   * everybody first. For re-checks of one to some hundred.
   */
  readonly only?: readonly number[];
  /** Those of another rule, to ask both in one statement. */
  readonly params?: Parameters;
}

export interface CompiledRule {
  /** One SELECT of one column, contact_id or account_id, with $1 … $n; each id once. */
  readonly text: string;
  readonly params: unknown[];
}

/**
 * Compiles a rule, with the rules of the segments it uses, to ONE statement. Values travel as parameters only; table and
 * column names come from this file and the catalogue.
 *
 * What a condition about many rows (events, people, members of a list) becomes depends on where it stands, because PostgreSQL plans a
 * subquery under OR or NOT for itself, row by row as soon as its result does not fit into work_mem:
 * - one that must hold: `id in (select …)`, which the planner turns into a join;
 * - one that must not hold: `not exists`, an anti join;
 * - "any" of several that can be listed: `id in (select … union select …)`, so that each is answered by its own index;
 * - elsewhere: a left join of the set, asked `is (not) null`, which stays a join under OR;
 * - with `only`: a scalar lookup, which is planned without joins (planning is most of its time: 46 partitions take 4.3 ms as
 *   `exists`, 1.6 ms as a scalar).
 * Sets that are grouped are computed once, in a WITH: in place, each process of a parallel plan would compute them anew (5 s instead of 2.4).
 */
export function compileRule(rule: Rule, options: CompileOptions): Result<CompiledRule, RuleProblem[]> {
  const scope = options.scope ?? 'contact';
  const problems = checkRule(rule, { scope, fields: options.fields, segments: options.segments, purposes: options.purposes, campaigns: options.campaigns });
  if (problems.length > 0) return err(problems);
  const compilation = new Compilation(options);
  return ok({ text: compilation.statement(rule, scope), params: compilation.params.values });
}

const TABLE: Record<Scope, string> = { contact: 'contacts', account: 'accounts' };
const ID: Record<Scope, string> = { contact: 'contact_id', account: 'account_id' };

/** One FROM: the people or accounts asked about, and the joins their conditions need. */
interface Frame {
  readonly scope: Scope;
  readonly alias: string;
  readonly joins: string[];
  /** The contact's account, or the account's parent: joined once for all conditions about it. */
  above?: Frame;
  /** By purpose: what speaks against mailing the contact. */
  readonly permissions: Map<string, CompiledPermission>;
  /** Conditions on the row itself that must hold for all that is selected from here. */
  readonly required: { readonly rule: Rule; readonly negated: boolean }[];
}

function idOf(frame: Frame): string {
  return `${frame.alias}.${ID[frame.scope]}`;
}

/** How a condition stands: must it hold for the whole to hold, and is it asked the other way round? */
interface Position {
  readonly required: boolean;
  readonly negated: boolean;
}

class Compilation {
  readonly params: Parameters;
  /** Named sets of the WITH; one may use those before it. */
  private readonly sets: string[] = [];
  private names = 0;

  constructor(private readonly options: CompileOptions) {
    this.params = options.params ?? new Parameters();
  }

  statement(rule: Rule, scope: Scope): string {
    const text = this.select(rule, scope, false);
    return this.sets.length === 0 ? text : `with ${this.sets.join(', ')} ${text}`;
  }

  /** The ids for which a rule, or its opposite, holds; each once. */
  private select(rule: Rule, scope: Scope, negated: boolean): string {
    return (this.options.only ? undefined : this.list(rule, scope, negated)) ?? this.scan(rule, scope, negated);
  }

  /** Everybody, asked one by one. */
  private scan(rule: Rule, scope: Scope, negated: boolean): string {
    const frame = this.frame(scope);
    const conditions = [this.condition(rule, frame, { required: true, negated })];
    if (this.options.only) conditions.unshift(`${idOf(frame)} = any(${this.params.add(this.options.only, 'bigint[]')})`);
    return `select ${idOf(frame)} from ${this.from(frame)} where ${conditions.join(' and ')}`;
  }

  /**
   * The ids as the events or people themselves give them, without a look at the table of contacts or accounts: an event's contact
   * exists, because who deletes a contact deletes its events with it. Undefined when the rule is of another kind.
   */
  private list(rule: Rule, scope: Scope, negated: boolean): string | undefined {
    switch (rule.kind) {
      case 'not':
        return this.list(rule.condition, scope, !negated);
      case 'segment': {
        const segment = this.segment(rule.segment);
        const outside = negated !== (rule.operator === 'not_in');
        if (!segment.rule) return outside ? undefined : idsOf(askCount(listRows(segment, this.alias('m'), this.params), ONCE, this.params));
        return this.list(segment.rule, scope, outside);
      }
      case 'all':
      case 'any': {
        const [only] = rule.conditions;
        if (only && rule.conditions.length === 1) return this.list(only, scope, negated);
        return (rule.kind === 'any') !== negated && this.isUnion(rule.conditions, negated) ? this.union(rule.conditions, scope, negated) : undefined;
      }
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
      case 'engagement':
      case 'people':
      case 'subsidiaries':
        return isListable(rule, negated, this.options.segments) ? idsOf(this.asked(rule)) : undefined;
      case 'parent':
        return rule.depth === 'any' && !negated ? idsOf(this.asked(rule)) : undefined;
      case 'attribute':
      case 'account':
      case 'mailable':
      case 'sample':
        return undefined;
      default:
        return assertNever(rule);
    }
  }

  private frame(scope: Scope): Frame {
    return { scope, alias: this.alias(scope === 'contact' ? 'c' : 'a'), joins: [], required: [], permissions: new Map() };
  }

  private from(frame: Frame): string {
    return [`${TABLE[frame.scope]} ${frame.alias}`, ...frame.joins].join(' ');
  }

  /** An expression that is true for whom the condition holds, and false or null for all others. */
  private condition(rule: Rule, frame: Frame, position: Position): string {
    switch (rule.kind) {
      case 'all':
        return this.group(rule.conditions, frame, position, position.negated ? 'or' : 'and');
      case 'any':
        return this.group(rule.conditions, frame, position, position.negated ? 'and' : 'or');
      case 'not':
        return this.condition(rule.condition, frame, { ...position, negated: !position.negated });
      case 'attribute': {
        const field = this.options.fields.find(frame.scope, rule.attribute);
        if (!field) throw new Error(`Attribute ${rule.attribute} was not checked.`);
        const test = compileAttribute(rule, field, frame.alias, this.params, this.options);
        return position.negated ? `(${test}) is not true` : `(${test})`;
      }
      case 'account':
        return this.above(rule.rule, frame, position);
      case 'parent':
        return rule.depth === 'direct' ? this.above(rule.rule, frame, position) : this.ask(this.asked(rule, frame), frame, position);
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
      case 'engagement':
      case 'people':
      case 'subsidiaries':
        return this.ask(this.asked(rule, frame), frame, position);
      case 'segment': {
        const segment = this.segment(rule.segment);
        const here = { ...position, negated: position.negated !== (rule.operator === 'not_in') };
        return segment.rule ? this.condition(segment.rule, frame, here) : this.ask(askCount(listRows(segment, this.alias('m'), this.params), ONCE, this.params), frame, here);
      }
      case 'mailable':
        return this.mailable(rule.purpose, frame, position);
      case 'sample':
        return `${position.negated ? 'not ' : ''}(${compileSample(rule, frame.scope, idOf(frame), this.params)})`;
      default:
        return assertNever(rule);
    }
  }

  /** Since no condition is unknown, `not` of a group is the other group of the negated conditions (De Morgan). */
  private group(conditions: readonly Rule[], frame: Frame, position: Position, word: 'and' | 'or'): string {
    if (conditions.length === 0) return word === 'and' ? 'true' : 'false';
    if (word === 'or' && position.required && this.isUnion(conditions, position.negated)) return `${idOf(frame)} in (${this.union(conditions, frame.scope, position.negated)})`;
    const required = position.required && (word === 'and' || conditions.length === 1);
    if (required) frame.required.push(...conditions.filter((rule) => this.narrows(rule, position.negated)).map((rule) => ({ rule, negated: position.negated })));
    const together = required && !position.negated ? samePeople(conditions) : [];
    const alone = conditions.filter((condition) => !together.flat().includes(condition as PartCondition));
    const parts = [...alone.map((condition) => this.condition(condition, frame, { ...position, required })), ...together.map((parts) => this.parts(parts, frame))];
    return `(${parts.join(` ${word} `)})`;
  }

  /** "Three of the buying group did this, one of them a decider": the people are found once and counted for each part (1.5 s; so: 0.8 s). */
  private parts(conditions: readonly PartCondition[], frame: Frame): string {
    const people = this.frame('contact');
    const member = this.alias('b');
    const group = buyingGroup(conditions.map(({ role }) => role), people.alias, member, this.params, this.options.now);
    const [first] = conditions;
    if (!first) throw new Error('No condition to ask.');
    const test = this.condition(first.rule, people, { required: true, negated: false });
    const key = `${people.alias}.account_id`;
    const counts = conditions.map(({ role, count }) => {
      const those = role === 'any' ? '' : ` filter (where ${member}.role = ${this.params.add(role, 'text')})`;
      return compared(`count(distinct ${people.alias}.contact_id)${those}`, count, this.params);
    });
    const from = [group.from, ...people.joins].join(' ');
    const where = [...group.where, test, ...this.narrowed(frame, key)].join(' and ');
    if (this.options.only) return `(select ${counts.join(' and ')} from ${from} where ${key} = ${idOf(frame)} and ${where})`;
    const set = this.set(`select ${key} from ${from} where ${where} group by ${key} having ${counts.join(' and ')}`);
    return `${idOf(frame)} in (select account_id from ${set})`;
  }

  private narrows(rule: Rule, negated: boolean): boolean {
    const { segments } = this.options;
    return !readsManyRows(rule, segments) && isListable(rule, negated, segments);
  }

  private isUnion(conditions: readonly Rule[], negated: boolean): boolean {
    const { segments, only } = this.options;
    return !only && conditions.length > 1 && conditions.every((condition) => isListable(condition, negated, segments)) && conditions.some((condition) => readsManyRows(condition, segments));
  }

  /** Conditions on the row itself stay together: one scan answers them all. */
  private union(conditions: readonly Rule[], scope: Scope, negated: boolean): string {
    const { segments } = this.options;
    const own = conditions.filter((condition) => !readsManyRows(condition, segments));
    const lists = conditions.filter((condition) => readsManyRows(condition, segments)).map((condition) => this.select(condition, scope, negated));
    if (own.length > 0) lists.push(this.select({ kind: negated ? 'all' : 'any', conditions: own }, scope, negated));
    return lists.join(' union ');
  }

  /** The contact's account, or the account's parent. */
  private aboveOf(frame: Frame): Frame {
    if (!frame.above) {
      frame.above = { scope: 'account', alias: this.alias('a'), joins: frame.joins, required: [], permissions: new Map() };
      frame.joins.push(`left join accounts ${frame.above.alias} on ${frame.above.alias}.account_id = ${frame.alias}.${frame.scope === 'contact' ? 'account_id' : 'parent_account_id'}`);
    }
    return frame.above;
  }

  private mailable(purpose: string, frame: Frame, position: Position): string {
    const { reason, open } = this.permission(purpose, frame);
    if (position.required && !position.negated && !this.options.only) return `(${open})`;
    return `${reason} is ${position.negated ? 'not ' : ''}null`;
  }

  /** What speaks against mailing the contact for a purpose, joined once however often it is asked. */
  private permission(purpose: string, frame: Frame): CompiledPermission {
    const known = frame.permissions.get(purpose);
    if (known) return known;
    const terms = this.options.purposes?.terms(purpose, this.options.now);
    if (!terms) throw new Error(`Purpose ${purpose} was not checked.`);
    const compiled = compilePermission(terms, this.options.now, { contact: frame.alias, account: this.aboveOf(frame).alias, alias: (prefix) => this.alias(prefix), few: this.options.only !== undefined }, this.params);
    frame.joins.push(...compiled.joins);
    frame.permissions.set(purpose, compiled);
    return compiled;
  }

  private above(rule: Rule, frame: Frame, position: Position): string {
    const above = this.aboveOf(frame);
    if (!position.negated) return `(${above.alias}.account_id is not null and ${this.condition(rule, above, position)})`;
    return `(${above.alias}.account_id is null or ${this.condition(rule, above, { ...position, required: false })})`;
  }

  /** What a condition asks of the rows of another table. */
  private asked(rule: RowCondition, asker?: Frame): Asked {
    const events = { params: this.params, alias: () => this.alias('e'), set: (select: string) => this.set(select), moment: this.options };
    switch (rule.kind) {
      case 'event':
        return askCount(eventRows(rule, this.alias('e'), this.params, this.options), rule.count, this.params);
      case 'event_value':
        return askValue(rule, events);
      case 'event_time':
        return askTime(rule, events, this.options.only !== undefined);
      case 'sequence':
        return this.options.only && asker ? askSequenceOfOne(rule, idOf(asker), events) : askSequence(rule, events);
      case 'people':
        return askCount(this.people(rule, asker), rule.count, this.params);
      case 'engagement':
        return askCount(engagementRows(rule, this.alias('e'), this.params, this.options, this.options.campaigns), rule.count, this.params);
      case 'parent':
        return askCount(this.relatives(rule, asker), ONCE, this.params);
      case 'subsidiaries':
        return askCount(this.relatives(rule, asker), rule.count, this.params);
      default:
        return assertNever(rule);
    }
  }

  /** Accounts of the same group that stand above or below. */
  private relatives(rule: ParentCondition | SubsidiariesCondition, asker?: Frame): Rows {
    const frame = this.frame('account');
    const test = this.condition(rule.rule, frame, { required: true, negated: false });
    const matching: Matching = { alias: frame.alias, from: this.from(frame), test };
    const newName = (prefix: string): string => this.alias(prefix);
    if (this.options.only && asker) return relativesOf(idOf(asker), rule.kind === 'parent' ? 'up' : 'down', rule.depth, matching, newName);
    if (rule.kind === 'parent') return accountsBelow(matching, newName);
    return rule.depth === 'direct' ? subsidiaryRows(matching) : accountsAbove(matching, newName);
  }

  private people(rule: PeopleCondition, asker?: Frame): Rows {
    const people = this.frame('contact');
    const group = rule.role === undefined ? undefined : buyingGroup([rule.role], people.alias, this.alias('b'), this.params, this.options.now);
    const test = this.condition(rule.rule, people, { required: true, negated: false });
    const key = `${people.alias}.account_id`;
    return {
      key,
      from: [group?.from ?? `contacts ${people.alias}`, ...people.joins].join(' '),
      where: [`${key} is not null`, ...(group?.where ?? []), test, ...(asker ? this.narrowed(asker, key) : [])],
      counted: group ? `distinct ${people.alias}.contact_id` : '*',
    };
  }

  /** What the account itself must be is asked of its people too: a grouped set cannot be narrowed from outside (1.8 s; so: 0.5 s). */
  private narrowed({ scope, required }: Frame, key: string): string[] {
    if (this.options.only || required.length === 0) return [];
    const frame = this.frame(scope);
    const conditions = required.map(({ rule, negated }) => this.condition(rule, frame, { required: false, negated }));
    return [`${key} in (select ${idOf(frame)} from ${this.from(frame)} where ${conditions.join(' and ')})`];
  }

  private ask(asked: Asked, frame: Frame, position: Position): string {
    const { rows, test } = asked;
    const negated = position.negated !== asked.reversed;
    const id = idOf(frame);
    const ofThisOne = `from ${rows.from} where ${[...(rows.ofOne ? [] : [`${rows.key} = ${id}`]), ...rows.where].join(' and ')}`;
    if (this.options.only) {
      if (test === undefined) return `(select true ${ofThisOne} limit 1) is ${negated ? '' : 'not '}null`;
      return `(select ${test} ${ofThisOne})${negated ? ' is not true' : ''}`;
    }
    if (position.required && negated && test === undefined) return `not exists (select ${ofThisOne})`;
    // Once needs no grouping here: a semi join looks for the first row only.
    if (position.required && !negated && test === undefined) return `${id} in (select ${rows.key} from ${rows.from} where ${rows.where.join(' and ')})`;
    const set = this.set(idsOf(asked));
    const column = idColumn(rows);
    if (position.required && !negated) return `${id} in (select ${column} from ${set})`;
    frame.joins.push(`left join ${set} on ${set}.${column} = ${id}`);
    return `${set}.${column} is ${negated ? '' : 'not '}null`;
  }

  private segment(key: string): SegmentRule {
    const segment = this.options.segments(key);
    if (!segment) throw new Error(`Segment ${key} was not checked.`);
    return segment;
  }

  private set(select: string): string {
    const name = this.alias('s');
    this.sets.push(`${name} as materialized (${select})`);
    return name;
  }

  private alias(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }
}

/** Conditions that are answered by rows of another table. */
type RowCondition = EventCondition | EventValueCondition | EventTimeCondition | SequenceCondition | EngagementCondition | PeopleCondition | ParentCondition | SubsidiariesCondition;

type PartCondition = PeopleCondition & { role: PeopleRole };

/** Conditions that ask the same of people in different parts of the buying group; only where some must be found, none must be missing. */
function samePeople(conditions: readonly Rule[]): PartCondition[][] {
  const bundles = new Map<string, PartCondition[]>();
  for (const condition of conditions) {
    if (condition.kind !== 'people' || condition.role === undefined || needed(condition.count).reversed) continue;
    const same = JSON.stringify(condition.rule);
    bundles.set(same, [...(bundles.get(same) ?? []), condition as PartCondition]);
  }
  return [...bundles.values()].filter((bundle) => bundle.length > 1);
}
