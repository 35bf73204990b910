import { countryTimeZones, isTimeZone, OpeningTimes, type Opening, type OpenHours } from '../../shared/local-time.js';
import { dateOf, type Facts } from '../facts.js';
import type { Policies } from '../policies.js';
import { stops, type ReasonCode } from '../reasons.js';
import type { Case, Gate } from './gate.js';

const HOUR = 3_600_000;

/** Mail arrives in the receiver's daytime, or not at all once it is no longer news. */
export const timingGate: Gate = {
  codes: ['timing.quiet_hours', 'timing.timezone_unknown', 'timing.holiday', 'timing.stale'],
  check(given, findings) {
    const { facts, request, now } = given;
    if (facts.timeZone !== undefined && facts.country !== undefined) {
      const place = placeOf(facts.timeZone, facts.country, given.policies);
      const opening = openingAt(place, now);
      if (opening.closure !== undefined) findings.add(place.zoneKnown ? codeOf(opening.closure) : 'timing.timezone_unknown', { what: opening.closure, names: place.names }, opening.opensAt);
    }
    if (facts.stepSince !== undefined) {
      const expires = facts.stepSince * 1_000 + request.timeToLiveHours * HOUR;
      if (now > expires) findings.add('timing.stale', { hours: request.timeToLiveHours, since: dateOf(facts.stepSince) });
    }
  },
};

function codeOf(closure: 'hours' | 'weekday' | 'holiday'): ReasonCode {
  return closure === 'holiday' ? 'timing.holiday' : 'timing.quiet_hours';
}

/** First moment from here at which this person may get this mail, as far as the clock is concerned. */
export function firstOpenMoment(given: Case, moment: number): number {
  const { facts, messageClass } = given;
  if (facts.timeZone === undefined || facts.country === undefined || !stops('timing.quiet_hours', messageClass)) return moment;
  const opening = openingAt(placeOf(facts.timeZone, facts.country, given.policies), moment);
  return opening.closure === undefined ? moment : (opening.opensAt ?? moment);
}

/** The hours that begin at just this moment for this person, when it is one at which they begin: many wait for it. */
export function hoursThatBegin(facts: Facts, policies: Policies, moment: number): { readonly from: number; readonly to: number } | undefined {
  if (facts.timeZone === undefined || facts.country === undefined) return undefined;
  const { from, to, closure } = openingAt(placeOf(facts.timeZone, facts.country, policies), moment);
  return closure === undefined && from === moment ? { from, to } : undefined;
}

/** A country can be so wide that no hour suits all of it: then the workspace's hours hold. */
function openingAt(place: Place, moment: number): Opening {
  const opening = place.times.at(moment);
  return opening.closure !== undefined && opening.opensAt === undefined && place.fallback ? place.fallback.at(moment) : opening;
}

interface Place {
  readonly times: OpeningTimes;
  readonly fallback?: OpeningTimes;
  readonly zoneKnown: boolean;
  /** The zone, or the country whose zones were all respected. */
  readonly names: readonly string[];
}

// By the policies' identity: a policy version is parsed once, and its places are kept as long as it is.
const placesOf = new WeakMap<Policies, Map<string, Place>>();
const MOST_PLACES = 5_000; // zones and countries come from customer data

function placeOf(zone: string | null, country: string | null, policies: Policies): Place {
  let places = placesOf.get(policies);
  if (!places) {
    places = new Map();
    placesOf.set(policies, places);
  }
  const key = `${zone ?? ''} ${country ?? ''}`;
  let place = places.get(key);
  if (!place) {
    place = makePlace(zone, country, policies);
    if (places.size >= MOST_PLACES) places.clear();
    places.set(key, place);
  }
  return place;
}

function makePlace(zone: string | null, country: string | null, policies: Policies): Place {
  const { workspace } = policies;
  const hours = hoursOf(country ?? workspace.country, policies);
  if (zone !== null && isTimeZone(zone)) return { times: new OpeningTimes([zone], country ?? workspace.country, hours), zoneKnown: true, names: [zone] };
  const fallback = new OpeningTimes([workspace.timeZone], workspace.country, hoursOf(workspace.country, policies));
  const zones = country === null ? [] : countryTimeZones(country);
  if (country === null || zones.length === 0) return { times: fallback, zoneKnown: false, names: [workspace.timeZone] };
  const single = zones.length === 1;
  return { times: new OpeningTimes(zones, country, hours), fallback, zoneKnown: single, names: single ? zones : [country] };
}

function hoursOf(country: string, policies: Policies): OpenHours {
  return policies.openHoursByCountry[country] ?? policies.openHours;
}
