import { type CompiledPermission, compilePermission } from '../decision/compile-permission.js';
import type { PurposeCatalogue } from '../decision/permission.js';
import type { Moment } from './bounds.js';
import type { Campaigns } from './check-rule.js';
import type { Asked } from './compile-rows.js';
import type { FieldCatalogue } from './fields.js';
import { Parameters } from './parameters.js';
import type { EngagementCondition, EventCondition, EventTimeCondition, EventValueCondition, ParentCondition, PeopleCondition, Rule, Scope, SegmentRule, SequenceCondition, SubsidiariesCondition } from './rule.js';

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

const TABLE: Record<Scope, string> = { contact: 'contacts', account: 'accounts' };
const ID: Record<Scope, string> = { contact: 'contact_id', account: 'account_id' };

/** One FROM: the people or accounts asked about, and the joins their conditions need. */
export interface Frame {
  readonly scope: Scope;
  readonly alias: string;
  readonly joins: string[];
  /** Where the id is read, when not in the row itself. */
  readonly id?: string;
  /** The contact's account, or the account's parent: joined once for all conditions about it. */
  above?: Frame;
  /** By purpose: what speaks against mailing the contact. */
  readonly permissions: Map<string, CompiledPermission>;
  /** Conditions on the row itself that must hold for all that is selected from here. */
  readonly required: { readonly rule: Rule; readonly negated: boolean }[];
}

export function idOf(frame: Frame): string {
  return frame.id ?? `${frame.alias}.${ID[frame.scope]}`;
}

/** The id of the contact's account, or of the account's parent. */
export function linkOf(frame: Frame): string {
  return `${frame.alias}.${frame.scope === 'contact' ? 'account_id' : 'parent_account_id'}`;
}

/** How a condition stands: must it hold for the whole to hold, and is it asked the other way round? */
export interface Position {
  readonly required: boolean;
  readonly negated: boolean;
}

/** Conditions that are answered by rows of another table. */
export type RowCondition = EventCondition | EventValueCondition | EventTimeCondition | SequenceCondition | EngagementCondition | PeopleCondition | ParentCondition | SubsidiariesCondition;

/** One statement in the making: its values, its names, its named sets, and what each kind of compiling asks of the others. */
export abstract class Compilation {
  readonly params: Parameters;
  /** Named sets of the WITH; one may use those before it. */
  protected readonly sets: string[] = [];
  private names = 0;

  constructor(readonly options: CompileOptions) {
    this.params = options.params ?? new Parameters();
  }

  /** The ids for which a rule, or its opposite, holds; each once. */
  abstract select(rule: Rule, scope: Scope, negated: boolean): string;
  /** An expression that is true for whom the condition holds, and false or null for all others. */
  abstract condition(rule: Rule, frame: Frame, position: Position): string;
  /** What a condition asks of the rows of another table. */
  abstract asked(rule: RowCondition, asker?: Frame): Asked;

  frame(scope: Scope, alias = this.alias(scope === 'contact' ? 'c' : 'a'), id?: string): Frame {
    return { scope, alias, joins: [], required: [], permissions: new Map(), ...(id !== undefined && { id }) };
  }

  from(frame: Frame): string {
    return [`${TABLE[frame.scope]} ${frame.alias}`, ...frame.joins].join(' ');
  }

  /** The contact's account, or the account's parent. */
  aboveOf(frame: Frame): Frame {
    if (!frame.above) {
      frame.above = { scope: 'account', alias: this.alias('a'), joins: frame.joins, required: [], permissions: new Map() };
      frame.joins.push(`left join accounts ${frame.above.alias} on ${frame.above.alias}.account_id = ${linkOf(frame)}`);
    }
    return frame.above;
  }

  /** What speaks against mailing the contact for a purpose, joined once however often it is asked. */
  permission(purpose: string, frame: Frame): CompiledPermission {
    const known = frame.permissions.get(purpose);
    if (known) return known;
    const terms = this.options.purposes?.terms(purpose, this.options.now);
    if (!terms) throw new Error(`Purpose ${purpose} was not checked.`);
    const compiled = compilePermission(terms, this.options.now, { contact: frame.alias, account: this.aboveOf(frame).alias, alias: (prefix) => this.alias(prefix), few: this.options.only !== undefined }, this.params);
    frame.joins.push(...compiled.joins);
    frame.permissions.set(purpose, compiled);
    return compiled;
  }

  segment(key: string): SegmentRule {
    const segment = this.options.segments(key);
    if (!segment) throw new Error(`Segment ${key} was not checked.`);
    return segment;
  }

  set(select: string): string {
    const name = this.alias('s');
    this.sets.push(`${name} as materialized (${select})`);
    return name;
  }

  alias(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }
}
