import { countryProfile, needsConfirmation } from '../../consent/country-profiles.js';
import { isEnded } from '../../consent/fold-ledger.js';
import type { Basis } from '../decision.js';
import { type ConsentFact, dateOf, oldestDayWithin } from '../facts.js';
import type { ReasonCode } from '../reasons.js';
import type { Case, Findings, Gate } from './gate.js';
import { advertises } from './input.js';

/** The lawful basis (GDPR art. 6, ePrivacy art. 13): consent with proof, the existing-customer exception, or a balanced interest. */
export const basisGate: Gate = {
  codes: [
    'basis.consent_missing', 'basis.consent_unconfirmed', 'basis.consent_expired', 'basis.scope_mismatch', 'basis.evidence_incomplete', 'basis.soft_opt_in.no_sale', 'basis.soft_opt_in.not_similar',
    'basis.soft_opt_in.no_opt_out_offered', 'basis.soft_opt_in.channel', 'basis.soft_opt_in.other_controller', 'basis.soft_opt_in.window', 'basis.cold_b2b', 'basis.balancing_missing',
  ],
  check(given, findings) {
    const { purpose, messageClass } = given;
    if (!purpose) return;
    if (messageClass === 'opt_in_request') return checkOpenRequest(given, findings);
    if (isCold(given)) return findings.add('basis.cold_b2b');
    switch (purpose.legalBasis) {
      case 'consent':
        return checkConsent(given, findings);
      case 'soft_opt_in':
        return restsOnConsentOnly(given) ? checkConsent(given, findings) : checkSoftOptIn(given, findings);
      case 'legitimate_interest':
        if (!purpose.balancingRecorded) findings.add('basis.balancing_missing');
        return;
      case 'contract':
      case 'legal_duty':
        return;
    }
  },
};

/**
 * Somebody at a company whose address we found ourselves, who never said yes or no and never bought: no mail, but a human may call. An
 * interest that was weighed carries such mail only where the law lets professionals be written to until they refuse.
 */
function isCold({ facts, purpose, policies }: Case): boolean {
  if (facts.researched !== true || facts.consent !== null || facts.consentForOtherChannel !== false || facts.sale?.bought !== false) return false;
  switch (purpose?.legalBasis) {
    case 'consent':
    case 'soft_opt_in':
      return true;
    case 'legitimate_interest':
      return advertises(purpose.messageClass) && countryProfile(facts.country, policies.countries).businessMail !== 'opt_out_for_professional_subject';
    default:
      return false;
  }
}

/** The mail that asks for confirmation needs a request that is still open, and nothing else. */
function checkOpenRequest({ facts }: Case, findings: Findings): void {
  if (facts.consent === undefined) return;
  if (!isOpenRequest(facts.consent)) findings.add('basis.consent_missing', { what: 'no_open_request' });
}

/** A yes that will run out may be asked about as well: once, before it does (re-confirmation). */
function isOpenRequest(consent: ConsentFact | null): boolean {
  return consent !== null && (consent.state === 'requested' || consent.state === 'given' || (consent.state === 'confirmed' && consent.validUntil !== null));
}

function checkConsent(given: Case, findings: Findings): void {
  const { facts, now } = given;
  const { consent } = facts;
  if (consent === undefined) return;
  if (consent === null) {
    findings.add(facts.consentForOtherChannel === true ? 'basis.scope_mismatch' : 'basis.consent_missing', { what: facts.consentForOtherChannel === true ? 'channel' : 'never' });
    return;
  }
  if (consent.legalBasis !== 'consent' && !isEnded(consent.state)) return findings.add('basis.scope_mismatch', { what: consent.legalBasis });
  const missing = missingConsent(given, consent);
  if (missing) findings.add(missing, { what: consent.state, ...(consent.since !== null && { since: dateOf(consent.since) }) });
  const lapsed = consent.validUntil !== null && consent.validUntil * 1_000 <= now;
  if (missing !== 'basis.consent_expired' && lapsed) findings.add('basis.consent_expired', { since: dateOf(consent.validUntil ?? 0) });
  if (!consent.evidenceComplete) findings.add('basis.evidence_incomplete');
}

