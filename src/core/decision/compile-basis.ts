import { CONSENT_SCOPES } from '../consent/consent-scope.js';
import { type CountryProfile, type CountryProfiles, needsConfirmation, UNKNOWN_COUNTRY } from '../consent/country-profiles.js';
import type { Parameters } from '../rule/parameters.js';
import { dateOf, oldestDayWithin, type PurposeFacts, type RequestFacts } from './facts.js';
import { advertises } from './gates/input.js';
import type { Policies } from './policies.js';
import type { ReasonCode } from './reasons.js';

/** By code: a condition under which it holds. Written out only when it is used: a value that the text does not name is refused. */
export type Tests = Partial<Record<ReasonCode, () => string>>;

/** What the ledger comes to for the purpose: over the channel that is asked about, over others, and what the record proves of a sale; and whether data of art. 9 may be used. */
export interface ConsentAliases {
  readonly now: string;
  readonly other: string;
  readonly proof: string;
}

export function joinConsents(contact: string, { now, other, proof }: ConsentAliases, { purposeKey, channel }: RequestFacts, purpose: PurposeFacts, few: boolean, params: Parameters): string[] {
  const key = params.add(purposeKey, 'text');
  const others = `select contact_id, max(greatest(given_at, confirmed_at)) as yes_at, bool_or(state in ('given', 'confirmed') and channel <> all(${params.add([...CONSENT_SCOPES], 'text[]')})) as yes from consents where purpose = ${key} and channel <> ${params.add(channel, 'text')}`;
  return [
    `left join consents ${now} on ${now}.contact_id = ${contact}.contact_id and ${now}.purpose = ${key} and ${now}.channel = ${params.add(channel, 'text')}`,
    few
      ? `left join lateral (${others} and contact_id = ${contact}.contact_id group by contact_id) ${other} on true`
      : `left join (${others} group by contact_id) ${other} on ${other}.contact_id = ${contact}.contact_id`,
    ...(purpose.legalBasis === 'soft_opt_in'
      ? [`left join soft_opt_in_proofs ${proof} on ${now}.legal_basis = 'soft_opt_in' and ${proof}.contact_id = ${now}.contact_id and ${proof}.sequence = ${now}.sequence`]
      : []),
  ];
}

interface BasisFrame {
  readonly contact: string;
  readonly account: string;
  readonly consent: ConsentAliases;
}

/** The gate of the lawful basis (gates/basis.ts), code by code. */
export function compileBasis(request: RequestFacts, purpose: PurposeFacts, policies: Policies, now: Date, frame: BasisFrame, params: Parameters): Tests {
  const state = `${frame.consent.now}.state`;
  if (request.messageClass === 'opt_in_request') return { 'basis.consent_missing': () => `(${state} in ('requested', 'given') or ${state} = 'confirmed' and ${frame.consent.now}.valid_until is not null) is not true` };
  const cold = coldB2b(purpose, policies, frame, params);
  const others = warmTests(purpose, policies, now, frame, params);
  return cold === undefined ? others : { ...onlyIfNot(cold, others), 'basis.cold_b2b': cold };
}

/** As of isCold in the gate; undefined where nobody is. */
function coldB2b({ legalBasis, messageClass }: PurposeFacts, policies: Policies, frame: BasisFrame, params: Parameters): (() => string) | undefined {
  const { contact, consent } = frame;
  const cold = `${contact}.obtained_from <> 'person' and ${contact}.account_id is not null and ${consent.now}.state is null and ${consent.other}.yes is not true and (${boughtBy(frame)}) is not true`;
  if (legalBasis === 'consent' || legalBasis === 'soft_opt_in') return () => cold;
  if (legalBasis !== 'legitimate_interest' || !advertises(messageClass)) return undefined;
  return () => `${cold} and ${countryIs(frame, policies.countries, ({ businessMail }) => businessMail !== 'opt_out_for_professional_subject', params)}`;
}

function warmTests(purpose: PurposeFacts, policies: Policies, now: Date, frame: BasisFrame, params: Parameters): Tests {
  switch (purpose.legalBasis) {
    case 'consent':
      return consentTests(purpose, policies, now, frame, params);
    case 'soft_opt_in': {
      const consentOnly = (): string => `(${frame.consent.now}.legal_basis = 'consent' or ${countryIs(frame, policies.countries, ({ existingCustomers }) => existingCustomers === 'never', params)})`;
      return together(consentOnly, consentTests(purpose, policies, now, frame, params), softOptInTests(policies, now, frame, params));
    }
    case 'legitimate_interest':
    case 'contract':
    case 'legal_duty':
      return {};
  }
}

