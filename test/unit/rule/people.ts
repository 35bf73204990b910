import type { Campaigns } from '../../../src/core/rule/check-rule.js';
import type { AccountFacts, EvaluationContext, EventFact, PersonFacts } from '../../../src/core/rule/evaluate-rule.js';
import { evaluateAccountRule, evaluateRule } from '../../../src/core/rule/evaluate-rule.js';
import { fieldCatalogue, standardFields } from '../../../src/core/rule/fields.js';
import { parseRule } from '../../../src/core/rule/parse-rule.js';
import type { Rule, SegmentRule } from '../../../src/core/rule/rule.js';

/** A Tuesday, noon in Amsterdam. */
export const NOW = new Date('2026-06-09T10:00:00Z');

export const FIELDS = fieldCatalogue([
  ...standardFields(),
  { scope: 'contact', key: 'plan', type: 'text', standard: false },
  { scope: 'contact', key: 'seats', type: 'number', standard: false },
  { scope: 'contact', key: 'newsletter_reader', type: 'boolean', standard: false },
  { scope: 'contact', key: 'renewal', type: 'date', standard: false },
  { scope: 'contact', key: 'last_visit', type: 'timestamp', standard: false },
  { scope: 'contact', key: 'interests', type: 'list', standard: false },
]);

export const noSegments = (): undefined => undefined;

export const CAMPAIGNS: Campaigns = new Map([['spring', 1], ['welcome', 2]]);

/** Segments by key, as rules look them up. */
export function segments(all: Record<string, SegmentRule>): (key: string) => SegmentRule | undefined {
  return (key) => (Object.hasOwn(all, key) ? all[key] : undefined);
}

export function rule(input: unknown): Rule {
  const parsed = parseRule(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export function person(attributes: Record<string, unknown>, rest: Partial<Omit<PersonFacts, 'attributes'>> = {}): PersonFacts {
  return { contactId: 1, attributes, events: [], messages: [], account: undefined, roles: [], lists: [], ...rest };
}

let accounts = 0;
/** Each is another account. */
export function account(attributes: Record<string, unknown>, people: PersonFacts[] = [], lists: string[] = []): AccountFacts {
  accounts += 1;
  return { accountId: accounts, attributes, people, parent: undefined, subsidiaries: [], lists };
}

export const days = 24 * 3_600_000;

/** Something done so many milliseconds before NOW. */
export function did(name: string, before: number, properties: Record<string, unknown> = {}): EventFact {
  return { name, occurredAt: new Date(NOW.getTime() - before), properties };
}

export function contextWith(lookup: EvaluationContext['segments'] = noSegments): EvaluationContext {
  return { now: NOW, timeZone: 'Europe/Amsterdam', fields: FIELDS, segments: lookup };
}

export function selects(input: unknown, facts: PersonFacts, lookup?: EvaluationContext['segments']): boolean {
  return evaluateRule(rule(input), facts, contextWith(lookup));
}

export function selectsAccount(input: unknown, facts: AccountFacts, lookup?: EvaluationContext['segments']): boolean {
  return evaluateAccountRule(rule(input), facts, contextWith(lookup));
}
