/**
 * What a country asks of mail to its people. Product design from facts collected in November 2026, not legal advice:
 * it is data, so that a company's counsel can change it.
 */
export interface CountryProfile {
  readonly country: string;
  /** Consent for mail to a business address: always, always and express, or not for a professional subject with a way out. */
  readonly businessMail: 'consent' | 'express_consent' | 'opt_out_for_professional_subject';
  /** Confirmation by a second step: the law's courts ask it, our policy asks it, or the purpose decides. */
  readonly doubleOptIn: 'required' | 'policy' | 'purpose';
  /** Mail to existing customers about similar products (ePrivacy art. 13(2)): allowed, allowed with all four conditions proven (§ 7(3) UWG), or never. */
  readonly existingCustomers: 'allowed' | 'strict' | 'never';
  /** Knowing who opened a mail: with a consent of its own, or not at all. */
  readonly openTracking: 'consent' | 'never';
}

const PROFILES: ReadonlyMap<string, CountryProfile> = new Map(
  (
    [
      { country: 'NL', businessMail: 'consent', doubleOptIn: 'policy', existingCustomers: 'allowed', openTracking: 'consent' },
      { country: 'DE', businessMail: 'express_consent', doubleOptIn: 'required', existingCustomers: 'strict', openTracking: 'consent' },
      { country: 'FR', businessMail: 'opt_out_for_professional_subject', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' },
      { country: 'IT', businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' },
    ] as const
  ).map((profile) => [profile.country, profile]),
);

/** The strictest of everything: for a country that nobody looked into, and for people whose country we do not know. */
export const UNKNOWN_COUNTRY: CountryProfile = { country: 'unknown', businessMail: 'express_consent', doubleOptIn: 'required', existingCustomers: 'never', openTracking: 'never' };

/** The profile of an ISO 3166-1 alpha-2 code, any case; unknown codes and null get the strictest. */
export function countryProfile(country: string | null | undefined): CountryProfile {
  return PROFILES.get((country ?? '').toUpperCase()) ?? UNKNOWN_COUNTRY;
}

/** The countries that somebody looked into. */
export const KNOWN_COUNTRIES: readonly CountryProfile[] = [...PROFILES.values()];

/** Whether a yes must be confirmed by a second step before mail may rest on it. */
export function needsConfirmation(profile: CountryProfile, purpose: { readonly doubleOptIn: boolean }): boolean {
  return profile.doubleOptIn === 'required' || purpose.doubleOptIn;
}
