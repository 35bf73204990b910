import type { LegalBasis, MessageClass } from '../consent/purpose.js';
import type { Reason } from './decision.js';
import { type Facts, type PurposeFacts, type RequestFacts, seconds, type SendingFacts, type TouchedItem } from './facts.js';
import { basisGate } from './gates/basis.js';
import { caseOf, Findings, type Gate } from './gates/gate.js';
import { inputGate } from './gates/input.js';
import { legalGate } from './gates/legal.js';
import { purposeGate } from './gates/purpose.js';
import { suppressionGate } from './gates/suppression.js';
import type { Policies } from './policies.js';
import { reasonOrder } from './reasons.js';

/** The gates whose reasons do not pass by waiting an hour: who the person is, what the law says, what the person said. The first of `decide`, in the catalogue's order. */
export const LASTING_GATES: readonly Gate[] = [inputGate, legalGate, purposeGate, basisGate, suppressionGate];

/** Under what it is asked whether people may be mailed for a purpose. */
export interface PermissionTerms {
  readonly request: RequestFacts;
  readonly policies: Policies;
}

/**
 * What lasting reasons speak against mailing this person for the request's purpose now, in the order of the catalogue; without any,
 * only pressure and timing decide. These are the very gates that `decide` asks.
 */
export function lastingReasons(facts: Facts, policies: Policies, now: Date): Reason[] {
  const { request } = facts;
  if (!request) return [{ code: 'input.fact_unavailable', detail: { names: ['request'] } }];
  const findings = new Findings(request.messageClass);
  const given = caseOf(facts, request, policies, now);
  for (const gate of LASTING_GATES) gate.check(given, findings);
  return findings.reasons.sort((a, b) => reasonOrder(a.code) - reasonOrder(b.code));
}

/** A purpose as its table has it. */
export interface StoredPurpose {
  readonly message_class: MessageClass;
  readonly legal_basis: LegalBasis;
  readonly channels: readonly string[];
  readonly double_opt_in: boolean;
  readonly retention_days: number;
  readonly balancing_recorded: boolean;
  readonly valid_until: Date | null;
  readonly retired_at: Date | null;
  readonly controller: string | null;
}

export function purposeFacts(row: StoredPurpose, now: Date): PurposeFacts {
  return {
    messageClass: row.message_class,
    legalBasis: row.legal_basis,
    channels: row.channels,
    doubleOptIn: row.double_opt_in,
    retentionDays: row.retention_days,
    balancingRecorded: row.balancing_recorded,
    validUntil: row.valid_until && seconds(row.valid_until),
    retired: row.retired_at !== null && row.retired_at <= now,
    controller: row.controller,
  };
}

/** The question without a campaign: a mail of the kind that the purpose is meant for, now, which reads nothing but this. */
export function permissionRequest(purposeKey: string, purpose: PurposeFacts | null, touched: readonly TouchedItem[] = []): RequestFacts {
  return {
    phase: 'claim', // as at the claim: what earlier mails press is not asked
    campaignState: 'running',
    purposeKey,
    purpose,
    messageClass: purpose?.messageClass ?? 'marketing',
    channel: 'email',
    touched,
    timeToLiveHours: 1,
    perAccountLimit: null,
    profilingFields: [],
    sending: unlimitedSending(''),
    unsubscribeHeaders: true,
  };
}

/** A sending domain that nothing is known against. */
export function unlimitedSending(domain: string): SendingFacts {
  return {
    domain, aligned: 'unchecked', problem: null, pausedSince: null, pauseReason: null, warmUpFullUntil: null, dailyLimit: null, throttledUntil: null, hourlyLimit: null,
  };
}

/** Every purpose there is, with the policies in force. */
export interface PurposeCatalogue {
  has(purpose: string): boolean;
  keys(): readonly string[];
  /** Undefined when there is no such purpose. */
  terms(purpose: string, now: Date): PermissionTerms | undefined;
}

export function purposeCatalogue(purposes: ReadonlyMap<string, StoredPurpose>, policies: Policies): PurposeCatalogue {
  return {
    has: (purpose) => purposes.has(purpose),
    keys: () => [...purposes.keys()],
    terms: (purpose, now) => {
      const stored = purposes.get(purpose);
      return stored && { request: permissionRequest(purpose, purposeFacts(stored, now)), policies };
    },
  };
}
