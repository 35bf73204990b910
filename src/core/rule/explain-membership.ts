import { explainReason } from '../decision/explain.js';
import { sentence as asSentence } from '../decision/explain-histogram.js';
import { describeRule } from './describe-rule.js';
import { type AccountFacts, engagementEvents, evaluateAccountRule, evaluateRule, type EvaluationContext, type PersonFacts, playsRole } from './evaluate-rule.js';
import { engagementAsEvent } from './relation-conditions.js';
import type { Language } from './phrasebook.js';
import { relatives } from './relatives.js';
import type { AttributeCondition, ParentCondition, PeopleCondition, Rule, SubsidiariesCondition } from './rule.js';
import { drawOf, isDrawn } from './sample.js';
import { sayMoment, sayValue } from './say-value.js';
import { type Bilingual, seenEvents, seenSequence, seenTime, seenValue } from './seen-events.js';

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
      return subject.scope === 'contact' ? seenEvents(rule, subject.facts.events, context) : undefined;
    case 'event_value':
      return subject.scope === 'contact' ? seenValue(rule, subject.facts.events, context) : undefined;
    case 'event_time':
      return subject.scope === 'contact' ? seenTime(rule, subject.facts.events, context) : undefined;
    case 'sequence':
      return subject.scope === 'contact' ? seenSequence(rule, subject.facts.events, context) : undefined;
    case 'engagement':
      return subject.scope === 'contact' ? seenEvents(engagementAsEvent(rule), engagementEvents(rule, subject.facts), context) : undefined;
    case 'parent':
    case 'subsidiaries':
      return subject.scope === 'account' ? seenRelatives(rule, subject.facts, context) : undefined;
    case 'sample':
      return isDrawn(drawOf(rule, subject.scope), subject.scope === 'contact' ? subject.facts.contactId : subject.facts.accountId) ? { nl: 'ingeloot', en: 'drawn' } : { nl: 'uitgeloot', en: 'not drawn' };
    case 'segment':
      if (context.segments(rule.segment)?.rule) return undefined;
      return subject.facts.lists.includes(rule.segment) ? { nl: 'staat op de lijst', en: 'is on the list' } : { nl: 'staat niet op de lijst', en: 'is not on the list' };
    default:
      return undefined;
  }
}

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

function seenPeople(rule: PeopleCondition, account: AccountFacts, context: EvaluationContext): Bilingual {
  const found = account.people.filter((person) => playsRole(rule.role, person) && evaluateRule(rule.rule, person, context)).length;
  return {
    nl: `${found} van ${account.people.length} ${account.people.length === 1 ? 'persoon' : 'personen'}`,
    en: `${found} of ${account.people.length} ${account.people.length === 1 ? 'person' : 'people'}`,
  };
}

function seenRelatives(rule: ParentCondition | SubsidiariesCondition, account: AccountFacts, context: EvaluationContext): Bilingual {
  const all = relatives(rule, account);
  if (all.length === 0) return rule.kind === 'parent' ? { nl: 'geen account erboven', en: 'no account above it' } : { nl: 'geen dochters', en: 'no subsidiaries' };
  const found = all.filter((one) => evaluateAccountRule(rule.rule, one, context)).length;
  return { nl: `${found} van ${all.length} ${all.length === 1 ? 'account' : 'accounts'}`, en: `${found} of ${all.length} ${all.length === 1 ? 'account' : 'accounts'}` };
}

function seenPermission(purpose: string, person: PersonFacts, context: EvaluationContext): Bilingual {
  const permission = person.permissions?.get(purpose);
  const reasons = permission?.reasons ?? (permission?.reason ? [{ code: permission.reason }] : []);
  if (reasons.length === 0) return { nl: 'niets spreekt ertegen', en: 'nothing speaks against it' };
  const say = (language: Language, somebody: string): string =>
    reasons.map((reason) => asSentence(explainReason(reason, { person: somebody, campaign: purpose, purpose }, { now: context.now, timeZone: context.timeZone, messageClass: 'marketing' }, language).text)).join(' ');
  return { nl: say('nl', 'deze persoon'), en: say('en', 'this person') };
}
