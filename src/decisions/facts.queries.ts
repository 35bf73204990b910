import type { ConsentStanding } from '../core/consent/fold-ledger.js';
import type { LegalBasis, MessageClass } from '../core/consent/purpose.js';
import type { HoldKind, HoldScope } from '../core/account/holds.js';
import type { SuppressionReason } from '../core/consent/suppression-reasons.js';
import type { ForeignOrigin, TouchedItem } from '../core/decision/facts.js';
import type { TouchedData } from '../core/rule/touched-data.js';
import type { Sql } from '../platform/database/sql.js';

export interface ReferenceRow {
  /** Null when there is no such purpose; then the columns below are too. */
  purpose: string | null;
  message_class: MessageClass;
  legal_basis: LegalBasis;
  channels: string[];
  double_opt_in: boolean;
  retention_days: number;
  balancing_recorded: boolean;
  valid_until: Date | null;
  retired_at: Date | null;
  /** Null: the workspace. */
  controller: string | null;
  /** What the workspace set; null for the defaults. */
  policies: unknown;
  /** Also whether it is worked out from other data about somebody. */
  touched: (TouchedItem & { readonly computed: boolean })[];
  /** How the sending domain stands; null when nobody looked. */
  sending: {
    aligned: boolean | null;
    problem: string | null;
    /** Seconds since 1970. */
    paused_since: number | null;
    pause_reason: string | null;
    /** The first day of warming up, since 1970. */
    warm_up_day: number | null;
    daily_target: number | null;
    hourly_limit: number | null;
  } | null;
}

/** What a request is about: what its people share. */
export interface AskedReference {
  readonly purpose: string;
  readonly touches: TouchedData;
}

/** What the people of each request share, a row for each, in the order given. An attribute or event without a definition is not among `touched`. */
export function readReferences(sql: Sql, asked: readonly AskedReference[], sendingDomain = ''): Promise<ReferenceRow[]> {
  return sql.manyKept<ReferenceRow & Record<string, unknown>>(
    'decisions.readReferences',
    `select p.purpose, p.message_class, p.legal_basis, p.channels, p.double_opt_in, p.retention_days, p.balancing_assessment is not null as balancing_recorded, p.valid_until, p.retired_at, p.controller,
       policies_in_force() as policies,
       coalesce((select jsonb_agg(jsonb_build_object('name', name, 'purposes', purposes, 'sensitive', sensitive, 'computed', computed)) from (
         select scope || '.' || key as name, purposes, sensitive, computation is not null as computed from attribute_definitions where (scope = 'contact' and key = any(asked.contact)) or (scope = 'account' and key = any(asked.account)) or scope || '.' || key = any(behind.data)
         union all select 'event.' || name, purposes, sensitive, false from event_definitions where name = any(asked.events) or 'event.' || name = any(behind.data)
           or name in (select computation ->> 'event' from attribute_definitions where scope = 'contact' and key = any(asked.contact) and computation is not null)
       ) defined), '[]') as touched,
       (select jsonb_build_object('aligned', aligned, 'problem', problem, 'paused_since', floor(extract(epoch from paused_at)), 'pause_reason', pause_reason,
          'warm_up_day', warm_up_started_on - date '1970-01-01', 'daily_target', daily_target, 'hourly_limit', hourly_limit) from sending_domains where domain = $2) as sending
     from jsonb_to_recordset($1) asked (position int, purpose text, contact text[], account text[], events text[]) left join purposes p on p.purpose = asked.purpose
     cross join lateral (select array_agg(data) as data from attribute_definitions cross join unnest(derived_from) data where scope = 'account' and key = any(asked.account)) behind
     order by asked.position`,
    [JSON.stringify(asked.map(({ purpose, touches }, position) => ({ position, purpose, contact: touches.contactAttributes, account: touches.accountAttributes, events: touches.events }))), sendingDomain],
  );
}

