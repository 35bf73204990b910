import { assertNever } from '../shared/assert-never.js';
import { err, ok, type Result } from '../shared/result.js';
import { eventBounds, type Moment } from './bounds.js';
import { checkRule } from './check-rule.js';
import { compileAttribute, compilePropertyFilter, Parameters } from './compile-value.js';
import type { FieldCatalogue } from './fields.js';
import type { RuleProblem } from './parse-rule.js';
import type { Count, EventCondition, PeopleCondition, Rule, Scope, SegmentRule } from './rule.js';

export interface CompileOptions extends Moment {
  readonly fields: FieldCatalogue;
  readonly segments: (key: string) => SegmentRule | undefined;
  /** What the rule selects; contacts when left out. */
  readonly scope?: Scope;
  /**
   * Ask only about these ids: every event and people condition is then looked up per person instead of being answered for
   * everybody first. For re-checks of one to some hundred.
   */
  readonly only?: readonly number[];
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
 * What a condition about many rows (events, people) becomes depends on where it stands, because PostgreSQL plans a
 * subquery under OR or NOT for itself, row by row as soon as its result does not fit into work_mem:
 * - a condition that must hold: `id in (select …)`, which the planner turns into a join;
 * - elsewhere: a left join of the set, asked `is (not) null`, which stays a join under OR and becomes an anti join under AND;
 * - with `only`: a correlated lookup.
 */
export function compileRule(rule: Rule, options: CompileOptions): Result<CompiledRule, RuleProblem[]> {
  const scope = options.scope ?? 'contact';
  const problems = checkRule(rule, { scope, fields: options.fields, segments: options.segments });
  if (problems.length > 0) return err(problems);
  const compilation = new Compilation(options);
  const frame = compilation.frame(scope);
  const id = `${frame.alias}.${ID[scope]}`;
  const conditions = [compilation.condition(rule, frame, REQUIRED)];
  if (options.only) conditions.unshift(`${id} = any(${compilation.params.add(options.only, 'bigint[]')})`);
  return ok({ text: `select ${id} from ${compilation.from(frame)} where ${conditions.join(' and ')}`, params: compilation.params.values });
}

const TABLE: Record<Scope, string> = { contact: 'contacts', account: 'accounts' };
const ID: Record<Scope, string> = { contact: 'contact_id', account: 'account_id' };

/** One FROM: the people or accounts asked about, and the joins their conditions need. */
interface Frame {
  readonly scope: Scope;
  readonly alias: string;
  readonly joins: string[];
  /** The contact's account, joined once for all conditions about it. */
  account?: Frame;
}

/** How a condition stands: must it hold for the whole to hold, and is it asked the other way round? */
interface Position {
  readonly required: boolean;
  readonly negated: boolean;
}
const REQUIRED: Position = { required: true, negated: false };

class Compilation {
  readonly params = new Parameters();
  private names = 0;

  constructor(private readonly options: CompileOptions) {}

  frame(scope: Scope): Frame {
    return { scope, alias: this.alias(scope === 'contact' ? 'c' : 'a'), joins: [] };
  }

  from(frame: Frame): string {
    return [`${TABLE[frame.scope]} ${frame.alias}`, ...frame.joins].join(' ');
  }

  /** An expression that is true for whom the condition holds, and false or null for all others. */
  condition(rule: Rule, frame: Frame, position: Position): string {
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
      case 'event':
        return this.events(rule, frame, position);
      case 'account':
        return this.account(rule.rule, frame, position);
      case 'people':
        return this.people(rule, frame, position);
      case 'segment': {
        const segment = this.options.segments(rule.segment);
        if (!segment) throw new Error(`Segment ${rule.segment} was not checked.`);
        return this.condition(segment.rule, frame, rule.operator === 'in' ? position : { ...position, negated: !position.negated });
      }
      default:
        return assertNever(rule);
    }
  }

  /** Since no condition is unknown, `not` of a group is the other group of the negated conditions (De Morgan). */
  private group(conditions: readonly Rule[], frame: Frame, position: Position, word: 'and' | 'or'): string {
    if (conditions.length === 0) return word === 'and' ? 'true' : 'false';
    const required = position.required && (word === 'and' || conditions.length === 1);
    return `(${conditions.map((condition) => this.condition(condition, frame, { ...position, required })).join(` ${word} `)})`;
  }

