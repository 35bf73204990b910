import { z } from 'zod';

const days = z.int().min(1).max(36_500);

/** How long each class of data is kept, in days (rules.md section 7). Raw events (13 months) are closed into days by the history of events. */
export const retentionTerms = z.strictObject({
  /** Nobody of ours spoke with him, nothing was bought: since the last sign of life. */
  prospect: days.default(730),
  /** Since the relation ended. */
  customer: days.default(730),
  /** The key to the proofs of somebody who was let go: five years longer. */
  consentEvidence: days.default(1_826),
  opens: days.default(90),
  mailbox: days.default(90),
  decisions: days.default(730),
  /** From then on a decision no longer says whom it was about. */
  decisionsNamed: days.default(183),
});

export type RetentionTerms = z.output<typeof retentionTerms>;
export const DEFAULT_RETENTION: RetentionTerms = retentionTerms.parse({});

export const DATA_CLASSES = ['prospect', 'customer', 'consent_evidence', 'opens', 'mailbox', 'decisions', 'decisions_named'] as const;
export type DataClass = (typeof DATA_CLASSES)[number];
