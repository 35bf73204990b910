import { afterDecision, arriveAt, type EnrollmentPosition, takeDueStep } from '../campaign/transition.js';
import type { Arrival, Asking, SimulatedCampaign, SimulatedGate, Traveller } from './journey.js';
import type { CourseTally, DaySpan } from './tally.js';

const MINUTE = 60_000;

/** A journey while it is simulated. */
interface Walk {
  readonly campaign: number;
  readonly contactId: number;
  readonly accountId: number | null;
  readonly occurrence: number;
  step: number;
  dueAt: number;
  stepSince: number;
  attempts: number;
  /** The message of the present step was counted as planned. */
  planned: boolean;
  deferredOn: number;
}

/**
 * What the coming days bring to a group of people whose caps depend on nobody else (a bucket). Goes from minute to minute in which
 * something is due: enrolls who arrives, asks the gate about every message due, and moves each enrollment as the planner would.
 * Nobody replies, leaves or changes his mind meanwhile. Pure: the same people, campaigns and gate give the same course.
 */
export function simulate(campaigns: readonly SimulatedCampaign[], travellers: readonly Traveller[], arrivals: readonly Arrival[], days: readonly DaySpan[], gate: SimulatedGate, tally: CourseTally): void {
  const course = new Course(campaigns, days, gate, tally);
  for (const traveller of travellers) course.continue(traveller);
  for (const arrival of arrivals) course.expect(arrival);
  course.run();
}

class Course {
  private readonly start: number;
  private readonly end: number;
  /** What is due in each minute, a calendar queue: 43,200 minutes in thirty days. */
  private readonly due: (Walk[] | undefined)[] = [];
  private readonly coming: (Arrival[] | undefined)[] = [];
  /** Who is on the way: nobody is twice in a campaign at once. */
  private readonly underway = new Set<string>();
  private waiting = 0;

  constructor(
    private readonly campaigns: readonly SimulatedCampaign[],
    private readonly days: readonly DaySpan[],
    private readonly gate: SimulatedGate,
    private readonly tally: CourseTally,
  ) {
    this.start = days[0]?.from ?? 0;
    this.end = days[days.length - 1]?.to ?? this.start;
  }

  continue(traveller: Traveller): void {
    this.underway.add(this.keyOf(traveller));
    this.await({ ...traveller, planned: false, deferredOn: -1 });
  }

  expect(arrival: Arrival): void {
    const minute = this.minuteOf(arrival.at);
    if (arrival.at < this.end) (this.coming[minute] ??= []).push(arrival);
  }

  run(): void {
    let day = 0;
    const minutes = Math.ceil((this.end - this.start) / MINUTE);
    for (let minute = 0; minute < minutes; minute += 1) {
      const now = Math.min(this.end - 1, this.start + (minute + 1) * MINUTE);
      while (this.days[day] && now >= (this.days[day]?.to ?? 0)) this.endDay(day++);
      for (const arrival of this.coming[minute] ?? []) this.enter(arrival);
      // A step that follows at once is due in the same minute again.
      for (let due = this.due[minute]; due; due = this.due[minute]) {
        this.due[minute] = undefined;
        this.pass(due, now, day);
      }
    }
    while (day < this.days.length) this.endDay(day++);
    this.tally.endAll(this.waiting);
  }

  private endDay(day: number): void {
    this.tally.endDay(day, this.gate.atTheirLimit(new Date((this.days[day]?.to ?? this.end) - 1)));
  }

  private enter(arrival: Arrival): void {
    if (this.underway.has(this.keyOf(arrival))) return;
    const { campaign, contactId, accountId, occurrence } = arrival;
    const position = arriveAt(this.stepsOf(campaign), 0, new Date(arrival.at));
    if (position.state !== 'active') return;
    this.underway.add(this.keyOf(arrival));
    this.await({ campaign, contactId, accountId, occurrence, step: position.step, dueAt: position.dueAt.getTime(), stepSince: position.stepSince.getTime(), attempts: 0, planned: false, deferredOn: -1 });
  }

  /** One pass of the planner over whatever is due. */
  private pass(due: readonly Walk[], now: number, day: number): void {
    const moment = new Date(now);
    const asked: { walk: Walk; asking: Asking }[] = [];
    for (const walk of due) {
      const { campaign, contactId, accountId, occurrence } = walk;
      const at = { step: walk.step, stepSince: new Date(walk.stepSince), attempts: walk.attempts };
      const action = takeDueStep(this.stepsOf(campaign), at, false, nobodyExits, moment);
      if (action.kind === 'move') this.move(walk, action.position);
      else asked.push({ walk: Object.assign(walk, { step: action.step, stepSince: action.stepSince.getTime() }), asking: { campaign, step: action.step, contactId, accountId, occurrence, stepSince: action.stepSince.getTime() } });
    }
    if (asked.length === 0) return;
    const decisions = this.gate.decide(asked.map(({ asking }) => asking), moment);
    for (const [index, { walk }] of asked.entries()) {
      const decision = decisions[index];
      if (!decision) throw new Error('The gate left a question open');
      const { purpose } = this.campaigns[walk.campaign] ?? MISSING;
      if (!walk.planned) this.tally.plan(day, purpose);
      this.tally.decide(day, purpose, decision.verdict, decision.primary, walk.deferredOn === day);
      if (decision.verdict === 'defer') walk.deferredOn = day;
      const before = { step: walk.step, stepSince: new Date(walk.stepSince), attempts: walk.attempts };
      walk.planned = true;
      this.move(walk, afterDecision(this.stepsOf(walk.campaign), before, { ...decision, exited: false }, moment));
    }
  }

  private move(walk: Walk, position: EnrollmentPosition): void {
    if (position.state !== 'active') {
      this.underway.delete(this.keyOf(walk));
      return;
    }
    if (position.step !== walk.step) Object.assign(walk, { planned: false, deferredOn: -1 });
    this.await(Object.assign(walk, { step: position.step, dueAt: position.dueAt.getTime(), stepSince: position.stepSince.getTime(), attempts: position.attempts }));
  }

  private await(walk: Walk): void {
    if (walk.dueAt < this.end) (this.due[this.minuteOf(walk.dueAt)] ??= []).push(walk);
    else if (walk.planned) this.waiting += 1;
  }

  /** The first minute whose pass sees this moment. */
  private minuteOf(at: number): number {
    return Math.max(0, Math.ceil((at - this.start) / MINUTE) - 1);
  }

  private stepsOf(campaign: number): SimulatedCampaign['steps'] {
    return (this.campaigns[campaign] ?? MISSING).steps;
  }

  /** Of the campaign, not of its version: whoever is on the way on an older one does not enter the new one. */
  private keyOf({ campaign, contactId }: { readonly campaign: number; readonly contactId: number }): string {
    return `${(this.campaigns[campaign] ?? MISSING).campaignId}.${contactId}`;
  }
}

const MISSING: SimulatedCampaign = { campaignId: 0, key: '?', purpose: '?', steps: [] };
const nobodyExits = (): boolean => false;
