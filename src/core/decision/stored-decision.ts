import { BASES, type Decision } from './decision.js';
import { decide } from './decide.js';
import { decodeFacts, type Dictionary, encodeFacts } from './facts-codec.js';
import type { Facts, RequestFacts } from './facts.js';
import type { Policies } from './policies.js';
import { REASONS, VERDICTS } from './reasons.js';

/** A decision as it is kept: numbers of the catalogue, and the facts it can be taken from again. */
export interface StoredDecision {
  readonly verdict: number;
  /** The primary reason first, then the others in the order of the catalogue; null on a send. */
  readonly reasons: readonly number[] | null;
  readonly basis: number | null;
  /** Sequence of the ledger record a send rests on. */
  readonly evidence: number | null;
  readonly notBefore: Date | null;
  readonly facts: readonly number[];
}

export function storeDecision(decision: Decision, facts: Facts, names: Dictionary): StoredDecision {
  const { primary } = decision;
  const others = decision.reasons.filter((reason) => reason.code !== primary).map((reason) => REASONS[reason.code].number);
  return {
    verdict: VERDICTS[decision.verdict],
    reasons: primary === undefined ? null : [REASONS[primary].number, ...others],
    basis: decision.basis === undefined ? null : BASES[decision.basis],
    evidence: ledgerSequence(decision.evidenceIds),
    notBefore: decision.notBefore ?? null,
    facts: encodeFacts(facts, names),
  };
}

function ledgerSequence(evidenceIds: readonly string[]): number | null {
  const record = evidenceIds.find((id) => id.startsWith('ledger:'));
  return record === undefined ? null : Number(record.slice('ledger:'.length));
}

/** Takes a stored decision again: the same facts, policies and moment, so the same decision. */
export function replayDecision(stored: Pick<StoredDecision, 'facts'>, names: readonly string[], request: RequestFacts | undefined, policies: Policies, decidedAt: Date): Decision {
  return decide(decodeFacts(stored.facts, names, request), policies, decidedAt);
}
