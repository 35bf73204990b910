import type { CampaignState } from '../core/campaign/transition.js';
import type { Sql } from '../platform/database/sql.js';
import { type Campaign, campaignOf, type CampaignRow } from './campaign.js';

const COLUMNS = `c.campaign_id, c.key, c.name, c.scope, c.state, c.problem, v.version, v.definition, c.next_entry_at, c.next_occurrence, c.event_cursor, c.started_at, c.ended_at, c.created_at, c.updated_at`;
const WITH_CURRENT_VERSION = `campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version`;

export async function findCampaign(sql: Sql, key: string): Promise<Campaign | undefined> {
  const row = await sql.maybe<CampaignRow>('campaigns.find', `select ${COLUMNS} from ${WITH_CURRENT_VERSION} where c.key = $1`, [key]);
  return row && campaignOf(row);
}

/** Any version of a campaign: enrollments finish on the one they began. */
export async function findCampaignVersion(sql: Sql, campaignId: number, version: number): Promise<Campaign | undefined> {
  const row = await sql.maybe<CampaignRow>(
    'campaigns.findVersion',
    `select ${COLUMNS} from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id where c.campaign_id = $1 and v.version = $2`,
    [campaignId, version],
  );
  return row && campaignOf(row);
}

export async function findCampaignKey(sql: Sql, campaignId: number): Promise<string | undefined> {
  const row = await sql.maybe<{ key: string }>('campaigns.findKey', 'select key from campaigns where campaign_id = $1', [campaignId]);
  return row?.key;
}

/** In order of key; those in one state only, where it is named. */
export async function listCampaigns(sql: Sql, state: CampaignState | undefined, afterKey: string, limit: number): Promise<Campaign[]> {
  const rows = await sql.many<CampaignRow>(
    'campaigns.list',
    `select ${COLUMNS} from ${WITH_CURRENT_VERSION} where c.key > $1 and ($2::text is null or c.state = $2) order by c.key limit $3`,
    [afterKey, state ?? null, limit],
  );
  return rows.map(campaignOf);
}

export interface NewVersion {
  readonly definition: unknown;
  readonly by: string;
  readonly now: Date;
}

/** The id of the new campaign; undefined when the key is taken. */
export async function insertCampaign(sql: Sql, campaign: { key: string; name: string; scope: string }, { definition, by, now }: NewVersion): Promise<number | undefined> {
  const row = await sql.maybe<{ campaign_id: number }>(
    'campaigns.insert',
    `with made as (
       insert into campaigns (key, name, scope, created_at, updated_at) values ($1, $2, $3, $6, $6) on conflict (key) do nothing returning campaign_id
     ), versioned as (
       insert into campaign_versions (campaign_id, version, definition, created_at, created_by) select campaign_id, 1, $4::jsonb, $6, $5 from made
     )
     select campaign_id from made`,
    [campaign.key, campaign.name, campaign.scope, JSON.stringify(definition), by, now],
  );
  return row?.campaign_id;
}

/** The row, held against everybody else until the transaction ends. */
export async function lockCampaign(sql: Sql, key: string): Promise<Campaign | undefined> {
  const row = await sql.maybe<CampaignRow>('campaigns.lock', `select ${COLUMNS} from ${WITH_CURRENT_VERSION} where c.key = $1 for update of c`, [key]);
  return row && campaignOf(row);
}

export async function insertVersion(sql: Sql, campaign: { campaignId: number; name: string; scope: string; nextEntryAt: Date | null }, { definition, by, now }: NewVersion): Promise<number> {
  const row = await sql.one<{ version: number }>(
    'campaigns.insertVersion',
    `with raised as (
       update campaigns set current_version = current_version + 1, name = $2, scope = $3, next_entry_at = $7, updated_at = $6 where campaign_id = $1 returning campaign_id, current_version
     )
     insert into campaign_versions (campaign_id, version, definition, created_at, created_by)
     select campaign_id, current_version, $4::jsonb, $6, $5 from raised returning version`,
    [campaign.campaignId, campaign.name, campaign.scope, JSON.stringify(definition), by, now, campaign.nextEntryAt],
  );
  return row.version;
}

