import { z } from 'zod';

const profile = z.strictObject({
  businessMail: z.enum(['consent', 'express_consent', 'opt_out_for_professional_subject']),
  doubleOptIn: z.enum(['required', 'policy', 'purpose']),
  existingCustomers: z.enum(['allowed', 'strict', 'never']),
  openTracking: z.enum(['consent', 'never']),
});

/**
 * What a country asks of mail to its people. Product design from facts collected in November 2026, not legal advice:
 * it is data, so that a company's counsel can change it.
 */
export interface CountryProfile {
  /** Consent for mail to a business address: always, always and express, or not for a professional subject with a way out. */
  readonly businessMail: 'consent' | 'express_consent' | 'opt_out_for_professional_subject';
  /** Confirmation by a second step: the law's courts ask it, our policy asks it, or the purpose decides. */
  readonly doubleOptIn: 'required' | 'policy' | 'purpose';
  /** Mail to existing customers about similar products (ePrivacy art. 13(2)): allowed, allowed with all four conditions proven (§ 7(3) UWG), or never. */
  readonly existingCustomers: 'allowed' | 'strict' | 'never';
  /** Knowing who opened a mail: with a consent of its own, or not at all. */
  readonly openTracking: 'consent' | 'never';
}

/** Profiles by ISO 3166-1 alpha-2 code: the countries that somebody looked into. Plain data, so that they travel with the policies. */
export type CountryProfiles = Readonly<Record<string, CountryProfile>>;

/**
 * What an operator's file says: `{ "BE": { … }, "FR": null }`. A country replaces ours or is added whole; null takes ours away, so that the strictest
 * holds. The unknown country is not in the file: it always has the strictest of everything.
 */
export const countryProfilesFile = z.record(z.string(), profile.nullable()).superRefine((file, context) => {
  for (const country of Object.keys(file)) if (!/^[A-Z]{2}$/.test(country)) context.addIssue({ code: 'custom', path: [country], message: 'must be a two-letter country code such as NL' });
});

/** Profiles as they are stored and sent about. */
export const storedProfiles = z.record(z.string(), profile);

export const DEFAULT_COUNTRY_PROFILES: CountryProfiles = {
  NL: { businessMail: 'consent', doubleOptIn: 'policy', existingCustomers: 'allowed', openTracking: 'consent' },
  DE: { businessMail: 'express_consent', doubleOptIn: 'required', existingCustomers: 'strict', openTracking: 'consent' },
  FR: { businessMail: 'opt_out_for_professional_subject', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' },
  IT: { businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' },
};

/** The strictest of everything: for a country that nobody looked into, and for people whose country we do not know. */
export const UNKNOWN_COUNTRY: CountryProfile = { businessMail: 'express_consent', doubleOptIn: 'required', existingCustomers: 'never', openTracking: 'never' };

/** The profile of an ISO 3166-1 alpha-2 code, any case; unknown codes and null get the strictest. */
export function countryProfile(country: string | null | undefined, profiles: CountryProfiles): CountryProfile {
  const code = (country ?? '').toUpperCase();
  return (Object.hasOwn(profiles, code) ? profiles[code] : undefined) ?? UNKNOWN_COUNTRY;
}

/** Our profiles with what the operator's file changes. */
export function withFile(file: z.output<typeof countryProfilesFile>): CountryProfiles {
  return Object.fromEntries(Object.entries({ ...DEFAULT_COUNTRY_PROFILES, ...file }).filter((entry): entry is [string, CountryProfile] => entry[1] !== null));
}

/** Whether a yes must be confirmed by a second step before mail may rest on it. */
export function needsConfirmation(profile: CountryProfile, purpose: { readonly doubleOptIn: boolean }): boolean {
  return profile.doubleOptIn === 'required' || purpose.doubleOptIn;
}
