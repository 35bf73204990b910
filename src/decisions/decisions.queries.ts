import type { StoredDecision } from '../core/decision/stored-decision.js';
import { reachParams, reachText, type Reach } from '../core/shared/reach.js';
import type { Sql } from '../platform/database/sql.js';

export interface BatchRow {
  readonly phase: string;
  readonly campaignId: number;
  readonly campaignVersion: number;
  readonly purpose: string;
  readonly messageClass: string;
  readonly policyVersion: string;
  readonly policies: unknown;
  readonly shared: unknown;
}

/**
 * Keeps what each batch shares and gives the numbers of the batches, in the order given. The policies are kept once per version, so
 * that decisions taken on them can be taken again after they have changed.
 */
export async function insertBatches(sql: Sql, batches: readonly BatchRow[], now: Date): Promise<number[]> {
  const rows = await sql.manyKept<{ batch_id: number }>(
    'decisions.insertBatches',
    `with kept as (
       insert into settings (key, value, updated_at) select distinct on (version) 'policies/' || version, policies, $1::timestamptz from unnest($7::text[], $8::jsonb[]) as given (version, policies)
       on conflict (key) do nothing
     )
     insert into decision_batches (decided_at, phase, campaign_id, campaign_version, purpose, class, policy_version, shared)
     select $1, phase, campaign_id, campaign_version, purpose, class, policy_version, shared
     from unnest($2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $9::jsonb[]) with ordinality
       as given (phase, campaign_id, campaign_version, purpose, class, policy_version, shared, position)
     order by position
     returning batch_id`,
    [
      now,
      batches.map((batch) => batch.phase),
      batches.map((batch) => batch.campaignId),
      batches.map((batch) => batch.campaignVersion),
      batches.map((batch) => batch.purpose),
      batches.map((batch) => batch.messageClass),
      batches.map((batch) => batch.policyVersion),
      batches.map((batch) => JSON.stringify(batch.policies)),
      batches.map((batch) => JSON.stringify(batch.shared)),
    ],
  );
  return rows.map((row) => row.batch_id).sort((a, b) => a - b);
}

export interface DecisionRow extends StoredDecision {
  readonly contactId: number;
  readonly batchId: number;
  readonly campaignId: number;
  readonly step: number;
  readonly occurrence: number;
}

// Lists within lists cannot be unnested: reasons and facts travel as their text.
const list = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;

export async function insertDecisions(sql: Sql, rows: readonly DecisionRow[], now: Date): Promise<void> {
  await sql.execKept(
    'decisions.insertDecisions',
    `insert into decisions (contact_id, decided_at, batch_id, campaign_id, step, occurrence, verdict, reasons, basis, evidence, not_before, facts)
     select contact_id, $1, batch_id, campaign_id, step, occurrence, verdict, reasons::smallint[], basis, evidence, not_before, facts::smallint[]
     from unnest($2::bigint[], $3::bigint[], $4::int[], $5::smallint[], $6::int[], $7::smallint[], $8::text[], $9::smallint[], $10::int[], $11::timestamptz[], $12::text[])
       as given (contact_id, batch_id, campaign_id, step, occurrence, verdict, reasons, basis, evidence, not_before, facts)`,
    [
      now,
      rows.map((row) => row.contactId),
      rows.map((row) => row.batchId),
      rows.map((row) => row.campaignId),
      rows.map((row) => row.step),
      rows.map((row) => row.occurrence),
      rows.map((row) => row.verdict),
      rows.map((row) => (row.reasons === null ? null : list(row.reasons))),
      rows.map((row) => row.basis),
      rows.map((row) => row.evidence),
      rows.map((row) => row.notBefore),
      rows.map((row) => list(row.facts)),
    ],
  );
}

export interface ReadDecisionRow {
  contact_id: number;
  decided_at: Date;
  campaign_id: number;
  step: number;
  occurrence: number;
  verdict: number;
  reasons: number[] | null;
  basis: number | null;
  evidence: number | null;
  not_before: Date | null;
  facts: number[];
  phase: 'plan' | 'claim';
  purpose: string;
  policy_version: string;
  shared: unknown;
  policies: unknown;
  message_state: string | null;
  sent_at: Date | null;
}

