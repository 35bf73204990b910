import type { HoldKind } from '../../account/holds.js';
import { dateOf, type HoldFact, type Seconds } from '../facts.js';
import type { ReasonCode } from '../reasons.js';
import type { Findings, Gate } from './gate.js';

/** Somebody is talking to the person, or there is reason to: the machine steps back until a human is done. */
export const relationshipGate: Gate = {
  codes: [
    'relationship.complaint_open', 'relationship.ticket_open', 'relationship.detractor', 'relationship.human_conversation', 'relationship.account_replied', 'relationship.open_opportunity',
    'relationship.meeting_booked', 'relationship.prefers_human', 'relationship.goal_met', 'relationship.duplicate_content',
  ],
  check({ facts, request, policies }, findings) {
    if (facts.holds && facts.holds.length > 0) addHolds(facts.holds, findings);
    if (facts.prefersHumanSince != null) findings.add('relationship.prefers_human', { since: dateOf(facts.prefersHumanSince) });
    if (facts.goalMet === true) findings.add('relationship.goal_met');
    if (request.phase === 'plan' && facts.duplicateContent != null) findings.add('relationship.duplicate_content', { since: dateOf(facts.duplicateContent), days: policies.duplicateContentDays });
  },
};

/** One reason a code: the hold that lasts longest tells until when. */
function addHolds(holds: readonly HoldFact[], findings: Findings): void {
  const longest = new Map<ReasonCode, HoldFact>();
  for (const hold of holds) {
    const code = codeOf(hold);
    if (code === undefined) continue;
    const known = longest.get(code);
    if (!known || endOf(hold) > endOf(known) || (endOf(hold) === endOf(known) && hold.since < known.since)) longest.set(code, hold);
  }
  for (const [code, { scope, since, until }] of longest) findings.add(code, { what: scope, since: dateOf(since) }, until === null ? undefined : until * 1_000);
}

const CODES: Readonly<Partial<Record<HoldKind, ReasonCode>>> = {
  complaint: 'relationship.complaint_open',
  ticket: 'relationship.ticket_open',
  detractor: 'relationship.detractor',
  conversation: 'relationship.human_conversation',
  opportunity: 'relationship.open_opportunity',
  meeting: 'relationship.meeting_booked',
};

/** A reply is a conversation with who wrote it, and news to the colleagues. Holds that refuse are the suppression gate's. */
function codeOf({ kind, scope }: HoldFact): ReasonCode | undefined {
  if (kind === 'reply') return scope === 'account' ? 'relationship.account_replied' : 'relationship.human_conversation';
  return CODES[kind];
}

function endOf({ until }: HoldFact): Seconds {
  return until ?? Infinity;
}
