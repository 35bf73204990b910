import { z } from 'zod';
import type { LegalBasis } from './purpose.js';

/** What can happen to a consent (ISO/IEC TS 27560, with the acts of GDPR art. 7 and 21). */
export const CONSENT_EVENTS = ['requested', 'given', 'confirmed', 'refused', 'withdrawn', 'objected', 'expired', 're_confirmed'] as const;
export type ConsentEvent = (typeof CONSENT_EVENTS)[number];

// Line breaks and tabs may stand in a wording; other controls cannot stand in jsonb (NUL) or hide what a reader sees.
const CONTROL = /[\p{Cc}\p{Cs}]/u;
const CONTROL_BUT_LAYOUT = /(?![\n\r\t])[\p{Cc}\p{Cs}]/u;
const line = (maximum: number) =>
  z.string().trim().min(1).max(maximum).refine((text) => !CONTROL.test(text), 'must not hold control characters');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
const moment = z.iso.datetime({ offset: true });

/** The proof of one act. What is shown to a regulator: who asked, with which words, where, and how the person answered. */
export const consentProof = z.strictObject({
  /** Who did it: the person, somebody of ours on the person's word, or an import of what another system recorded. */
  actor: z.enum(['self', 'agent', 'import']),
  /** The colleague or the import, where the actor is not the person. */
  actorName: line(200).optional(),
  /** How it reached us: web_form, preference_page, confirm_page, one_click, phone, paper, import …; a form's own name will do. */
  method: z.string().regex(/^[a-z][a-z0-9_-]{0,49}$/, 'must be a short name such as web_form'),
  controller: line(200).optional(),
  jurisdiction: z.string().regex(/^[A-Z]{2}$/, 'must be a two-letter country code').optional(),
  language: z.enum(['nl', 'en']).optional(),
  noticeVersion: line(100).optional(),
  wordingVersion: line(100).optional(),
  /** The exact text shown, and its SHA-256 over UTF-8. */
  wording: z.string().min(1).max(10_000).refine((text) => !CONTROL_BUT_LAYOUT.test(text), 'must not hold control characters').optional(),
  wordingHash: sha256.optional(),
  formVersion: line(100).optional(),
  captureUrl: z.url({ protocol: /^https?$/ }).max(2_000).optional(),
  truncatedIp: line(50).optional(),
  userAgentHash: sha256.optional(),
  /** The message whose link led here. */
  messageId: z.number().int().positive().optional(),
  doubleOptInTokenId: line(100).optional(),
  sentAt: moment.optional(),
  confirmedAt: moment.optional(),
  policyVersion: line(100).optional(),
  /** Of a sale (ePrivacy art. 13(2)): mail is about similar products, and the person could refuse it when the address was collected. */
  similarProducts: z.boolean().optional(),
  optOutOffered: z.boolean().optional(),
  /** In a person's own words, or an agent's note of a call. */
  note: line(1_000).optional(),
});
export type ConsentProof = z.output<typeof consentProof> & {
  /** Of a fact written again because two contacts became one: the record it was first. Nobody can say this from outside. */
  readonly carriedFrom?: { readonly contactId: number; readonly sequence: number; readonly recordId: string };
};

/** One act to be written to the ledger. */
export interface ConsentEntry {
  readonly contactId: number;
  readonly purpose: string;
  readonly channel?: string;
  readonly event: ConsentEvent;
  /** Left out for an act that happens now: it is then dated after all that the ledger holds, also when a clock went back. */
  readonly occurredAt?: Date | undefined;
  readonly validUntil?: Date | null | undefined;
  readonly legalBasis: LegalBasis;
  readonly proof: ConsentProof;
}

/** Acts that end a consent: they take the person off at once and win over a yes of the same moment. */
export function endsConsent(event: ConsentEvent): boolean {
  return event === 'refused' || event === 'withdrawn' || event === 'objected' || event === 'expired';
}

/**
 * Whether the act could be shown to a regulator (GDPR art. 7(1)): a yes names its controller and the words that were agreed to.
 * A no needs nothing: it is honoured however it came.
 */
export function hasCompleteEvidence(event: ConsentEvent, legalBasis: LegalBasis, proof: Partial<ConsentProof>): boolean {
  if (endsConsent(event) || legalBasis !== 'consent') return true;
  return proof.controller !== undefined && (proof.wordingHash ?? proof.wording ?? proof.wordingVersion) !== undefined;
}
