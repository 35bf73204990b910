import type { ConsentStanding } from '../../consent/fold-ledger.js';
import type { LegalBasis } from '../../consent/purpose.js';
import type { ConsentFact, Facts, PersonFacts } from '../facts.js';
import { at, bit, isSet, placeIn, type Reader, type Writer } from './words.js';

// Stored by their place in these lists: only ever add at the end.
const STANDINGS: readonly ConsentStanding[] = ['requested', 'given', 'confirmed', 'refused', 'withdrawn', 'objected', 'expired'];
const LEGAL_BASES: readonly LegalBasis[] = ['consent', 'soft_opt_in', 'contract', 'legal_duty', 'legitimate_interest'];

/** flags · [consent: its flags, sequence 2, [since: 2], [valid until: 2]] · [last sale] */
export function writeConsent(facts: Facts, out: Writer): void {
  const { consent, sale, trackingConsent } = facts;
  out.word(
    bit(consent != null, 0) | bit(facts.consentForOtherChannel, 1) | bit(facts.explicitConsent, 2) | bit(trackingConsent?.opens, 3) | bit(trackingConsent?.clicks, 4) | bit(sale?.bought, 5) |
    bit(sale?.lastOn != null, 6),
  );
  if (consent) writeRecord(consent, out);
  if (sale && sale.lastOn !== null) out.word(sale.lastOn);
}

function writeRecord(consent: ConsentFact, out: Writer): void {
  out.word(
    placeIn(STANDINGS, consent.state) | (placeIn(LEGAL_BASES, consent.legalBasis) << 4) | bit(consent.evidenceComplete, 8) | bit(consent.similarProducts, 9) | bit(consent.optOutOffered, 10) |
    bit(consent.sameController, 11) | bit(consent.since !== null, 12) | bit(consent.validUntil !== null, 13),
  );
  out.long(consent.sequence).optionalLong(consent.since).optionalLong(consent.validUntil);
}

export function readConsent(input: Reader): Pick<PersonFacts, 'consent' | 'consentForOtherChannel' | 'explicitConsent' | 'trackingConsent' | 'sale'> {
  const flags = input.word();
  return {
    consent: isSet(flags, 0) ? readRecord(input) : null,
    consentForOtherChannel: isSet(flags, 1),
    explicitConsent: isSet(flags, 2),
    trackingConsent: { opens: isSet(flags, 3), clicks: isSet(flags, 4) },
    sale: { bought: isSet(flags, 5), lastOn: isSet(flags, 6) ? input.signed() : null },
  };
}

function readRecord(input: Reader): ConsentFact {
  const flags = input.word();
  return {
    state: STANDINGS[at(flags, 0, 15)] ?? 'withdrawn',
    legalBasis: LEGAL_BASES[at(flags, 4, 15)] ?? 'consent',
    sequence: input.long(),
    since: input.optionalLong(isSet(flags, 12)),
    validUntil: input.optionalLong(isSet(flags, 13)),
    evidenceComplete: isSet(flags, 8),
    similarProducts: isSet(flags, 9),
    optOutOffered: isSet(flags, 10),
    sameController: isSet(flags, 11),
  };
}
