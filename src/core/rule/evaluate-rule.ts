import { assertNever } from '../shared/assert-never.js';
import type { Reason } from '../decision/decision.js';
import type { ReasonCode } from '../decision/reasons.js';
import type { Moment } from './bounds.js';
import { eventCount, type EventFact, eventTimeHolds, eventValueHolds, sequenceHolds } from './evaluate-events.js';
import { attributeHolds } from './evaluate-value.js';
import type { FieldCatalogue } from './fields.js';
import type { Count, PeopleCondition, PeopleRole, Rule, SegmentRule } from './rule.js';

export { type EventFact, propertiesMatch } from './evaluate-events.js';

/** What a rule may ask of one person, as plain data. Standard attributes and custom ones stand side by side, by key. */
export interface PersonFacts {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly EventFact[];
  readonly account: AccountFacts | undefined;
  /** The parts this person plays now in the buying group of the account above. */
  readonly roles: readonly Exclude<PeopleRole, 'any'>[];
  /** Keys of the lists this person is in. */
  readonly lists: readonly string[];
  /** When those parts change next, as far as it is known now. */
  readonly rolesUntil?: Date | undefined;
  /** By purpose; needed only by rules with a `mailable` condition. */
  readonly permissions?: ReadonlyMap<string, PermissionFact>;
}

/** What the gate says of somebody for a purpose. */
export interface PermissionFact {
  /** The first lasting reason against mailing; null: may be mailed. */
  readonly reason: ReasonCode | null;
  /** All of them with what they are about, for who wants to know; rules do not. */
  readonly reasons?: readonly Reason[] | undefined;
  /** When the clock alone may change that first. */
  readonly until?: Date | undefined;
}

export interface AccountFacts {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Everybody whose account this is; needed only by rules with a `people` condition. */
  readonly people: readonly PersonFacts[];
  /** Keys of the lists this account is in. */
  readonly lists: readonly string[];
}

export interface EvaluationContext extends Moment {
  readonly fields: FieldCatalogue;
  readonly segments: (key: string) => SegmentRule | undefined;
}

/**
 * Whether a rule over contacts holds for this person: the same answer as the compiled statement, without a database.
 * The rule must have passed checkRule; one that names what does not exist throws.
 */
export function evaluateRule(rule: Rule, person: PersonFacts, context: EvaluationContext): boolean {
  switch (rule.kind) {
    case 'all':
      return rule.conditions.every((condition) => evaluateRule(condition, person, context));
    case 'any':
      return rule.conditions.some((condition) => evaluateRule(condition, person, context));
    case 'not':
      return !evaluateRule(rule.condition, person, context);
    case 'attribute':
      return attributeHolds(rule, fieldOf(context, 'contact', rule.attribute), person.attributes, context);
    case 'event':
      return counts(rule.count, eventCount(rule, person.events, context));
    case 'event_value':
      return eventValueHolds(rule, person.events, context);
    case 'event_time':
      return eventTimeHolds(rule, person.events, context);
    case 'sequence':
      return sequenceHolds(rule, person.events, context);
    case 'account':
      return person.account !== undefined && evaluateAccountRule(rule.rule, person.account, context);
    case 'segment': {
      const segment = segmentOf(context, rule.segment);
      return (segment.rule ? evaluateRule(segment.rule, person, context) : person.lists.includes(rule.segment)) === (rule.operator === 'in');
    }
    case 'mailable':
      return permissionOf(person, rule.purpose) === null;
    case 'people':
      throw new Error('A contact has no people.');
    default:
      return assertNever(rule);
  }
}

/** Whether a rule over accounts holds for this account. */
export function evaluateAccountRule(rule: Rule, account: AccountFacts, context: EvaluationContext): boolean {
  switch (rule.kind) {
    case 'all':
      return rule.conditions.every((condition) => evaluateAccountRule(condition, account, context));
    case 'any':
      return rule.conditions.some((condition) => evaluateAccountRule(condition, account, context));
    case 'not':
      return !evaluateAccountRule(rule.condition, account, context);
    case 'attribute':
      return attributeHolds(rule, fieldOf(context, 'account', rule.attribute), account.attributes, context);
    case 'people':
      return counts(rule.count, peopleCount(rule, account, context));
    case 'segment': {
      const segment = segmentOf(context, rule.segment);
      return (segment.rule ? evaluateAccountRule(segment.rule, account, context) : account.lists.includes(rule.segment)) === (rule.operator === 'in');
    }
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'account':
    case 'mailable':
      throw new Error(`An account has no ${rule.kind}.`);
    default:
      return assertNever(rule);
  }
}

function peopleCount(rule: PeopleCondition, account: AccountFacts, context: EvaluationContext): number {
  return account.people.filter((person) => playsRole(rule.role, person) && evaluateRule(rule.rule, person, context)).length;
}

export function playsRole(role: PeopleRole | undefined, person: PersonFacts): boolean {
  if (role === undefined) return true;
  return role === 'any' ? person.roles.length > 0 : person.roles.includes(role);
}

function counts(count: Count, found: number): boolean {
  switch (count.operator) {
    case 'at_least':
      return found >= count.value;
    case 'at_most':
      return found <= count.value;
    case 'exactly':
      return found === count.value;
    default:
      return assertNever(count);
  }
}

function fieldOf(context: EvaluationContext, scope: 'contact' | 'account', key: string) {
  const field = context.fields.find(scope, key);
  if (!field) throw new Error(`There is no ${scope} attribute ${key}.`);
  return field;
}

/** A permission that nobody loaded is no permission, and no refusal either. */
function permissionOf(person: PersonFacts, purpose: string): ReasonCode | null {
  const permission = person.permissions?.get(purpose);
  if (!permission) throw new Error(`Whether this person may be mailed for ${purpose} was not loaded.`);
  return permission.reason;
}

function segmentOf(context: EvaluationContext, key: string): SegmentRule {
  const segment = context.segments(key);
  if (!segment) throw new Error(`There is no segment ${key}.`);
  return segment;
}
