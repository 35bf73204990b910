import { Inject, Injectable } from '@nestjs/common';
import { type ListStep, listSteps, nextSendStep } from '../core/campaign/definition.js';
import { firstEntryAt } from '../core/campaign/schedule.js';
import { arriveAt } from '../core/campaign/transition.js';
import { explainDecision, type ExplainedReason, type Language } from '../core/decision/explain.js';
import type { Verdict } from '../core/decision/reasons.js';
import { ok, type Result } from '../core/shared/result.js';
import { PurposesService } from '../consent/purposes.service.js';
import type { Decided } from '../decisions/decision-request.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { type MergePerson, MergeValuesService } from '../templates/merge-values.service.js';
import type { Campaign } from './campaign.js';
import { cronCalendar } from './cron.js';
import { entranceOf, fetchEntrants, openEntrants } from './entry.queries.js';
import { missingFieldsOf, requestOf } from './plan-batch.service.js';
import { type StepPlan, StepPlansService } from './step-plans.service.js';

export interface DryRunSample {
  readonly contactId: number;
  readonly verdict: Verdict;
  readonly headline: string;
  readonly reasons: readonly ExplainedReason[];
  readonly notBefore: Date | undefined;
}

export interface DryRun {
  /** The moment it was tried for: when the audience would be taken, and the first mail be due. */
  readonly at: Date;
  readonly audience: number;
  readonly step: number;
  readonly template: string;
  readonly send: number;
  readonly defer: number;
  readonly review: number;
  readonly deny: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** Steps that change a list, in their order. `people`: how many pass it, where it comes before the first mail; later ones depend on what happens until then. */
  readonly lists: readonly { readonly step: number; readonly change: ListStep['kind']; readonly list: string; readonly people: number | null }[];
  /** Ten people, of each outcome somebody. */
  readonly samples: readonly DryRunSample[];
}

const SAMPLES = 10;

/**
 * Who would get the first mail of a campaign and who not, and why, in a transaction that cannot write. Later mails depend on what happens
 * until then. Limits per account that only this campaign would reach are seen within a batch, not across all of it.
 */
@Injectable()
export class DryRunService {
  constructor(
    private readonly sql: Sql,
    private readonly steps: StepPlansService,
    private readonly mergeValues: MergeValuesService,
    private readonly decisions: DecisionsService,
    private readonly purposes: PurposesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The failure says in plain words why it cannot be tried. */
  async run(campaign: Campaign, now: Date, language: Language): Promise<Result<DryRun, string>> {
    const { definition } = campaign;
    const entered = campaign.nextEntryAt ?? (campaign.state === 'draft' ? firstEntryAt(definition.entry, now, cronCalendar) : undefined) ?? now;
    const first = arriveAt(definition.steps, 0, entered);
    const plan = await this.steps.load(campaign, nextSendStep(definition.steps, 0) ?? 0, entered);
    if (!plan.ok) return plan;
    const at = first.state === 'active' ? first.dueAt : entered;
    const purpose = await this.purposes.get(definition.purpose);
    const tally = new Tally(plan.value, at, purpose?.name[language] ?? definition.purpose, this.config.defaultTimeZone, language);
    await this.sql.transaction(async (sql) => {
      await openEntrants(sql, entranceOf(campaign, plan.value.audience, entered));
      for (;;) {
        const people = await fetchEntrants(sql, campaign.campaignId, this.config.batchSize);
        if (people.length === 0) return;
        await this.tryBatch(sql, tally, people);
      }
    });
    return ok(tally.result());
  }

  private async tryBatch(sql: Sql, tally: Tally, people: readonly { contact_id: number; account_id: number | null }[]): Promise<void> {
    const { plan, at } = tally;
    const { campaign, template } = plan;
    const frame = { sender: campaign.definition.sender, campaign: { key: campaign.key, name: campaign.name, purpose: campaign.definition.purpose } };
    const fields = [...template.mergeFields, { path: 'account.name', required: false }];
    const persons = await this.mergeValues.load(sql, people.map((person) => person.contact_id), fields, frame);
    const candidates = people.map(({ contact_id, account_id }) => {
      const person = persons.get(contact_id);
      return { contactId: contact_id, accountId: account_id, occurrence: campaign.nextOccurrence, stepSince: at, exited: false, goalMet: false, missingFields: person ? missingFieldsOf(plan, person) : [] };
    });
    tally.add(await this.decisions.preview(sql, requestOf(plan, candidates, 'running'), at), persons);
  }
}

class Tally {
  private readonly counts: Record<Verdict, number> = { send: 0, defer: 0, review: 0, deny: 0 };
  private readonly byReason = new Map<string, number>();
  /** A few people per outcome: the ten samples are drawn from them in turn. */
  private readonly drawn = new Map<string, DryRunSample[]>();

  constructor(
    readonly plan: StepPlan,
    readonly at: Date,
    private readonly purpose: string,
    private readonly timeZone: string,
    private readonly language: Language,
  ) {}

  add(decided: readonly Decided[], persons: ReadonlyMap<number, MergePerson>): void {
    for (const one of decided) {
      const { verdict, primary } = one.decision;
      this.counts[verdict] += 1;
      if (primary !== undefined) this.byReason.set(primary, (this.byReason.get(primary) ?? 0) + 1);
      const outcome = primary ?? verdict;
      const drawn = this.drawn.get(outcome) ?? [];
      this.drawn.set(outcome, drawn);
      if (drawn.length < SAMPLES) drawn.push(this.sample(one, persons.get(one.candidate.contactId)));
    }
  }

  result(): DryRun {
    const { step, template } = this.plan;
    const audience = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    const byReason = Object.fromEntries([...this.byReason].sort(([, left], [, right]) => right - left));
    const lists = listSteps(this.plan.campaign.definition.steps).map(({ step: at, kind, list }) => ({ step: at, change: kind, list, people: at < step ? audience : null }));
    return { at: this.at, audience, step, template: template.key, ...this.counts, byReason, lists, samples: this.samples() };
  }

  private samples(): DryRunSample[] {
    const outcomes = [...this.drawn.values()];
    const rounds = Array.from({ length: SAMPLES }, (_, round) => outcomes.flatMap((drawn) => drawn[round] ?? []));
    return rounds.flat().slice(0, SAMPLES);
  }

  private sample({ candidate, decision }: Decided, person: MergePerson | undefined): DryRunSample {
    const { definition, name } = this.plan.campaign;
    const account = (person?.values['account'] as { name?: string } | undefined)?.name;
    const names = { person: person?.name ?? person?.email ?? `#${candidate.contactId}`, account, campaign: name, purpose: this.purpose };
    const expiresAt = new Date(this.at.getTime() + definition.timeToLiveHours * 3_600_000);
    const { headline, reasons } = explainDecision(decision, names, { now: this.at, timeZone: this.timeZone, messageClass: definition.messageClass, expiresAt }, this.language);
    return { contactId: candidate.contactId, verdict: decision.verdict, headline, reasons, notBefore: decision.notBefore };
  }
}