function missingConsent({ facts, purpose, policies }: Case, consent: ConsentFact): ReasonCode | undefined {
  switch (consent.state) {
    case 'confirmed':
      return undefined;
    case 'given':
      return purpose && !needsConfirmation(countryProfile(facts.country, policies.countries), purpose) ? undefined : 'basis.consent_unconfirmed';
    case 'requested':
      return 'basis.consent_unconfirmed';
    case 'expired':
      return 'basis.consent_expired';
    case 'refused':
    case 'withdrawn':
    case 'objected':
      return 'basis.consent_missing';
  }
}

/** Whoever said yes needs no exception; and in some countries, and where the country is not known, there is none. */
function restsOnConsentOnly({ facts, policies }: Case): boolean {
  return facts.consent?.legalBasis === 'consent' || countryProfile(facts.country, policies.countries).existingCustomers === 'never';
}

/** ePrivacy art. 13(2): all six conditions hold, or the exception does not. What nobody recorded does not hold. */
function checkSoftOptIn({ facts, request, purpose, policies, now }: Case, findings: Findings): void {
  const { consent, sale } = facts;
  if (consent === undefined || sale === undefined) return;
  const record = consent?.legalBasis === 'soft_opt_in' && (consent.state === 'given' || consent.state === 'confirmed') ? consent : undefined;
  if (!sale.bought) findings.add('basis.soft_opt_in.no_sale');
  if (record?.similarProducts !== true) findings.add('basis.soft_opt_in.not_similar');
  if (record?.optOutOffered !== true) findings.add('basis.soft_opt_in.no_opt_out_offered');
  if (purpose?.channels.includes(request.channel) !== true) findings.add('basis.soft_opt_in.channel');
  if (record?.sameController !== true) findings.add('basis.soft_opt_in.other_controller');
  if (sale.bought && policies.softOptInDays !== null && outsideWindow(sale.lastOn, policies.softOptInDays, now)) findings.add('basis.soft_opt_in.window', { days: policies.softOptInDays });
  if (record?.evidenceComplete === false) findings.add('basis.evidence_incomplete');
  if (record && record.validUntil !== null && record.validUntil * 1_000 <= now) findings.add('basis.consent_expired', { since: dateOf(record.validUntil) });
}

function outsideWindow(lastSale: number | null, days: number, now: number): boolean {
  return lastSale === null || lastSale < oldestDayWithin(days, now);
}

export interface Ground {
  readonly basis: Basis;
  readonly evidenceId: string;
}

/** What a message that nothing stops rests on; undefined when nothing can be shown, and then it is not sent. */
export function groundOf({ facts, request, purpose, messageClass }: Case): Ground | undefined {
  if (!purpose) return undefined;
  const { consent } = facts;
  const record = consent ? `ledger:${consent.sequence}` : undefined;
  if (messageClass === 'opt_in_request') return record !== undefined ? { basis: 'opt_in_request', evidenceId: record } : undefined;
  switch (purpose.legalBasis) {
    case 'consent':
      return record !== undefined ? { basis: 'consent', evidenceId: record } : undefined;
    case 'soft_opt_in':
      return consent && record !== undefined ? { basis: consent.legalBasis === 'consent' ? 'consent' : 'soft_opt_in', evidenceId: record } : undefined;
    case 'contract':
      return { basis: 'contract', evidenceId: `purpose:${request.purposeKey}` };
    case 'legal_duty':
      return { basis: 'legal_duty', evidenceId: `purpose:${request.purposeKey}` };
    case 'legitimate_interest':
      return purpose.balancingRecorded ? { basis: 'legitimate_interest', evidenceId: `assessment:${request.purposeKey}` } : undefined;
  }
}
