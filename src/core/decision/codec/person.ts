import type { AddressState, Facts, ForeignOrigin, PersonFacts } from '../facts.js';
import { at, bit, isSet, placeIn, type Reader, type Writer } from './words.js';

type PersonNames =
  | 'person' | 'address' | 'roleAddress' | 'provenanceComplete' | 'collectedForPurpose' | 'otherController' | 'restrictedSince' | 'minor' | 'noticeDue' | 'researched' | 'profilingOff'
  | 'relationDay' | 'timeZone' | 'country' | 'missingFields';

// Stored by their place in these lists: only ever add at the end.
const ADDRESS_STATES: readonly AddressState[] = ['ok', 'unverified', 'invalid', 'missing'];
const ORIGINS: readonly (ForeignOrigin | null)[] = [null, 'third_party', 'public'];

/** flags · zone · country · relation day · [other controller] · [restricted: 2] · [missing fields: n, names] */
export function writePerson(facts: Facts, out: Writer): void {
  const { missingFields } = facts;
  out.word(
    bit(facts.person === 'known', 0) | (placeIn(ADDRESS_STATES, facts.address ?? 'ok') << 1) | bit(facts.roleAddress, 4) | bit(facts.provenanceComplete, 5) | bit(facts.collectedForPurpose, 6) |
    bit(facts.minor, 7) | (placeIn(ORIGINS, facts.noticeDue ?? null) << 8) | bit(facts.researched, 10) | bit(facts.profilingOff, 11) | bit(facts.otherController != null, 12) |
    bit(facts.restrictedSince != null, 13) | bit(missingFields !== undefined && missingFields.length > 0, 14),
  );
  out.name(facts.timeZone).name(facts.country).word(facts.relationDay ?? 0);
  if (facts.otherController != null) out.name(facts.otherController);
  out.optionalLong(facts.restrictedSince);
  if (missingFields && missingFields.length > 0) {
    out.word(missingFields.length);
    for (const field of missingFields) out.name(field);
  }
}

export function readPerson(input: Reader): Pick<PersonFacts, PersonNames> {
  const flags = input.word();
  return {
    person: isSet(flags, 0) ? 'known' : 'unknown',
    address: ADDRESS_STATES[at(flags, 1, 7)] ?? 'invalid',
    roleAddress: isSet(flags, 4),
    provenanceComplete: isSet(flags, 5),
    collectedForPurpose: isSet(flags, 6),
    minor: isSet(flags, 7),
    noticeDue: ORIGINS[at(flags, 8, 3)] ?? null,
    researched: isSet(flags, 10),
    profilingOff: isSet(flags, 11),
    timeZone: input.name(),
    country: input.name(),
    relationDay: input.signed(),
    otherController: isSet(flags, 12) ? input.name() : null,
    restrictedSince: input.optionalLong(isSet(flags, 13)),
    missingFields: isSet(flags, 14) ? Array.from({ length: input.word() }, () => input.name() ?? '') : [],
  };
}
