import { fc } from '../../support/generated.js';
import { type CampaignStep, nextSendStep, waitMilliseconds } from '../../../src/core/campaign/definition.js';
import {
  afterDecision, arriveAt, CAMPAIGN_ACTIONS, CAMPAIGN_STATES, CAMPAIGN_TRANSITIONS, type CampaignState, type DueStep, type EnrollmentPosition, isSettled, stateAfter, statesBefore,
  type StepOutcome, takeDueStep,
} from '../../../src/core/campaign/transition.js';
import { REASON_CODES, REASONS, type ReasonCode } from '../../../src/core/decision/reasons.js';

const now = new Date('2026-06-09T08:00:00Z');
const later = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
const DAY = 1_440;

describe('the states of a campaign', () => {
  it('allows each action from the states it makes sense in', () => {
    expect(CAMPAIGN_ACTIONS.map((action) => [action, statesBefore(action), stateAfter(action)])).toEqual([
      ['start', ['draft'], 'running'],
      ['pause', ['running'], 'paused'],
      ['resume', ['paused'], 'running'],
      ['stop', ['running', 'paused'], 'stopped'],
      ['finish', ['running'], 'finished'],
    ]);
  });

  it('takes asking twice for what already holds as done, except for a start', () => {
    expect(CAMPAIGN_ACTIONS.map((action) => isSettled(action, stateAfter(action)))).toEqual([false, true, true, true, true]);
    expect(isSettled('pause', 'stopped')).toBe(false);
  });

  it('keeps its promises under any sequence of actions', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...CAMPAIGN_ACTIONS), { maxLength: 30 }), (actions) => {
        let state: CampaignState = 'draft';
        let starts = 0;
        let ended = false;
        for (const action of actions) {
          const next: CampaignState | undefined = CAMPAIGN_TRANSITIONS[state][action];
          if (next === undefined) continue;
          expect(ended).toBe(false);
          expect(statesBefore(action)).toContain(state);
          expect(next).toBe(stateAfter(action));
          if (action === 'start') starts += 1;
          if (state === 'draft') expect(action).toBe('start');
          state = next;
          ended = state === 'stopped' || state === 'finished';
        }
        expect(starts).toBeLessThanOrEqual(1);
        expect(CAMPAIGN_STATES).toContain(state);
        expect(state === 'draft').toBe(starts === 0);
      }),
    );
  });
});

const send: CampaignStep = { kind: 'send', template: 'june' };
const wait = (days: number): CampaignStep => ({ kind: 'wait', days });
const add: CampaignStep = { kind: 'add_to_list', list: 'fair' };
const remove: CampaignStep = { kind: 'remove_from_list', list: 'fair' };
const exit: CampaignStep = { kind: 'exit_on_event', event: 'Replied', since: 'entry' };
/** Mail, wait two days, second mail unless they reacted. */
const followUp = [send, wait(2), exit, send];

const first: DueStep = { step: 0, stepSince: now, attempts: 0 };
const outcome = (verdict: StepOutcome['verdict'], codes: ReasonCode[] = [], notBefore?: Date): StepOutcome => ({ verdict, reasons: codes.map((code) => ({ code })), notBefore, exited: false });

