import type { HoldKind, HoldScope } from '../account/holds.js';
import type { Approval } from '../account/tiers.js';
import type { ConsentStanding } from '../consent/fold-ledger.js';
import type { LegalBasis } from '../consent/purpose.js';
import type { SuppressionReason } from '../consent/suppression-reasons.js';
import type { Holdout } from '../pressure/holdout.js';
import type { ContactPressure } from '../pressure/contact-pressure.js';
import type { AccountPressure } from '../pressure/touch-history.js';
import type { DayNumber, Seconds } from './moments.js';
import type { Phase, RequestFacts } from './request-facts.js';

export * from './moments.js';
export type * from './request-facts.js';

export type AddressState = 'ok' | 'unverified' | 'invalid' | 'missing';

/** Where a person's data came from, when not from the person: somebody else gave them, or they stood somewhere for all to read (GDPR art. 14). */
export type ForeignOrigin = 'third_party' | 'public';

/** What the ledger says about this person for the campaign's purpose and channel. */
export interface ConsentFact {
  readonly state: ConsentStanding;
  /** What the record itself rests on. */
  readonly legalBasis: LegalBasis;
  /** The ledger record that proves it. */
  readonly sequence: number;
  /** When the present state began, where the ledger's summary tells. */
  readonly since: Seconds | null;
  readonly validUntil: Seconds | null;
  readonly evidenceComplete: boolean;
  /** Conditions of the existing-customer exception, as the record's proof states them. */
  readonly similarProducts: boolean;
  readonly optOutOffered: boolean;
  readonly sameController: boolean;
}

/** Whether the person allowed to be followed one by one, beside getting the mail. */
export interface TrackingConsent {
  readonly opens: boolean;
  readonly clicks: boolean;
}

export interface SuppressionFacts {
  /** Those in force, for this purpose or for all. */
  readonly reasons: readonly SuppressionReason[];
  /** Of a soft bounce: when it ends. */
  readonly softBounceUntil: Seconds | null;
}

export interface SaleFact {
  readonly bought: boolean;
  /** The last sale, where it is known. */
  readonly lastOn: DayNumber | null;
}

/** A hold in force that concerns this campaign. */
export interface HoldFact {
  readonly kind: HoldKind;
  readonly scope: HoldScope;
  readonly since: Seconds;
  /** Null: until a human ends it. */
  readonly until: Seconds | null;
}

/** What is known about one person for one message. */
export interface PersonFacts {
  readonly person: 'known' | 'unknown';
  readonly address: AddressState;
  readonly roleAddress: boolean;
  /** Whether source, date and notice of the data are on record. */
  readonly provenanceComplete: boolean;
  /** Whether the person's data were collected for this purpose, or the person said so since. */
  readonly collectedForPurpose: boolean;
  /** Who collected the data, when that is not who the purpose belongs to; '' is the workspace itself, unnamed. */
  readonly otherController: string | null;
  readonly restrictedSince: Seconds | null;
  readonly minor: boolean;
  /** Where the data came from, as long as the person has not been told that we hold them. */
  readonly noticeDue: ForeignOrigin | null;
  /** Whether this is the address of somebody at an account which was found, not given. */
  readonly researched: boolean;
  /** Whether the person allowed, in so many words, that data of GDPR article 9 be used for this purpose. */
  readonly explicitConsent: boolean;
  readonly profilingOff: boolean;
  readonly suppressions: SuppressionFacts;
  /** The domain of the address, or one above it, that nobody is mailed at. */
  readonly suppressedDomain: string | null;
  readonly consent: ConsentFact | null;
  /** Whether there is a consent for this purpose, but over another channel. */
  readonly consentForOtherChannel: boolean;
  readonly trackingConsent: TrackingConsent;
  /** Last day of the relation that retention counts from. */
  readonly relationDay: DayNumber;
  readonly sale: SaleFact;
  readonly holds: readonly HoldFact[];
  /** Since when the person wants to hear from humans only. */
  readonly prefersHumanSince: Seconds | null;
  /** Whether the person already did what the campaign is after. */
  readonly goalMet: boolean;
  /** When the person last got the very same content, from another campaign or step. */
  readonly duplicateContent: Seconds | null;
  readonly alreadySent: boolean;
  readonly exited: boolean;
  readonly holdout: Holdout;
  readonly timeZone: string | null;
  readonly country: string | null;
  /** Merge fields of the template that have neither a value for this person nor a fallback. */
  readonly missingFields: readonly string[];
  /** When this step first became due: time to live counts from here. */
  readonly stepSince: Seconds;
  readonly contactPressure: ContactPressure;
  /** Null for a person without an account. */
  readonly accountPressure: AccountPressure | null;
  /** The tier of the person's account, where the policies say something about it. */
  readonly tier: string | null;
  /** Whether a human has to see this mail first, and did. */
  readonly approval: Approval;
}

export type FactName = keyof PersonFacts;

/** Stored by their place in this list: only ever add at the end. */
export const FACT_NAMES = [
  'person', 'address', 'roleAddress', 'provenanceComplete', 'collectedForPurpose', 'restrictedSince', 'minor', 'suppressions', 'consent', 'consentForOtherChannel',
  'relationDay', 'sale', 'alreadySent', 'exited', 'holdout', 'timeZone', 'country', 'missingFields', 'stepSince', 'contactPressure', 'accountPressure',
  'otherController', 'noticeDue', 'researched', 'explicitConsent', 'profilingOff', 'suppressedDomain', 'trackingConsent', 'holds', 'prefersHumanSince', 'goalMet', 'duplicateContent',
  'tier', 'approval',
] as const satisfies readonly FactName[];

/** At the claim the slot is already reserved and the message itself is the one that was sent. */
const SETTLED_BY_THE_PLAN: readonly FactName[] = ['alreadySent', 'duplicateContent', 'contactPressure', 'accountPressure', 'tier', 'approval'];
const NEEDED_AT_CLAIM: readonly FactName[] = FACT_NAMES.filter((name) => !SETTLED_BY_THE_PLAN.includes(name));

export function neededFacts(phase: Phase): readonly FactName[] {
  return phase === 'plan' ? FACT_NAMES : NEEDED_AT_CLAIM;
}

/** Facts of one message. A fact that is undefined was not loaded, and stops the message. */
export type Facts = { readonly request: RequestFacts | undefined } & { readonly [Name in FactName]: PersonFacts[Name] | undefined };

/** Facts of somebody who is not in the database. */
export function unknownPerson(request: RequestFacts): Facts {
  const nothing = Object.fromEntries(FACT_NAMES.map((name) => [name, undefined])) as unknown as Facts;
  return { ...nothing, request, person: 'unknown' };
}
