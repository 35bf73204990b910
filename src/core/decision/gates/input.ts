import { dateOf, neededFacts, type Facts, type PurposeFacts, type RequestFacts } from '../facts.js';
import type { MessageClass } from '../message-class.js';
import { ownController } from '../policies.js';
import type { Gate } from './gate.js';

/** Whether the question can be answered at all: a known person, a usable address, a purpose that fits, all facts at hand. */
export const inputGate: Gate = {
  codes: [
    'input.person_unknown', 'input.address_invalid', 'input.provenance_missing', 'input.purpose_invalid', 'input.controller_mismatch', 'input.class_mismatch', 'input.fact_unavailable', 'input.merge_field_missing',
  ],
  check({ facts, request, purpose, messageClass, policies, now }, findings) {
    if (facts.person === 'unknown') findings.add('input.person_unknown');
    if (facts.address !== undefined && facts.address !== 'ok') findings.add('input.address_invalid', { what: facts.address });
    if (facts.provenanceComplete === false) findings.add('input.provenance_missing');
    const invalid = purposeProblem(request, purpose, now);
    if (invalid) findings.add('input.purpose_invalid', invalid);
    if (purpose && facts.otherController != null) findings.add('input.controller_mismatch', { names: [facts.otherController, purpose.controller ?? ownController(policies)] });
    if (purpose && !classFits(messageClass, purpose)) findings.add('input.class_mismatch', { names: [messageClass, purpose.messageClass, purpose.legalBasis] });
    const unloaded = facts.person === 'unknown' ? [] : notLoaded(facts, request);
    if (unloaded.length > 0) findings.add('input.fact_unavailable', { names: unloaded });
    if (facts.missingFields && facts.missingFields.length > 0) findings.add('input.merge_field_missing', { names: facts.missingFields });
  },
};

function purposeProblem(request: RequestFacts, purpose: PurposeFacts | null, now: number): { what: string; since?: Date } | undefined {
  if (!purpose) return { what: 'unknown' };
  if (purpose.retired) return { what: 'retired' };
  if (purpose.validUntil !== null && purpose.validUntil * 1_000 <= now) return { what: 'ended', since: dateOf(purpose.validUntil) };
  if (!purpose.channels.includes(request.channel)) return { what: 'channel' };
  return undefined;
}

function notLoaded(facts: Facts, request: RequestFacts): string[] {
  const names: string[] = [];
  for (const name of neededFacts(request.phase)) if (facts[name] === undefined) names.push(name);
  return names;
}

/** Mail that is sent because we want it, not because a contract, the law or the person's own request asks for it. */
export function advertises(messageClass: MessageClass): boolean {
  return messageClass === 'marketing' || messageClass === 'survey' || messageClass === 'personal';
}

/** Service mail may only carry what its contract asks for: whatever advertises needs a purpose that allows advertising. */
export function classFits(messageClass: MessageClass, purpose: Pick<PurposeFacts, 'messageClass' | 'legalBasis'>): boolean {
  const promotes = advertises(purpose.messageClass);
  switch (messageClass) {
    case 'marketing':
    case 'survey':
      return promotes && purpose.legalBasis !== 'contract' && purpose.legalBasis !== 'legal_duty';
    case 'personal':
      return promotes;
    case 'service':
      return purpose.messageClass === 'service' && (purpose.legalBasis === 'contract' || purpose.legalBasis === 'legal_duty' || purpose.legalBasis === 'legitimate_interest');
    case 'legal_duty':
      return purpose.messageClass === 'legal_duty' && purpose.legalBasis === 'legal_duty';
    case 'opt_in_request':
      return purpose.messageClass === 'opt_in_request' || (promotes && purpose.legalBasis === 'consent');
  }
}
