import { Inject, Injectable } from '@nestjs/common';
import { PurposesService } from '../consent/purposes.service.js';
import { mergeTouchedData, NOTHING_TOUCHED, type TouchedData } from '../core/rule/touched-data.js';
import type { Decision } from '../core/decision/decision.js';
import { FIRST_CLASSES } from '../core/decision/message-class.js';
import { missingFor, type CompiledLanguage, type LoadedTemplate } from '../core/template/loaded-template.js';
import { takeBuckets, type Taking } from '../decisions/buckets.queries.js';
import { askedTemplate, type Candidate, type Decided, type DecisionRequest, termsOf } from '../decisions/decision-request.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import type { Campaign } from '../campaigns/campaign.js';
import { exitsOfMail, GOAL, type Left, NO_EXITS } from '../campaigns/exits.js';
import { HandOversService } from '../campaigns/hand-overs.service.js';
import { StepPlansService } from '../campaigns/step-plans.service.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { retryConflicts } from '../platform/database/retry-conflicts.js';
import { Sql } from '../platform/database/sql.js';
import { SegmentsService } from '../segments/segments.service.js';
import { MergeValuesService, type MergePerson } from '../templates/merge-values.service.js';
import { TemplatesService } from '../templates/templates.service.js';
import { listDueMessages, listFirstMessages, storeClaims, type ClaimOutcome, type DueMessage } from './delivery.queries.js';

/** A message leased for delivery, with all that writing it needs. */
export interface ClaimedMessage {
  readonly message: DueMessage;
  readonly person: MergePerson;
  readonly language: CompiledLanguage;
  readonly campaign: { readonly key: string; readonly name: string; readonly sender: 'workspace' | 'account_owner'; readonly purposeName: { readonly nl: string; readonly en: string } };
}

export interface ClaimedBatch {
  readonly claimed: readonly ClaimedMessage[];
  readonly denied: number;
  readonly deferred: number;
  readonly review: number;
  /** Those whose locks were got. */
  readonly buckets: readonly number[];
  /** Whether more may be due in them. */
  readonly more: boolean;
}

/** Messages of one step of a campaign in one template version: what one question to the gate covers. */
interface Group {
  readonly campaign: Campaign;
  readonly template: LoadedTemplate;
  readonly messages: DueMessage[];
}

const HOUR = 3_600_000;
/** A segment's rule is read again after this time, not for every batch: three statements less each. */
const RULE_FRESH_MS = 5_000;

/** The second decision: everything that may have changed to the person's advantage, in the transaction that leases the messages. */
@Injectable()
export class ClaimService {
  private readonly segmentTouches = new Map<string, { touches: TouchedData; until: number }>();

