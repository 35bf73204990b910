import { Inject, Injectable } from '@nestjs/common';
import { DateTime } from 'luxon';
import type { CampaignState } from '../../core/campaign/transition.js';
import type { Policies } from '../../core/decision/policies.js';
import { err, ok, type Result } from '../../core/shared/result.js';
import { simulate } from '../../core/simulation/simulate.js';
import { CourseTally, type DaySpan, type SimulatedCourse } from '../../core/simulation/tally.js';
import type { Candidate } from '../../decisions/decision-request.js';
import { DecisionsService } from '../../decisions/decisions.service.js';
import { PoliciesService } from '../../decisions/policies.service.js';
import { SimulatedPressure } from '../../decisions/simulated-pressure.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Sql } from '../../platform/database/sql.js';
import { SegmentsService } from '../../segments/segments.service.js';
import { MergeValuesService } from '../../templates/merge-values.service.js';
import type { Campaign } from '../campaign.js';
import { missingFieldsOf, requestOf } from '../plan-batch.service.js';
import { type StepPlan, StepPlansService } from '../step-plans.service.js';
import { BucketGate, type LoadedStep } from './bucket-gate.js';
import { type BaseGroup, SimulationBase } from './simulation-base.js';
import { beginReading, listSimulated } from './simulation.queries.js';
import { whatIf } from './what-if.js';

export interface SimulationQuestion {
  readonly days: number;
  /** Campaigns taken as if they were running, beside those that are. */
  readonly campaigns: readonly string[];
  /** Settings to try beside the policies in force. */
  readonly whatIf?: Readonly<Record<string, unknown>> | undefined;
}

export interface Simulation {
  readonly from: Date;
  readonly until: Date;
  readonly campaigns: readonly string[];
  /** Campaigns that cannot be planned as they are, and why. */
  readonly problems: Readonly<Record<string, string>>;
  /** Journeys that were on the way or began. */
  readonly journeys: number;
  /** Under the policies in force. */
  readonly course: SimulatedCourse;
  readonly whatIf?: SimulatedCourse | undefined;
  /** What the simulation takes for granted. */
  readonly assumptions: readonly string[];
}

export type SimulationFailure =
  | { readonly kind: 'campaign_missing' | 'campaign_over'; readonly key: string }
  | { readonly kind: 'busy' }
  | { readonly kind: 'policies_invalid'; readonly problems: readonly { readonly path: string; readonly message: string }[] };

const ASSUMPTIONS: readonly string[] = [
  'Nobody replies, opts out, reaches a goal or changes; segments are as they are now.',
  'Where people enter one by one, as many enter as in as long a time before, and the same people stand for them.',
  'Every mail is accepted at once; limits of the sending domain are left out.',
  'Of mails due at the same minute the more important goes first; none waits for one that is due later.',
];

const BUCKETS = 256;
/** A simulation on its way, of which so much is done: 0 to 1. */
export interface Underway {
  readonly startedAt: Date;
  readonly days: number;
  readonly campaigns: readonly string[];
  readonly done: number;
}

/** Buckets are taken together until so many people are: fewer statements, and little memory. */
const GROUP = 2_000;
const SIMULATED_STATES: readonly CampaignState[] = ['running'];

/** "The next thirty days": lets the engine's own rules run ahead over the real base, in a transaction that cannot write. */
@Injectable()
export class SimulationService {
  private current: Underway | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly steps: StepPlansService,
    private readonly segments: SegmentsService,
    private readonly mergeValues: MergeValuesService,
    private readonly decisions: DecisionsService,
    private readonly policies: PoliciesService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  /** `progress` hears how much is done, 0 to 1. The same base, moment and policies give the same answer. One at a time: it takes a processor. */
  async run({ days, campaigns, whatIf: changes }: SimulationQuestion, now: Date, progress: (done: number) => void = () => undefined): Promise<Result<Simulation, SimulationFailure>> {
    if (this.current) return err({ kind: 'busy' });
    const underway = { startedAt: now, days, campaigns, done: 0 };
    this.current = underway;
    const tell = (done: number): void => {
      underway.done = done;
      progress(done);
    };
    try {
      const current = await this.policies.current();
      const changed = changes && whatIf(current, changes);
      if (changed && !changed.ok) return err({ kind: 'policies_invalid', problems: changed.error });
      return await this.sql.transaction((sql) => this.simulate(sql, days, campaigns, changed ? [current, changed.value] : [current], now, tell));
    } finally {
      this.current = undefined;
    }
  }

  /** The one that this process is at: a process makes one at a time. */
  underway(): Underway | undefined {
    return this.current && { ...this.current };
  }

  private async simulate(sql: Sql, days: number, keys: readonly string[], variants: readonly Policies[], now: Date, progress: (done: number) => void): Promise<Result<Simulation, SimulationFailure>> {
    await beginReading(sql);
    const campaigns = await listSimulated(sql, SIMULATED_STATES, keys);
    const unusable = unusableKey(campaigns, keys);
    if (unusable) return err(unusable);
    const spans = daySpans(now, days, variants[0]?.workspace.timeZone ?? this.config.defaultTimeZone);
    const until = new Date(spans[spans.length - 1]?.to ?? now.getTime());
    const base = await SimulationBase.open(sql, campaigns, now, until, this.segments, (campaignId, version) => this.steps.version(campaignId, version));
    const plans = new StepPlans(this.steps, now);
    const tallies = variants.map((policies) => ({ policies, tally: new CourseTally(spans) }));
    let journeys = 0;
    for (let bucket = 0; bucket < BUCKETS; ) {
      let group: BaseGroup = { travellers: [], arrivals: [] };
      while (bucket < BUCKETS && sizeOf(group) < GROUP) group = join(group, await base.takeThrough(bucket++));
      journeys += sizeOf(group);
      for (const { policies, tally } of tallies) simulate(base.simulated(), group.travellers, group.arrivals, spans, await this.gateFor(sql, base, group, plans, policies, now), tally);
      progress(bucket / BUCKETS);
    }
    const [course, other] = tallies.map(({ tally }) => tally.course());
    if (!course) throw new Error('Nothing was simulated');
    const names = campaigns.map(({ key }) => key);
    return ok({ from: now, until, campaigns: names, problems: Object.fromEntries(plans.problems), journeys, course, ...(other && { whatIf: other }), assumptions: ASSUMPTIONS });
  }

