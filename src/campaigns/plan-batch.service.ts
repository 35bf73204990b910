import { Inject, Injectable } from '@nestjs/common';
import { afterDecision, type EnrollmentPosition, takeDueStep } from '../core/campaign/transition.js';
import { languageFor, missingFor } from '../core/template/loaded-template.js';
import { takeBuckets, type Taking } from '../decisions/buckets.queries.js';
import { askedTemplate, type Candidate, type Decided, type DecisionRequest, termsOf } from '../decisions/decision-request.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { denyDrafts, insertDrafts, insertQueued, type QueuedMessage } from '../messages/outbox.queries.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import type { Sql } from '../platform/database/sql.js';
import { type MergeFrame, type MergePerson, MergeValuesService } from '../templates/merge-values.service.js';
import type { Campaign } from './campaign.js';
import { exitsOf, GOAL, NO_EXITS } from './exits.js';
import { HandOversService } from './hand-overs.service.js';
import { type ListedPerson, ListStepsService } from './list-steps.service.js';
import { type DueEnrollment, listDue, listRunning, type Move, moveEnrollments } from './planner.queries.js';
import { RivalsService } from './rivals.service.js';
import { type StepPlan, StepPlansService } from './step-plans.service.js';

export interface BatchReport {
  readonly people: number;
  readonly queued: number;
  readonly deferred: number;
  readonly review: number;
  readonly denied: number;
  /** Campaigns that cannot go on, and why. Their people stay where they were. */
  readonly problems: ReadonlyMap<number, string>;
  /** Those whose locks were got. */
  readonly buckets: readonly number[];
  /** Whether more people may be due in them. */
  readonly more: boolean;
}

/** One person at one send step. */
interface AtStep {
  readonly enrollment: DueEnrollment;
  readonly step: number;
  readonly stepSince: Date;
  readonly exited: boolean;
  /** Whether the person did what the campaign is after. */
  readonly goalMet: boolean;
}

interface Group {
  readonly campaign: Campaign;
  readonly step: number;
  readonly people: AtStep[];
}

/** What the gate is asked about a group, with all that is needed to act on its answers. */
interface AskedGroup {
  readonly plan: StepPlan;
  readonly people: readonly AtStep[];
  readonly persons: ReadonlyMap<number, MergePerson>;
  readonly request: DecisionRequest;
}

interface PlannedGroup {
  readonly request: DecisionRequest;
  readonly decided: Decided[];
  readonly queued: QueuedMessage[];
  /** Mail that a human is to see first. */
  readonly drafts: QueuedMessage[];
  /** Drafts that came to nothing. */
  readonly dropped: Parameters<typeof denyDrafts>[1];
  readonly moves: Move[];
}

const NOTHING: BatchReport = { people: 0, queued: 0, deferred: 0, review: 0, denied: 0, problems: new Map(), buckets: [], more: false };

