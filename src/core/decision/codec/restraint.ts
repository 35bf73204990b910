import { HOLD_KINDS, HOLD_SCOPES } from '../../account/holds.js';
import type { SuppressionReason } from '../../consent/suppression-reasons.js';
import type { Facts, HoldFact, PersonFacts } from '../facts.js';
import { at, bit, isSet, placeIn, type Reader, type Writer } from './words.js';

// Stored by their place in this list: only ever add at the end. HOLD_KINDS and HOLD_SCOPES likewise.
const SUPPRESSION_REASONS: readonly SuppressionReason[] = ['unsubscribed_all', 'unsubscribed_topic', 'complaint', 'hard_bounce', 'soft_bounce', 'manual', 'erased', 'objected'];

/** suppressions · flags with the number of holds · [soft bounce: 2] · [domain] · [prefers a human: 2] · of each hold: what it is, since 2, [until 2] */
export function writeRestraint(facts: Facts, out: Writer): void {
  const { suppressions, suppressedDomain, prefersHumanSince } = facts;
  const holds = (facts.holds ?? []).slice(0, 0xff);
  out.word(suppressions ? suppressions.reasons.reduce((mask, reason) => mask | (1 << placeIn(SUPPRESSION_REASONS, reason)), 0) : 0);
  out.word(holds.length | bit(suppressions != null && suppressions.softBounceUntil !== null, 8) | bit(suppressedDomain != null, 9) | bit(prefersHumanSince != null, 10));
  out.optionalLong(suppressions?.softBounceUntil);
  if (suppressedDomain != null) out.name(suppressedDomain);
  out.optionalLong(prefersHumanSince);
  for (const hold of holds) {
    out.word(placeIn(HOLD_KINDS, hold.kind) | (placeIn(HOLD_SCOPES, hold.scope) << 8) | bit(hold.until !== null, 12));
    out.long(hold.since).optionalLong(hold.until);
  }
}

export function readRestraint(input: Reader): Pick<PersonFacts, 'suppressions' | 'suppressedDomain' | 'holds' | 'prefersHumanSince'> {
  const suppressed = input.word();
  const flags = input.word();
  return {
    suppressions: { reasons: SUPPRESSION_REASONS.filter((_, place) => isSet(suppressed, place)), softBounceUntil: input.optionalLong(isSet(flags, 8)) },
    suppressedDomain: isSet(flags, 9) ? input.name() : null,
    prefersHumanSince: input.optionalLong(isSet(flags, 10)),
    holds: Array.from({ length: at(flags, 0, 0xff) }, () => readHold(input)),
  };
}

function readHold(input: Reader): HoldFact {
  const flags = input.word();
  return { kind: HOLD_KINDS[at(flags, 0, 0xff)] ?? 'legal', scope: HOLD_SCOPES[at(flags, 8, 15)] ?? 'contact', since: input.long(), until: input.optionalLong(isSet(flags, 12)) };
}
