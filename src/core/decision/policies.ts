import { z } from 'zod';
import { type CountryProfiles, DEFAULT_COUNTRY_PROFILES, storedProfiles } from '../consent/country-profiles.js';
import { DEFAULT_TIERS, tierRules } from '../account/tiers.js';
import { capSchema as cap, MAX_WINDOW_DAYS } from '../pressure/cap-schema.js';
import type { PressureIndexTerms } from '../pressure/pressure-index.js';
import { Hash64, sortedJson } from '../shared/hash.js';
import { isTimeZone } from '../shared/local-time.js';

const country = z.string().regex(/^[A-Z]{2}$/, 'must be a two-letter country code such as NL');
const zone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Amsterdam');

const openHours = z
  .strictObject({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:00'),
    to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as 20:00, at most 24:00'),
    closedWeekdays: z.array(z.int().min(1).max(7)).max(6, 'must leave at least one day open').describe('ISO weekdays without mail: 1 Monday … 7 Sunday'),
    publicHolidays: z.boolean().describe('no mail on public holidays'),
  })
  .refine((hours) => hours.from < hours.to, { path: ['to'], message: 'must be later than "from"' });

const weight = z.number().min(0).max(20);

/** The pressure index (core/pressure/pressure-index.ts). Limits up to 40: with the highest factor they still fit in 16 bits of thousandths. */
const pressureIndex = z.strictObject({
  limit: z.number().min(1).max(40).describe('what somebody bears at once, in mails; multiplied by the factor of the person'),
  halfLifeDays: z.number().min(1).max(14).describe('after so many days a touch presses half as much'),
  weights: z.strictObject({ mail: weight.min(0.1), service_mail: weight, call: weight, meeting: weight }).describe('how much each touch presses'),
}) satisfies z.ZodType<PressureIndexTerms>;

/** The restraint policies: what the gate holds everybody to. Edited through the API, as a whole: what is left out is refused, never put back to a default. A cap of null is off. */
export const policySettings = z.strictObject({
  contactCaps: z.strictObject({
    total: cap.describe('mails of all campaigns together, per person'),
    purpose: cap.describe('mails of one purpose, per person'),
    channels: z.strictObject({ email: cap.describe('mails over one channel, per person') }),
  }),
  accountCaps: z.strictObject({
    messages: cap.describe('mails to all people of an account together'),
    people: cap.describe('distinct people of an account'),
  }),
  tiers: tierRules.describe('how closely accounts are looked after, by the tier that stands on them: what a human approves, and caps of their own'),
  minimumGapHours: z.number().min(0).max(MAX_WINDOW_DAYS * 24).describe('hours between two mails to one person'),
  pressureIndex: pressureIndex.nullable().describe('how much presses on a person by now, fading; null: only the caps count'),
  arbitrationMinutes: z.int().min(0).max(1_440).describe('how long a mail waits for a more important one to the same person that is due soon'),
  releaseSpreadMinutes: z.int().min(0).max(480).describe('mail that waited for the hour is let go over so many minutes, not all at once'),
  campaignPeopleDays: z.number().positive().max(MAX_WINDOW_DAYS).describe('how long a person counts as being worked on by a play'),
  openHours,
  openHoursByCountry: z.record(country, openHours).describe('differs from openHours in these countries'),
  holdoutPercent: z.number().min(0).max(50).describe('control group that no campaign mails'),
  minorBelowAge: z.int().min(0).max(21),
  softOptInDays: z.int().min(1).max(3_650).nullable().describe('how long after a sale the existing-customer exception holds; null: as long as the relation'),
  duplicateContentDays: z.int().min(0).max(365).describe('for how long the same version of a template is not sent to a person again by another campaign or step; 0: never mind'),
  controller: z.string().trim().min(1).max(200).nullable().describe('who collects and sends where purposes and contacts name nobody else; null: the one who runs this workspace, under the name that its mail is sent under'),
  killSwitch: z.boolean().describe('holds all mail back'),
  workspace: z.strictObject({ timeZone: zone, country }),
});

