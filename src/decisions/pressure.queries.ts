import type { MessageClass } from '../core/consent/purpose.js';
import type { ChosenOften } from '../core/consent/chosen-settings.js';
import type { TouchKind } from '../core/pressure/pressure-index.js';
import type { Sql } from '../platform/database/sql.js';

export interface TouchRow {
  contact_id: number;
  account_id: number | null;
  /** Null for what a human did. */
  campaign_id: number | null;
  purpose: string;
  channel: string;
  kind: TouchKind;
  /** Seconds since 1970 at which it left; for what still waits, at which it is to leave. */
  touched_at: number;
  waiting: boolean;
}

const COUNTED = `state in ('queued', 'sending', 'sent', 'uncertain', 'complained', 'replied') and coalesce(sent_at, 'infinity') > $2`;
const mail = (account: string): string => `contact_id, ${account}, campaign_id, purpose, channel, case when class = any($3) then 'mail' else 'service_mail' end as kind,
  ceil(extract(epoch from coalesce(sent_at, greatest(queued_at, due_at))))::float8 as touched_at, state in ('queued', 'sending') as waiting`;
const BY_HUMANS = `contact_id, account_id, null::integer, '', case kind when 'mail' then 'email' when 'call' then 'phone' else 'in_person' end, kind, ceil(extract(epoch from touched_at))::float8, false`;

/** What these people got since a moment, reserved slots and what humans did included; service mail is not pressing, but is felt. */
export function readContactTouches(sql: Sql, contactIds: readonly number[], since: Date, pressing: readonly MessageClass[], now: Date): Promise<TouchRow[]> {
  return sql.many<TouchRow & Record<string, unknown>>(
    'decisions.readContactTouches',
    `select ${mail('account_id')} from messages where contact_id = any($1) and ${COUNTED}
     union all select ${BY_HUMANS} from human_touches where contact_id = any($1) and touched_at > $2 and touched_at <= $4`,
    [contactIds, since, pressing, now],
  );
}

/**
 * Accounts that became part of one of these: what was sent stays written under their ids, and counts for the account that both are now. Writing it again took most
 * of a merge's time (100,000 mails: 5 s, under the locks of both buckets). Nothing was sent under such an id after the merge.
 */
const GONE = `with recursive gone (account_id, living) as (
     select merged_account_id, kept_account_id from account_merges where kept_account_id = any($1) and undone_at is null and merged_at > $2
     union select m.merged_account_id, g.living from gone g join account_merges m on m.kept_account_id = g.account_id where m.undone_at is null and m.merged_at > $2
   )`;
const LIVING = 'coalesce((select living from gone where gone.account_id = messages.account_id), account_id) as account_id';

/** What all people of these accounts got since a moment that presses on the account. */
export function readAccountTouches(sql: Sql, accountIds: readonly number[], since: Date, pressing: readonly MessageClass[], now: Date): Promise<TouchRow[]> {
  return sql.many<TouchRow & Record<string, unknown>>(
    'decisions.readAccountTouches',
    `${GONE}
     select ${mail(LIVING)} from messages where account_id = any($1 || array(select account_id from gone)) and account_id is not null and class = any($3) and ${COUNTED}
     union all select ${BY_HUMANS} from human_touches where account_id = any($1) and account_id is not null and touched_at > $2 and touched_at <= $4`,
    [accountIds, since, pressing, now],
  );
}

/** One row a choice, and one with the factor of whoever has one. */
export interface LeaningRow {
  contact_id: number;
  /** Null in the row of the factor. */
  purpose: string | null;
  frequency: ChosenOften | null;
  /** Seconds since 1970. */
  paused_until: number | null;
  factor: number | null;
  factor_at: Date | null;
}

/** What these people chose, and how much of the usual pressure they bear. */
export function readLeanings(sql: Sql, contactIds: readonly number[]): Promise<LeaningRow[]> {
  return sql.manyOf<LeaningRow & Record<string, unknown>>(
    contactIds.length,
    'decisions.readLeanings',
    `select contact_id, purpose, frequency, ceil(extract(epoch from paused_until))::float8 as paused_until, null::real as factor, null::timestamptz as factor_at from contact_preferences where contact_id = any($1)
     union all select contact_id, null, null, null, factor, factor_at from pressure_factors where contact_id = any($1)`,
    [contactIds],
  );
}
