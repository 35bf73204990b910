import type { CampaignState } from '../../core/campaign/transition.js';
import type { Sql } from '../../platform/database/sql.js';
import { type Campaign, campaignOf, type CampaignRow } from '../campaign.js';

/** One picture of the base for the whole simulation, in which nothing can be written. */
export async function beginReading(sql: Sql): Promise<void> {
  await sql.exec('simulation.begin', 'set transaction isolation level repeatable read, read only');
}

/** Whatever is running, and what else was named: drafts as if they were started now. */
export async function listSimulated(sql: Sql, states: readonly CampaignState[], keys: readonly string[]): Promise<Campaign[]> {
  const rows = await sql.many<CampaignRow>(
    'simulation.listCampaigns',
    `select c.campaign_id, c.key, c.name, c.scope, c.state, c.problem, v.version, v.definition, c.next_entry_at, c.next_occurrence, c.event_cursor, c.started_at, c.ended_at, c.created_at, c.updated_at
       from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version
      where c.state = any($1) or c.key = any($2) order by c.campaign_id`,
    [states, keys],
  );
  return rows.map(campaignOf);
}

export interface TravellerRow {
  contact_id: number;
  account_id: number | null;
  bucket: number;
  campaign_id: number;
  campaign_version: number;
  occurrence: number;
  step: number;
  due_at: Date;
  step_since: Date;
  attempts: number;
  [column: string]: unknown;
}

/** Opens a cursor over everybody who is on the way through these campaigns, by bucket. */
export async function openTravellers(sql: Sql, campaignIds: readonly number[]): Promise<void> {
  await sql.exec(
    'simulation.openTravellers',
    `declare simulated_travellers no scroll cursor for
     select contact_id, account_id, bucket, campaign_id, campaign_version, occurrence, step, due_at, step_since, attempts
       from enrollments where campaign_id = any($1) and state = 'active' order by bucket, campaign_id, contact_id, occurrence`,
    [campaignIds],
  );
}

export function fetchTravellers(sql: Sql, count: number): Promise<TravellerRow[]> {
  return sql.many<TravellerRow>('simulation.fetchTravellers', `fetch ${Math.trunc(count)} from simulated_travellers`);
}

export interface EnteredRow {
  contact_id: number;
  account_id: number | null;
  bucket: number;
  campaign_id: number;
  occurrence: number;
  entered_at: Date;
  [column: string]: unknown;
}

/** Opens a cursor over who came into these campaigns from `since` to `until`, by bucket: those who come one by one, of whom nobody knows yet who will. */
export async function openEntered(sql: Sql, campaignIds: readonly number[], since: Date, until: Date): Promise<void> {
  await sql.exec(
    'simulation.openEntered',
    `declare simulated_entered no scroll cursor for
     select contact_id, account_id, bucket, campaign_id, occurrence, entered_at
       from enrollments where campaign_id = any($1) and entered_at >= $2 and entered_at < $3 order by bucket, campaign_id, contact_id, occurrence`,
    [campaignIds, since, until],
  );
}

export function fetchEntered(sql: Sql, count: number): Promise<EnteredRow[]> {
  return sql.many<EnteredRow>('simulation.fetchEntered', `fetch ${Math.trunc(count)} from simulated_entered`);
}