export type PolicySettings = z.output<typeof policySettings>;

/** Policies in force, with the version that a decision names: a digest of their contents, so equal policies are one version. */
export interface Policies extends PolicySettings {
  readonly version: string;
  /** What each country asks: the built-in profiles, or the operator's. */
  readonly countries: CountryProfiles;
  /** Under what name the workspace sends; left out where that is not known. */
  readonly workspaceName?: string | undefined;
}

/** What is kept of policies, to decide again as it was decided: the country profiles where they are the operator's own. */
export type StoredPolicies = PolicySettings & { readonly countries?: CountryProfiles | undefined; readonly workspaceName?: string | undefined };

/** Who collects and sends where nobody else is named. '': the one who runs this workspace and has no name. */
export function ownController({ controller, workspaceName }: Pick<Policies, 'controller' | 'workspaceName'>): string {
  return controller ?? workspaceName ?? '';
}

/**
 * Restraint by default: two mails of a purpose and three of all in a week, a day between them; an account hears of us at most ten
 * times a week, through five of its people. Half of the field's tools have no default at all, which means "unlimited".
 */
export const DEFAULT_POLICIES: PolicySettings = {
  contactCaps: { total: { limit: 3, days: 7 }, purpose: { limit: 2, days: 7 }, channels: { email: null } },
  accountCaps: { messages: { limit: 10, days: 7 }, people: { limit: 5, days: 7 } },
  tiers: DEFAULT_TIERS,
  minimumGapHours: 24,
  // Three mails on three days in a row, every week, are the most the caps above allow, and press 5.5: at 6 the caps alone hold back whoever gets
  // mail only. The index binds once a human called as well (3), service mail adds up, or the person bears less: at half (3) a mail every
  // four days, at the lowest (1.5) one every eleven.
  pressureIndex: { limit: 6, halfLifeDays: 7, weights: { mail: 1, service_mail: 0.2, call: 3, meeting: 3 } },
  arbitrationMinutes: 60,
  releaseSpreadMinutes: 30,
  campaignPeopleDays: 14,
  openHours: { from: '08:00', to: '20:00', closedWeekdays: [7], publicHolidays: true },
  openHoursByCountry: {},
  holdoutPercent: 5,
  minorBelowAge: 16, // GDPR art. 8 and its Dutch act: below it a parent decides
  softOptInDays: null,
  duplicateContentDays: 30,
  controller: null,
  killSwitch: false,
  workspace: { timeZone: 'Europe/Amsterdam', country: 'NL' },
};

/** Policies as they are stored, null for none. A setting that came with a later version of the program has its default until somebody chooses. */
export function policiesOf(stored: unknown, defaults: PolicySettings = DEFAULT_POLICIES): Policies {
  const { countries, workspaceName, ...settings } = (stored ?? {}) as Partial<StoredPolicies>;
  return versioned({ ...policySettings.parse({ ...defaults, ...settings }), ...(countries && { countries: storedProfiles.parse(countries) }), workspaceName });
}

export function versioned(given: StoredPolicies): Policies {
  const kept = keptOf(given);
  return { ...kept, countries: kept.countries ?? DEFAULT_COUNTRY_PROFILES, version: new Hash64().text(sortedJson(kept)).hex() };
}

/** The part of policies that is kept, and that their version is taken of. */
export function storedOf({ version: _, ...policies }: Policies): StoredPolicies {
  return keptOf(policies);
}

function keptOf({ countries, workspaceName, ...settings }: StoredPolicies): StoredPolicies {
  const kept = workspaceName === undefined ? settings : { ...settings, workspaceName };
  return countries === undefined || sortedJson(countries) === sortedJson(DEFAULT_COUNTRY_PROFILES) ? kept : { ...kept, countries };
}
