import type { Decision, Reason } from './decision.js';
import { hashFacts } from './facts-codec.js';
import type { Facts } from './facts.js';
import { approvalGate } from './gates/approval.js';
import { groundOf } from './gates/basis.js';
import { campaignGate, holdoutGate } from './gates/campaign.js';
import { deliveryGate } from './gates/delivery.js';
import { type Case, caseOf, Findings, type Gate } from './gates/gate.js';
import { pressureGate } from './gates/pressure.js';
import { relationshipGate } from './gates/relationship.js';
import { firstOpenMoment, timingGate } from './gates/timing.js';
import { LASTING_GATES } from './permission.js';
import type { Policies } from './policies.js';
import { REASONS, type ReasonCode, reasonOrder, strength, type StoppingVerdict } from './reasons.js';
import { modifiersOf, NO_MODIFIERS, NO_TRACKING, trackingOf } from './tracking.js';

/** In the order of the catalogue. Approval last: it is asked of what passed all others. */
export const GATES: readonly Gate[] = [...LASTING_GATES, relationshipGate, campaignGate, holdoutGate, pressureGate, timingGate, deliveryGate, approvalGate];

/** The codes that some gate watches for: all there are. */
export const WATCHED_CODES: ReadonlySet<ReasonCode> = new Set(GATES.flatMap((gate) => gate.codes));

const LOOK_AGAIN = 3_600_000;
const NO_EVIDENCE: readonly string[] = [];
const NOTHING_SENT = { tracking: NO_TRACKING, modifiers: NO_MODIFIERS };

/**
 * May this message go to this person, now? Every gate is asked and every reason is kept; deny > review > defer > send.
 * Pure: the same facts, policies and moment give the same decision, so a stored one can be taken again from its facts.
 */
export function decide(facts: Facts, policies: Policies, now: Date, gates: readonly Gate[] = GATES): Decision {
  const shared = { policyVersion: policies.version, factsHash: hashFacts(facts) };
  const { request } = facts;
  if (!request) {
    const reasons: Reason[] = [{ code: 'input.fact_unavailable', detail: { names: ['request'] } }];
    return { verdict: 'deny', primary: 'input.fact_unavailable', reasons, evidenceIds: NO_EVIDENCE, ...NOTHING_SENT, ...shared };
  }
  const given = caseOf(facts, request, policies, now);
  const findings = new Findings(given.messageClass);
  for (const gate of gates) gate.check(given, findings);
  const ground = findings.reasons.length === 0 ? groundOf(given) : undefined;
  if (ground) {
    return { verdict: 'send', reasons: findings.reasons, basis: ground.basis, evidenceIds: [ground.evidenceId], tracking: trackingOf(given), modifiers: modifiersOf(given), ...shared };
  }
  if (findings.reasons.length === 0) findings.reasons.push({ code: 'input.fact_unavailable', detail: { names: ['basis'] } });
  return { ...stopped(given, findings.reasons), evidenceIds: NO_EVIDENCE, ...NOTHING_SENT, ...shared };
}

function stopped(given: Case, found: Reason[]): Pick<Decision, 'verdict' | 'primary' | 'reasons' | 'notBefore'> {
  const reasons = found.sort((a, b) => reasonOrder(a.code) - reasonOrder(b.code));
  const verdict = reasons.reduce<StoppingVerdict>((strongest, reason) => stronger(strongest, REASONS[reason.code].verdict), 'defer');
  const primary = reasons.find((reason) => REASONS[reason.code].verdict === verdict)?.code;
  const outcome = { verdict, ...(primary && { primary }), reasons };
  return verdict === 'defer' ? { ...outcome, notBefore: new Date(earliest(given, reasons)) } : outcome;
}

function stronger(a: StoppingVerdict, b: StoppingVerdict): StoppingVerdict {
  return strength[b] > strength[a] ? b : a;
}

/** When all that defers now is over, and the receiver's day has begun. */
function earliest(given: Case, reasons: readonly Reason[]): number {
  return firstOpenMoment(given, reasons.reduce((latest, reason) => Math.max(latest, endOf(reason, given.now)), given.now));
}

/** Of a reason without an end, or with one that should have come by now, when it is looked at again: deferred means later, never at once and for ever. */
function endOf({ notBefore }: Reason, now: number): number {
  const end = notBefore?.getTime() ?? now;
  return end > now ? end : now + LOOK_AGAIN;
}
