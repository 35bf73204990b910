import type { CampaignStep } from '../campaign/definition.js';
import type { Decision } from '../decision/decision.js';

/** A campaign as far as its people's way through it goes. */
export interface SimulatedCampaign {
  readonly campaignId: number;
  readonly key: string;
  readonly purpose: string;
  readonly steps: readonly CampaignStep[];
}

/** Somebody on the way through a campaign at the beginning. */
export interface Traveller {
  /** Place in the list of campaigns. */
  readonly campaign: number;
  readonly contactId: number;
  readonly accountId: number | null;
  readonly occurrence: number;
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  readonly stepSince: number;
  readonly attempts: number;
}

/** Somebody who will enter. Whoever is still on the way through the campaign by then is passed over. */
export interface Arrival {
  readonly campaign: number;
  readonly contactId: number;
  readonly accountId: number | null;
  readonly occurrence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A message that the gate is asked about. */
export interface Asking {
  readonly campaign: number;
  readonly step: number;
  readonly contactId: number;
  readonly accountId: number | null;
  readonly occurrence: number;
  readonly stepSince: number;
}

/** People and accounts that could get no further mail at a moment. */
export interface AtTheirLimit {
  readonly people: number;
  readonly accounts: number;
}

/** The gate with the pressure on a group of people whose caps depend on nobody else: everybody of a bucket. */
export interface SimulatedGate {
  /** Decides in the order in which the engine would; a send counts against the caps of what is asked after it. */
  decide(askings: readonly Asking[], now: Date): readonly Decision[];
  atTheirLimit(now: Date): AtTheirLimit;
}
