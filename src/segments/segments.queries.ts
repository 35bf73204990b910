import type { StoredPurpose } from '../core/decision/permission.js';
import type { AttributeDefinitionRow } from '../core/rule/fields.js';
import type { Scope } from '../core/rule/rule.js';
import type { Sql } from '../platform/database/sql.js';

export interface SegmentRow {
  readonly segment_id: number;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  /** `list`: without a rule; its members are put there one by one. */
  readonly kind: 'rule' | 'list';
  readonly rule: unknown;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly updated_by: string;
}

const COLUMNS = 'segment_id, key, name, description, scope, kind, rule, version, created_at, updated_at, updated_by';

export function listSegments(sql: Sql, afterKey: string, limit: number): Promise<SegmentRow[]> {
  return sql.many('segments.list', `select ${COLUMNS} from segments where key > $1 order by key limit $2`, [afterKey, limit]);
}

export function findSegment(sql: Sql, key: string): Promise<SegmentRow | undefined> {
  return sql.maybe('segments.find', `select ${COLUMNS} from segments where key = $1`, [key]);
}

export function findSegments(sql: Sql, keys: readonly string[]): Promise<SegmentRow[]> {
  return sql.manyKept('segments.findAll', `select ${COLUMNS} from segments where key = any($1)`, [keys]);
}

/**
 * Another text whenever a segment, an attribute, a purpose, a campaign or the policies came, went or changed: rules are read again only then. xmin is the
 * transaction that wrote a row.
 */
export async function readRulesStamp(sql: Sql): Promise<string> {
  const [row] = await sql.manyKept<{ stamp: string }>(
    'segments.rulesStamp',
    `select concat_ws('/',
       (select concat_ws('-', count(*), sum(hashtextextended(segment_id || ' ' || xmin::text, 0))) from segments),
       (select concat_ws('-', count(*), sum(hashtextextended(concat_ws(' ', scope, key, type, standard, removing, label_nl, label_en), 0))) from attribute_definitions),
       (select concat_ws('-', count(*), sum(hashtextextended(p::text, 0))) from purposes p),
       (select concat_ws('-', count(*), sum(hashtextextended(campaign_id || key, 0))) from campaigns),
       (select string_agg(key || version, ' ' order by key) from settings where key in ('policies', 'country-profiles', 'workspace-name'))) as stamp`,
  );
  return row?.stamp ?? '';
}

/** All of them: they are few and small, and which ones a rule needs is known only after reading it. */
export function listRules(sql: Sql): Promise<Pick<SegmentRow, 'segment_id' | 'key' | 'scope' | 'kind' | 'rule' | 'version'>[]> {
  return sql.many('segments.listRules', 'select segment_id, key, scope, kind, rule, version from segments');
}

export function listAttributeDefinitions(sql: Sql): Promise<AttributeDefinitionRow[]> {
  return sql.many('segments.listAttributeDefinitions', 'select scope, key, type, standard, label_nl, label_en from attribute_definitions where not removing order by standard desc, key');
}

export interface PurposeTermsRow extends StoredPurpose {
  readonly purpose: string;
  readonly name_nl: string;
  readonly name_en: string;
  readonly policies: unknown;
}

/** All purposes, each with the restraint policies that the workspace set (null for the defaults), of which there is one. */
export function listPurposeTerms(sql: Sql): Promise<(PurposeTermsRow & Record<string, unknown>)[]> {
  return sql.many(
    'segments.listPurposeTerms',
    `select purpose, name_nl, name_en, message_class, legal_basis, channels, double_opt_in, retention_days, balancing_assessment is not null as balancing_recorded, valid_until, retired_at, controller,
       policies_in_force() as policies
     from purposes order by created_at, purpose`,
  );
}

/** All of them, as few as segments: which one a rule means, and of which one a slip is the closest. */
export function listCampaignIds(sql: Sql): Promise<{ key: string; campaign_id: number }[]> {
  return sql.many('segments.listCampaignIds', 'select key, campaign_id from campaigns');
}

/** Until the transaction ends nobody else saves or deletes a segment: two that begin to use each other at once would make a circle. */
export async function lockSegments(sql: Sql): Promise<void> {
  await sql.exec('segments.lock', 'lock table segments in share row exclusive mode');
}

/** Whoever begins to use the segment in this moment is waited for, or sees that it is gone. */
export async function lockSegment(sql: Sql, key: string): Promise<void> {
  await sql.exec('segments.lockOne', 'select from segments where key = $1 for update', [key]);
}

/** Keeps segments from being deleted until the transaction ends. Gives the keys that are there. */
export async function holdSegments(sql: Sql, keys: readonly string[]): Promise<string[]> {
  const rows = await sql.many<{ key: string }>('segments.hold', 'select key from segments where key = any($1) order by key for key share', [keys]);
  return rows.map((row) => row.key);
}

export interface NewSegment {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly scope: Scope;
  readonly rule: unknown;
}

/** Undefined when the key is taken. */
export function insertSegment(sql: Sql, segment: NewSegment, by: string, now: Date): Promise<SegmentRow | undefined> {
  return sql.maybe(
    'segments.insert',
    `insert into segments (key, name, description, scope, rule, created_at, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $6, $7)
     on conflict (key) do nothing returning ${COLUMNS}`,
    [segment.key, segment.name, segment.description, segment.scope, JSON.stringify(segment.rule), now, by],
  );
}

/** The version counts rules: another name alone does not make a new one. */
export function updateSegment(sql: Sql, segment: Omit<NewSegment, 'scope'>, by: string, now: Date): Promise<SegmentRow> {
  return sql.one(
    'segments.update',
    `update segments set name = $2, description = $3, rule = $4, version = version + case when rule = $4 then 0 else 1 end, updated_at = $5, updated_by = $6
      where key = $1 returning ${COLUMNS}`,
    [segment.key, segment.name, segment.description, JSON.stringify(segment.rule), now, by],
  );
}

export function deleteSegment(sql: Sql, key: string): Promise<number> {
  return sql.exec('segments.delete', 'delete from segments where key = $1', [key]);
}

export interface UsingCampaign {
  readonly key: string;
  readonly name: string;
  readonly state: string;
}

/** Campaigns whose definition names the segment or list: as it is now, or in a version on which somebody is still on the way. */
export function listUsingCampaigns(sql: Sql, segmentKey: string): Promise<UsingCampaign[]> {
  return sql.many(
    'segments.listUsingCampaigns',
    `select distinct c.key, c.name, c.state from campaigns c join campaign_versions v using (campaign_id)
      where (v.definition -> 'audience' ->> 'segment' = $1 or exists (select from jsonb_array_elements(v.definition -> 'steps') step where step ->> 'list' = $1))
        and (v.version = c.current_version or exists (select from enrollments e where e.campaign_id = c.campaign_id and e.state = 'active' and e.campaign_version = v.version))
      order by c.key`,
    [segmentKey],
  );
}
