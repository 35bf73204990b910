import { countryProfile, countryProfilesFile, DEFAULT_COUNTRY_PROFILES, needsConfirmation, UNKNOWN_COUNTRY, withFile } from '../../../src/core/consent/country-profiles.js';

describe('countryProfile', () => {
  it.each([
    ['NL', 'consent', 'allowed'],
    ['de', 'express_consent', 'strict'],
    ['FR', 'opt_out_for_professional_subject', 'allowed'],
    ['IT', 'consent', 'allowed'],
    ['BR', 'express_consent', 'never'],
  ])('knows %s: business mail needs %s, existing customers %s', (country, businessMail, existingCustomers) => {
    expect(countryProfile(country, DEFAULT_COUNTRY_PROFILES)).toMatchObject({ businessMail, existingCustomers });
  });

  it.each([null, undefined, '', 'XX', '__proto__', 'constructor'])('is at its strictest for %p', (country) => {
    expect(countryProfile(country, DEFAULT_COUNTRY_PROFILES)).toBe(UNKNOWN_COUNTRY);
  });

  it.each([
    ['DE', false, true],
    ['XX', false, true],
    ['NL', true, true],
    ['NL', false, false],
    ['FR', false, false],
  ])('asks people in %s for a confirmation (purpose asks: %p): %p', (country, doubleOptIn, expected) => {
    expect(needsConfirmation(countryProfile(country, DEFAULT_COUNTRY_PROFILES), { doubleOptIn })).toBe(expected);
  });

  it('takes an operator\'s country over ours, another one beside them, and none away but by null', () => {
    const belgium = { businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'never' } as const;
    const profiles = withFile(countryProfilesFile.parse({ BE: belgium, DE: { ...belgium, doubleOptIn: 'required' }, FR: null }));
    expect(countryProfile('be', profiles)).toEqual(belgium);
    expect(countryProfile('DE', profiles)).toEqual({ ...belgium, doubleOptIn: 'required' });
    expect(countryProfile('FR', profiles)).toBe(UNKNOWN_COUNTRY);
    expect(countryProfile('NL', profiles)).toEqual(DEFAULT_COUNTRY_PROFILES['NL']);
  });

  it.each([
    ['a country in full', { Netherlands: null }],
    ['the unknown country', { unknown: { businessMail: 'consent', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' } }],
    ['half a profile', { BE: { businessMail: 'consent' } }],
    ['a rule we do not know', { BE: { businessMail: 'never mind', doubleOptIn: 'purpose', existingCustomers: 'allowed', openTracking: 'consent' } }],
    ['a list', []],
  ])('does not take %s', (_, file) => {
    expect(countryProfilesFile.safeParse(file).success).toBe(false);
  });
});
