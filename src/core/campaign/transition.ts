import { REASONS, type ReasonCode, type Verdict } from '../decision/reasons.js';
import { type CampaignStep, nextSendStep, waitMilliseconds } from './definition.js';

export const CAMPAIGN_STATES = ['draft', 'running', 'paused', 'stopped', 'finished'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** What people do to a campaign; `finish` is the engine's own. */
export const CAMPAIGN_ACTIONS = ['start', 'pause', 'resume', 'stop', 'finish'] as const;
export type CampaignAction = (typeof CAMPAIGN_ACTIONS)[number];

/** Which action leads where. Stopped and finished are final: what is to run again is made anew, so that its figures are its own. */
export const CAMPAIGN_TRANSITIONS: Readonly<Record<CampaignState, Readonly<Partial<Record<CampaignAction, CampaignState>>>>> = {
  draft: { start: 'running' },
  running: { pause: 'paused', stop: 'stopped', finish: 'finished' },
  paused: { resume: 'running', stop: 'stopped' },
  stopped: {},
  finished: {},
};

/** The states an action starts from: the condition of its one UPDATE, which makes it safe against a second caller. */
export function statesBefore(action: CampaignAction): CampaignState[] {
  return CAMPAIGN_STATES.filter((state) => CAMPAIGN_TRANSITIONS[state][action] !== undefined);
}

/** Where an action leads, whatever it starts from. */
export function stateAfter(action: CampaignAction): CampaignState {
  for (const state of CAMPAIGN_STATES) {
    const after = CAMPAIGN_TRANSITIONS[state][action];
    if (after) return after;
  }
  throw new Error(`No state allows "${action}"`);
}

/**
 * Whether asking again is harmless: a campaign that is paused is paused, one that is stopped is stopped.
 * `start` is not: two people who start the same campaign should know of each other.
 */
export function isSettled(action: CampaignAction, state: CampaignState): boolean {
  return action !== 'start' && stateAfter(action) === state;
}

export type EnrollmentState = 'active' | 'done' | 'exited' | 'stopped';

/** Where an enrollment stands: at a step that is due at a moment, or at its end. */
export type EnrollmentPosition =
  | { readonly state: 'active'; readonly step: number; readonly dueAt: Date; readonly stepSince: Date; readonly attempts: number }
  | { readonly state: Exclude<EnrollmentState, 'active'>; readonly step: number; readonly endReason: string };

const COMPLETED = 'completed';

/**
 * Goes on to step `index` at the moment `at`: waits are added up, the first other step becomes due when they are over.
 * Waits count from the moment of the decision before them, not from when it was due: a mail that had to wait two days for a
 * free slot is still followed by the whole pause.
 */
export function arriveAt(steps: readonly CampaignStep[], index: number, at: Date): EnrollmentPosition {
  let due = at.getTime();
  for (let step = index; step < steps.length; step += 1) {
    const current = steps[step];
    if (current?.kind === 'wait') due += waitMilliseconds(current);
    else return { state: 'active', step, dueAt: new Date(due), stepSince: new Date(due), attempts: 0 };
  }
  return { state: 'done', step: Math.max(0, steps.length - 1), endReason: COMPLETED };
}

/** What was decided about the message of a send step, as far as the way onward depends on it. */
export interface StepOutcome {
  readonly verdict: Verdict;
  readonly reasons: readonly { readonly code: ReasonCode }[];
  readonly notBefore?: Date | undefined;
  /** When the mail is no longer worth sending. */
  readonly expiresAt?: Date | undefined;
  /** Whether an exit condition held: the enrollment ends whatever else was found. */
  readonly exited: boolean;
}

/** Who is due at a send step: where, since when, and how often it was deferred. */
export interface DueStep {
  readonly step: number;
  readonly stepSince: Date;
  readonly attempts: number;
}

const MINUTE = 60_000;
/** A deferral that names no later moment is looked at again then; also keeps a wrong moment from turning into a busy loop. */
const DEFAULT_DEFERRAL = 15 * MINUTE;
const SHORTEST_DEFERRAL = MINUTE;
/** smallint in the table. */
const MAX_ATTEMPTS = 32_767;

/**
 * Reasons that concern this one message: the next step may still be sent.
 * All others that deny (no basis, suppressed, held out, data not allowed …) hold for the campaign and end the enrollment,
 * so that the gate is not asked again and again about a person who said no.
 */
const ONLY_THIS_MESSAGE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'timing.stale', 'campaign.already_sent', 'approval.dropped', 'relationship.duplicate_content', 'input.merge_field_missing', 'delivery.unsubscribe_headers_missing', 'delivery.not_aligned',
]);
/** Denied because something could not be read: asked again until the message's time to live is over. */
const RETRIED: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['input.fact_unavailable']);

