import { type ConsentFact, type DayNumber, dayNumber, dayOfDate, type Facts, isYoungerThan, type PersonFacts, type PurposeFacts, type RequestFacts, seconds, secondsUp } from '../core/decision/facts.js';
import { isRoleAddress } from '../core/decision/gates/suppression.js';
import type { Policies } from '../core/decision/policies.js';
import { holdoutOf } from '../core/pressure/holdout.js';
import { isTimeZone } from '../core/shared/local-time.js';
import type { Candidate, DecisionRequest } from './decision-request.js';
import type { ConsentRow, PersonRow, ReferenceRow, SoftOptInRow } from './facts.queries.js';

/** What the batch shares, as the gate reads it. An attribute or event that nobody defined serves no purpose. */
export function requestFacts(request: DecisionRequest, reference: ReferenceRow, now: Date): RequestFacts {
  const { touches } = request;
  const defined = new Map(reference.touched.map((item) => [item.name, item]));
  const names = [...touches.contactAttributes.map((key) => `contact.${key}`), ...touches.accountAttributes.map((key) => `account.${key}`), ...touches.events.map((name) => `event.${name}`)];
  return {
    phase: request.phase,
    campaignState: request.campaignState,
    purposeKey: request.purpose,
    purpose: reference.purpose === null ? null : purposeFacts(reference, now),
    messageClass: request.messageClass,
    channel: request.channel,
    touched: names.map((name) => defined.get(name) ?? { name, purposes: [], sensitive: false }),
    timeToLiveHours: request.timeToLiveHours,
    perAccountLimit: request.perAccountLimit ?? null,
  };
}

function purposeFacts(row: ReferenceRow, now: Date): PurposeFacts {
  return {
    messageClass: row.message_class,
    legalBasis: row.legal_basis,
    channels: row.channels,
    doubleOptIn: row.double_opt_in,
    retentionDays: row.retention_days,
    balancingRecorded: row.balancing_recorded,
    validUntil: row.valid_until && seconds(row.valid_until),
    retired: row.retired_at !== null && row.retired_at <= now,
  };
}

export interface ConsentFacts {
  readonly consent: ConsentFact | null;
  readonly consentForOtherChannel: boolean;
  /** When the person last said yes, for retention. */
  readonly saidYes: readonly Date[];
}

export function consentFacts(rows: readonly ConsentRow[], proofs: ReadonlyMap<number, SoftOptInRow>, channel: string): ConsentFacts {
  const row = rows.find((one) => one.channel === channel);
  return {
    consent: row ? consentFact(row, proofs.get(row.contact_id)) : null,
    consentForOtherChannel: rows.some((one) => one.channel !== channel && (one.state === 'given' || one.state === 'confirmed')),
    saidYes: rows.flatMap((one) => [one.given_at, one.confirmed_at]).filter((moment) => moment !== null),
  };
}

function consentFact(row: ConsentRow, proof: SoftOptInRow | undefined): ConsentFact {
  const since = row.ended_at ?? row.confirmed_at ?? row.given_at;
  return {
    state: row.state,
    legalBasis: row.legal_basis,
    sequence: row.sequence,
    since: since && seconds(since),
    validUntil: row.valid_until && seconds(row.valid_until),
    evidenceComplete: row.evidence_complete,
    similarProducts: proof?.similar_products ?? false,
    optOutOffered: proof?.opt_out_offered ?? false,
    sameController: proof?.names_controller ?? false,
  };
}

/** One person as the database knows him, for all candidates that are he. */
export interface KnownPerson {
  readonly row: PersonRow;
  readonly consents: ConsentFacts;
  readonly relationDay: DayNumber;
}

type Loaded = Omit<PersonFacts, 'alreadySent' | 'contactPressure' | 'accountPressure' | 'suppressions'> & Pick<Facts, 'suppressions'>;

/** The facts that do not depend on what else is decided in the batch. */
export function personFacts({ row, consents, relationDay }: KnownPerson, candidate: Candidate, request: DecisionRequest, policies: Policies, now: Date): Loaded {
  const { consent, consentForOtherChannel } = consents;
  return {
    person: 'known',
    address: row.email === null ? 'missing' : row.address_state,
    roleAddress: row.email !== null && isRoleAddress(row.email),
    provenanceComplete: row.provenance_complete,
    // Who said yes to this purpose gave the data for it, whatever an import said before.
    collectedForPurpose: row.collected_for_purpose || consent?.state === 'given' || consent?.state === 'confirmed' || consent?.state === 'requested',
    restrictedSince: row.restricted_at && seconds(row.restricted_at),
    minor: row.birth_date !== null && isYoungerThan(policies.minorBelowAge, row.birth_date, now),
    // An address without its hash could not be looked up among the suppressions: not loaded, so not sent.
    suppressions: row.email !== null && !row.has_address_hash ? undefined : { reasons: row.suppressions ?? [], softBounceUntil: row.soft_bounce_until && secondsUp(row.soft_bounce_until) },
    consent,
    consentForOtherChannel,
    relationDay,
    sale: { bought: (row.won_opportunities ?? 0) > 0 || isCustomer(row.lifecycle_stage), lastOn: row.last_won_on === null ? null : dayOfDate(row.last_won_on) },
    exited: candidate.exited,
    holdout: holdoutOf({
      contactId: candidate.contactId,
      accountId: candidate.accountId,
      campaignId: request.campaignId,
      campaignPercent: request.holdout.percent,
      campaignUnit: request.holdout.unit,
      enginePercent: policies.holdoutPercent,
    }),
    timeZone: row.time_zone !== null && isTimeZone(row.time_zone) ? row.time_zone : null,
    country: row.country !== null && /^[A-Z]{2}$/.test(row.country) ? row.country : null,
    missingFields: candidate.missingFields,
    stepSince: seconds(candidate.stepSince),
  };
}

function isCustomer(stage: string | null): boolean {
  return stage === 'new_customer' || stage === 'loyal_customer' || stage === 'former_customer';
}

/** The last day on which we know of a relation: data came in, the person said yes, something was bought. */
export function relationDayOf(row: PersonRow, { saidYes }: ConsentFacts): DayNumber {
  const moments = [row.created_at, row.source_at, ...saidYes].filter((moment) => moment !== null).map(dayNumber);
  return Math.max(...moments, ...(row.last_won_on === null ? [] : [dayOfDate(row.last_won_on)]));
}
