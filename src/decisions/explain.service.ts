import { Injectable } from '@nestjs/common';
import { basisByNumber, type Decision } from '../core/decision/decision.js';
import { explainDecision, type ExplainedNames, type Language } from '../core/decision/explain.js';
import type { RequestFacts } from '../core/decision/facts.js';
import { decodeFacts, FACTS_LAYOUT } from '../core/decision/facts-codec.js';
import type { MessageClass } from '../core/decision/message-class.js';
import { reasonByNumber, verdictByNumber } from '../core/decision/reasons.js';
import { replayDecision } from '../core/decision/stored-decision.js';
import { normaliseAddress } from '../core/mail/address.js';
import type { Reach } from '../core/shared/reach.js';
import { isTimeZone } from '../core/shared/local-time.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import type { Explanation } from './explanation.js';
import { type ExplainedCampaignRow, type ExplainedContactRow, findExplainedCampaign, findExplainedContact, type ReadDecisionRow, readDecisionHistory, readLatestDecisions } from './decisions.queries.js';
import type { SharedOfBatch } from './decisions.service.js';
import { OpenQuestionsService } from './open-questions.service.js';
import { PoliciesService } from './policies.service.js';

export type ExplainProblem = { readonly kind: 'contact_missing' | 'campaign_missing' } | { readonly kind: 'campaign_unusable'; readonly detail: string };

export type ExplainQuestion = { readonly campaignKey: string; readonly reach?: Reach } & ({ readonly contactId: number } | { readonly email: string });

/** A number is a contact's number; anything else must be an address. */
export function contactQuestion(contact: string): { contactId: number } | { email: string } | undefined {
  if (/^\d{1,15}$/.test(contact)) return { contactId: Number(contact) };
  const address = normaliseAddress(contact);
  return address.ok ? { email: address.value } : undefined;
}

/** A decision with what is needed to tell about it. */
interface Told {
  readonly decision: Decision;
  readonly step: number;
  readonly occurrence: number;
  readonly decidedAt: Date;
  readonly phase: Explanation['phase'];
  readonly messageClass: MessageClass;
  readonly expiresAt: Date | undefined;
  readonly message: Explanation['message'];
}

/** Answers "why did this person get this?" and "why not?" from what was stored. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly policies: PoliciesService,
    private readonly openQuestions: OpenQuestionsService,
  ) {}

  /** The latest decision on each step, newest first, in each of the languages. Without any: what would be decided now. */
  async explain(question: ExplainQuestion, languages: readonly Language[]): Promise<Result<Explanation[], ExplainProblem>> {
    const contact = await findExplainedContact(this.sql, question, question.reach);
    if (!contact) return err({ kind: 'contact_missing' });
    const campaign = await findExplainedCampaign(this.sql, question.campaignKey);
    if (!campaign) return err({ kind: 'campaign_missing' });
    const stored = await readLatestDecisions(this.sql, contact.contact_id, campaign.campaign_id);
    const told = stored.length > 0 ? ok(stored.map((row) => this.tellStored(row))) : await this.tellNow(contact, campaign);
    if (!told.ok) return told;
    const { workspace } = await this.policies.current();
    const timeZone = contact.time_zone !== null && isTimeZone(contact.time_zone) ? contact.time_zone : workspace.timeZone;
    return ok(told.value.flatMap((one) => languages.map((language) => this.inWords(one, contact, campaign, timeZone, language))));
  }

  /** All that was decided on a person, newest first, in words. */
  async history(contactId: number, language: Language): Promise<Explanation[]> {
    const contact = await findExplainedContact(this.sql, { contactId });
    if (!contact) return [];
    const { workspace } = await this.policies.current();
    const timeZone = contact.time_zone !== null && isTimeZone(contact.time_zone) ? contact.time_zone : workspace.timeZone;
    return (await readDecisionHistory(this.sql, contactId)).map((row) => this.inWords(this.tellStored(row), contact, row, timeZone, language));
  }

  private tellStored(row: ReadDecisionRow): Told {
    const { layout, request, names } = row.shared as SharedOfBatch;
    const readable = layout === FACTS_LAYOUT && row.policies !== null && request !== undefined;
    const facts = readable ? decodeFacts(row.facts, names, request) : undefined;
    return {
      decision: readable ? replayDecision(row, names, request, this.policies.of(row.policies), row.decided_at) : decisionFromCodes(row),
      step: row.step,
      occurrence: row.occurrence,
      decidedAt: row.decided_at,
      phase: row.phase,
      messageClass: request?.messageClass ?? 'marketing',
      expiresAt: expiry(facts?.stepSince, request),
      message: row.message_state === null ? null : { state: row.message_state, sentAt: row.sent_at },
    };
  }

  private async tellNow(contact: ExplainedContactRow, campaign: ExplainedCampaignRow): Promise<Result<Told[], ExplainProblem>> {
    const now = this.clock.now();
    const asked = await this.openQuestions.ask(contact, campaign, now);
    if (!asked.ok) return err({ kind: 'campaign_unusable', detail: asked.error });
    const { step, occurrence, decided } = asked.value;
    const { decision, facts } = decided;
    const messageClass = facts.request?.messageClass ?? 'marketing';
    return ok([{ decision, step, occurrence, decidedAt: now, phase: 'now', messageClass, expiresAt: expiry(facts.stepSince, facts.request), message: null }]);
  }

  private inWords({ decision, messageClass, expiresAt, ...told }: Told, contact: ExplainedContactRow, campaign: Pick<ExplainedCampaignRow, 'name' | 'purpose_nl' | 'purpose_en' | 'definition'>, timeZone: string, language: Language): Explanation {
    const purpose = (language === 'nl' ? campaign.purpose_nl : campaign.purpose_en) ?? purposeKeyOf(campaign);
    const names: ExplainedNames = { person: contact.name ?? contact.email ?? `contact ${contact.contact_id}`, account: contact.account_name ?? undefined, campaign: campaign.name, purpose };
    const { basis, evidenceIds, notBefore, policyVersion, factsHash } = decision;
    const explained = explainDecision(decision, names, { now: told.decidedAt, timeZone, messageClass, expiresAt }, language);
    return { ...told, ...explained, basis, evidenceIds, notBefore, policyVersion, factsHash, names, language };
  }
}

/** A row whose facts can no longer be read (an older layout) still tells its reasons. */
function decisionFromCodes(row: ReadDecisionRow): Decision {
  const codes = (row.reasons ?? []).map(reasonByNumber).filter((code) => code !== undefined);
  const basis = row.basis === null ? undefined : basisByNumber(row.basis);
  return {
    verdict: verdictByNumber(row.verdict) ?? 'deny',
    ...(codes[0] && { primary: codes[0] }),
    reasons: codes.map((code) => ({ code })),
    ...(basis && { basis }),
    evidenceIds: row.evidence === null ? [] : [`ledger:${row.evidence}`],
    ...(row.not_before && { notBefore: row.not_before }),
    tracking: { opens: 'none', clicks: 'none' },
    modifiers: [],
    policyVersion: row.policy_version,
    factsHash: '',
  };
}

function expiry(stepSince: number | undefined, request: RequestFacts | undefined): Date | undefined {
  return stepSince === undefined || !request ? undefined : new Date(stepSince * 1_000 + request.timeToLiveHours * 3_600_000);
}

function purposeKeyOf({ definition }: Pick<ExplainedCampaignRow, 'definition'>): string {
  const { purpose } = definition as { purpose?: string };
  return purpose ?? '?';
}
