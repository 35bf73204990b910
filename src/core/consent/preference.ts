import { type CountryProfiles, countryProfile, needsConfirmation } from './country-profiles.js';
import { isEnded, type ConsentStanding } from './fold-ledger.js';
import type { Purpose } from './purpose.js';

/** How a topic stands for a person, in the words of the preference page. */
export type Preference = 'on' | 'off' | 'unconfirmed';

export interface KnownConsent {
  readonly state: ConsentStanding;
  readonly validUntil: Date | null;
}

/** What the person's own word comes to: not a decision to send, which looks at much more. */
export function preferenceOf(
  purpose: Pick<Purpose, 'legalBasis' | 'doubleOptIn'>,
  consent: KnownConsent | undefined,
  person: { readonly country: string | null; readonly optedOut: boolean; readonly countries: CountryProfiles },
  now: Date,
): Preference {
  if (person.optedOut) return 'off';
  if (consent && (isEnded(consent.state) || (consent.validUntil !== null && consent.validUntil <= now))) return 'off';
  if (consent?.state === 'confirmed') return 'on';
  if (consent?.state === 'given') return needsConfirmation(countryProfile(person.country, person.countries), purpose) && purpose.legalBasis === 'consent' ? 'unconfirmed' : 'on';
  // Mail that does not rest on consent (existing customers, legitimate interest) runs until the person says no.
  return purpose.legalBasis === 'consent' ? 'off' : 'on';
}
