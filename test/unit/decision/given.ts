import { type ConsentFact, dayNumber, type Facts, type HoldFact, type PersonFacts, type PurposeFacts, type RequestFacts, seconds, type SendingFacts } from '../../../src/core/decision/facts.js';
import { DEFAULT_POLICIES, type Policies, type PolicySettings, versioned } from '../../../src/core/decision/policies.js';
import { unlimitedSending } from '../../../src/core/decision/permission.js';
import { NO_CONTACT_PRESSURE } from '../../../src/core/pressure/contact-pressure.js';
import { NO_ACCOUNT_PRESSURE } from '../../../src/core/pressure/touch-history.js';

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
  controller: null,
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
  profilingFields: [],
  sending: unlimitedSending('voorbeeld.example'),
  unsubscribeHeaders: true,
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
  otherController: null,
  restrictedSince: null,
  minor: false,
  noticeDue: null,
  researched: false,
  explicitConsent: false,
  profilingOff: false,
  suppressions: { reasons: [], softBounceUntil: null },
  suppressedDomain: null,
  consent: consent(),
  consentForOtherChannel: false,
  trackingConsent: { opens: false, clicks: false },
  relationDay: dayNumber(daysAgo(100)),
  sale: { bought: false, lastOn: null },
  holds: [],
  prefersHumanSince: null,
  goalMet: false,
  duplicateContent: null,
  alreadySent: false,
  exited: false,
  holdout: 'none',
  timeZone: 'Europe/Amsterdam',
  country: 'NL',
  missingFields: [],
  stepSince: seconds(hoursAgo(1)),
  contactPressure: NO_CONTACT_PRESSURE,
  accountPressure: NO_ACCOUNT_PRESSURE,
  tier: null,
  approval: 'not_needed',
  ...changes,
});

export const policies = (changes: Partial<PolicySettings> = {}): Policies => versioned({ ...DEFAULT_POLICIES, ...changes });

/** A hold that began yesterday and lasts until somebody ends it. */
export const hold = (kind: HoldFact['kind'], changes: Partial<HoldFact> = {}): HoldFact => ({ kind, scope: 'contact', since: seconds(daysAgo(1)), until: null, ...changes });

/** How the sending domain stands. */
export const sending = (changes: Partial<SendingFacts>): Partial<RequestFacts> => ({ sending: { ...unlimitedSending('voorbeeld.example'), ...changes } });
