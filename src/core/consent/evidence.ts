import type { ConsentEvent, ConsentProof } from './consent-event.js';
import { endsConsent } from './consent-event.js';
import type { LegalBasis } from './purpose.js';

/** What an act that another system recorded lacks before it can be shown to a regulator. */
export type MissingEvidence = 'controller' | 'wording' | 'confirmation';

/**
 * What is missing of the evidence for a yes (GDPR art. 7(1)): to whom, to which words; and of a confirmation that it happened at all, by its token or its
 * moment, since an entry in a list is none. A no needs nothing, and neither does a question.
 */
export function missingEvidence(event: ConsentEvent, legalBasis: LegalBasis, proof: Partial<ConsentProof>): MissingEvidence[] {
  if (legalBasis !== 'consent' || event === 'requested' || endsConsent(event)) return [];
  const missing: MissingEvidence[] = [];
  if (proof.controller === undefined) missing.push('controller');
  if ((proof.wording ?? proof.wordingHash ?? proof.wordingVersion) === undefined) missing.push('wording');
  if (event !== 'given' && (proof.confirmedAt ?? proof.doubleOptInTokenId) === undefined) missing.push('confirmation');
  return missing;
}