/** The latest decision on each step and occurrence of one campaign for one person, newest first. */
export function readLatestDecisions(sql: Sql, contactId: number, campaignId: number): Promise<ReadDecisionRow[]> {
  return sql.many<ReadDecisionRow & Record<string, unknown>>(
    'decisions.readLatest',
    `select d.*, b.phase, b.purpose, b.policy_version, b.shared, s.value as policies, m.state as message_state, m.sent_at
     from (
       select distinct on (step, occurrence) * from decisions where contact_id = $1 and campaign_id = $2 order by step, occurrence, decided_at desc, batch_id desc
     ) d
       join decision_batches b on b.batch_id = d.batch_id
       left join settings s on s.key = 'policies/' || b.policy_version
       left join messages m on m.contact_id = d.contact_id and m.campaign_id = d.campaign_id and m.step = d.step and m.occurrence = d.occurrence
     order by d.decided_at desc, d.batch_id desc limit 100`,
    [contactId, campaignId],
  );
}

/** Everything decided on a person, newest first, with the campaign's and the purpose's names; what is older than 10,000 decisions is left out. */
export function readDecisionHistory(sql: Sql, contactId: number): Promise<(ReadDecisionRow & Pick<ExplainedCampaignRow, 'name' | 'purpose_nl' | 'purpose_en' | 'definition'>)[]> {
  return sql.many(
    'decisions.readHistory',
    `select d.*, b.phase, b.purpose, b.policy_version, b.shared, s.value as policies, m.state as message_state, m.sent_at,
            coalesce(c.name, '') as name, p.name_nl as purpose_nl, p.name_en as purpose_en, jsonb_build_object('purpose', b.purpose) as definition
     from decisions d
       join decision_batches b on b.batch_id = d.batch_id
       left join settings s on s.key = 'policies/' || b.policy_version
       left join campaigns c on c.campaign_id = d.campaign_id left join purposes p on p.purpose = b.purpose
       left join messages m on m.contact_id = d.contact_id and m.campaign_id = d.campaign_id and m.step = d.step and m.occurrence = d.occurrence
     where d.contact_id = $1 order by d.decided_at desc, d.batch_id desc limit 10000`,
    [contactId],
  );
}

export interface ExplainedContactRow {
  contact_id: number;
  account_id: number | null;
  name: string | null;
  email: string | null;
  account_name: string | null;
  time_zone: string | null;
}

export function findExplainedContact(sql: Sql, contact: { contactId: number } | { email: string }, reach?: Reach): Promise<ExplainedContactRow | undefined> {
  const byId = 'contactId' in contact;
  return sql.maybe<ExplainedContactRow & Record<string, unknown>>(
    'decisions.findContact',
    `select c.contact_id, c.account_id, nullif(concat_ws(' ', nullif(trim(c.first_name), ''), nullif(trim(c.last_name), '')), '') as name, c.email, a.name as account_name, c.time_zone
     from contacts c left join accounts a on a.account_id = c.account_id
     where c.contact_id = ${byId ? 'living_contact($1)' : `(select contact_id from identities where kind = 'email' and value = $1)`} and ${reachText('c.account_id', '$2', '$3')}`,
    [byId ? contact.contactId : contact.email, ...reachParams(reach)],
  );
}

export interface ExplainedCampaignRow {
  campaign_id: number;
  key: string;
  name: string;
  state: string;
  version: number;
  definition: unknown;
  purpose_nl: string | null;
  purpose_en: string | null;
}

export function findExplainedCampaign(sql: Sql, key: string): Promise<ExplainedCampaignRow | undefined> {
  return sql.maybe<ExplainedCampaignRow & Record<string, unknown>>(
    'decisions.findCampaign',
    `select c.campaign_id, c.key, c.name, c.state, v.version, v.definition, p.name_nl as purpose_nl, p.name_en as purpose_en
     from campaigns c join campaign_versions v on v.campaign_id = c.campaign_id and v.version = c.current_version
       left join purposes p on p.purpose = v.definition ->> 'purpose'
     where c.key = $1`,
    [key],
  );
}

export interface EnrollmentRow {
  state: string;
  step: number;
  occurrence: number;
  step_since: Date;
  due_at: Date;
  end_reason: string | null;
}

/** The person's last way through a campaign. */
export function findEnrollment(sql: Sql, contactId: number, campaignId: number): Promise<EnrollmentRow | undefined> {
  return sql.maybe<EnrollmentRow & Record<string, unknown>>(
    'decisions.findEnrollment',
    'select state, step, occurrence, step_since, due_at, end_reason from enrollments where contact_id = $1 and campaign_id = $2 order by occurrence desc limit 1',
    [contactId, campaignId],
  );
}
