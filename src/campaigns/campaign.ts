import { campaignDefinition, type CampaignDefinition } from '../core/campaign/definition.js';
import type { CampaignState } from '../core/campaign/transition.js';
import type { Scope } from '../core/rule/rule.js';
import type { Snapshot } from './snapshots.js';

/** A campaign with one version of its definition: the current one, unless asked otherwise. */
export interface Campaign {
  readonly campaignId: number;
  readonly key: string;
  readonly name: string;
  readonly scope: Scope;
  readonly state: CampaignState;
  /** Why the engine paused it by itself, in plain words. */
  readonly problem: string | null;
  readonly version: number;
  readonly definition: CampaignDefinition;
  readonly nextEntryAt: Date | null;
  readonly nextOccurrence: number;
  /** Up to where it has looked for who came. */
  readonly eventCursor: Snapshot | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type CampaignRow = {
  campaign_id: number;
  key: string;
  name: string;
  scope: Scope;
  state: CampaignState;
  problem: string | null;
  version: number;
  definition: unknown;
  next_entry_at: Date | null;
  next_occurrence: number;
  event_cursor: Snapshot | null;
  started_at: Date | null;
  ended_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

export function campaignOf(row: CampaignRow): Campaign {
  return {
    campaignId: row.campaign_id,
    key: row.key,
    name: row.name,
    scope: row.scope,
    state: row.state,
    problem: row.problem,
    version: row.version,
    definition: campaignDefinition.parse(row.definition),
    nextEntryAt: row.next_entry_at,
    nextOccurrence: row.next_occurrence,
    eventCursor: row.event_cursor,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
