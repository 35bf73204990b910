import { explainReason } from '../decision/explain.js';
import { describeRule } from './describe-rule.js';
import { type AccountFacts, evaluateAccountRule, evaluateRule, type EvaluationContext, type PersonFacts, playsRole } from './evaluate-rule.js';
import { eventCount, propertiesMatch } from './evaluate-events.js';
import { eventBounds, within } from './bounds.js';
import type { EventCondition } from './event-conditions.js';
import type { Language } from './phrasebook.js';
import type { AttributeCondition, PeopleCondition, Rule } from './rule.js';
import { sayMoment, sayValue } from './say-value.js';

type Bilingual = Readonly<Record<Language, string>>;

/** Whom it is asked about: both sides of the same question. */
export type Subject = { readonly scope: 'contact'; readonly facts: PersonFacts } | { readonly scope: 'account'; readonly facts: AccountFacts };

/** One condition of a rule as it stands for one person or account. */
export interface ExplainedCondition {
  readonly kind: Rule['kind'];
  readonly holds: boolean;
  /** The condition in words. */
  readonly sentence: Bilingual;
  /** What was looked at: “country is BE”, “2 times, last on 3 June 2026 at 14:05”. */
  readonly seen?: Bilingual;
  /** The conditions it is made of; of a segment, its rule. */
  readonly conditions?: readonly ExplainedCondition[];
}

/**
 * Why somebody is in or not: the tree of the rule with the evaluator's answer at every condition, through the segments it uses. The whole
 * holds exactly when evaluateRule says so. A `people` condition tells how many fit, not who.
 */
export function explainMembership(rule: Rule, subject: Subject, context: EvaluationContext): ExplainedCondition {
  const sentence = { nl: describeRule(rule, 'nl', context.fields, subject.scope, context.segments), en: describeRule(rule, 'en', context.fields, subject.scope, context.segments) };
  const seen = seenBy(rule, subject, context);
  const conditions = partsOf(rule, subject, context);
  return { kind: rule.kind, holds: holds(rule, subject, context), sentence, ...(seen && { seen }), ...(conditions && { conditions }) };
}

function holds(rule: Rule, subject: Subject, context: EvaluationContext): boolean {
  return subject.scope === 'contact' ? evaluateRule(rule, subject.facts, context) : evaluateAccountRule(rule, subject.facts, context);
}

function partsOf(rule: Rule, subject: Subject, context: EvaluationContext): ExplainedCondition[] | undefined {
  switch (rule.kind) {
    case 'all':
    case 'any':
      return rule.conditions.map((condition) => explainMembership(condition, subject, context));
    case 'not':
      return [explainMembership(rule.condition, subject, context)];
    case 'segment': {
      const inner = context.segments(rule.segment)?.rule;
      return inner && [explainMembership(inner, subject, context)];
    }
    case 'account': {
      const account = subject.scope === 'contact' ? subject.facts.account : undefined;
      return account && [explainMembership(rule.rule, { scope: 'account', facts: account }, context)];
    }
    default:
      return undefined;
  }
}

/** The values behind a condition; groups and segments show those of their parts. */
function seenBy(rule: Rule, subject: Subject, context: EvaluationContext): Bilingual | undefined {
  switch (rule.kind) {
    case 'attribute':
      return seenAttribute(rule, subject, context);
    case 'account':
      return subject.scope === 'contact' && !subject.facts.account ? { nl: 'geen account', en: 'no account' } : undefined;
    case 'people':
      return subject.scope === 'account' ? seenPeople(rule, subject.facts, context) : undefined;
    case 'mailable':
      return subject.scope === 'contact' ? seenPermission(rule.purpose, subject.facts, context) : undefined;
    case 'event':
      return subject.scope === 'contact' ? seenEvents(rule, subject.facts, context) : undefined;
    case 'event_value':
    case 'event_time':
      // The number asked about follows from these; whether it fits, the evaluator said.
      return subject.scope === 'contact' ? seenEvents({ kind: 'event', event: rule.event, where: rule.where, count: ONCE, within: 'within' in rule ? rule.within : undefined }, subject.facts, context) : undefined;
    case 'sequence':
      return subject.scope === 'contact' ? seenEvents({ kind: 'event', ...rule.first, count: ONCE, within: rule.within }, subject.facts, context) : undefined;
    default:
      return undefined;
  }
}

const ONCE = { operator: 'at_least', value: 1 } as const;

function seenAttribute(rule: AttributeCondition, { scope, facts }: Subject, context: EvaluationContext): Bilingual {
  const field = context.fields.find(scope, rule.attribute);
  const stored = Object.hasOwn(facts.attributes, rule.attribute) ? facts.attributes[rule.attribute] : undefined;
  const say = (language: Language, is: string, unknown: string): string => {
    const label = field?.label[language] ?? rule.attribute;
    const value = stored instanceof Date ? sayMoment(stored, language, context.timeZone) : sayValue(stored, field?.type ?? 'text', language);
    return value === undefined ? `${label} ${unknown}` : `${label} ${is} ${value}`;
  };
  return { nl: say('nl', 'is', 'is onbekend'), en: say('en', 'is', 'is unknown') };
}

function seenEvents(rule: EventCondition, person: PersonFacts, context: EvaluationContext): Bilingual {
  const found = eventCount(rule, person.events, context);
  if (found === 0) return { nl: 'geen keer', en: 'not once' };
  const bounds = eventBounds(rule.within, context);
  const meant = person.events.filter((event) => event.name === rule.event && within(event.occurredAt.toISOString(), bounds) && propertiesMatch(rule.where ?? [], event.properties));
  const last = new Date(Math.max(...meant.map(({ occurredAt }) => occurredAt.getTime())));
  return {
    nl: `${found} keer, laatst op ${sayMoment(last, 'nl', context.timeZone)}`,
    en: `${found} ${found === 1 ? 'time' : 'times'}, last on ${sayMoment(last, 'en', context.timeZone)}`,
  };
}

function seenPeople(rule: PeopleCondition, account: AccountFacts, context: EvaluationContext): Bilingual {
  const found = account.people.filter((person) => playsRole(rule.role, person) && evaluateRule(rule.rule, person, context)).length;
  return {
    nl: `${found} van ${account.people.length} ${account.people.length === 1 ? 'persoon' : 'personen'}`,
    en: `${found} of ${account.people.length} ${account.people.length === 1 ? 'person' : 'people'}`,
  };
}

function seenPermission(purpose: string, person: PersonFacts, context: EvaluationContext): Bilingual {
  const permission = person.permissions?.get(purpose);
  const reason = permission?.reasons?.[0] ?? (permission?.reason ? { code: permission.reason } : undefined);
  if (!reason) return { nl: 'niets spreekt ertegen', en: 'nothing speaks against it' };
  const say = (language: Language, somebody: string): string =>
    explainReason(reason, { person: somebody, campaign: purpose, purpose }, { now: context.now, timeZone: context.timeZone, messageClass: 'marketing' }, language).text;
  return { nl: say('nl', 'deze persoon'), en: say('en', 'this person') };
}
