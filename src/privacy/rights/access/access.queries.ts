import type { AccessRow } from '../../../core/privacy/access-document.js';
import type { Sql } from '../../../platform/database/sql.js';

/** More of a kind than this is no longer read by a person; the copy says so. */
export const MOST_ROWS = 50_000;

/**
 * What each section of the copy reads: $1 are all ids of the person, today's first; columns are called as a person reads them. Every table that
 * core/privacy/person-tables.ts sends to a section is read here, or by the services that explain it (consents' proofs, decisions).
 */
const SECTIONS = {
  profile: `select f.key as field, f.value, coalesce(case when d.standard then c.source else coalesce(d.source, c.source) end, '') as source,
      case when d.purposes = '{*}' then c.collected_for else coalesce(d.purposes, '{}') end as purposes
    from contacts c cross join lateral (
      select key, value from jsonb_each(to_jsonb(c) - '{attributes,bucket,address_hash,contact_id,account_id,import_id,source,source_at,notice_version,collected_for,obtained_from,notice_sent_at,controller}'::text[]) where value <> 'null'
      union all select key, value from jsonb_each(c.attributes)) f
    left join attribute_definitions d on d.scope = 'contact' and d.key = f.key where c.contact_id = any($1) order by 1`,
  origin: `select c.source, c.source_at as at, c.notice_version, obtained_from, notice_sent_at, controller, collected_for as purposes, i.file_name as import_file, i.started_at as imported_at
    from contacts c left join imports i on i.import_id = c.import_id where c.contact_id = any($1)`,
  identities: 'select kind, value, created_at as since from identities where contact_id = any($1) order by 1, 2',
  account: `select a.name as company, m.rule as found_by, m.inputs as "because", m.confidence, m.state, m.matched_at as since from account_matches m join accounts a using (account_id) where m.contact_id = any($1)
    union all select a.name, null, null, null, null, null from contacts c join accounts a using (account_id) where c.contact_id = any($1) and not exists (select from account_matches m where m.contact_id = c.contact_id)`,
  buying_group: 'select a.name as company, b.role, b.source, b.confidence, b.valid_from as since, b.valid_to as until, b.colleague_id is not null as one_of_us_is_paired_with_you from buying_group_members b join accounts a using (account_id) where b.contact_id = any($1) order by b.valid_from',
  consents: 'select purpose, channel, state, legal_basis, given_at, confirmed_at, ended_at, valid_until from consents where contact_id = any($1) order by 1, 2',
  preferences: 'select purpose, frequency, paused_until, changed_at from contact_preferences where contact_id = any($1) order by 1',
  opt_in_requests: 'select purpose, kind, requested_at, answer_by, closed_at, outcome from opt_in_requests where contact_id = any($1) order by requested_at',
  suppressions: `select s.reason, s.purpose, s.suppressed_at as since, s.ends_at as until, s.source from suppressions s where s.address_hash in (select address_hash from contacts where contact_id = any($1)) order by 3`,
  segments: `select s.name as "group", null as change, m.entered_at as at, null as cause from segment_members m join segments s using (segment_id) where m.contact_id = any($1)
    union all select s.name, h.kind, h.at, h.cause from segment_changes h join segments s using (segment_id) where h.contact_id = any($1)
    union all select s.name || ': ' || p.name, 'snapshot', p.taken_at, null from segment_snapshot_contacts x join segment_snapshots p using (snapshot_id) join segments s using (segment_id) where x.contact_id = any($1) order by 3`,
  campaigns: 'select c.name as campaign, e.state, e.step + 1 as step, e.entered_at, e.entry_cause as cause, e.ended_at, e.end_reason from enrollments e join campaigns c using (campaign_id) where e.contact_id = any($1) order by e.entered_at',
  messages: 'select c.name as campaign, m.purpose, m.class, m.state, m.language, t.key as template, m.queued_at, m.sent_at, m.response from messages m left join campaigns c using (campaign_id) left join templates t using (template_id) where m.contact_id = any($1) order by m.message_id',
  events: 'select occurred_at as at, name as event, properties, source from events where contact_id = any($1) order by 1 limit 50000',
  event_counts: 'select e.day::text as day, d.name as event, e.count from event_days e join event_definitions d using (event_id) where e.contact_id = any($1) order by 1 limit 50000',
  surveys: 'select score, comment, purpose, answered_at, changed_at from nps_responses where contact_id = any($1) order by answered_at',
  tasks: `select t.kind, t.reason as text, t.said, t.state, t.opened_at as at, t.closed_at, t.outcome from tasks t where t.contact_id = any($1)
    union all select t.kind, n.note, null, t.state, n.noted_at, null, null from task_notes n join tasks t using (task_id) where n.contact_id = any($1) or t.contact_id = any($1) order by 5`,
  holds: 'select kind, reason as text, said, opened_at, ends_at, closed_at from contact_holds where contact_id = any($1) order by opened_at',
  touches: 'select kind, note as text, touched_at as at from human_touches where contact_id = any($1) order by touched_at',
  merges: 'select merged_at as at, cause, undone_at from contact_merges where merged_contact_id = any($1) or survivor_id = any($1) order by 1',
  requests: `select kind, state, received_at, channel, due_on::text as due_on, identity_how as identity, extension_reason, closed_at, outcome from privacy_requests where contact_id = any($1)
    union all select 'link: ' || kind, state, requested_at, 'mail', null, null, null, sent_at, null from link_mails where contact_id = any($1) order by 3`,
  rectifications: `select r.rectified_at as at, r.fields, (select coalesce(jsonb_agg(d.name || ': ' || n.state), '[]') from recipient_notices n join data_recipients d using (recipient_id) where n.rectification_id = r.rectification_id) as told
    from rectifications r where r.contact_id = any($1) order by 1`,
} as const satisfies Record<string, string>;