export interface PersonRow {
  contact_id: number;
  /** The place of the request, from 1. */
  request: number;
  email: string | null;
  has_address_hash: boolean;
  address_state: 'ok' | 'unverified' | 'invalid';
  provenance_complete: boolean;
  collected_for_purpose: boolean;
  /** Seconds since 1970. */
  restricted_since: number | null;
  birth_date: string | null;
  lifecycle_stage: string | null;
  time_zone: string | null;
  country: string | null;
  won_opportunities: number | null;
  /** Days since 1970: the last sale, and the last day on which data came in or something was bought. */
  sale_day: number | null;
  relation_day: number;
  suppressions: SuppressionReason[] | null;
  soft_bounce_until: Date | null;
  /** When the first of them ends. */
  suppression_ends: Date | null;
  /** Null: the workspace. */
  controller: string | null;
  obtained_from: 'person' | ForeignOrigin;
  notice_sent: boolean;
  has_account: boolean;
  prefers_human_since: number | null;
  profiling_off: boolean;
  suppressed_domain: string | null;
  holds: [kind: HoldKind, scope: HoldScope, since: number, until: number | null][] | null;
  /** Of the account. */
  tier: string | null;
}

// Moments travel as numbers: reading a number takes a tenth of the time of reading a moment, and facts are rounded anyway. As float8, which knows infinity.
const secondsOf = (column: string): string => `floor(extract(epoch from ${column}))::float8`;
const dayOf = (column: string): string => `floor(extract(epoch from ${column}) / 86400)::float8`;

// Holds that last, and that mean all campaigns or that of the request. A hold without an end, or until for ever, has no number.
const HOLD = `floor(extract(epoch from h.opened_at)) as since, case when isfinite(h.ends_at) then ceil(extract(epoch from h.ends_at)) end as until`;
const HOLDS_NOW = `(h.ends_at is null or h.ends_at > $3) and (h.campaign_id is null or h.campaign_id = ($5::int[])[p.request])`;
// The owner of the account agreed to this campaign while a deal is open (rules.md section 5).
const UNLESS_APPROVED = `not (h.kind = 'opportunity' and exists (select from hold_approvals a where a.account_id = h.account_id and a.campaign_id = ($5::int[])[p.request]))`;

/** Of each request its purpose, its campaign and its people, each of them once. */
export interface AskedPeople {
  readonly purpose: string;
  readonly campaignId: number;
  readonly contactIds: readonly number[];
}

const pairsOf = (asked: readonly AskedPeople[]): [contactIds: number[], requests: number[]] => [asked.flatMap(({ contactIds }) => contactIds), asked.flatMap(({ contactIds }, place) => contactIds.map(() => place + 1))];

/**
 * The people of each request with the suppressions of their addresses, and the holds on them and their accounts, that are in force: one statement, however
 * many requests. Suppressions and holds are read for all together: few have any, and looked up for each person by itself they cost half of the statement.
 */