  private async gateFor(sql: Sql, base: SimulationBase, group: BaseGroup, plans: StepPlans, policies: Policies, now: Date): Promise<BucketGate> {
    const loaded = new Map<string, LoadedStep>();
    const people = peopleOf(group);
    for (const [campaign, of] of base.campaigns.entries()) {
      const visitors = people.get(campaign);
      if (!visitors) continue;
      for (const step of of.definition.steps.keys()) {
        const plan = await plans.of(of, step);
        if (plan) loaded.set(`${campaign}.${step}`, await this.loadStep(sql, plan, visitors, policies, now));
      }
    }
    const everybody = [...people.values()].flatMap((visitors) => [...visitors.values()]);
    const accountIds = [...new Set(everybody.flatMap(({ accountId }) => accountId ?? []))];
    const pressure = await SimulatedPressure.load(sql, [...new Set(everybody.map(({ contactId }) => contactId))], accountIds, policies, now);
    return new BucketGate((campaign, step) => loaded.get(`${campaign}.${step}`), pressure, policies);
  }

  private async loadStep(sql: Sql, plan: StepPlan, visitors: ReadonlyMap<string, Visitor>, policies: Policies, now: Date): Promise<LoadedStep> {
    const { definition, key, name } = plan.campaign;
    const frame = { sender: definition.sender, campaign: { key, name, purpose: definition.purpose } };
    const persons = await this.mergeValues.load(sql, [...new Set([...visitors.values()].map(({ contactId }) => contactId))], plan.template.mergeFields, frame);
    const missing = new Map<number, readonly string[]>();
    for (const [contactId, person] of persons) {
      const lacking = missingFieldsOf(plan, person);
      if (lacking.length > 0) missing.set(contactId, lacking);
    }
    const candidates = [...visitors.values()].map((visitor): Candidate => ({ ...visitor, stepSince: now, exited: false, goalMet: false, missingFields: [] }));
    const request = requestOf(plan, candidates, 'running');
    return { request: { ...request, candidates: [] }, batch: await this.decisions.open(sql, request, policies, now), missing };
  }
}

type Visitor = Pick<Candidate, 'contactId' | 'accountId' | 'occurrence'>;

/** Plans of steps, loaded once; a step that sends nothing has none, a campaign that cannot be planned is named. */
class StepPlans {
  readonly problems = new Map<string, string>();
  private readonly plans = new Map<string, StepPlan | undefined>();

  constructor(
    private readonly steps: StepPlansService,
    private readonly now: Date,
  ) {}

  async of(campaign: StepPlan['campaign'], step: number): Promise<StepPlan | undefined> {
    if (campaign.definition.steps[step]?.kind !== 'send') return undefined;
    const name = `${campaign.campaignId}@${campaign.version}.${step}`;
    if (!this.plans.has(name)) {
      const plan = await this.steps.load(campaign, step, this.now);
      if (!plan.ok) this.problems.set(campaign.key, plan.error);
      this.plans.set(name, plan.ok ? plan.value : undefined);
    }
    return this.plans.get(name);
  }
}

function unusableKey(campaigns: readonly Campaign[], keys: readonly string[]): SimulationFailure | undefined {
  for (const key of keys) {
    const found = campaigns.find((campaign) => campaign.key === key);
    if (!found) return { kind: 'campaign_missing', key };
    if (found.state === 'stopped' || found.state === 'finished') return { kind: 'campaign_over', key };
  }
  return undefined;
}

/** Per campaign (by its place), everybody who may come to its steps, once per occurrence. */
function peopleOf({ travellers, arrivals }: BaseGroup): Map<number, Map<string, Visitor>> {
  const people = new Map<number, Map<string, Visitor>>();
  for (const { campaign, contactId, accountId, occurrence } of [...travellers, ...arrivals]) {
    const visitors = people.get(campaign) ?? new Map<string, Visitor>();
    people.set(campaign, visitors.set(`${contactId}.${occurrence}`, { contactId, accountId, occurrence }));
  }
  return people;
}

function sizeOf({ travellers, arrivals }: BaseGroup): number {
  return travellers.length + arrivals.length;
}

function join(a: BaseGroup, b: BaseGroup): BaseGroup {
  return { travellers: [...a.travellers, ...b.travellers], arrivals: [...a.arrivals, ...b.arrivals] };
}

/** Calendar days of the workspace; the first begins now. */
export function daySpans(now: Date, days: number, timeZone: string): DaySpan[] {
  const first = DateTime.fromJSDate(now, { zone: timeZone }).startOf('day');
  return Array.from({ length: days }, (_, day) => {
    const begin = first.plus({ days: day });
    return { date: begin.toFormat('yyyy-MM-dd'), from: day === 0 ? now.getTime() : begin.toMillis(), to: first.plus({ days: day + 1 }).toMillis() };
  });
}

