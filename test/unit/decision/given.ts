import { type ConsentFact, dayNumber, type Facts, type PersonFacts, type PurposeFacts, type RequestFacts, seconds } from '../../../src/core/decision/facts.js';
import { DEFAULT_POLICIES, type Policies, type PolicySettings, versioned } from '../../../src/core/decision/policies.js';
import { NO_ACCOUNT_PRESSURE, NO_CONTACT_PRESSURE } from '../../../src/core/pressure/touch-history.js';

/** A Tuesday, ten in the morning in Amsterdam. */
export const TUESDAY = new Date('2026-06-09T08:00:00Z');

const MINUTE = 60_000;
export const daysAgo = (days: number, from = TUESDAY): Date => new Date(from.getTime() - days * 1_440 * MINUTE);
export const hoursAgo = (hours: number, from = TUESDAY): Date => new Date(from.getTime() - hours * 60 * MINUTE);

export const purpose = (changes: Partial<PurposeFacts> = {}): PurposeFacts => ({
  messageClass: 'marketing',
  legalBasis: 'consent',
  channels: ['email'],
  doubleOptIn: true,
  retentionDays: 730,
  balancingRecorded: false,
  validUntil: null,
  retired: false,
  ...changes,
});

export const consent = (changes: Partial<ConsentFact> = {}): ConsentFact => ({
  state: 'confirmed',
  legalBasis: 'consent',
  sequence: 2,
  since: seconds(daysAgo(100)),
  validUntil: null,
  evidenceComplete: true,
  similarProducts: false,
  optOutOffered: false,
  sameController: false,
  ...changes,
});

/** The newsletter to subscribers. */
export const newsletter = (changes: Partial<RequestFacts> = {}): RequestFacts => ({
  phase: 'plan',
  campaignState: 'running',
  purposeKey: 'newsletter',
  purpose: purpose(),
  messageClass: 'marketing',
  channel: 'email',
  touched: [],
  timeToLiveHours: 72,
  perAccountLimit: null,
  ...changes,
});

/** Somebody who may get the newsletter: what a test changes is what it is about. */
export const subscriber = (changes: Partial<{ [Name in keyof PersonFacts]: PersonFacts[Name] | undefined }> = {}, request: RequestFacts = newsletter()): Facts => ({
  request,
  person: 'known',
  address: 'ok',
  roleAddress: false,
  provenanceComplete: true,
  collectedForPurpose: true,
  restrictedSince: null,
  minor: false,
  suppressions: { reasons: [], softBounceUntil: null },
  consent: consent(),
  consentForOtherChannel: false,
  relationDay: dayNumber(daysAgo(100)),
  sale: { bought: false, lastOn: null },
  alreadySent: false,
  exited: false,
  holdout: 'none',
  timeZone: 'Europe/Amsterdam',
  country: 'NL',
  missingFields: [],
  stepSince: seconds(hoursAgo(1)),
  contactPressure: NO_CONTACT_PRESSURE,
  accountPressure: NO_ACCOUNT_PRESSURE,
  ...changes,
});

export const policies = (changes: Partial<PolicySettings> = {}): Policies => versioned({ ...DEFAULT_POLICIES, ...changes });
