import { assertNever } from '../shared/assert-never.js';
import type { PurposeCatalogue } from '../decision/permission.js';
import type { EventRule } from './event-conditions.js';
import type { Field, FieldCatalogue, FieldType } from './fields.js';
import { closest } from './closest.js';
import { isOrdered } from './bounds.js';
import type { RuleProblem } from './parse-rule.js';
import { type AttributeCondition, type AttributeOperator, DAY_WANTED, type EventWindow, isDay, isMoment, MOMENT_WANTED, type PropertyFilter, type Rule, type Scope, type SegmentRule } from './rule.js';

export interface RuleSurroundings {
  readonly scope: Scope;
  readonly fields: FieldCatalogue;
  readonly segments: (key: string) => SegmentRule | undefined;
  /** The purposes that `mailable` may name; none when left out. */
  readonly purposes?: Pick<PurposeCatalogue, 'has' | 'keys'> | undefined;
  /** The ids of the campaigns there are, by key; none when left out. */
  readonly campaigns?: Campaigns | undefined;
  /** The segment the rule is for: it must not come back to itself. */
  readonly self?: string | undefined;
}

export type Campaigns = ReadonlyMap<string, number>;

/** With the rules of the segments it uses, a rule is one statement: these bound it where parseRule cannot see. */
export const EXPANDED_LIMITS = { depth: 60, conditions: 1_000 } as const;

const RANGES = ['greater_than', 'at_least', 'less_than', 'at_most', 'between'] as const;
const RELATIVE = ['in_last_days', 'in_next_days', 'more_than_days_ago', 'anniversary'] as const;
const EQUALITY = ['equals', 'not_equals'] as const;
const LISTED = ['in', 'not_in'] as const;
const PRESENCE = ['is_set', 'not_set'] as const;

/** Which operators fit which type. */
export const OPERATORS: Record<FieldType, readonly AttributeOperator[]> = {
  text: [...EQUALITY, ...LISTED, 'contains', 'starts_with', ...PRESENCE],
  number: [...EQUALITY, ...LISTED, ...RANGES, ...PRESENCE],
  boolean: [...EQUALITY, ...PRESENCE],
  date: [...EQUALITY, ...RANGES, ...RELATIVE, ...PRESENCE],
  timestamp: [...RANGES, ...RELATIVE, ...PRESENCE],
  list: ['list_contains', 'list_contains_any', 'list_contains_all', ...PRESENCE],
};

/** Checks what a rule's shape alone cannot tell: that attributes and segments exist, operators and values fit, nothing goes in circles. */
export function checkRule(rule: Rule, surroundings: RuleSurroundings): RuleProblem[] {
  const check = new Check(surroundings);
  const stack = surroundings.self === undefined ? [] : [surroundings.self];
  const size = check.visit(rule, surroundings.scope, '', stack);
  if (check.problems.length === 0 && size.conditions > EXPANDED_LIMITS.conditions) {
    check.report('', `With the segments it uses, the rule has ${size.conditions} conditions; at most ${EXPANDED_LIMITS.conditions} can be asked at once. Use fewer segments.`);
  } else if (check.problems.length === 0 && size.depth > EXPANDED_LIMITS.depth) {
    check.report('', `With the segments it uses, the rule is ${size.depth} levels deep; at most ${EXPANDED_LIMITS.depth} can be asked at once. Let fewer segments build on each other.`);
  }
  return check.problems;
}

interface Size {
  readonly conditions: number;
  readonly depth: number;
}
const ONE: Size = { conditions: 1, depth: 1 };

class Check {
  readonly problems: RuleProblem[] = [];
  /** Sizes of segments already visited: each is walked once, however often it is used. */
  private readonly sizes = new Map<string, Size>();

  constructor(private readonly surroundings: RuleSurroundings) {}

