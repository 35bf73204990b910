import { Injectable } from '@nestjs/common';
import { campaignDefinition, type CampaignDefinition } from '../core/campaign/definition.js';
import { mergeTouchedData, NOTHING_TOUCHED } from '../core/rule/touched-data.js';
import { err, ok, type Result } from '../core/shared/result.js';
import { languageFor, missingFor, type LoadedTemplate } from '../core/template/loaded-template.js';
import { Sql } from '../platform/database/sql.js';
import { SegmentsService } from '../segments/segments.service.js';
import { MergeValuesService } from '../templates/merge-values.service.js';
import { TemplatesService } from '../templates/templates.service.js';
import { askedTemplate, type Decided, type DecisionRequest, termsOf } from './decision-request.js';
import { type ExplainedCampaignRow, type ExplainedContactRow, findEnrollment } from './decisions.queries.js';
import { DecisionsService } from './decisions.service.js';

export interface OpenQuestion {
  readonly step: number;
  readonly occurrence: number;
  readonly decided: Decided;
}

// Links are made when the mail is written; to the question of what is missing they are there.
const LINKS = { unsubscribe: '#', preferences: '#', human: '#' };

/** Asks the gate about a person on whom nothing was decided yet, as if the person's step were due now. */
@Injectable()
export class OpenQuestionsService {
  constructor(
    private readonly sql: Sql,
    private readonly segments: SegmentsService,
    private readonly templates: TemplatesService,
    private readonly mergeValues: MergeValuesService,
    private readonly decisions: DecisionsService,
  ) {}

  /** The failure says in plain words why the campaign cannot be asked about. */
  async ask(contact: ExplainedContactRow, campaign: ExplainedCampaignRow, now: Date): Promise<Result<OpenQuestion, string>> {
    const parsed = campaignDefinition.safeParse(campaign.definition);
    if (!parsed.success) return err('The definition of this campaign cannot be read.');
    const definition = parsed.data;
    const enrollment = await findEnrollment(this.sql, contact.contact_id, campaign.campaign_id);
    const step = definition.steps.findIndex((each, index) => each.kind === 'send' && index >= (enrollment?.step ?? 0));
    const sending = definition.steps[step];
    if (sending?.kind !== 'send') return err('This campaign has no mail left for this person.');
    const template = await this.templates.load(sending.template);
    if (!template.ok) return err(template.error.detail);
    const segment = await this.segments.audience(definition.audience.segment, now);
    if (!segment.ok) return err(segment.error.detail);
    const touches = mergeTouchedData([segment.value.touches, template.value.touches, { ...NOTHING_TOUCHED, events: definition.entry.kind === 'event' ? [definition.entry.event] : [] }]);
    const occurrence = enrollment?.occurrence ?? 1;
    const candidate = {
      contactId: contact.contact_id,
      accountId: contact.account_id,
      occurrence,
      stepSince: enrollment?.state === 'active' ? enrollment.step_since : now,
      exited: enrollment?.state === 'exited' && enrollment.end_reason !== 'relationship.goal_met',
      goalMet: enrollment?.end_reason === 'relationship.goal_met',
      missingFields: await this.missingFields(contact, campaign, definition, template.value),
    };
    const [decided] = await this.decisions.preview(this.sql, requestOf(campaign, definition, step, template.value, touches, [candidate]), now);
    return decided ? ok({ step, occurrence, decided }) : err('The gate gave no answer.');
  }

  private async missingFields(contact: ExplainedContactRow, campaign: ExplainedCampaignRow, definition: CampaignDefinition, template: LoadedTemplate): Promise<string[]> {
    const frame = { sender: definition.sender, campaign: { key: campaign.key, name: campaign.name, purpose: definition.purpose } };
    const person = (await this.mergeValues.load(this.sql, [contact.contact_id], template.mergeFields, frame)).get(contact.contact_id);
    return person ? missingFor(template, languageFor(template, person.language), { ...person.values, links: LINKS }) : [];
  }
}

/** As of a running campaign: that it was not started yet is no answer to "what would this person get?". */
function requestOf(campaign: ExplainedCampaignRow, definition: CampaignDefinition, step: number, template: LoadedTemplate, touches: DecisionRequest['touches'], candidates: DecisionRequest['candidates']): DecisionRequest {
  return {
    phase: 'plan',
    campaignId: campaign.campaign_id,
    campaignVersion: campaign.version,
    campaignState: campaign.state === 'stopped' ? 'stopped' : 'running',
    step,
    template: askedTemplate(template),
    touches,
    ...termsOf(definition),
    candidates,
  };
}
