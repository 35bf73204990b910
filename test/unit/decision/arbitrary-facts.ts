import { fc } from '../../support/generated.js';
import { LEGAL_BASES } from '../../../src/core/consent/purpose.js';
import { SUPPRESSION_REASONS } from '../../../src/core/consent/suppression-reasons.js';
import { HOLD_KINDS, HOLD_SCOPES } from '../../../src/core/account/holds.js';
import type { Facts, ForeignOrigin, HoldFact, PersonFacts, PurposeFacts, RequestFacts, SendingFacts } from '../../../src/core/decision/facts.js';
import { MESSAGE_CLASSES } from '../../../src/core/decision/message-class.js';
import { DEFAULT_POLICIES, type Policies, versioned } from '../../../src/core/decision/policies.js';
import { UNUSED } from '../../../src/core/pressure/caps.js';
import { CHOICES_OF_FREQUENCY } from '../../../src/core/consent/chosen-settings.js';
import { TUESDAY } from './given.js';

// Nearly all values are the harmless ones: with some twenty of them, else every generated message would be refused for ten reasons at once.
const mostly = <Value>(harmless: Value, others: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.oneof({ weight: 25, arbitrary: fc.constant(harmless) }, { weight: 1, arbitrary: others });

const nowSeconds = TUESDAY.getTime() / 1_000;
const moment = fc.integer({ min: nowSeconds - 200_000_000, max: nowSeconds + 50_000_000 });
const past = fc.integer({ min: nowSeconds - 50_000_000, max: nowSeconds });
const minutes = fc.integer({ min: 0, max: 50_000 });
const usage = mostly(UNUSED, fc.record({ count: fc.integer({ min: 0, max: 500 }), freesInMinutes: fc.integer({ min: 0, max: 50_000 }) }));
const today = Math.floor(nowSeconds / 86_400);

const purposeFacts: fc.Arbitrary<PurposeFacts> = fc.record({
  messageClass: mostly('marketing', fc.constantFrom(...MESSAGE_CLASSES)),
  legalBasis: mostly('consent', fc.constantFrom(...LEGAL_BASES)),
  channels: mostly<string[]>(['email'], fc.constantFrom<string[]>(['post'], ['email', 'post'])),
  doubleOptIn: fc.boolean(),
  retentionDays: mostly(2_000, fc.integer({ min: 300, max: 2_000 })),
  balancingRecorded: mostly(true, fc.constant(false)),
  validUntil: mostly<number | null>(null, moment),
  retired: mostly(false, fc.constant(true)),
  controller: mostly<string | null>(null, fc.constant('Acme')),
});

const sendingFacts: fc.Arbitrary<SendingFacts> = fc.record({
  domain: fc.constant('voorbeeld.example'),
  aligned: mostly<SendingFacts['aligned']>('unchecked', fc.constantFrom('yes', 'no')),
  problem: fc.constantFrom(null, 'DKIM does not align'),
  pausedSince: mostly<number | null>(null, past),
  pauseReason: fc.constantFrom(null, 'too many complaints'),
  warmUpFullUntil: mostly<number | null>(null, moment),
  dailyLimit: fc.constantFrom(null, 50),
  throttledUntil: mostly<number | null>(null, moment),
  hourlyLimit: fc.constantFrom(null, 100),
});

export const requestFacts: fc.Arbitrary<RequestFacts> = fc
  .record({
    phase: fc.constantFrom('plan', 'claim'),
    campaignState: mostly('running', fc.constantFrom('paused', 'stopped', 'finished', 'draft')),
    purpose: mostly<PurposeFacts | null | undefined>(undefined, fc.constant(null)).chain((none) => (none === null ? fc.constant(null) : purposeFacts)),
    messageClass: mostly('marketing', fc.constantFrom(...MESSAGE_CLASSES)),
    touched: mostly<RequestFacts['touched']>([], fc.array(fc.record({ name: fc.constantFrom('contact.city', 'event.Viewed'), purposes: fc.constantFrom(['*'], ['*'], ['newsletter'], ['newsletter'], []), sensitive: mostly(false, fc.constant(true)) }), { maxLength: 3 })),
    timeToLiveHours: fc.integer({ min: 1, max: 200 }),
    perAccountLimit: fc.constantFrom(null, 1, 3),
    profilingFields: fc.constantFrom<string[]>([], ['contact.score']),
    sending: sendingFacts,
    unsubscribeHeaders: mostly(true, fc.constant(false)),
  })
  .map((request) => ({ ...request, purposeKey: 'newsletter', channel: 'email' }));

const consentFact = fc.record({
  state: mostly('confirmed', fc.constantFrom('requested', 'given', 'refused', 'withdrawn', 'objected', 'expired')),
  legalBasis: mostly('consent', fc.constantFrom(...LEGAL_BASES)),
  sequence: fc.integer({ min: 1, max: 100_000 }),
  since: fc.option(past, { freq: 9 }),
  validUntil: mostly<number | null>(null, moment),
  evidenceComplete: mostly(true, fc.constant(false)),
  similarProducts: fc.boolean(),
  optOutOffered: fc.boolean(),
  sameController: fc.boolean(),
});

const holdFact: fc.Arbitrary<HoldFact> = fc.record({ kind: fc.constantFrom(...HOLD_KINDS), scope: fc.constantFrom(...HOLD_SCOPES), since: past, until: fc.option(fc.integer({ min: nowSeconds + 60, max: nowSeconds + 50_000_000 })) });

const suppressionFacts = mostly<PersonFacts['suppressions']>(
  { reasons: [], softBounceUntil: null },
  fc.record({ reasons: fc.subarray([...SUPPRESSION_REASONS]), softBounceUntil: fc.option(moment) }),
);

const personFacts: fc.Arbitrary<PersonFacts> = fc.record({
  person: fc.constant('known' as const),
  address: mostly('ok', fc.constantFrom('unverified', 'invalid', 'missing')),
  roleAddress: mostly(false, fc.constant(true)),
  provenanceComplete: mostly(true, fc.constant(false)),
  collectedForPurpose: mostly(true, fc.constant(false)),
  otherController: mostly<string | null>(null, fc.constantFrom('Acme', '')),
  restrictedSince: mostly<number | null>(null, past),
  minor: mostly(false, fc.constant(true)),
  noticeDue: mostly<ForeignOrigin | null>(null, fc.constantFrom('third_party', 'public')),
  researched: mostly(false, fc.constant(true)),
  explicitConsent: fc.boolean(),
  profilingOff: mostly(false, fc.constant(true)),
  suppressions: suppressionFacts,
  suppressedDomain: mostly<string | null>(null, fc.constant('klant.example')),
  trackingConsent: fc.record({ opens: fc.boolean(), clicks: fc.boolean() }),
  holds: mostly<readonly HoldFact[]>([], fc.array(holdFact, { minLength: 1, maxLength: 3 })),
  prefersHumanSince: mostly<number | null>(null, past),
  goalMet: mostly(false, fc.constant(true)),
  duplicateContent: mostly<number | null>(null, past),
  consent: fc.option(consentFact, { freq: 12 }),
  consentForOtherChannel: fc.boolean(),
  relationDay: fc.integer({ min: today - 1_000, max: today }),
  sale: fc.record({ bought: fc.boolean(), lastOn: fc.option(fc.integer({ min: -30_000, max: 32_000 })) }),
  tier: mostly<string | null>(null, fc.constantFrom('1:1', '1:few', '1:many')),
  approval: mostly('not_needed', fc.constantFrom('due', 'waits', 'given', 'dropped')),
  alreadySent: mostly(false, fc.constant(true)),
  exited: mostly(false, fc.constant(true)),
  holdout: mostly('none', fc.constantFrom('engine', 'campaign')),
  timeZone: fc.constantFrom(null, 'Europe/Amsterdam', 'Europe/Amsterdam', 'Asia/Kolkata', 'America/New_York', 'Pacific/Chatham'),
  country: fc.constantFrom(null, 'NL', 'NL', 'US', 'IN', 'RU'),
  missingFields: mostly<string[]>([], fc.uniqueArray(fc.constantFrom('contact.first_name', 'account.name', 'contact.attributes.x'), { minLength: 1 })),
  stepSince: fc.integer({ min: nowSeconds - 200_000, max: nowSeconds }),
  contactPressure: fc.record({
    channel: usage,
    total: usage,
    purpose: usage,
    gapMinutes: mostly(0, minutes),
    pausedUntil: mostly<number | null>(null, moment),
    chosen: mostly<PersonFacts['contactPressure']['chosen']>(null, fc.record({ frequency: fc.constantFrom(...CHOICES_OF_FREQUENCY), freesInMinutes: minutes })),
    saturation: mostly<PersonFacts['contactPressure']['saturation']>(null, fc.record({ index: fc.integer({ min: 1, max: 0xffff }), limit: fc.integer({ min: 0, max: 0xffff }), waitMinutes: minutes })),
    lost: mostly<PersonFacts['contactPressure']['lost']>(null, fc.record({ campaign: fc.constantFrom('june', 'sale'), upcoming: fc.boolean(), waitMinutes: minutes })),
  }),
  accountPressure: fc.option(fc.record({ messages: usage, people: usage, campaignPeople: usage }), { freq: 4 }),
});

export const allFacts: fc.Arbitrary<Facts> = fc.tuple(requestFacts, personFacts).map(([request, person]) => ({ request, ...person }));

/** Facts as they may arrive: now and then some of them were not loaded. */
export const someFacts: fc.Arbitrary<Facts> = fc
  .tuple(allFacts, fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(['address', 'suppressions', 'consent', 'timeZone', 'contactPressure', 'accountPressure', 'missingFields', 'sale'] as const) }))
  .map(([facts, dropped]) => ({ ...facts, ...Object.fromEntries(dropped.map((name) => [name, undefined])) }));

// A few sets of policies, each made once: what is worked out per set (hours of places) is kept with it.
const policySets = [false, true].flatMap((killSwitch) =>
  [null, 365].map((softOptInDays) => versioned({ ...DEFAULT_POLICIES, contactCaps: { ...DEFAULT_POLICIES.contactCaps, channels: { email: { limit: 3, days: 7 } } }, killSwitch, softOptInDays })),
);
export const somePolicies: fc.Arbitrary<Policies> = fc.nat({ max: 29 }).map((draw) => policySets[draw < 28 ? draw % 2 : draw - 26] ?? versioned(DEFAULT_POLICIES));

export const someMoment: fc.Arbitrary<Date> = fc
  .oneof({ weight: 5, arbitrary: fc.integer({ min: -3_600_000, max: 3_600_000 }) }, { weight: 1, arbitrary: fc.integer({ min: -100_000_000, max: 100_000_000 }) })
  .map((milliseconds) => new Date(TUESDAY.getTime() + milliseconds));
