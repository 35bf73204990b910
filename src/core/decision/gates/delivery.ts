import { dateOf, type SendingFacts } from '../facts.js';
import type { Findings, Gate } from './gate.js';

const RETRY = 15 * 60_000;

/** Mail that is held back as a whole: by the switch for everything, because its campaign is paused, or by how the sending domain stands. */
export const deliveryGate: Gate = {
  codes: [
    'delivery.throttled', 'delivery.warm_up', 'delivery.reputation_pause', 'delivery.kill_switch', 'delivery.not_aligned', 'delivery.unsubscribe_headers_missing',
  ],
  check({ request, messageClass, policies, now }, findings) {
    addLimits(request.sending, findings, now);
    if (policies.killSwitch) findings.add('delivery.kill_switch', { what: 'all' }, now + RETRY);
    else if (request.campaignState === 'paused') findings.add('delivery.kill_switch', { what: 'campaign' }, now + RETRY);
    if (request.sending.aligned === 'no') findings.add('delivery.not_aligned', { names: named(request.sending.domain, request.sending.problem) });
    // Gmail, Yahoo and Microsoft ask it of bulk mail; what a contract or the law asks for has no list to leave.
    const bulk = messageClass === 'marketing' || messageClass === 'survey';
    if (bulk && !request.unsubscribeHeaders) findings.add('delivery.unsubscribe_headers_missing');
  },
};

function addLimits({ domain, throttledUntil, hourlyLimit, warmUpFullUntil, dailyLimit, pausedSince, pauseReason }: SendingFacts, findings: Findings, now: number): void {
  if (throttledUntil !== null && throttledUntil * 1_000 > now) findings.add('delivery.throttled', { names: [domain], limit: hourlyLimit ?? 0 }, throttledUntil * 1_000);
  if (warmUpFullUntil !== null && warmUpFullUntil * 1_000 > now) findings.add('delivery.warm_up', { names: [domain], limit: dailyLimit ?? 0 }, warmUpFullUntil * 1_000);
  if (pausedSince !== null) findings.add('delivery.reputation_pause', { names: named(domain, pauseReason), since: dateOf(pausedSince) }, now + RETRY);
}

function named(domain: string, problem: string | null): string[] {
  return problem === null || problem === '' ? [domain] : [domain, problem];
}
