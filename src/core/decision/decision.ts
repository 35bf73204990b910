import type { ReasonCode, Verdict } from './reasons.js';

/** What a send rests on. Stored as a number: stable for ever. */
export const BASES = { consent: 1, soft_opt_in: 2, contract: 3, legal_duty: 4, legitimate_interest: 5, opt_in_request: 6, reply_in_thread: 7 } as const;
export type Basis = keyof typeof BASES;

export function basisByNumber(number: number): Basis | undefined {
  return (Object.keys(BASES) as Basis[]).find((basis) => BASES[basis] === number);
}

export interface ReasonDetail {
  /** Names of what is missing, not allowed or not loaded. */
  readonly names?: readonly string[];
  /** How full a cap is, and what it is: count of limit in days; the pressure on a person and its limit, in mails; what = 'messages' | 'people' | 'campaign_people' | 'unanswered'. */
  readonly count?: number;
  readonly limit?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly what?: string;
  /** Since when it holds. */
  readonly since?: Date;
}

export interface Reason {
  readonly code: ReasonCode;
  readonly detail?: ReasonDetail;
  /** Of a reason that defers: when it no longer holds. */
  readonly notBefore?: Date;
}

/** How much of a person's reading may be followed: not at all, counted without knowing who, or one by one. */
export type TrackingLevel = 'none' | 'aggregate' | 'individual';
export interface Tracking {
  readonly opens: TrackingLevel;
  readonly clicks: TrackingLevel;
}

/** What a send leaves out or changes for this person; it never stops it. */
export interface Modifier {
  readonly code: 'profiling.off' | 'field.stripped';
  /** The fields that are left out. */
  readonly names?: readonly string[];
}

export interface Decision {
  readonly verdict: Verdict;
  /** The first reason of the strongest verdict; absent on a send. */
  readonly primary?: ReasonCode;
  /** All reasons that hold, in the order of the catalogue; empty on a send. */
  readonly reasons: readonly Reason[];
  readonly basis?: Basis;
  /** What proves the basis: 'ledger:7' is record 7 of this person's consent ledger, 'purpose:x' and 'assessment:x' stand in the register of purposes. */
  readonly evidenceIds: readonly string[];
  /** Of a deferral: the first moment at which all that is known now allows it. */
  readonly notBefore?: Date;
  readonly tracking: Tracking;
  /** Of a send: what is left out or changed for this person; mostly empty. */
  readonly modifiers: readonly Modifier[];
  readonly policyVersion: string;
  readonly factsHash: string;
}
