import type { ConsentStanding } from '../consent/fold-ledger.js';
import type { LegalBasis } from '../consent/purpose.js';
import type { SuppressionReason } from '../consent/suppression-reasons.js';
import type { Holdout } from '../pressure/holdout.js';
import type { AccountPressure, ContactPressure } from '../pressure/touch-history.js';
import type { Channel, MessageClass } from './message-class.js';

/** A moment in whole seconds since 1970: facts are rounded before they are decided on, so that a stored decision can be replayed exactly. */
export type Seconds = number;

/** A day since 1970-01-01 UTC. */
export type DayNumber = number;

export type AddressState = 'ok' | 'unverified' | 'invalid' | 'missing';

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

/** What is known about one person for one message. */
export interface PersonFacts {
  readonly person: 'known' | 'unknown';
  readonly address: AddressState;
  readonly roleAddress: boolean;
  /** Whether source, date and notice of the data are on record. */
  readonly provenanceComplete: boolean;
  /** Whether the person's data were collected for this purpose, or the person said so since. */
  readonly collectedForPurpose: boolean;
  readonly restrictedSince: Seconds | null;
  readonly minor: boolean;
  readonly suppressions: SuppressionFacts;
  readonly consent: ConsentFact | null;
  /** Whether there is a consent for this purpose, but over another channel. */
  readonly consentForOtherChannel: boolean;
  /** Last day of the relation that retention counts from. */
  readonly relationDay: DayNumber;
  readonly sale: SaleFact;
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
}

export type FactName = keyof PersonFacts;

export const FACT_NAMES = [
  'person', 'address', 'roleAddress', 'provenanceComplete', 'collectedForPurpose', 'restrictedSince', 'minor', 'suppressions', 'consent', 'consentForOtherChannel',
  'relationDay', 'sale', 'alreadySent', 'exited', 'holdout', 'timeZone', 'country', 'missingFields', 'stepSince', 'contactPressure', 'accountPressure',
] as const satisfies readonly FactName[];

/** At the claim the slot is already reserved and the message itself is the one that was sent. */
const SETTLED_BY_THE_PLAN: readonly FactName[] = ['alreadySent', 'contactPressure', 'accountPressure'];
const NEEDED_AT_CLAIM: readonly FactName[] = FACT_NAMES.filter((name) => !SETTLED_BY_THE_PLAN.includes(name));

export function neededFacts(phase: Phase): readonly FactName[] {
  return phase === 'plan' ? FACT_NAMES : NEEDED_AT_CLAIM;
}

export type Phase = 'plan' | 'claim';

export interface PurposeFacts {
  readonly messageClass: MessageClass;
  readonly legalBasis: LegalBasis;
  readonly channels: readonly string[];
  readonly doubleOptIn: boolean;
  readonly retentionDays: number;
  readonly balancingRecorded: boolean;
  readonly validUntil: Seconds | null;
  readonly retired: boolean;
}

/** An attribute or event that segment or template reads, with what it may be used for. */
export interface TouchedItem {
  /** 'contact.city', 'account.sector', 'event.Page Viewed'. */
  readonly name: string;
  /** ['*'] anything, [] nothing: not classified yet. */
  readonly purposes: readonly string[];
  readonly sensitive: boolean;
}

/** What all people of a batch share. */
export interface RequestFacts {
  readonly phase: Phase;
  readonly campaignState: string;
  readonly purposeKey: string;
  /** Null: there is no such purpose. */
  readonly purpose: PurposeFacts | null;
  readonly messageClass: MessageClass;
  readonly channel: Channel;
  readonly touched: readonly TouchedItem[];
  readonly timeToLiveHours: number;
  /** At most so many people of an account in this campaign at a time; null: no such limit. */
  readonly perAccountLimit: number | null;
}

/** Facts of one message. A fact that is undefined was not loaded, and stops the message. */
export type Facts = { readonly request: RequestFacts | undefined } & { readonly [Name in FactName]: PersonFacts[Name] | undefined };

/** Rounds down: a validity never looks longer than it is. */
export function seconds(moment: Date): Seconds {
  return clampSeconds(Math.floor(moment.getTime() / 1_000));
}

export function secondsUp(moment: Date): Seconds {
  return clampSeconds(Math.ceil(moment.getTime() / 1_000));
}

export function dateOf(moment: Seconds): Date {
  return new Date(moment * 1_000);
}

export function dayNumber(moment: Date): DayNumber {
  return clampDay(Math.floor(moment.getTime() / 86_400_000));
}

/** Days from 1880 to 2059: what 16 bits hold. */
export function clampDay(day: number): DayNumber {
  return Math.min(32_767, Math.max(-32_768, day));
}

/** Whether somebody born on this date is younger than the age, on the day it is in UTC. */
export function isYoungerThan(age: number, birthDate: string, now: Date): boolean {
  return birthDate > latestBirthDate(age, now);
}

/** Whoever is of this age today was born on this date (YYYY-MM-DD) or before. On 29 February of a year without one: on the 28th. */
export function latestBirthDate(age: number, now: Date): string {
  const [year = 0, month = 0, day = 0] = now.toISOString().slice(0, 10).split('-').map(Number);
  const lastOfMonth = new Date(Date.UTC(year - age, month, 0)).getUTCDate();
  return new Date(Date.UTC(year - age, month - 1, Math.min(day, lastOfMonth))).toISOString().slice(0, 10);
}

/** Of what may be so many days old, the oldest day that is not too old yet. */
export function oldestDayWithin(days: number, now: number): DayNumber {
  return Math.floor(now / 86_400_000) - days;
}

/** Seconds from 1970 to 2106: what 32 bits hold. 'For ever' is 2106. */
export function clampSeconds(value: number): Seconds {
  return Math.min(0xffff_ffff, Math.max(0, value));
}

/** Facts of somebody who is not in the database. */
export function unknownPerson(request: RequestFacts): Facts {
  const nothing = Object.fromEntries(FACT_NAMES.map((name) => [name, undefined])) as unknown as Facts;
  return { ...nothing, request, person: 'unknown' };
}
