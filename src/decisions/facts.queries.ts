import type { ConsentStanding } from '../core/consent/fold-ledger.js';
import type { LegalBasis, MessageClass } from '../core/consent/purpose.js';
import type { SuppressionReason } from '../core/consent/suppression-reasons.js';
import type { TouchedItem } from '../core/decision/facts.js';
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
  /** What the workspace set; null for the defaults. */
  policies: unknown;
  touched: TouchedItem[];
}

/** What the whole batch shares, in one row. An attribute or event without a definition is not among `touched`. */
export function readReference(sql: Sql, purpose: string, touches: TouchedData): Promise<ReferenceRow> {
  return sql.one<ReferenceRow & Record<string, unknown>>(
    'decisions.readReference',
    `select p.purpose, p.message_class, p.legal_basis, p.channels, p.double_opt_in, p.retention_days, p.balancing_assessment is not null as balancing_recorded, p.valid_until, p.retired_at,
       policies_in_force() as policies,
       coalesce((select jsonb_agg(jsonb_build_object('name', name, 'purposes', purposes, 'sensitive', sensitive)) from (
         select scope || '.' || key as name, purposes, sensitive from attribute_definitions where (scope = 'contact' and key = any($2)) or (scope = 'account' and key = any($3))
         union all select 'event.' || name, purposes, sensitive from event_definitions where name = any($4)
       ) defined), '[]') as touched
     from (values ($1::text)) asked (purpose) left join purposes p on p.purpose = asked.purpose`,
    [purpose, touches.contactAttributes, touches.accountAttributes, touches.events],
  );
}

export interface PersonRow {
  contact_id: number;
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
}

// Moments travel as numbers: reading a number takes a tenth of the time of reading a moment, and facts are rounded anyway. As float8, which knows infinity.
const secondsOf = (column: string): string => `floor(extract(epoch from ${column}))::float8`;
const secondsUpOf = (column: string): string => `ceil(extract(epoch from ${column}))::float8`;
const dayOf = (column: string): string => `floor(extract(epoch from ${column}) / 86400)::float8`;

/** The people of a batch with the suppressions of their addresses that are in force. */
export function readPeople(sql: Sql, contactIds: readonly number[], purpose: string, now: Date): Promise<PersonRow[]> {
  return sql.many<PersonRow & Record<string, unknown>>(
    'decisions.readPeople',
    `select c.contact_id, c.email, c.address_hash is not null as has_address_hash, c.address_state,
       c.source is not null and c.source_at is not null and c.notice_version is not null as provenance_complete, c.collected_for && array['*', $2] as collected_for_purpose,
       ${secondsOf('c.restricted_at')} as restricted_since, c.birth_date, c.lifecycle_stage, c.time_zone, coalesce(c.country, a.country) as country, a.won_opportunities, (a.last_won_on - date '1970-01-01')::float8 as sale_day,
       greatest(${dayOf('greatest(c.created_at, c.source_at)')}, (a.last_won_on - date '1970-01-01')::float8) as relation_day,
       s.suppressions, s.soft_bounce_until, s.suppression_ends
     from contacts c
       left join accounts a on a.account_id = c.account_id
       left join lateral (
         select array_agg(reason) as suppressions, max(ends_at) filter (where reason = 'soft_bounce') as soft_bounce_until, min(ends_at) as suppression_ends
         from suppressions where address_hash = c.address_hash and purpose in ('', $2) and (ends_at is null or ends_at > $3)
       ) s on true
     where c.contact_id = any($1)`,
    [contactIds, purpose, now],
  );
}

export interface ConsentRow {
  contact_id: number;
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

export function readConsents(sql: Sql, contactIds: readonly number[], purpose: string): Promise<ConsentRow[]> {
  return sql.many<ConsentRow & Record<string, unknown>>(
    'decisions.readConsents',
    `select contact_id, channel, state, legal_basis, ${secondsOf('coalesce(ended_at, confirmed_at, given_at)')} as since, ${secondsOf('valid_until')} as valid_until,
       ${dayOf('greatest(given_at, confirmed_at)')} as yes_day, evidence_complete, sequence
     from consents where contact_id = any($1) and purpose = $2`,
    [contactIds, purpose],
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

export interface TouchRow {
  contact_id: number;
  account_id: number | null;
  campaign_id: number;
  purpose: string;
  channel: string;
  /** Seconds since 1970 at which it left; for what still waits, at which it is to leave. */
  touched_at: number;
  waiting: boolean;
}

const TOUCH = `contact_id, account_id, campaign_id, purpose, channel, ${secondsUpOf('coalesce(sent_at, greatest(queued_at, due_at))')} as touched_at, state in ('queued', 'sending') as waiting`;
const COUNTS = `state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied') and class = any($3) and coalesce(sent_at, 'infinity') > $2`;

/** Mail of these people since a moment, reserved slots included. */
export function readContactTouches(sql: Sql, contactIds: readonly number[], since: Date, classes: readonly MessageClass[]): Promise<TouchRow[]> {
  return sql.many<TouchRow & Record<string, unknown>>('decisions.readContactTouches', `select ${TOUCH} from messages where contact_id = any($1) and ${COUNTS}`, [contactIds, since, classes]);
}

/** Mail of all people of these accounts since a moment. */
export function readAccountTouches(sql: Sql, accountIds: readonly number[], since: Date, classes: readonly MessageClass[]): Promise<TouchRow[]> {
  return sql.many<TouchRow & Record<string, unknown>>(
    'decisions.readAccountTouches',
    `select ${TOUCH} from messages where account_id = any($1) and account_id is not null and ${COUNTS}`,
    [accountIds, since, classes],
  );
}

/**
 * Who has this step's mail already, whatever became of it: the constraint on messages would refuse a second one. The campaign comes out of
 * `asked` and not as a constant: of a new campaign the statistics know nothing, and the planner would read all of its mail from its index.
 */
export function readAlreadySent(sql: Sql, campaignId: number, step: number, contactIds: readonly number[], occurrences: readonly number[]): Promise<{ contact_id: number; occurrence: number }[]> {
  return sql.many(
    'decisions.readAlreadySent',
    `select m.contact_id, m.occurrence from unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[]) asked (contact_id, campaign_id, step, occurrence)
       join messages m on m.contact_id = asked.contact_id and m.campaign_id = asked.campaign_id and m.step = asked.step and m.occurrence = asked.occurrence`,
    [contactIds, contactIds.map(() => campaignId), contactIds.map(() => step), occurrences],
  );
}
