import { type Approval, APPROVALS } from '../../account/tiers.js';
import type { Holdout } from '../../pressure/holdout.js';
import type { Facts, PersonFacts } from '../facts.js';
import { at, bit, isSet, placeIn, type Reader, type Writer } from './words.js';

// Stored by their place in this list: only ever add at the end.
const HOLDOUTS: readonly Holdout[] = ['none', 'engine', 'campaign'];

/** flags · step since: 2 · [same content: 2] · [tier] */
export function writeCampaign(facts: Facts, out: Writer): void {
  out.word(bit(facts.alreadySent, 0) | bit(facts.exited, 1) | bit(facts.goalMet, 2) | (placeIn(HOLDOUTS, facts.holdout ?? 'none') << 3) | bit(facts.duplicateContent != null, 6) | (placeIn<Approval>(APPROVALS, facts.approval ?? 'not_needed') << 7) | bit(facts.tier != null, 10));
  out.long(facts.stepSince ?? 0).optionalLong(facts.duplicateContent);
  if (facts.tier != null) out.name(facts.tier);
}

export function readCampaign(input: Reader): Pick<PersonFacts, 'alreadySent' | 'exited' | 'goalMet' | 'holdout' | 'stepSince' | 'duplicateContent' | 'approval' | 'tier'> {
  const flags = input.word();
  return {
    alreadySent: isSet(flags, 0),
    exited: isSet(flags, 1),
    goalMet: isSet(flags, 2),
    holdout: HOLDOUTS[at(flags, 3, 7)] ?? 'engine',
    stepSince: input.long(),
    duplicateContent: input.optionalLong(isSet(flags, 6)),
    approval: APPROVALS[at(flags, 7, 7)] ?? 'due',
    tier: isSet(flags, 10) ? input.name() : null,
  };
}
