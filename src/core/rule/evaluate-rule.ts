import { assertNever } from '../shared/assert-never.js';
import type { Reason } from '../decision/decision.js';
import type { ReasonCode } from '../decision/reasons.js';
import type { Moment } from './bounds.js';
import { eventCount, type EventFact, eventTimeHolds, eventValueHolds, sequenceHolds } from './evaluate-events.js';
import { attributeHolds } from './evaluate-value.js';
import type { FieldCatalogue } from './fields.js';
import { engagementAsEvent, GOT_EVENT } from './relation-conditions.js';
import { relatives } from './relatives.js';
import type { Count, EngagementCondition, PeopleCondition, PeopleRole, Rule, SegmentRule } from './rule.js';
import { drawOf, isDrawn } from './sample.js';

export { type EventFact, propertiesMatch } from './evaluate-events.js';

/** What a rule may ask of one person, as plain data. Standard attributes and custom ones stand side by side, by key. */
export interface PersonFacts {
  readonly contactId: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly EventFact[];
  readonly account: AccountFacts | undefined;
  /** The parts this person plays now in the buying group of the account above. */
  readonly roles: readonly Exclude<PeopleRole, 'any'>[];
  /** What reached this person; needed only by rules that ask who got mail. */
  readonly messages: readonly MessageFact[];
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

/** One message that was got (GOT_STATES). */
export interface MessageFact {
  /** The campaign's key. */
  readonly campaign: string;
  readonly sentAt: Date;
}

export interface AccountFacts {
  readonly accountId: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Everybody whose account this is; needed only by rules with a `people` condition. */
  readonly people: readonly PersonFacts[];
  /** Needed only by rules with a `parent` or `subsidiaries` condition, and then up or down to the last one. */
  readonly parent: AccountFacts | undefined;
  readonly subsidiaries: readonly AccountFacts[];
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
    case 'engagement':
      return counts(rule.count, eventCount(engagementAsEvent(rule), engagementEvents(rule, person), context));
    case 'sample':
      return isDrawn(drawOf(rule, 'contact'), person.contactId);
    case 'people':
    case 'parent':
    case 'subsidiaries':
      throw new Error(`A contact has no ${rule.kind}.`);
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
    case 'parent':
      return relatives(rule, account).some((one) => evaluateAccountRule(rule.rule, one, context));
    case 'subsidiaries':
      return counts(rule.count, relatives(rule, account).filter((one) => evaluateAccountRule(rule.rule, one, context)).length);
    case 'sample':
      return isDrawn(drawOf(rule, 'account'), account.accountId);
    case 'event':
    case 'event_value':
    case 'event_time':
    case 'sequence':
    case 'engagement':
    case 'account':
    case 'mailable':
      throw new Error(`An account has no ${rule.kind}.`);
    default:
      return assertNever(rule);
  }
}

/** What an engagement condition looks at: events, or messages that were got as such. */
export function engagementEvents({ did }: EngagementCondition, person: PersonFacts): readonly EventFact[] {
  return did === 'got' ? person.messages.map(({ campaign, sentAt }) => ({ name: GOT_EVENT, occurredAt: sentAt, properties: { campaign } })) : person.events;
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