export function listVersions(sql: Sql, campaignId: number): Promise<{ version: number; definition: unknown; created_at: Date; created_by: string }[]> {
  return sql.many('campaigns.listVersions', 'select version, definition, created_at, created_by from campaign_versions where campaign_id = $1 order by version desc', [campaignId]);
}

/** Only a draft goes: what has run is evidence. */
export async function deleteDraft(sql: Sql, key: string): Promise<number | undefined> {
  const row = await sql.maybe<{ campaign_id: number }>('campaigns.deleteDraft', `delete from campaigns where key = $1 and state = 'draft' returning campaign_id`, [key]);
  return row?.campaign_id;
}

/**
 * The one statement that starts a campaign: whoever comes second finds it no longer a draft. The version guards against a start of what
 * somebody is just rewriting.
 */
export async function startCampaign(sql: Sql, campaign: { campaignId: number; version: number; nextEntryAt: Date | null }, now: Date): Promise<boolean> {
  const rows = await sql.exec(
    'campaigns.start',
    `update campaigns set state = 'running', problem = null, started_at = $3, updated_at = $3, next_entry_at = $4, event_cursor = pg_current_snapshot()
      where campaign_id = $1 and state = 'draft' and current_version = $2`,
    [campaign.campaignId, campaign.version, now, campaign.nextEntryAt],
  );
  return rows === 1;
}

/** Pause, resume, stop: one conditional update, so that two callers cannot both have done it. The problem goes with whoever acts on it. */
export async function changeState(sql: Sql, key: string, before: readonly CampaignState[], after: CampaignState, now: Date): Promise<number | undefined> {
  const row = await sql.maybe<{ campaign_id: number }>(
    'campaigns.changeState',
    `update campaigns set state = $3::text, problem = null, updated_at = $4, ended_at = case when $3::text in ('stopped', 'finished') then $4::timestamptz end
      where key = $1 and state = any($2) returning campaign_id`,
    [key, before, after, now],
  );
  return row?.campaign_id;
}

/** The engine's own pause. False when it does not run (any more). */
export async function pauseWithProblem(sql: Sql, campaignId: number, problem: string, now: Date): Promise<boolean> {
  const rows = await sql.exec('campaigns.pauseWithProblem', `update campaigns set state = 'paused', problem = $2, updated_at = $3 where campaign_id = $1 and state = 'running'`, [campaignId, problem, now]);
  return rows === 1;
}

/** Enrollments that a stop left active, in these buckets; the caller holds their locks. */
export function stopEnrollments(sql: Sql, campaignId: number, buckets: readonly number[], now: Date): Promise<number> {
  return sql.exec(
    'campaigns.stopEnrollments',
    `update enrollments set state = 'stopped', ended_at = $3, end_reason = 'campaign.stopped' where campaign_id = $1 and bucket = any($2::smallint[]) and state = 'active'`,
    [campaignId, buckets, now],
  );
}

/** Stopped campaigns whose enrollments are not all stopped yet: a stop that was cut off. */
export function listHalfStopped(sql: Sql): Promise<{ campaign_id: number }[]> {
  return sql.many(
    'campaigns.listHalfStopped',
    `select campaign_id from campaigns c where state = 'stopped' and exists (select from enrollments e where e.campaign_id = c.campaign_id and e.state = 'active')`,
  );
}

/** Campaigns with nothing more to come: no entry, nobody on the way, no mail waiting. Those entered by a trigger go on until stopped. */
export function finishCampaigns(sql: Sql, now: Date): Promise<{ campaign_id: number; key: string }[]> {
  return sql.many(
    'campaigns.finish',
    `update campaigns c set state = 'finished', ended_at = $1, updated_at = $1
       from campaign_versions v
      where c.state = 'running' and c.next_entry_at is null and v.campaign_id = c.campaign_id and v.version = c.current_version
        and v.definition -> 'entry' ->> 'kind' in ('now', 'at', 'cron')
        and not exists (select from enrollments e where e.campaign_id = c.campaign_id and e.state = 'active')
        and not exists (select from messages m where m.campaign_id = c.campaign_id and m.state in ('queued', 'sending'))
      returning c.campaign_id, c.key`,
    [now],
  );
}
