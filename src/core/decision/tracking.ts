import { countryProfile } from '../consent/country-profiles.js';
import type { Modifier, Tracking } from './decision.js';
import type { Case } from './gates/gate.js';
import { advertises } from './gates/input.js';

export const NO_TRACKING: Tracking = { opens: 'none', clicks: 'none' };

// One object each: decisions are made by the hundred thousand.
const CLICKS_COUNTED: Tracking = { opens: 'none', clicks: 'aggregate' };
const LEVELS: readonly Tracking[] = [CLICKS_COUNTED, { opens: 'individual', clicks: 'aggregate' }, { opens: 'none', clicks: 'individual' }, { opens: 'individual', clicks: 'individual' }];

/**
 * How much of this person's reading may be followed: one by one only with a consent of its own and where the country knows one; else
 * clicks are counted without knowing whose, and opens not at all. In a country nobody looked into nothing is followed.
 */
export function trackingOf({ facts, messageClass, policies }: Case): Tracking {
  const { trackingConsent, country } = facts;
  if (!advertises(messageClass) || trackingConsent === undefined || country === undefined) return NO_TRACKING;
  if (countryProfile(country, policies.countries).openTracking === 'never') return NO_TRACKING;
  return LEVELS[(trackingConsent.opens ? 1 : 0) | (trackingConsent.clicks ? 2 : 0)] ?? CLICKS_COUNTED;
}

export const NO_MODIFIERS: readonly Modifier[] = [];
const PROFILING_OFF: Modifier = { code: 'profiling.off' };

/** Who objected to profiling gets the generic content, without the fields that were worked out about him (GDPR art. 21, 22). */
export function modifiersOf({ facts, request }: Case): readonly Modifier[] {
  if (facts.profilingOff !== true) return NO_MODIFIERS;
  return request.profilingFields.length === 0 ? [PROFILING_OFF] : [PROFILING_OFF, { code: 'field.stripped', names: request.profilingFields }];
}
