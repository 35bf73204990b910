import { countryProfile, needsConfirmation, UNKNOWN_COUNTRY } from '../../../src/core/consent/country-profiles.js';

describe('countryProfile', () => {
  it.each([
    ['NL', 'consent', 'allowed'],
    ['de', 'express_consent', 'strict'],
    ['FR', 'opt_out_for_professional_subject', 'allowed'],
    ['IT', 'consent', 'allowed'],
    ['BR', 'express_consent', 'never'],
  ])('knows %s: business mail needs %s, existing customers %s', (country, businessMail, existingCustomers) => {
    expect(countryProfile(country)).toMatchObject({ businessMail, existingCustomers });
  });

  it.each([null, undefined, '', 'XX', '__proto__', 'constructor'])('is at its strictest for %p', (country) => {
    expect(countryProfile(country)).toBe(UNKNOWN_COUNTRY);
  });

  it.each([
    ['DE', false, true],
    ['XX', false, true],
    ['NL', true, true],
    ['NL', false, false],
    ['FR', false, false],
  ])('asks people in %s for a confirmation (purpose asks: %p): %p', (country, doubleOptIn, expected) => {
    expect(needsConfirmation(countryProfile(country), { doubleOptIn })).toBe(expected);
  });
});
