import { z } from 'zod';

const days = z.int().min(1).max(36_500);

/**
 * How long each class of data is kept, in days (rules.md section 7). Raw events go by whole months, after as many as TACTFUL_EVENT_RETENTION_MONTHS says (13); what
 * has an end of its own (mailed links, copies of data) goes the night after it.
 */
export const retentionTerms = z.strictObject({
  /** Nobody of ours spoke with him, nothing was bought: since the last sign of life. */
  prospect: days.default(730),
  /** Since the relation ended. */
  customer: days.default(730),
  /** The key to the proofs of somebody who was let go: five years longer. */
  consentEvidence: days.default(1_826),
  opens: days.default(90),
  mailbox: days.default(90),
  /** Bounce mails, and what a server answered that refused a mail: its code stays. */
  bounces: days.default(30),
  /** That somebody asked for a link to his preferences or data. */
  linkMails: days.default(30),
  /** Requests by the public form that nobody confirmed. */
  lapsedRequests: days.default(90),
  decisions: days.default(730),
  /** From then on a decision no longer says whom it was about. */
  decisionsNamed: days.default(183),
});

export type RetentionTerms = z.output<typeof retentionTerms>;
export const DEFAULT_RETENTION: RetentionTerms = retentionTerms.parse({});
