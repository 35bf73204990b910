import type { CampaignDefinition } from '../core/campaign/definition.js';
import type { Decision } from '../core/decision/decision.js';
import type { Facts, Phase } from '../core/decision/facts.js';
import type { Channel, MessageClass } from '../core/decision/message-class.js';
import type { Rank } from '../core/pressure/arbitrate.js';
import type { HoldoutUnit } from '../core/pressure/holdout.js';
import type { TouchedData } from '../core/rule/touched-data.js';
import type { LoadedTemplate } from '../core/template/loaded-template.js';

/** One person at one step. */
export interface Candidate {
  readonly contactId: number;
  /** The account whose caps count; null for a person without one. */
  readonly accountId: number | null;
  readonly occurrence: number;
  /** When the step first became due: time to live counts from here. */
  readonly stepSince: Date;
  /** Whether an exit condition of the campaign holds for this person. */
  readonly exited: boolean;
  /** Whether the person did what the campaign is after. */
  readonly goalMet: boolean;
  /** Merge fields of the template that have neither a value nor a fallback for this person. */
  readonly missingFields: readonly string[];
  /** At the claim: the message that is about to leave. */
  readonly messageId?: number;
}

/** The template version that would be sent, and what it reads of the customer. */
export interface AskedTemplate {
  readonly id: number;
  readonly version: number;
  readonly touches: TouchedData;
}

/** What the gate is asked: may these people get this step of this campaign? */
export interface DecisionRequest {
  readonly phase: Phase;
  readonly campaignId: number;
  /** As the campaign is named to people. */
  readonly campaignKey?: string;
  readonly campaignVersion: number;
  readonly campaignState: string;
  readonly step: number;
  readonly purpose: string;
  readonly messageClass: MessageClass;
  readonly channel: Channel;
  /** Null where nobody asks about a certain mail. */
  readonly template: AskedTemplate | null;
  /** What segment and template read. */
  readonly touches: TouchedData;
  readonly holdout: { readonly percent: number; readonly unit: HoldoutUnit };
  readonly timeToLiveHours: number;
  /** Against other campaigns that want to write to the same person; 50 when left out. */
  readonly priority?: number;
  readonly expectedValue?: number;
  /** At most so many people of an account in this campaign at a time. */
  readonly perAccountLimit?: number;
  readonly candidates: readonly Candidate[];
}

/** What a campaign's definition says of every request: planning, claim and explanation must ask the gate the same. */
export function termsOf(definition: CampaignDefinition): Pick<DecisionRequest, 'purpose' | 'messageClass' | 'channel' | 'holdout' | 'timeToLiveHours' | 'priority' | 'expectedValue' | 'perAccountLimit'> {
  return {
    purpose: definition.purpose,
    messageClass: definition.messageClass,
    channel: 'email',
    holdout: { percent: definition.holdoutPercent, unit: definition.audience.scope },
    timeToLiveHours: definition.timeToLiveHours,
    priority: definition.priority,
    expectedValue: definition.expectedValue,
    ...(definition.audience.perAccount !== undefined && { perAccountLimit: definition.audience.perAccount }),
  };
}

export function askedTemplate({ templateId, version, touches }: LoadedTemplate): AskedTemplate {
  return { id: templateId, version, touches };
}

/** Customer data by the names under which it is classified. */
export function namesOf({ contactAttributes, accountAttributes, events }: TouchedData): string[] {
  return [...contactAttributes.map((key) => `contact.${key}`), ...accountAttributes.map((key) => `account.${key}`), ...events.map((name) => `event.${name}`)];
}

/** What a message is worth against others to the same person. */
export function rankOf(
  { campaignId, step, messageClass, timeToLiveHours, priority, expectedValue }: Pick<DecisionRequest, 'campaignId' | 'step' | 'messageClass' | 'timeToLiveHours' | 'priority' | 'expectedValue'>,
  { contactId, occurrence, stepSince }: Pick<Candidate, 'contactId' | 'occurrence' | 'stepSince'>,
): Rank {
  const deadline = stepSince.getTime() + timeToLiveHours * 3_600_000;
  return { messageClass, priority: priority ?? 50, deadline, expectedValue: expectedValue ?? 0, campaignId, step, occurrence, contactId };
}

export interface Decided {
  readonly candidate: Candidate;
  readonly decision: Decision;
  readonly facts: Facts;
  /** Of a deferral: when it is to be decided again. Not before `notBefore`; spread, where many wait for the same hour. */
  readonly againAt: Date | undefined;
}