function consentTests(purpose: PurposeFacts, { countries }: Policies, now: Date, frame: BasisFrame, params: Parameters): Tests {
  const { now: given, other } = frame.consent;
  const ended = `${given}.state in ('refused', 'withdrawn', 'objected', 'expired')`;
  // A record that rests on something else says nothing about consent, unless it is a no.
  const counts = `(${given}.legal_basis = 'consent' or ${ended})`;
  const unconfirmed = (): string => countryIs(frame, countries, (profile) => needsConfirmation(profile, purpose), params);
  return {
    'basis.consent_missing': () => `${given}.state is null and ${other}.yes is not true or ${given}.state in ('refused', 'withdrawn', 'objected')`,
    'basis.consent_unconfirmed': () => `${counts} and (${given}.state = 'requested' or ${given}.state = 'given' and ${unconfirmed()})`,
    'basis.consent_expired': () => `${given}.state = 'expired' or ${counts} and ${lapsed(given, now, params)}`,
    'basis.scope_mismatch': () => `${given}.state is null or not ${counts}`,
    'basis.evidence_incomplete': () => `not ${given}.evidence_complete`,
  };
}

function boughtBy({ contact, account }: Pick<BasisFrame, 'contact' | 'account'>): string {
  return `(${account}.won_opportunities > 0 or ${contact}.lifecycle_stage in ('new_customer', 'loyal_customer', 'former_customer'))`;
}

function softOptInTests({ softOptInDays }: Policies, now: Date, { contact, account, consent }: BasisFrame, params: Parameters): Tests {
  const { now: given, proof } = consent;
  const record = `${given}.legal_basis = 'soft_opt_in' and ${given}.state in ('given', 'confirmed')`;
  const bought = boughtBy({ contact, account });
  const proven = (column: string): string => `(${record} and ${proof}.${column}) is not true`;
  return {
    'basis.soft_opt_in.no_sale': () => `${bought} is not true`,
    'basis.soft_opt_in.not_similar': () => proven('similar_products'),
    'basis.soft_opt_in.no_opt_out_offered': () => proven('opt_out_offered'),
    'basis.soft_opt_in.other_controller': () => proven('names_controller'),
    ...(softOptInDays !== null && {
      'basis.soft_opt_in.window': () => `${bought} and (${account}.last_won_on >= ${params.add(dateOf(oldestDayWithin(softOptInDays, now.getTime()) * 86_400).toISOString().slice(0, 10), 'date')}) is not true`,
    }),
    'basis.evidence_incomplete': () => `${record} and not ${given}.evidence_complete`,
    'basis.consent_expired': () => `${record} and ${lapsed(given, now, params)}`,
  };
}

/** Validity is kept in whole seconds, rounded down: a consent lapses with the second it says. */
function lapsed(given: string, now: Date, params: Parameters): string {
  return `${given}.valid_until < ${params.add(dateOf(Math.floor(now.getTime() / 1_000) + 1).toISOString(), 'timestamptz')}`;
}

/** Whether the person's country, or the account's, is one with such a profile; what is no code of a known country has the profile of the unknown. */
function countryIs({ contact, account }: BasisFrame, countries: CountryProfiles, such: (profile: CountryProfile) => boolean, params: Parameters): string {
  const unknown = such(UNKNOWN_COUNTRY);
  const listed = Object.entries(countries).flatMap(([country, profile]) => (such(profile) === unknown ? [] : [country]));
  const test = `coalesce(${contact}.country, ${account}.country) = any(${params.add(listed, 'text[]')})`;
  return unknown ? `(${test}) is not true` : `(${test}) is true`;
}

/** The tests for those of whom this does not hold. */
function onlyIfNot(holds: () => string, tests: Tests): Tests {
  const codes = Object.keys(tests) as (keyof Tests)[];
  return Object.fromEntries(codes.map((code) => [code, () => `not (${holds()}) and (${tests[code]?.() ?? 'false'})`]));
}

/** Some tests for those of whom `first` holds, others for everybody else. */
function together(first: () => string, tests: Tests, others: Tests): Tests {
  const codes = [...new Set([...Object.keys(tests), ...Object.keys(others)])] as (keyof Tests)[];
  return Object.fromEntries(codes.map((code) => [code, () => `case when ${first()} then ${tests[code]?.() ?? 'false'} else ${others[code]?.() ?? 'false'} end`]));
}