describe('where an enrollment goes after its mail was decided', () => {
  it.each<[string, StepOutcome, Partial<EnrollmentPosition>]>([
    ['sent: waits for the next step', outcome('send'), { state: 'active', step: 2, dueAt: later(2 * DAY), stepSince: later(2 * DAY), attempts: 0 }],
    ['for review: goes on', outcome('review', ['relationship.prefers_human']), { state: 'active', step: 2, dueAt: later(2 * DAY) }],
    ['deferred: stays until then', outcome('defer', ['pressure.cap_total'], later(600)), { state: 'active', step: 0, dueAt: later(600), stepSince: now, attempts: 1 }],
    ['deferred without a moment: asked again in a quarter', outcome('defer', ['delivery.throttled']), { state: 'active', step: 0, dueAt: later(15) }],
    ['deferred to the past: not asked again at once', outcome('defer', ['timing.quiet_hours'], later(-5)), { state: 'active', step: 0, dueAt: later(1) }],
    ['withdrawn: ends', outcome('deny', ['legal.withdrawn']), { state: 'exited', step: 0, endReason: 'legal.withdrawn' }],
    ['held out: ends', outcome('deny', ['holdout.control']), { state: 'exited', endReason: 'holdout.control' }],
    ['too late: goes on', outcome('deny', ['timing.stale']), { state: 'active', step: 2 }],
    ['a field is missing: goes on', outcome('deny', ['input.merge_field_missing']), { state: 'active', step: 2 }],
    ['a field is missing and consent withdrawn: ends', outcome('deny', ['input.merge_field_missing', 'legal.withdrawn', 'timing.stale']), { state: 'exited', endReason: 'legal.withdrawn' }],
    ['a fact could not be read: asked again', outcome('deny', ['input.fact_unavailable']), { state: 'active', step: 0, dueAt: later(15), attempts: 1 }],
    ['a fact could not be read, and too late: goes on', outcome('deny', ['input.fact_unavailable', 'timing.stale']), { state: 'active', step: 2 }],
    ['stopped meanwhile', outcome('deny', ['campaign.stopped']), { state: 'stopped', endReason: 'campaign.stopped' }],
    ['left, whatever else was found', { ...outcome('deny', ['campaign.already_sent', 'campaign.exited']), exited: true }, { state: 'exited', endReason: 'campaign.exited' }],
  ])('%s', (_, given, expected) => {
    expect(afterDecision(followUp, first, given, now)).toMatchObject(expected);
  });

  it('is done after the last step', () => {
    expect(afterDecision(followUp, { step: 3, stepSince: now, attempts: 2 }, outcome('send'), now)).toEqual({ state: 'done', step: 3, endReason: 'completed' });
  });

  const anyCodes = fc.uniqueArray(fc.constantFrom(...REASON_CODES), { minLength: 1, maxLength: 5 });
  const anyStep = fc.oneof(fc.constant(send), fc.integer({ min: 1, max: 300 }).map(wait), fc.constant(exit));
  const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 12 });

  it('always ends, or goes on later or further, and never writes to who has an ending reason', () => {
    fc.assert(
      fc.property(anySteps, anyCodes, fc.option(fc.integer({ min: -10_000, max: 10_000 })), fc.nat(11), (steps, codes, minutes, at) => {
        const step = nextSendStep(steps, at % steps.length);
        fc.pre(step !== undefined);
        const strongest = codes.some((code) => REASONS[code].verdict === 'deny') ? 'deny' : codes.some((code) => REASONS[code].verdict === 'review') ? 'review' : 'defer';
        const due: DueStep = { step, stepSince: now, attempts: 3 };
        const after = afterDecision(steps, due, outcome(strongest, codes, minutes === null ? undefined : later(minutes)), now);
        if (after.state !== 'active') return;
        expect(after.step >= step).toBe(true);
        if (after.step === step) {
          expect(after.dueAt.getTime()).toBeGreaterThan(now.getTime());
          expect(after.stepSince).toEqual(now);
          expect(after.attempts).toBe(4);
        } else expect(after.dueAt.getTime()).toBeGreaterThanOrEqual(now.getTime());
        expect(codes.some((code) => code.startsWith('legal.') || code.startsWith('basis.') && REASONS[code].verdict === 'deny')).toBe(false);
      }),
    );
  });
});