export function readPeople(sql: Sql, asked: readonly AskedPeople[], now: Date): Promise<PersonRow[]> {
  const [contactIds, requests] = pairsOf(asked);
  return sql.manyOf<PersonRow & Record<string, unknown>>(
    contactIds.length,
    'decisions.readPeople',
    `with people as materialized (
       select c.contact_id, asked.request, c.account_id, c.email, c.address_hash, c.address_state, c.source is not null and c.source_at is not null and c.notice_version is not null as provenance_complete,
         c.collected_for && array['*', ($4::text[])[asked.request]] as collected_for_purpose, c.restricted_at, c.birth_date, c.lifecycle_stage, c.time_zone, c.country,
         greatest(c.created_at, c.source_at) as came_at, c.controller, c.obtained_from, c.notice_sent_at, c.prefers_human_at, c.profiling_off_at
       from unnest($1::bigint[], $2::int[]) asked (contact_id, request) join contacts c on c.contact_id = asked.contact_id
     ), suppressed as (
       select p.contact_id, p.request, array_agg(s.reason) as suppressions, max(s.ends_at) filter (where s.reason = 'soft_bounce') as soft_bounce_until, min(s.ends_at) as suppression_ends
       from people p join suppressions s on s.address_hash = p.address_hash and s.purpose in ('', ($4::text[])[p.request]) and (s.ends_at is null or s.ends_at > $3)
       group by p.contact_id, p.request
     ), held as (
       select contact_id, request, jsonb_agg(jsonb_build_array(kind, scope, since, until) order by since, kind) as holds from (
         select p.contact_id, p.request, h.kind, 'contact' as scope, ${HOLD} from people p join contact_holds h on h.contact_id = p.contact_id where ${HOLDS_NOW}
         union all
         select p.contact_id, p.request, h.kind, 'account', ${HOLD} from people p join account_holds h on h.account_id = p.account_id where ${HOLDS_NOW} and ${UNLESS_APPROVED}
       ) h group by contact_id, request
     )
     select p.contact_id, p.request, p.email, p.address_hash is not null as has_address_hash, p.address_state, p.provenance_complete, p.collected_for_purpose,
       ${secondsOf('p.restricted_at')} as restricted_since, p.birth_date, p.lifecycle_stage, p.time_zone, coalesce(p.country, a.country) as country, a.won_opportunities, (a.last_won_on - date '1970-01-01')::float8 as sale_day,
       greatest(${dayOf('p.came_at')}, (a.last_won_on - date '1970-01-01')::float8) as relation_day,
       s.suppressions, s.soft_bounce_until, s.suppression_ends, h.holds,
       p.controller, p.obtained_from, p.notice_sent_at is not null as notice_sent, p.account_id is not null as has_account, ${secondsOf('p.prefers_human_at')} as prefers_human_since,
       p.profiling_off_at is not null as profiling_off, a.tier,
       case when (select true from suppressed_domains limit 1) then
         (select domain from suppressed_domains where domain = any(domain_and_parents(split_part(p.email, '@', 2))) order by length(domain) desc limit 1)
       end as suppressed_domain
     from people p
       left join accounts a on a.account_id = p.account_id
       left join suppressed s on s.contact_id = p.contact_id and s.request = p.request
       left join held h on h.contact_id = p.contact_id and h.request = p.request`,
    [contactIds, requests, now, asked.map(({ purpose }) => purpose), asked.map(({ campaignId }) => campaignId)],
  );
}

export interface ConsentRow {
  contact_id: number;
  /** The place of the request, from 1. */
  request: number;
  channel: string;
  state: ConsentStanding;
  legal_basis: LegalBasis;
  /** Seconds since 1970. */
  since: number | null;
  valid_until: number | null;
  /** The day since 1970 on which the person last said yes. */
  yes_day: number | null;
  evidence_complete: boolean;
  sequence: number;
}

export function readConsents(sql: Sql, asked: readonly AskedPeople[]): Promise<ConsentRow[]> {
  const [contactIds, requests] = pairsOf(asked);
  return sql.manyOf<ConsentRow & Record<string, unknown>>(
    contactIds.length,
    'decisions.readConsents',
    `select k.contact_id, asked.request, channel, state, legal_basis, ${secondsOf('coalesce(ended_at, confirmed_at, given_at)')} as since, ${secondsOf('valid_until')} as valid_until,
       ${dayOf('greatest(given_at, confirmed_at)')} as yes_day, evidence_complete, sequence
     from unnest($1::bigint[], $2::int[]) asked (contact_id, request) join consents k on k.contact_id = asked.contact_id and k.purpose = ($3::text[])[asked.request]`,
    [contactIds, requests, asked.map(({ purpose }) => purpose)],
  );
}

export interface SoftOptInRow {
  contact_id: number;
  similar_products: boolean;
  opt_out_offered: boolean;
  names_controller: boolean;
}

