import { isConsentScope } from '../core/consent/consent-scope.js';
import { clampDay, clampSeconds, type ConsentFact, type DayNumber, type Facts, type HoldFact, isYoungerThan, type RequestFacts, seconds, secondsUp, type TrackingConsent } from '../core/decision/facts.js';
import { isRoleAddress } from '../core/decision/gates/suppression.js';
import { purposeFacts } from '../core/decision/permission.js';
import { ownController, type Policies } from '../core/decision/policies.js';
import { holdoutOf } from '../core/pressure/holdout.js';
import { isTimeZone } from '../core/shared/local-time.js';
import { type Candidate, type DecisionRequest, namesOf } from './decision-request.js';
import type { ConsentRow, PersonRow, ReferenceRow, SoftOptInRow } from './facts.queries.js';
import { type SendingFrom, sendingFacts } from './sending-room.js';

/** What the batch shares, as the gate reads it. An attribute or event that nobody defined serves no purpose. */
export function requestFacts(request: DecisionRequest, reference: ReferenceRow, from: SendingFrom, now: Date): RequestFacts {
  const defined = new Map(reference.touched.map((item) => [item.name, item]));
  const names = namesOf(request.touches);
  // Events that computed attributes are computed from: whoever reads the value reads them.
  const behind = reference.touched.filter((item) => !names.includes(item.name));
  return {
    phase: request.phase,
    campaignState: request.campaignState,
    purposeKey: request.purpose,
    purpose: reference.purpose === null ? null : purposeFacts(reference, now),
    messageClass: request.messageClass,
    channel: request.channel,
    touched: [...names.map((name) => touchedItem(name, defined.get(name))), ...behind.map((item) => touchedItem(item.name, item))],
    timeToLiveHours: request.timeToLiveHours,
    perAccountLimit: request.perAccountLimit ?? null,
    profilingFields: request.template ? namesOf(request.template.touches).filter((name) => defined.get(name)?.computed === true) : [],
    sending: sendingFacts(from.domain, reference.sending, now),
    unsubscribeHeaders: from.unsubscribeHeaders,
  };
}

function touchedItem(name: string, defined: ReferenceRow['touched'][number] | undefined): RequestFacts['touched'][number] {
  return { name, purposes: defined?.purposes ?? [], sensitive: defined?.sensitive ?? false };
}

export interface ConsentFacts {
  readonly consent: ConsentFact | null;
  readonly consentForOtherChannel: boolean;
  readonly explicitConsent: boolean;
  readonly trackingConsent: TrackingConsent;
  /** When the consent ends that covers data of GDPR art. 9: seconds since 1970. */
  readonly explicitConsentUntil: number | null;
  /** The day on which the person last said yes, for retention. */
  readonly yesDay: DayNumber | null;
}

export function consentFacts(rows: readonly ConsentRow[], proofs: ReadonlyMap<number, SoftOptInRow>, channel: string, now: Date): ConsentFacts {
  const row = rows.find((one) => one.channel === channel);
  const explicit = rows.find((one) => one.channel === 'special_category');
  const opens = holds(rows.find((one) => one.channel === 'email_opens'), now);
  const clicks = holds(rows.find((one) => one.channel === 'email_clicks'), now);
  return {
    consent: row ? consentFact(row, proofs.get(row.contact_id)) : null,
    consentForOtherChannel: rows.some((one) => one.channel !== channel && !isConsentScope(one.channel) && (one.state === 'given' || one.state === 'confirmed')),
    explicitConsent: holds(explicit, now),
    explicitConsentUntil: explicit?.valid_until ?? null,
    trackingConsent: TRACKING_CONSENTS[(opens ? 1 : 0) | (clicks ? 2 : 0)] ?? NOTHING_FOLLOWED,
    yesDay: rows.reduce<DayNumber | null>((latest, one) => (one.yes_day !== null && (latest === null || one.yes_day > latest) ? one.yes_day : latest), null),
  };
}

const NOTHING_FOLLOWED: TrackingConsent = { opens: false, clicks: false };
const TRACKING_CONSENTS: readonly TrackingConsent[] = [NOTHING_FOLLOWED, { opens: true, clicks: false }, { opens: false, clicks: true }, { opens: true, clicks: true }];

/** Whether a consent beside the mail's own holds: a yes that is proven and still valid. */
function holds(row: ConsentRow | undefined, now: Date): boolean {
  if (!row || row.legal_basis !== 'consent' || !row.evidence_complete || (row.state !== 'given' && row.state !== 'confirmed')) return false;
  return row.valid_until === null || clampSeconds(row.valid_until) * 1_000 > now.getTime();
}