  private account(rule: Rule, frame: Frame, position: Position): string {
    if (!frame.account) {
      frame.account = { scope: 'account', alias: this.alias('a'), joins: frame.joins };
      frame.joins.push(`left join accounts ${frame.account.alias} on ${frame.account.alias}.account_id = ${frame.alias}.account_id`);
    }
    const { account } = frame;
    if (!position.negated) return `(${account.alias}.account_id is not null and ${this.condition(rule, account, position)})`;
    return `(${account.alias}.account_id is null or ${this.condition(rule, account, { ...position, required: false })})`;
  }

  private events(rule: EventCondition, frame: Frame, position: Position): string {
    const alias = this.alias('e');
    const where = [
      `${alias}.name = ${this.params.add(rule.event, 'text')}`,
      ...eventBounds(rule.within, this.options).map((bound) => `${alias}.occurred_at ${bound.operator} ${this.params.add(bound.value, 'timestamptz')}`),
      ...(rule.where ?? []).map((filter) => compilePropertyFilter(filter, `${alias}.properties`, this.params)),
    ];
    return this.counted({ key: `${alias}.contact_id`, from: `events ${alias}`, where, count: rule.count }, `${frame.alias}.contact_id`, frame, position);
  }

  private people(rule: PeopleCondition, frame: Frame, position: Position): string {
    const people = this.frame('contact');
    const test = this.condition(rule.rule, people, REQUIRED);
    const where = [...(rule.role === undefined ? [] : [this.playsRole(rule.role, people)]), ...(test === 'true' ? [] : [test])];
    if (position.negated || !position.required) where.unshift(`${people.alias}.account_id is not null`);
    return this.counted({ key: `${people.alias}.account_id`, from: this.from(people), where, count: rule.count }, `${frame.alias}.account_id`, frame, position);
  }

  /** Somebody who left the account keeps the old row of its buying group: account and row must agree. */
  private playsRole(role: string, people: Frame): string {
    const member = this.alias('b');
    const now = this.params.add(this.options.now.toISOString(), 'timestamptz');
    const inRole = role === 'any' ? '' : ` and ${member}.role = ${this.params.add(role, 'text')}`;
    return (
      `exists (select from buying_group_members ${member} where ${member}.contact_id = ${people.alias}.contact_id and ${member}.account_id = ${people.alias}.account_id` +
      `${inRole} and ${member}.valid_from <= ${now} and (${member}.valid_to is null or ${member}.valid_to > ${now}))`
    );
  }

  /** Those for whom so many rows exist. "At most n" is "not at least n + 1", so that whoever has none is counted in. */
  private counted(rows: CountedRows, id: string, frame: Frame, position: Position): string {
    const { count } = rows;
    if (count.operator === 'at_most') return this.counted({ ...rows, count: { operator: 'at_least', value: count.value + 1 } }, id, frame, { ...position, negated: !position.negated });
    if (count.value === 0) return this.counted({ ...rows, count: { operator: 'at_least', value: 1 } }, id, frame, { ...position, negated: !position.negated });
    const once = count.operator === 'at_least' && count.value === 1;
    const compared = `count(*) ${count.operator === 'exactly' ? '=' : '>='} ${once ? '1' : this.params.add(count.value, 'bigint')}`;
    if (this.options.only) {
      const matching = `from ${rows.from} where ${[`${rows.key} = ${id}`, ...rows.where].join(' and ')}`;
      const found = once ? `exists (select ${matching})` : `(select ${compared} ${matching})`;
      return position.negated ? `not ${found}` : found;
    }
    const where = rows.where.length === 0 ? '' : ` where ${rows.where.join(' and ')}`;
    if (position.required && !position.negated) {
      return `${id} in (select ${rows.key} from ${rows.from}${where}${once ? '' : ` group by ${rows.key} having ${compared}`})`;
    }
    const set = this.alias('s');
    const column = rows.key.slice(rows.key.indexOf('.') + 1);
    frame.joins.push(`left join (select ${rows.key} from ${rows.from}${where} group by ${rows.key}${once ? '' : ` having ${compared}`}) ${set} on ${set}.${column} = ${id}`);
    return `${set}.${column} is ${position.negated ? '' : 'not '}null`;
  }

  private alias(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }
}

interface CountedRows {
  /** The person or account each row belongs to. */
  readonly key: string;
  readonly from: string;
  readonly where: readonly string[];
  readonly count: Count;
}