/** Plans one batch inside the caller's transaction: a fixed number of statements per step of a campaign, however many people. */
@Injectable()
export class PlanBatchService {
  constructor(
    private readonly steps: StepPlansService,
    private readonly mergeValues: MergeValuesService,
    private readonly decisions: DecisionsService,
    private readonly listSteps: ListStepsService,
    private readonly rivals: RivalsService,
    private readonly handOvers: HandOversService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Locks first and reads after, in statements of their own: a snapshot older than the lock would let people over their caps. Buckets that
   * could not be taken are left out.
   */
  async plan(sql: Sql, buckets: readonly number[], now: Date, which: Taking = 'all'): Promise<BatchReport> {
    const held = await takeBuckets(sql, buckets, which);
    if (held.length === 0) return NOTHING;
    const running = await listRunning(sql);
    const found = await listDue(sql, held, running, now, this.config.batchSize);
    const { due, upcoming } = await this.rivals.join(sql, found, running, now);
    const problems = new Map<number, string>();
    const { groups, moves, listed } = await this.sort(sql, due, now);
    for (const [campaignId, problem] of await this.listSteps.apply(sql, listed, now)) problems.set(campaignId, problem);
    const asked = await this.askedGroups(sql, await this.unanswered(sql, groups, moves, now), problems, now);
    // All at once: who goes first is settled between campaigns, and what one queues counts against the caps of the others.
    const decided = await this.decisions.decideAll(sql, asked.map(({ request }) => request), now, upcoming);
    const planned = asked.map((group, index) => plannedGroup(group, decided[index] ?? [], now));
    await insertQueued(sql, planned.flatMap(({ queued }) => queued), now);
    await insertDrafts(sql, planned.flatMap(({ drafts }) => drafts), now);
    await denyDrafts(sql, planned.flatMap(({ dropped }) => dropped));
    await this.decisions.store(sql, planned, now);
    await this.handOvers.handOver(sql, planned, now);
    moves.push(...planned.flatMap((group) => group.moves));
    if (moves.length > 0) await moveEnrollments(sql, moves, now);
    return { ...countVerdicts(planned), people: due.length, problems, buckets: held, more: found.length === this.config.batchSize };
  }

  /** Who is to be decided on, by step of campaign; and who only moves. */
  private async sort(sql: Sql, due: readonly DueEnrollment[], now: Date): Promise<{ groups: Group[]; moves: Move[]; listed: ListedPerson[] }> {
    const groups = new Map<string, Group>();
    const moves: Move[] = [];
    const listed: ListedPerson[] = [];
    for (const people of byVersion(due)) {
      const campaign = await this.steps.version(people[0].campaign_id, people[0].campaign_version);
      const { steps } = campaign.definition;
      const exits = await exitsOf(sql, campaign.definition, people, now);
      for (const [position, enrollment] of people.entries()) {
        const left = exits.get(position) ?? NO_EXITS;
        const at = { step: enrollment.step, stepSince: enrollment.step_since, attempts: enrollment.attempts };
        const action = takeDueStep(steps, at, left.has(undefined) || left.has(GOAL), (step) => left.has(step), now);
        listed.push(...action.lists.map((step) => ({ campaign, step, contactId: enrollment.contact_id, accountId: enrollment.account_id })));
        if (action.kind === 'move') {
          moves.push(moveOf(enrollment, left.has(GOAL) && action.position.state === 'exited' ? { ...action.position, endReason: 'relationship.goal_met' } : action.position));
          continue;
        }
        const name = `${campaign.campaignId}@${campaign.version}.${action.step}`;
        const group = groups.get(name) ?? { campaign, step: action.step, people: [] };
        group.people.push({ enrollment, step: action.step, stepSince: action.stepSince, exited: action.exited && !left.has(GOAL), goalMet: left.has(GOAL) });
        groups.set(name, group);
      }
    }
    return { groups: [...groups.values()], moves, listed };
  }

  /** Without those who did not react to a whole sequence: they only move, to its end. */
  private async unanswered(sql: Sql, groups: readonly Group[], moves: Move[], now: Date): Promise<Group[]> {
    const people = groups.flatMap(({ campaign, step, people: atStep }) => atStep.map(({ enrollment }) => ({ campaign, step, enrollment })));
    const ended = await this.handOvers.endSequences(sql, people, now);
    if (ended.size === 0) return [...groups];
    let position = 0;
    const kept = groups.map((group) => ({
      ...group,
      people: group.people.filter(({ enrollment }) => {
        const over = ended.has(position);
        position += 1;
        if (over) moves.push(moveOf(enrollment, { state: 'exited', step: group.step, endReason: 'sequence_ended' }));
        return !over;
      }),
    }));
    return kept.filter(({ people: left }) => left.length > 0);
  }

  /** What the gate is asked about each group; a step that cannot be planned is a problem of its campaign. */
  private async askedGroups(sql: Sql, groups: readonly Group[], problems: Map<number, string>, now: Date): Promise<AskedGroup[]> {
    const plans = await this.steps.loadAll(groups, now);
    const planned: { plan: StepPlan; people: readonly AtStep[] }[] = [];
    for (const [place, { campaign, people }] of groups.entries()) {
      const plan = plans[place];
      if (plan?.ok) planned.push({ plan: plan.value, people });
      else problems.set(campaign.campaignId, plan?.error ?? 'The step was not loaded.');
    }
    const values = await this.mergeValues.loadAll(sql, planned.map(({ plan, people }) => ({ contactIds: people.map(({ enrollment }) => enrollment.contact_id), fields: plan.template.mergeFields, frame: frameOf(plan.campaign) })));
    return planned.map(({ plan, people }, place) => {
      const persons = values[place] ?? new Map<number, MergePerson>();
      return { plan, people, persons, request: requestOf(plan, people.map((person) => candidateOf(plan, person, persons.get(person.enrollment.contact_id))), 'running') };
    });
  }
}

function frameOf({ key, name, definition }: Campaign): MergeFrame {
  return { sender: definition.sender, campaign: { key, name, purpose: definition.purpose } };
}

function plannedGroup(group: AskedGroup, decided: Decided[], now: Date): PlannedGroup {
  const { plan, people, request } = group;
  const outcomes = decided.map((one, place) => ({ ...one, person: present(people[place]) }));
  const queued = outcomes.filter(({ decision }) => decision.verdict === 'send').map(({ person }) => messageFor(group, person));
  const drafts = outcomes.filter(({ decision }) => decision.primary === 'approval.due').map(({ person }) => messageFor(group, person));
  const dropped = outcomes.flatMap(({ person: { enrollment, step }, decision: { verdict, primary = '' }, facts: { approval } }) =>
    verdict === 'deny' && (approval === 'due' || approval === 'given') ? [{ contactId: enrollment.contact_id, campaignId: plan.campaign.campaignId, step, occurrence: enrollment.occurrence, reason: primary }] : [],
  );
  const moves = outcomes.map(({ person, candidate, decision, againAt }) => {
    const at = { step: person.step, stepSince: person.stepSince, attempts: person.enrollment.attempts };
    return moveOf(person.enrollment, afterDecision(plan.campaign.definition.steps, at, { ...decision, notBefore: againAt, expiresAt: expiryOf(plan, person), exited: candidate.exited }, now));
  });
  return { request, decided, queued, drafts, dropped, moves };
}

function expiryOf({ campaign }: StepPlan, { stepSince }: AtStep): Date {
  return new Date(stepSince.getTime() + campaign.definition.timeToLiveHours * 3_600_000);
}

function messageFor({ plan, persons }: AskedGroup, person: AtStep): QueuedMessage {
  const { campaign, template } = plan;
  const { enrollment, step } = person;
  const { purpose, messageClass } = campaign.definition;
  return {
    contactId: enrollment.contact_id,
    campaignId: campaign.campaignId,
    campaignVersion: campaign.version,
    step,
    occurrence: enrollment.occurrence,
    bucket: enrollment.bucket,
    accountId: enrollment.account_id,
    purpose,
    messageClass,
    templateId: template.templateId,
    templateVersion: template.version,
    language: languageFor(template, persons.get(enrollment.contact_id)?.language),
    expiresAt: expiryOf(plan, person),
  };
}

/** What the gate is asked about one step of a campaign. */
export function requestOf({ campaign, step, template, touches }: StepPlan, candidates: Candidate[], campaignState: string): DecisionRequest {
  const { definition } = campaign;
  return {
    phase: 'plan',
    campaignId: campaign.campaignId,
    campaignKey: campaign.key,
    campaignVersion: campaign.version,
    campaignState,
    step,
    template: askedTemplate(template),
    touches,
    ...termsOf(definition),
    candidates,
  };
}

/** The fields a person lacks for this mail. Whoever writes in the owner's name needs an owner, whether the text names one or not. */
export function missingFieldsOf({ template }: StepPlan, person: MergePerson): string[] {
  const missing = missingFor(template, languageFor(template, person.language), person.values);
  return person.sender === undefined && !missing.includes('sender.name') ? [...missing, 'sender.name'] : missing;
}

function candidateOf(plan: StepPlan, { enrollment, stepSince, exited, goalMet }: AtStep, person: MergePerson | undefined): Candidate {
  // A play is about the account: whoever has left it, or is gone, is no longer written to about it.
  const left = plan.campaign.scope === 'account' && person !== undefined && person.accountId !== enrollment.account_id;
  return {
    contactId: enrollment.contact_id,
    accountId: enrollment.account_id,
    occurrence: enrollment.occurrence,
    stepSince,
    exited: exited || left,
    goalMet,
    missingFields: person === undefined || exited || goalMet || left ? [] : missingFieldsOf(plan, person),
  };
}

function byVersion(due: readonly DueEnrollment[]): [DueEnrollment, ...DueEnrollment[]][] {
  const versions = new Map<string, [DueEnrollment, ...DueEnrollment[]]>();
  for (const enrollment of due) {
    const name = `${enrollment.campaign_id}@${enrollment.campaign_version}`;
    const people = versions.get(name);
    if (people) people.push(enrollment);
    else versions.set(name, [enrollment]);
  }
  return [...versions.values()];
}

function moveOf(enrollment: DueEnrollment, position: EnrollmentPosition): Move {
  const { contact_id: contactId, campaign_id: campaignId, occurrence } = enrollment;
  const moved = { contactId, campaignId, occurrence, state: position.state, step: position.step };
  if (position.state === 'active') return { ...moved, dueAt: position.dueAt, stepSince: position.stepSince, attempts: position.attempts, endReason: null };
  return { ...moved, dueAt: null, stepSince: null, attempts: enrollment.attempts, endReason: position.endReason };
}

function countVerdicts(planned: readonly PlannedGroup[]): Pick<BatchReport, 'queued' | 'deferred' | 'review' | 'denied'> {
  const counts = { send: 0, defer: 0, review: 0, deny: 0 };
  for (const { decided } of planned) for (const { decision } of decided) counts[decision.verdict] += 1;
  return { queued: counts.send, deferred: counts.defer, review: counts.review, denied: counts.deny };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The gate decided on somebody who was not asked about');
  return value;
}
