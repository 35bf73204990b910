import type { Gate } from './gate.js';

const DAY = 86_400_000;

/**
 * Whether a human has to see the mail first. Asked last, and only of mail that may go in every other respect: nobody is asked to approve what could not
 * leave, and an approval answers nothing but this gate, so it overrides no other.
 */
export const approvalGate: Gate = {
  codes: ['approval.due', 'approval.first_wave', 'approval.dropped'],
  check({ facts, request, now }, findings) {
    if (request.phase !== 'plan' || facts.approval === undefined) return; // settled by the plan
    const names = facts.tier == null ? [] : [facts.tier];
    if (facts.approval === 'dropped') findings.add('approval.dropped');
    if (findings.reasons.length > 0) return;
    if (facts.approval === 'due') findings.add('approval.due', { names });
    // Looked at again once a day; whoever approves the wave wakes those who wait for it.
    if (facts.approval === 'waits') findings.add('approval.first_wave', { names }, now + DAY);
  },
};