function consentFact(row: ConsentRow, proof: SoftOptInRow | undefined): ConsentFact {
  return {
    state: row.state,
    legalBasis: row.legal_basis,
    sequence: row.sequence,
    since: row.since === null ? null : clampSeconds(Math.max(1, row.since)),
    validUntil: row.valid_until === null ? null : clampSeconds(row.valid_until),
    evidenceComplete: row.evidence_complete,
    similarProducts: proof?.similar_products ?? false,
    optOutOffered: proof?.opt_out_offered ?? false,
    sameController: proof?.names_controller ?? false,
  };
}

/** What the whole batch is decided under. */
export interface DecidedUnder {
  readonly request: RequestFacts;
  readonly policies: Policies;
  readonly now: Date;
}

/** One person as the database knows him, for all candidates that are he. */
export interface KnownPerson {
  readonly row: PersonRow;
  readonly consents: ConsentFacts;
  readonly relationDay: DayNumber;
}

/** What depends on the earlier mails of the person and the account; settled by the plan, and so not loaded at the claim. */
export type PressureFacts = Pick<Facts, 'alreadySent' | 'duplicateContent' | 'contactPressure' | 'accountPressure' | 'tier' | 'approval'>;

// Written out as one literal: this is made for every person, and spreading three objects took a tenth of the whole decision.
export function personFacts({ row, consents, relationDay }: KnownPerson, pressure: PressureFacts, candidate: Candidate, asked: DecisionRequest, { request, policies, now }: DecidedUnder): Facts {
  const { consent, consentForOtherChannel, explicitConsent, trackingConsent } = consents;
  return {
    request,
    person: 'known',
    address: row.email === null ? 'missing' : row.address_state,
    roleAddress: row.email !== null && isRoleAddress(row.email),
    provenanceComplete: row.provenance_complete,
    // Who said yes to this purpose gave the data for it, whatever an import said before.
    collectedForPurpose: row.collected_for_purpose || consent?.state === 'given' || consent?.state === 'confirmed' || consent?.state === 'requested',
    otherController: otherController(row.controller, request, policies),
    restrictedSince: row.restricted_since === null ? null : clampSeconds(row.restricted_since),
    minor: row.birth_date !== null && isYoungerThan(policies.minorBelowAge, row.birth_date, now),
    noticeDue: row.obtained_from === 'person' || row.notice_sent ? null : row.obtained_from,
    researched: row.obtained_from !== 'person' && row.has_account,
    explicitConsent,
    profilingOff: row.profiling_off,
    // An address without its hash could not be looked up among the suppressions: not loaded, so not sent.
    suppressions: row.email !== null && !row.has_address_hash ? undefined : { reasons: row.suppressions ?? [], softBounceUntil: row.soft_bounce_until && secondsUp(row.soft_bounce_until) },
    suppressedDomain: row.suppressed_domain,
    consent,
    consentForOtherChannel,
    trackingConsent,
    relationDay,
    sale: { bought: (row.won_opportunities ?? 0) > 0 || isCustomer(row.lifecycle_stage), lastOn: row.sale_day === null ? null : clampDay(row.sale_day) },
    holds: row.holds === null ? NO_HOLDS : row.holds.map(holdFact),
    prefersHumanSince: row.prefers_human_since === null ? null : clampSeconds(row.prefers_human_since),
    goalMet: candidate.goalMet,
    duplicateContent: pressure.duplicateContent,
    alreadySent: pressure.alreadySent,
    exited: candidate.exited,
    holdout: holdoutOf({
      contactId: candidate.contactId,
      accountId: candidate.accountId,
      campaignId: asked.campaignId,
      campaignPercent: asked.holdout.percent,
      campaignUnit: asked.holdout.unit,
      enginePercent: policies.holdoutPercent,
    }),
    timeZone: row.time_zone !== null && isTimeZone(row.time_zone) ? row.time_zone : null,
    country: row.country !== null && /^[A-Z]{2}$/.test(row.country) ? row.country : null,
    missingFields: candidate.missingFields,
    stepSince: seconds(candidate.stepSince),
    contactPressure: pressure.contactPressure,
    accountPressure: pressure.accountPressure,
    tier: pressure.tier,
    approval: pressure.approval,
  };
}

const NO_HOLDS: readonly HoldFact[] = [];

function holdFact([kind, scope, since, until]: NonNullable<PersonRow['holds']>[number]): HoldFact {
  return { kind, scope, since: clampSeconds(since), until: until === null ? null : clampSeconds(until) };
}

function otherController(holder: string | null, { purpose }: RequestFacts, policies: Policies): string | null {
  const own = ownController(policies);
  const collected = holder ?? own;
  return collected === (purpose?.controller ?? own) ? null : collected;
}

function isCustomer(stage: string | null): boolean {
  return stage === 'new_customer' || stage === 'loyal_customer' || stage === 'former_customer';
}

/** The last day on which we know of a relation: data came in, the person said yes, something was bought. */
export function relationDayOf(row: PersonRow, { yesDay }: ConsentFacts): DayNumber {
  return clampDay(yesDay === null ? row.relation_day : Math.max(row.relation_day, yesDay));
}