  report(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  visit(rule: Rule, scope: Scope, path: string, stack: readonly string[]): Size {
    const at = (step: string): string => (path === '' ? step : `${path}.${step}`);
    switch (rule.kind) {
      case 'all':
      case 'any':
        return sum(rule.conditions.map((condition, index) => this.visit(condition, scope, at(`${rule.kind}[${index}]`), stack)));
      case 'not':
        return sum([this.visit(rule.condition, scope, at('not'), stack)]);
      case 'attribute':
        this.checkAttribute(rule, scope, at);
        return ONE;
      case 'event':
      case 'event_value':
      case 'event_time':
      case 'sequence':
        if (scope === 'account') this.report(at('kind'), 'An account does nothing itself; its people do. Put the event into a “people” condition.');
        this.checkEvents(rule, at);
        return ONE;
      case 'account':
        if (scope === 'account') this.report(at('kind'), 'This rule is about accounts already; put the conditions here without “account”.');
        return sum([this.visit(rule.rule, 'account', at('account'), stack)]);
      case 'people':
        if (scope === 'contact') this.report(at('kind'), 'A contact has no people. To ask about the colleagues, put “people” into an “account” condition.');
        return sum([this.visit(rule.rule, 'contact', at('people'), stack)]);
      case 'engagement':
        if (scope === 'account') this.report(at('kind'), 'Mail goes to people, not to accounts. Put “engagement” into a “people” condition.');
        if (rule.campaign !== undefined) this.checkCampaign(rule.campaign, at('campaign'));
        this.checkWindow(rule.within, at('within'));
        return ONE;
      case 'parent':
      case 'subsidiaries':
        if (scope === 'contact') this.report(at('kind'), `A contact stands in no group of accounts. To ask about that of the contact's account, put “${rule.kind}” into an “account” condition.`);
        return sum([this.visit(rule.rule, 'account', at(rule.kind), stack)]);
      case 'segment':
        return this.visitSegment(rule.segment, scope, at('segment'), stack);
      case 'mailable':
        if (scope === 'account') this.report(at('kind'), 'An account gets no mail; its people do. Put “mailable” into a “people” condition.');
        this.checkPurpose(rule.purpose, at('purpose'));
        return ONE;
      case 'sample':
        return ONE;
      default:
        return assertNever(rule);
    }
  }

  private visitSegment(key: string, scope: Scope, path: string, stack: readonly string[]): Size {
    if (stack.includes(key)) {
      this.report(path, `The segments go in a circle: ${[...stack.slice(stack.indexOf(key)), key].join(' → ')}. Take one of them out.`);
      return ONE;
    }
    if (stack.length > EXPANDED_LIMITS.depth) {
      this.report(path, `More than ${EXPANDED_LIMITS.depth} segments build on each other here. Let fewer segments build on each other.`);
      return ONE;
    }
    const segment = this.surroundings.segments(key);
    if (!segment) {
      this.report(path, `There is no segment “${key}”. Make it first, or look at the spelling.`);
      return ONE;
    }
    if (segment.scope !== scope) {
      const advice = scope === 'contact' ? 'put it into an “account” condition' : 'put it into a “people” condition';
      this.report(path, `Segment “${key}” is about ${segment.scope}s, this rule is about ${scope}s; ${advice}.`);
      return ONE;
    }
    if (!segment.rule) return ONE;
    const known = this.sizes.get(key);
    if (known) return known;
    const inner = new Check(this.surroundings);
    for (const [name, size] of this.sizes) inner.sizes.set(name, size);
    const size = sum([inner.visit(segment.rule, scope, '', [...stack, key])]);
    for (const [name, innerSize] of inner.sizes) this.sizes.set(name, innerSize);
    this.sizes.set(key, size);
    for (const problem of inner.problems) this.report(path, problem.message.startsWith('The segments go') ? problem.message : `Segment “${key}” itself has a problem at ${problem.path}: ${problem.message}`);
    return size;
  }

  private checkPurpose(purpose: string, path: string): void {
    const { purposes } = this.surroundings;
    if (purposes?.has(purpose) === true) return;
    const keys = purposes?.keys() ?? [];
    const guess = closest(purpose, keys);
    const advice = guess !== undefined ? `Did you mean “${guess}”?` : keys.length === 0 ? 'There are none yet: POST /api/v1/purposes makes one.' : `Choose one of: ${keys.slice(0, 40).join(', ')}.`;
    this.report(path, `There is no purpose “${purpose}”. ${advice}`);
  }

  private checkAttribute(condition: AttributeCondition, scope: Scope, at: (step: string) => string): void {
    const { fields } = this.surroundings;
    const field = fields.find(scope, condition.attribute);
    if (!field) {
      this.report(at('attribute'), unknownAttribute(fields, scope, condition.attribute));
      return;
    }
    const operators = OPERATORS[field.type];
    if (!operators.includes(condition.operator)) {
      this.report(at('operator'), `“${field.key}” holds a ${field.type}; “${condition.operator}” does not fit. Choose one of: ${operators.join(', ')}.`);
      return;
    }
    for (const [step, value] of operands(condition)) {
      const wanted = wantedFor(field, value);
      if (wanted !== undefined) this.report(at(step), `“${field.key}” holds a ${field.type}. ${wanted}`);
    }
    if (condition.operator === 'between') this.checkOrder(condition.from, condition.to, at('to'));
  }

  private checkCampaign(key: string, path: string): void {
    const { campaigns } = this.surroundings;
    if (campaigns?.has(key)) return;
    const guess = closest(key, [...(campaigns?.keys() ?? [])]);
    const advice = guess === undefined ? 'Make it first, or leave “campaign” out to ask about mail of any campaign.' : `Did you mean “${guess}”?`;
    this.report(path, `There is no campaign “${key}”. ${advice}`);
  }

  private checkEvents(rule: EventRule, at: (step: string) => string): void {
    const steps = rule.kind === 'sequence' ? [{ path: 'first.', meant: rule.first }, ...rule.then.map((meant, index) => ({ path: `then[${index}].`, meant })), ...(rule.never ? [{ path: 'never.', meant: rule.never }] : [])] : [{ path: '', meant: rule }];
    for (const { path, meant } of steps) meant.where?.forEach((filter, index) => this.checkProperty(filter, at(`${path}where[${index}]`)));
    if (rule.kind === 'event_value' && rule.is.operator === 'between') this.checkOrder(rule.is.from, rule.is.to, at('is.to'));
    if (rule.kind === 'event_time' && rule.operator === 'between') this.checkOrder(rule.from, rule.to, at('to'));
    if (rule.kind !== 'event_time') this.checkWindow(rule.within, at('within'));
  }

  /** A property has no declared type; an order is known of numbers only. */
  private checkProperty(filter: PropertyFilter, path: string): void {
    if (!isOrdered(filter)) return;
    for (const [step, value] of operands(filter)) {
      if (typeof value !== 'number') this.report(`${path}.${step}`, `“${filter.operator}” compares a property with a number; give a number.`);
    }
    if (filter.operator === 'between') this.checkOrder(filter.from, filter.to, `${path}.to`);
  }

  private checkWindow(window: EventWindow | undefined, path: string): void {
    if (window?.kind === 'between' && Date.parse(window.from) >= Date.parse(window.to)) {
      this.report(`${path}.to`, `The window ends (${window.to}) before it begins (${window.from}); the end is not part of it and must be later.`);
    }
  }

  private checkOrder(from: number | string, to: number | string, path: string): void {
    const rank = (end: number | string): number => (typeof end === 'number' ? end : Date.parse(end));
    if (rank(from) >= rank(to)) {
      this.report(path, `Nothing lies between ${from} and ${to}; the end is not part of the range and must be greater.`);
    }
  }
}

function sum(sizes: readonly Size[]): Size {
  return {
    conditions: sizes.reduce((total, size) => total + size.conditions, 0),
    depth: 1 + sizes.reduce((deepest, size) => Math.max(deepest, size.depth), 0),
  };
}

function unknownAttribute(fields: FieldCatalogue, scope: Scope, key: string): string {
  const whose = scope === 'contact' ? 'Contacts' : 'Accounts';
  const other: Scope = scope === 'contact' ? 'account' : 'contact';
  const guess = closest(key, fields.keys(scope));
  if (guess !== undefined) return `${whose} have no attribute “${key}”. Did you mean “${guess}”?`;
  if (fields.find(other, key)) {
    return `${whose} have no attribute “${key}”, but ${other}s do: put the condition into ${other === 'account' ? 'an “account”' : 'a “people”'} condition.`;
  }
  return `${whose} have no attribute “${key}”. Choose one of: ${fields.keys(scope).slice(0, 40).join(', ')}.`;
}

function operands(condition: AttributeCondition | PropertyFilter): [step: string, value: unknown][] {
  if ('value' in condition) return Array.isArray(condition.value) ? condition.value.map((value, index) => [`value[${index}]`, value]) : [['value', condition.value]];
  return condition.operator === 'between' ? [['from', condition.from], ['to', condition.to]] : [];
}

/** Says what would have been right; undefined when the value is. */
function wantedFor(field: Field, value: unknown): string | undefined {
  switch (field.type) {
    case 'text':
      return typeof value === 'string' ? undefined : 'Give a text, in quotes.';
    case 'number':
      return typeof value === 'number' ? undefined : 'Give a number, without quotes.';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'Give true or false.';
    case 'date':
      return isDay(value) ? undefined : DAY_WANTED;
    case 'timestamp':
      return isMoment(value) ? undefined : MOMENT_WANTED;
    case 'list':
      return undefined;
    default:
      return assertNever(field.type);
  }
}
