import { Inject, Injectable } from '@nestjs/common';
import { decide } from '../core/decision/decide.js';
import type { Policies } from '../core/decision/policies.js';
import { Dictionary, FACTS_LAYOUT } from '../core/decision/facts-codec.js';
import { againAt } from '../core/decision/again-at.js';
import { storeDecision } from '../core/decision/stored-decision.js';
import { compareRanks } from '../core/pressure/arbitrate.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import type { Sql } from '../platform/database/sql.js';
import { type Candidate, type Decided, type DecisionRequest, rankOf } from './decision-request.js';
import { type DecisionRow, insertBatches, insertDecisions } from './decisions.queries.js';
import { Batch } from './load-batch.js';
import { PlanningPass, type UpcomingMail } from './planning-pass.js';
import { PoliciesService } from './policies.service.js';
import type { SendingFrom } from './sending-room.js';

/** What the decisions of a batch have in common, as it is kept with them. */
export interface SharedOfBatch {
  readonly layout: number;
  readonly request: Decided['facts']['request'];
  /** The names that the facts of the rows refer to by number. */
  readonly names: readonly string[];
}

/** The gate: nothing is sent that did not pass here. */
@Injectable()
export class DecisionsService {
  private readonly from: SendingFrom;

  constructor(
    private readonly policies: PoliciesService,
    @Inject(CONFIG) config: Pick<Config, 'mailDomain' | 'smtpUrl' | 'publicUrl'>,
  ) {
    // RFC 8058: mailbox providers follow https only. The built-in mailbox shows mail to whoever runs it, and follows any link.
    this.from = { domain: config.mailDomain, unsubscribeHeaders: config.smtpUrl === undefined || config.publicUrl.startsWith('https:') };
  }

  /** Decides on a batch in the caller's transaction; for caps to hold the caller has locked the batch's buckets in a statement before. */
  async decide(sql: Sql, request: DecisionRequest, now: Date): Promise<Decided[]> {
    return (await this.decideAll(sql, [request], now))[0] ?? [];
  }

  /**
   * Decides on what several campaigns ask at one moment, in the order of what matters most (core/pressure/arbitrate.ts): a send counts against the
   * caps of those after it. `upcoming` is what is due soon, for which less important mail to the same people waits. Per request the
   * decisions come in the order of its candidates. The caller queues the sends before it asks again.
   */
  async decideAll(sql: Sql, requests: readonly DecisionRequest[], now: Date, upcoming: readonly UpcomingMail[] = []): Promise<Decided[][]> {
    if (requests.every((request) => request.candidates.length === 0)) return requests.map(() => []);
    const batches = await Batch.loadAll(sql, requests, now, (stored) => this.policies.of(stored), this.from);
    const pass = await PlanningPass.load(sql, requests, batches.map((batch) => batch.policies), upcoming, now);
    const decided = requests.map((request) => new Array<Decided>(request.candidates.length));
    for (const { group, place, candidate } of inOrder(requests)) {
      const batch = batches[group];
      if (!batch) continue;
      const facts = batch.factsOf(candidate, pass);
      const decision = decide(facts, batch.policies, now);
      if (decision.verdict === 'send') batch.reserve(candidate, pass);
      else if (decision.primary === 'approval.due') batch.takeDraft(candidate);
      const ofGroup = decided[group];
      if (ofGroup) ofGroup[place] = { candidate, decision, facts, againAt: againAt(facts, batch.policies, decision, candidate.contactId) };
    }
    for (const batch of batches) await batch.keepRoom(sql);
    return decided;
  }

  /** What would be decided: for dry runs. Writes nothing and needs no lock. */
  preview(sql: Sql, request: DecisionRequest, now: Date): Promise<Decided[]> {
    return this.decide(sql, request, now);
  }

  /** What is known about people for one step, to be decided on at later moments and under other policies: for simulations. */
  open(sql: Sql, request: DecisionRequest, policies: Policies, now: Date): Promise<Batch> {
    return Batch.load(sql, request, now, () => policies, this.from);
  }

  /** Keeps decisions with their facts, in two statements. `now` is the moment they were taken at. */
  async store(sql: Sql, taken: readonly { readonly request: DecisionRequest; readonly decided: readonly Decided[] }[], now: Date): Promise<void> {
    const batches = taken.filter(({ decided }) => decided.length > 0).flatMap(({ request, decided }) => byRequest(decided).map((alike) => this.encode(request, alike)));
    if (batches.length === 0) return;
    const ids = await insertBatches(sql, batches.map(({ row }) => row), now);
    await insertDecisions(sql, batches.flatMap(({ decisions }, index) => decisions.map((decision) => ({ ...decision, batchId: ids[index] ?? 0 }))), now);
  }

  private encode(request: DecisionRequest, decided: readonly Decided[]) {
    const names = new Dictionary();
    const { campaignId, campaignVersion, step, purpose, messageClass, phase } = request;
    const decisions = decided.map(({ candidate, decision, facts }): Omit<DecisionRow, 'batchId'> => ({
      ...storeDecision(decision, facts, names),
      contactId: candidate.contactId,
      occurrence: candidate.occurrence,
      campaignId,
      step,
    }));
    const shared: SharedOfBatch = { layout: FACTS_LAYOUT, request: decided[0]?.facts.request, names: names.names };
    const policyVersion = decided[0]?.decision.policyVersion ?? '';
    const row = { phase, campaignId, campaignVersion, purpose, messageClass, policyVersion, policies: this.policies.settingsOf(policyVersion), shared };
    return { row, decisions };
  }
}

/** Those who were decided on the same request: mostly all; not when the sending domain's room ran out between them. */
function byRequest(decided: readonly Decided[]): Decided[][] {
  return [...Map.groupBy(decided, ({ facts }) => facts.request).values()];
}

interface Ordered {
  readonly group: number;
  readonly place: number;
  readonly candidate: Candidate;
}

function inOrder(requests: readonly DecisionRequest[]): Ordered[] {
  return requests
    .flatMap((request, group) => request.candidates.map((candidate, place) => ({ group, place, candidate, rank: rankOf(request, candidate) })))
    .sort((a, b) => compareRanks(a.rank, b.rank));
}
