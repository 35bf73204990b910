import { againAt } from '../../core/decision/again-at.js';
import { decide } from '../../core/decision/decide.js';
import type { Decision } from '../../core/decision/decision.js';
import { type Facts, seconds } from '../../core/decision/facts.js';
import type { Policies } from '../../core/decision/policies.js';
import { compareRanks, type Rank } from '../../core/pressure/arbitrate.js';
import type { Asking, AtTheirLimit, SimulatedGate } from '../../core/simulation/journey.js';
import { type Candidate, type DecisionRequest, rankOf } from '../../decisions/decision-request.js';
import type { Batch } from '../../decisions/load-batch.js';
import type { SimulatedPressure } from '../../decisions/simulated-pressure.js';

/** One step of one campaign: what is asked, and what is known about the people who may come to it. */
export interface LoadedStep {
  readonly request: DecisionRequest;
  readonly batch: Batch;
  /** Merge fields that somebody lacks; who is not in it lacks none. */
  readonly missing: ReadonlyMap<number, readonly string[]>;
}

interface Question {
  readonly place: number;
  readonly step: LoadedStep;
  readonly candidate: Candidate;
  readonly rank: Rank;
}

/** The gate as the engine asks it, over facts that were loaded once: only the pressure, the hour and what ends by itself change. */
export class BucketGate implements SimulatedGate {
  /** When somebody gets which content in the simulation, and of which step. */
  private readonly content = new Map<string, { readonly step: string; readonly at: number }>();

  constructor(
    private readonly stepOf: (campaign: number, step: number) => LoadedStep | undefined,
    private readonly pressure: SimulatedPressure,
    private readonly policies: Policies,
  ) {}

  decide(askings: readonly Asking[], now: Date): Decision[] {
    const questions = askings.flatMap((asking, place) => this.questionOf(asking, place) ?? []).sort((a, b) => compareRanks(a.rank, b.rank));
    const accounts = new Set(questions.flatMap(({ candidate }) => candidate.accountId ?? []));
    const pass = this.pressure.passAt(now, new Set(questions.map(({ candidate }) => candidate.contactId)), accounts);
    const decisions = askings.map((): Decision => NOT_PLANNED);
    for (const { place, step, candidate } of questions) {
      const facts = this.factsAt(step.batch.factsOf(candidate, pass), step.request, candidate, now);
      const decision = decide(facts, this.policies, now);
      if (decision.verdict === 'send') {
        pass.take(step.request, candidate);
        this.pressure.add(step.request, candidate, now);
        this.remember(step.request, candidate, now);
      }
      const again = againAt(facts, this.policies, decision, candidate.contactId);
      decisions[place] = again ? { ...decision, notBefore: again } : decision;
    }
    return decisions;
  }

  atTheirLimit(now: Date): AtTheirLimit {
    return this.pressure.atTheirLimit(this.policies, now);
  }

  private questionOf({ campaign, step, contactId, accountId, occurrence, stepSince }: Asking, place: number): Question | undefined {
    const loaded = this.stepOf(campaign, step);
    if (!loaded) return undefined;
    const candidate = { contactId, accountId, occurrence, stepSince: new Date(stepSince), exited: false, goalMet: false, missingFields: loaded.missing.get(contactId) ?? NOTHING };
    return { place, step: loaded, candidate, rank: rankOf(loaded.request, candidate) };
  }

  /** Holds end, and content is sent, while the simulation goes on. */
  private factsAt(facts: Facts, { template, campaignId, step }: DecisionRequest, { contactId }: Candidate, now: Date): Facts {
    const moment = seconds(now);
    const lasting = facts.holds?.some(({ until }) => until !== null && until <= moment) ? facts.holds.filter(({ until }) => until === null || until > moment) : facts.holds;
    const sent = template === null || facts.duplicateContent != null ? undefined : this.content.get(`${contactId}.${template.id}.${template.version}`);
    const again = sent && sent.step !== `${campaignId}.${step}` && moment - sent.at < this.policies.duplicateContentDays * 86_400;
    // Whoever has to approve mail is taken to do so: what he lets go is what presses.
    const approval = facts.approval === 'due' || facts.approval === 'waits' ? 'given' : facts.approval;
    return { ...facts, holds: lasting, approval, ...(again && { duplicateContent: sent.at }) };
  }

  private remember({ template, campaignId, step }: DecisionRequest, { contactId }: Candidate, now: Date): void {
    if (template !== null) this.content.set(`${contactId}.${template.id}.${template.version}`, { step: `${campaignId}.${step}`, at: seconds(now) });
  }
}

const NOTHING: readonly string[] = [];

/** A step that cannot be planned pauses its campaign: its people stay where they are. */
const NOT_PLANNED: Decision = {
  verdict: 'deny', primary: 'campaign.stopped', reasons: [{ code: 'campaign.stopped' }], evidenceIds: [], tracking: { opens: 'none', clicks: 'none' }, modifiers: [], policyVersion: '', factsHash: '',
};