/**
 * Where an enrollment goes once the message of its send step was decided. A review waits outside the campaign, as a decision of
 * its own: the enrollment goes on.
 */
export function afterDecision(steps: readonly CampaignStep[], due: DueStep, outcome: StepOutcome, now: Date): EnrollmentPosition {
  if (outcome.exited) return { state: 'exited', step: due.step, endReason: 'campaign.exited' };
  switch (outcome.verdict) {
    case 'send':
      return arriveAt(steps, due.step + 1, now);
    case 'review':
      // A draft is still this step's mail: whoever approves or drops it wakes the enrollment, else it wakes when the draft is stale.
      if (outcome.reasons.some(({ code }) => code === 'approval.due')) return deferred(due, outcome.expiresAt && new Date(outcome.expiresAt.getTime() + 1_000), now);
      return arriveAt(steps, due.step + 1, now);
    case 'defer':
      return deferred(due, outcome.notBefore, now);
    case 'deny':
      return afterDenial(steps, due, outcome, now);
  }
}

/** One reason that holds for the whole campaign is enough to end, whichever reason stands first. */
function afterDenial(steps: readonly CampaignStep[], due: DueStep, { reasons, notBefore }: StepOutcome, now: Date): EnrollmentPosition {
  const denials = reasons.map(({ code }) => code).filter((code) => REASONS[code].verdict === 'deny');
  const lasting = denials.find((code) => !ONLY_THIS_MESSAGE.has(code) && !RETRIED.has(code));
  if (lasting !== undefined) return { state: lasting === 'campaign.stopped' ? 'stopped' : 'exited', step: due.step, endReason: lasting };
  return denials.some((code) => ONLY_THIS_MESSAGE.has(code)) ? arriveAt(steps, due.step + 1, now) : deferred(due, notBefore, now);
}

function deferred(due: DueStep, notBefore: Date | undefined, now: Date): EnrollmentPosition {
  const wanted = notBefore?.getTime() ?? now.getTime() + DEFAULT_DEFERRAL;
  const dueAt = new Date(Math.max(wanted, now.getTime() + SHORTEST_DEFERRAL));
  return { state: 'active', step: due.step, dueAt, stepSince: due.stepSince, attempts: Math.min(MAX_ATTEMPTS, due.attempts + 1) };
}

/** What is to be done with an enrollment that is due, before the gate is asked. */
export type DueAction = (
  | { readonly kind: 'decide'; readonly step: number; readonly exited: boolean; readonly stepSince: Date }
  | { readonly kind: 'move'; readonly position: EnrollmentPosition }
) & {
  /** Steps that were passed on the way and change a list, in their order. */
  readonly lists: readonly number[];
};

/**
 * From a due step to the next thing worth deciding: whether an exit condition holds is asked of `exits(step)` (the conditions of
 * an exit step), `exitsAnywhere` says whether one of the campaign's own does. Whoever leaves is decided on once more, for the
 * mail that will now not come: the refusal is what explains later why it did not.
 */
export function takeDueStep(steps: readonly CampaignStep[], due: DueStep, exitsAnywhere: boolean, exits: (step: number) => boolean, now: Date): DueAction {
  if (exitsAnywhere) return leave(steps, due, now, []);
  const lists: number[] = [];
  let index = due.step;
  let since = due.stepSince;
  for (;;) {
    const step = steps[index];
    if (step?.kind === 'send') return { kind: 'decide', step: index, exited: false, stepSince: since, lists };
    if (step?.kind === 'exit_on_event' && exits(index)) return leave(steps, { ...due, step: index }, now, lists);
    if (step?.kind === 'add_to_list' || step?.kind === 'remove_from_list') lists.push(index);
    // A list is changed, an exit step does not hold; a wait is never stored as the present step, and would be over.
    const position = arriveAt(steps, index + 1, now);
    if (position.state !== 'active' || position.dueAt > now) return { kind: 'move', position, lists };
    index = position.step;
    since = position.stepSince;
  }
}

function leave(steps: readonly CampaignStep[], due: DueStep, now: Date, lists: readonly number[]): DueAction {
  const missed = nextSendStep(steps, due.step);
  if (missed === undefined) return { kind: 'move', position: { state: 'exited', step: due.step, endReason: 'campaign.exited' }, lists };
  return { kind: 'decide', step: missed, exited: true, stepSince: missed === due.step ? due.stepSince : now, lists };
}