/** Which conditions of the existing-customer exception the ledger records prove. Asked only for purposes that rest on it. */
export function readSoftOptIns(sql: Sql, contactIds: readonly number[], sequences: readonly number[]): Promise<SoftOptInRow[]> {
  return sql.many<SoftOptInRow & Record<string, unknown>>(
    'decisions.readSoftOptIns',
    `select p.contact_id, p.similar_products, p.opt_out_offered, p.names_controller
     from unnest($1::bigint[], $2::int[]) asked (contact_id, sequence) join soft_opt_in_proofs p on p.contact_id = asked.contact_id and p.sequence = asked.sequence`,
    [contactIds, sequences],
  );
}

/**
 * The last event of people whose retention seems over, also when it is gone by now (retention is longer than raw events are kept). Asked only for those,
 * and only as far back as it could still matter.
 */
export function readLastEvents(sql: Sql, contactIds: readonly number[], since: Date): Promise<{ contact_id: number; occurred_at: Date }[]> {
  return sql.many(
    'decisions.readLastEvents',
    `select contact_id, max(occurred_at) as occurred_at from (
       select contact_id, occurred_at from events where contact_id = any($1) and occurred_at >= $2 union all
       select contact_id, last_at from contact_last_events where contact_id = any($1) and last_at >= $2) seen group by contact_id`,
    [contactIds, since],
  );
}

/** Of an earlier mail: that it was this very step's, or when the same content went. */
export interface EarlierMailRow {
  contact_id: number;
  /** The place of the request, from 1. */
  request: number;
  /** Of this step's own mail. */
  occurrence: number | null;
  /** How far a draft of it is; null where it is none. */
  draft: 'draft' | 'approved' | 'dropped' | null;
  /** Seconds since 1970. */
  same_content_at: number | null;
}

export interface AskedStep {
  readonly campaignId: number;
  readonly step: number;
  /** Null: nobody asks for the same content. */
  readonly template: { readonly id: number; readonly version: number } | null;
  readonly candidates: readonly { readonly contactId: number; readonly occurrence: number }[];
}

/**
 * Who has a step's mail already, whatever became of it: the constraint on messages would refuse a second one. And who got the same version of
 * the template since a moment from another campaign or step. The campaign comes out of `asked` and not as a constant: of a new campaign the
 * statistics know nothing, and the planner would read all of its mail from its index.
 */
export function readEarlierMail(sql: Sql, steps: readonly AskedStep[], since: Date): Promise<EarlierMailRow[]> {
  const asked = steps.flatMap(({ campaignId, step, candidates }, place) => candidates.map(({ contactId, occurrence }) => ({ contactId, campaignId, step, occurrence, request: place + 1 })));
  return sql.manyOf<EarlierMailRow & Record<string, unknown>>(
    asked.length,
    'decisions.readEarlierMail',
    `with asked as materialized (select * from unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::int[]) asked (contact_id, campaign_id, step, occurrence, request))
     select m.contact_id, asked.request, m.occurrence, null::float8 as same_content_at,
            case when m.response = 'approval.due' and m.state = 'draft' then case when m.approved_at is null then 'draft' else 'approved' end
                 when m.response = 'approval.dropped' and m.state = 'denied' then 'dropped' end as draft
       from asked
       join messages m on m.contact_id = asked.contact_id and m.campaign_id = asked.campaign_id and m.step = asked.step and m.occurrence = asked.occurrence
     union all
     select m.contact_id, asked.request, null, max(${secondsOf('coalesce(m.sent_at, greatest(m.queued_at, m.due_at))')}), null from asked
       join messages m on m.contact_id = asked.contact_id and m.template_id = ($6::int[])[asked.request] and m.template_version = ($7::int[])[asked.request] and (m.campaign_id, m.step) <> (asked.campaign_id, asked.step)
      where m.state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied') and coalesce(m.sent_at, 'infinity') > $8
      group by m.contact_id, asked.request`,
    [
      asked.map((one) => one.contactId), asked.map((one) => one.campaignId), asked.map((one) => one.step), asked.map((one) => one.occurrence), asked.map((one) => one.request),
      steps.map(({ template }) => template?.id ?? null), steps.map(({ template }) => template?.version ?? null), since,
    ],
  );
}
