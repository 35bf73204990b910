import { DEFAULT_COUNTRY_PROFILES as countries } from '../../../src/core/consent/country-profiles.js';
import { preferenceOf } from '../../../src/core/consent/preference.js';

const now = new Date('2026-06-09T08:00:00Z');
const yesterday = new Date('2026-06-08T08:00:00Z');
const newsletter = { legalBasis: 'consent', doubleOptIn: true } as const;
const plain = { legalBasis: 'consent', doubleOptIn: false } as const;
const customers = { legalBasis: 'soft_opt_in', doubleOptIn: true } as const;
const somebody = { country: 'NL', optedOut: false, countries };

describe('preferenceOf', () => {
  it.each([
    ['never asked', newsletter, undefined, somebody, 'off'],
    ['asked, not answered', newsletter, { state: 'requested', validUntil: null }, somebody, 'off'],
    ['said yes, did not confirm', newsletter, { state: 'given', validUntil: null }, somebody, 'unconfirmed'],
    ['said yes where the purpose asks no second step', plain, { state: 'given', validUntil: null }, somebody, 'on'],
    ['said yes in Germany, where the law does', plain, { state: 'given', validUntil: null }, { country: 'DE', optedOut: false, countries }, 'unconfirmed'],
    ['confirmed', newsletter, { state: 'confirmed', validUntil: null }, somebody, 'on'],
    ['confirmed, for a time that is over', newsletter, { state: 'confirmed', validUntil: yesterday }, somebody, 'off'],
    ['withdrew', newsletter, { state: 'withdrawn', validUntil: null }, somebody, 'off'],
    ['confirmed and switched everything off', newsletter, { state: 'confirmed', validUntil: null }, { country: 'NL', optedOut: true, countries }, 'off'],
    ['is a customer who never said no', customers, undefined, somebody, 'on'],
    ['is a customer who objected', customers, { state: 'objected', validUntil: null }, somebody, 'off'],
  ] as const)('shows somebody who %s', (_, purpose, consent, person, expected) => {
    expect(preferenceOf(purpose, consent, person, now)).toBe(expected);
  });
});