  constructor(
    private readonly sql: Sql,
    private readonly plans: StepPlansService,
    private readonly segments: SegmentsService,
    private readonly templates: TemplatesService,
    private readonly mergeValues: MergeValuesService,
    private readonly decisions: DecisionsService,
    private readonly purposes: PurposesService,
    private readonly handOvers: HandOversService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Locks first and reads after, as the planner does: a withdrawal that was committed before is seen, a later one waits for us. */
  claim(buckets: readonly number[], owner: string, now: Date, which: Taking = 'all', what: 'due' | 'first' = 'due'): Promise<ClaimedBatch> {
    return retryConflicts(() => this.sql.transaction((sql) => this.claimWithin(sql, buckets, owner, now, which, what)));
  }

  private async claimWithin(sql: Sql, asked: readonly number[], owner: string, now: Date, which: Taking, what: 'due' | 'first'): Promise<ClaimedBatch> {
    const buckets = await takeBuckets(sql, asked, which);
    const list = what === 'due' ? listDueMessages : listFirstMessages;
    const found = buckets.length === 0 ? [] : await list(sql, buckets, now, this.config.batchSize);
    const due = firstOf(found);
    if (due.length === 0) return { claimed: [], denied: 0, deferred: 0, review: 0, buckets, more: false };
    const claimed: ClaimedMessage[] = [];
    const outcomes: ClaimOutcome[] = [];
    const stored: { request: DecisionRequest; decided: Decided[] }[] = [];
    for (const group of await this.groups(due)) {
      const people = await this.people(sql, group);
      const request = await this.request(sql, group, people, now);
      const decided = await this.decisions.decide(sql, request, now);
      stored.push({ request, decided });
      const purposeName = (await this.purposes.get(group.campaign.definition.purpose))?.name ?? { nl: group.campaign.definition.purpose, en: group.campaign.definition.purpose };
      const campaign = { key: group.campaign.key, name: group.campaign.name, sender: group.campaign.definition.sender, purposeName };
      const messages = new Map(group.messages.map((message) => [message.message_id, message]));
      for (const { candidate, decision, againAt } of decided) {
        const message = messages.get(candidate.messageId ?? 0);
        if (!message) throw new Error('The gate decided on a message that it was not asked about');
        const person = people.get(message.contact_id);
        const language = group.template.languages[message.language];
        outcomes.push(outcomeOf(message, decision, againAt, now));
        if (decision.verdict === 'send' && person && language) claimed.push({ message, person, language, campaign });
      }
    }
    await this.decisions.store(sql, stored, now);
    await this.handOvers.handOver(sql, stored, now);
    await storeClaims(sql, outcomes, owner, this.config.leaseSeconds);
    const count = (test: (outcome: ClaimOutcome) => boolean): number => outcomes.filter(test).length;
    return {
      claimed,
      denied: count(({ state }) => state === 'denied'),
      review: count(({ state }) => state === 'draft'),
      deferred: count(({ state, leased }) => state === 'queued' && !leased),
      buckets,
      more: found.length === this.config.batchSize || due.length < found.length,
    };
  }

  private async groups(due: readonly DueMessage[]): Promise<Group[]> {
    const groups = new Map<string, Group>();
    for (const message of due) {
      const name = [message.campaign_id, message.campaign_version, message.step, message.template_id, message.template_version, message.campaign_state].join('.');
      let group = groups.get(name);
      if (!group) {
        const campaign = await this.plans.version(message.campaign_id, message.campaign_version);
        const template = await this.templates.loadById(message.template_id, message.template_version);
        if (!template.ok) throw new Error(template.error.detail); // versions are never deleted while messages refer to them
        group = { campaign, template: template.value, messages: [] };
        groups.set(name, group);
      }
      group.messages.push(message);
    }
    return [...groups.values()];
  }

  private people(sql: Sql, { campaign, template, messages }: Group): Promise<Map<number, MergePerson>> {
    const { sender, purpose } = campaign.definition;
    return this.mergeValues.load(sql, messages.map((message) => message.contact_id), template.mergeFields, { sender, campaign: { key: campaign.key, name: campaign.name, purpose } });
  }

  private async request(sql: Sql, { campaign, template, messages }: Group, people: ReadonlyMap<number, MergePerson>, now: Date): Promise<DecisionRequest> {
    const { definition } = campaign;
    const [first] = messages;
    const step = first?.step ?? 0;
    const exits = await exitsOfMail(sql, campaign, step, messages, now);
    return {
      phase: 'claim',
      campaignId: campaign.campaignId,
      campaignVersion: campaign.version,
      campaignState: first?.campaign_state === 'stopped' ? 'stopped' : 'running', // a finished campaign's last mails are still its own
      step,
      template: askedTemplate(template),
      touches: await this.touches(campaign, template, now),
      ...termsOf(definition),
      candidates: messages.map((message, position) => candidateOf(message, campaign, template, people.get(message.contact_id), exits.get(position) ?? NO_EXITS)),
    };
  }

  private async touches({ definition }: Campaign, template: LoadedTemplate, now: Date): Promise<TouchedData> {
    const events = definition.entry.kind === 'event' ? [definition.entry.event] : [];
    return mergeTouchedData([template.touches, await this.touchedBySegment(definition.audience.segment, now), { ...NOTHING_TOUCHED, events }]);
  }

  /** A segment that was deleted since reads nothing any more; what it read was checked when the message was planned. */
  private async touchedBySegment(key: string, now: Date): Promise<TouchedData> {
    const known = this.segmentTouches.get(key);
    if (known && known.until > performance.now()) return known.touches;
    const segment = await this.segments.audience(key, now);
    const touches = segment.ok ? segment.value.touches : mergeTouchedData([]);
    this.segmentTouches.set(key, { touches, until: performance.now() + RULE_FRESH_MS });
    return touches;
  }
}

/** Of a mixed batch what goes before the rest, alone: what is left of a sending limit is then known when the rest is decided on. */
function firstOf(found: readonly DueMessage[]): readonly DueMessage[] {
  for (const first of FIRST_CLASSES) {
    const ofClass = found.filter((message) => message.class === first);
    if (ofClass.length > 0) return ofClass;
  }
  return found;
}

function candidateOf(message: DueMessage, { scope, definition }: Campaign, template: LoadedTemplate, person: MergePerson | undefined, left: ReadonlySet<Left>): Candidate {
  const missing = person ? missingFor(template, message.language, person.values) : [];
  // As when it was planned: a play is about the account, so whoever has left that is no longer written to about it.
  const moved = scope === 'account' && person !== undefined && person.accountId !== message.account_id;
  return {
    contactId: message.contact_id,
    accountId: message.account_id,
    occurrence: message.occurrence,
    stepSince: new Date(message.expires_at.getTime() - definition.timeToLiveHours * HOUR),
    exited: moved || (left.size > 0 && !left.has(GOAL)),
    goalMet: left.has(GOAL),
    missingFields: person?.sender === undefined && person && !missing.includes('sender.name') ? [...missing, 'sender.name'] : missing,
    messageId: message.message_id,
  };
}

function outcomeOf(message: DueMessage, decision: Decision, againAt: Date | undefined, now: Date): ClaimOutcome {
  const key = { contactId: message.contact_id, messageId: message.message_id };
  const code = decision.primary ?? null;
  switch (decision.verdict) {
    case 'send':
      return { ...key, state: 'queued', leased: true, dueAt: null, response: null };
    case 'defer':
      return { ...key, state: 'queued', leased: false, dueAt: laterThan(now, againAt), response: code };
    case 'review':
      return { ...key, state: 'draft', leased: false, dueAt: null, response: code };
    case 'deny':
      return { ...key, state: 'denied', leased: false, dueAt: null, response: code };
  }
}

/** A deferral that names no moment, or one that is over, is looked at again in an hour: never at once, which would be for ever. */
function laterThan(now: Date, againAt: Date | undefined): Date {
  return againAt !== undefined && againAt > now ? againAt : new Date(now.getTime() + HOUR);
}