type Section = keyof typeof SECTIONS;

export const QUERIED_SECTIONS = Object.keys(SECTIONS) as Section[];

/** One section; rows as they are read by people. */
export function readSection(sql: Sql, section: Section, contactIds: readonly number[]): Promise<AccessRow[]> {
  return sql.many(`rights.access.${section}`, SECTIONS[section], [contactIds]);
}

export interface ScoreInputs {
  orders_count: number | null;
  orders_value: number | null;
  first_order_at: Date | null;
  last_order_at: Date | null;
  rfm_recency: number | null;
  rfm_frequency: number | null;
  rfm_monetary: number | null;
  rfm_class: string | null;
  derived_stage: string | null;
  factor: number | null;
  factor_at: Date | null;
  factor_cause: string | null;
  residue: unknown;
  /** Of people of an account only; the policy is what the workspace set, null for the defaults. */
  engagement: { readonly epoch: string; readonly policy: unknown; readonly sums: { halfLifeDays: number; sum: number }[]; readonly did: { kind: string; count: number; last: string }[] };
  touches: { kind: string; minutes: number }[];
}

export function readScoreInputs(sql: Sql, contactId: number, now: Date): Promise<ScoreInputs | undefined> {
  return sql.maybe<ScoreInputs & Record<string, unknown>>(
    'rights.readScoreInputs',
    `select c.orders_count, c.orders_value, c.first_order_at, c.last_order_at, c.rfm_recency, c.rfm_frequency, c.rfm_monetary, c.rfm_class, c.derived_stage,
       p.factor, p.factor_at, p.cause as factor_cause, (select jsonb_build_object('orders', sum(o.orders), 'value', sum(o.value), 'first_at', min(o.first_at), 'last_at', max(o.last_at)) from order_residues o where o.contact_id = c.contact_id having count(*) > 0) as residue,
       jsonb_build_object('epoch', (select epoch from score_state), 'policy', (select value from settings where key = 'score_policy'),
         'sums', (select coalesce(jsonb_agg(jsonb_build_object('halfLifeDays', half_life_days, 'sum', sum) order by half_life_days), '[]') from contact_engagement where contact_id = c.contact_id),
         'did', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'count', count, 'last', last) order by kind), '[]')
                   from (select kind, sum(count) as count, max(day) as last from engagement_days where contact_id = c.contact_id group by kind) d)) as engagement,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'minutes', floor(extract(epoch from $2::timestamptz - at) / 60))), '[]') from (
          select case when class in ('service', 'legal_duty') then 'service_mail' else 'mail' end as kind, coalesce(sent_at, queued_at) as at from messages
            where contact_id = c.contact_id and state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied') and coalesce(sent_at, queued_at) > $2::timestamptz - interval '100 days'
          union all select kind, touched_at from human_touches where contact_id = c.contact_id and touched_at > $2::timestamptz - interval '100 days') touch) as touches
     from contacts c left join pressure_factors p using (contact_id) where c.contact_id = $1`,
    [contactId, now],
  );
}

export type KnownName = { first_name: string | null; last_name: string | null };

/** Others whose names may stand in notes: people of the same account, and our own. */
export function namesAround(sql: Sql, contactIds: readonly number[]): Promise<KnownName[]> {
  return sql.many<KnownName>(
    'rights.namesAround',
    `select first_name, last_name from contacts where contact_id <> all($1) and account_id in (select account_id from contacts where contact_id = any($1)) and (first_name is not null or last_name is not null)
     union all select name, null from users`,
    [contactIds],
  );
}

export interface ExportRow {
  contact_id: number;
  export_id: number;
  request_id: number;
  sealed: Buffer;
  fetched: string[];
}

export async function insertExport(sql: Sql, one: { contactId: number; requestId: number; tokenHash: Buffer; sealed: Buffer; expiresAt: Date }, now: Date): Promise<void> {
  await sql.exec(
    'rights.insertExport',
    'insert into privacy_exports (contact_id, request_id, token_hash, sealed, made_at, expires_at) values ($1, $2, $3, $4, $6, $5)',
    [one.contactId, one.requestId, one.tokenHash, one.sealed, one.expiresAt, now],
  );
}

export function findExport(sql: Sql, tokenHash: Buffer, now: Date): Promise<ExportRow | undefined> {
  return sql.maybe<ExportRow & Record<string, unknown>>('rights.findExport', 'select contact_id, export_id, request_id, sealed, fetched from privacy_exports where token_hash = $1 and expires_at > $2', [tokenHash, now]);
}

/** Each form once: two clicks at the same moment get one. */
export function takeExport(sql: Sql, tokenHash: Buffer, form: string, now: Date): Promise<ExportRow | undefined> {
  return sql.maybe<ExportRow & Record<string, unknown>>(
    'rights.takeExport',
    'update privacy_exports set fetched = array_append(fetched, $2) where token_hash = $1 and expires_at > $3 and $2 <> all(fetched) returning contact_id, export_id, request_id, sealed, fetched',
    [tokenHash, form, now],
  );
}