describe('what is next for an enrollment that is due', () => {
  const atExit: DueStep = { step: 2, stepSince: now, attempts: 0 };

  it('asks the gate at a send step', () => {
    expect(takeDueStep(followUp, first, false, () => false, now)).toEqual({ kind: 'decide', step: 0, exited: false, stepSince: now, lists: [] });
  });

  it('passes an exit step that does not hold', () => {
    expect(takeDueStep(followUp, atExit, false, () => false, now)).toEqual({ kind: 'decide', step: 3, exited: false, stepSince: now, lists: [] });
  });

  it('has the mail that will not come refused when the exit holds', () => {
    expect(takeDueStep(followUp, atExit, false, (step) => step === 2, now)).toEqual({ kind: 'decide', step: 3, exited: true, stepSince: now, lists: [] });
  });

  it('leaves at any step when one of the campaign’s own exits holds', () => {
    expect(takeDueStep(followUp, first, true, () => false, now)).toEqual({ kind: 'decide', step: 0, exited: true, stepSince: now, lists: [] });
  });

  it('just ends when no mail is left to refuse', () => {
    expect(takeDueStep([send, exit], { ...first, step: 1 }, false, () => true, now)).toEqual({ kind: 'move', position: { state: 'exited', step: 1, endReason: 'campaign.exited' }, lists: [] });
  });

  it('waits where an exit step is followed by a wait', () => {
    expect(takeDueStep([exit, wait(1), send], first, false, () => false, now)).toMatchObject({ kind: 'move', position: { state: 'active', step: 2, dueAt: later(DAY) } });
  });

  it.each<[string, CampaignStep[], DueStep, object]>([
    ['in front of a mail', [add, send], first, { kind: 'decide', step: 1, lists: [0] }],
    ['in front of a wait', [add, wait(1), send], first, { kind: 'move', position: { state: 'active', step: 2 }, lists: [0] }],
    ['at the end', [send, add], { ...first, step: 1 }, { kind: 'move', position: { state: 'done' }, lists: [1] }],
    ['several, in their order', [add, remove, exit, add, send], first, { kind: 'decide', step: 4, lists: [0, 1, 3] }],
  ])('changes a list %s', (_, steps, due, expected) => {
    expect(takeDueStep(steps, due, false, () => false, now)).toMatchObject(expected);
  });

  it('changes no list that comes after the exit', () => {
    expect(takeDueStep([add, exit, remove, send], first, false, () => true, now)).toMatchObject({ kind: 'decide', step: 3, exited: true, lists: [0] });
    expect(takeDueStep([add, send], first, true, () => false, now)).toMatchObject({ exited: true, lists: [] });
  });

  it('begins with the wait that comes first', () => {
    expect(arriveAt([wait(1), wait(2), send], 0, now)).toEqual({ state: 'active', step: 2, dueAt: later(3 * DAY), stepSince: later(3 * DAY), attempts: 0 });
  });

  it('visits every send step and every list once, in order, with all waits between, when everything is sent', () => {
    const anyStep = fc.oneof(fc.constant(send), fc.integer({ min: 1, max: 100 }).map(wait), fc.constant(exit), fc.constant(add));
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 15 }), (steps) => {
        const visited: number[] = [];
        const listed: number[] = [];
        let moment = now;
        let position: EnrollmentPosition = arriveAt(steps, 0, now);
        for (let round = 0; position.state === 'active'; round += 1) {
          expect(round).toBeLessThan(50);
          moment = position.dueAt;
          const action = takeDueStep(steps, position, false, () => false, moment);
          listed.push(...action.lists);
          if (action.kind === 'move') {
            ({ position } = action);
            continue;
          }
          visited.push(action.step);
          position = afterDecision(steps, { ...position, step: action.step }, outcome('send'), moment);
        }
        expect(visited).toEqual(steps.flatMap((step, index) => (step.kind === 'send' ? [index] : [])));
        expect(listed).toEqual(steps.flatMap((step, index) => (step.kind === 'add_to_list' ? [index] : [])));
        const lastSend = visited.at(-1) ?? steps.length;
        const waits = steps.slice(0, lastSend).reduce((sum, step) => sum + (step.kind === 'wait' ? waitMilliseconds(step) : 0), 0);
        if (visited.length > 0) expect(moment.getTime()).toBeGreaterThanOrEqual(now.getTime() + waits);
      }),
    );
  });
});
