import { nextAttempt } from '../core/mail/retry.js';
import type { SendOutcome } from '../platform/mail/transport.js';

export interface AfterSending {
  readonly state: 'queued' | 'sent' | 'failed';
  readonly dueAt: Date | null;
  readonly response: string;
}

/**
 * What becomes of a letter or mailed link that was handed over: for good what was taken or refused for good, else another try, three days long.
 * An answer that never came counts as not sent: a second mail is better than none, and carries the same Message-ID.
 */
export function afterSending(outcome: SendOutcome, tried: { readonly attempts: number; readonly since: Date }, now: Date): AfterSending {
  if (outcome.kind === 'accepted') return { state: 'sent', dueAt: null, response: 'accepted' };
  if (outcome.kind === 'refused' && outcome.code >= 500) return { state: 'failed', dueAt: null, response: `refused: ${outcome.code}` };
  const dueAt = nextAttempt(tried.attempts, tried.since, now);
  return { state: dueAt ? 'queued' : 'failed', dueAt: dueAt ?? null, response: outcome.kind };
}
