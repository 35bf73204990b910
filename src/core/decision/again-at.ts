import { releaseMoment } from '../pressure/spread.js';
import type { Decision } from './decision.js';
import type { Facts } from './facts.js';
import { hoursThatBegin } from './gates/timing.js';
import type { Policies } from './policies.js';

const HOUR = 3_600_000;

/**
 * When a deferred message is to be decided again: at the moment it names, or, where that is the begin of the sending hours, spread over the
 * minutes after it. Looking again later than allowed breaks nothing: caps and hours are asked about anew.
 */
export function againAt(facts: Facts, policies: Policies, { verdict, notBefore }: Pick<Decision, 'verdict' | 'notBefore'>, contactId: number): Date | undefined {
  if (verdict !== 'defer' || !notBefore || !facts.request) return notBefore;
  const hours = policies.releaseSpreadMinutes === 0 ? undefined : hoursThatBegin(facts, policies, notBefore.getTime());
  if (!hours) return notBefore;
  const deadline = facts.stepSince === undefined ? undefined : facts.stepSince * 1_000 + facts.request.timeToLiveHours * HOUR;
  return new Date(releaseMoment(contactId, hours, policies.releaseSpreadMinutes, deadline));
}
