import type { ReConfirmationClass, ReConfirmationInput } from '../../core/consent/re-confirmation.js';
import type { Sql } from '../../platform/database/sql.js';

export interface Asked {
  readonly purpose: string;
  /** Whether the purpose asks everybody to confirm; else people of these countries, and of countries nobody looked into. */
  readonly everybodyConfirms: boolean;
  readonly countriesWithout: readonly string[];
  readonly input: ReConfirmationInput;
}

/** The first class that fits, in the order of how much it weighs. Nobody who said no comes past the first line. */
const CLASS = `case
    when k.state in ('withdrawn', 'objected', 'refused') then 'said_no'
    when k.state = 'expired' or k.valid_until <= $5 then 'lapsed'
    when k.legal_basis <> 'consent' then 'other_basis'
    when k.state = 'requested' then 'never_said_yes'
    when not k.evidence_complete then 'without_evidence'
    when c.address_hash is null or c.email is null then 'no_address'
    when exists (select from suppressions s where s.address_hash = c.address_hash and s.purpose in ('', k.purpose) and (s.ends_at is null or s.ends_at > $5)) then 'opted_out'
    when k.valid_until <= $5::timestamptz + make_interval(days => $4) then case when asked_again then 'asked_before' else 'expiring' end
    when k.state = 'given' and ($2 or coalesce(c.country, a.country) = any($3) is not true) then case when asked_again then 'asked_before' else 'unconfirmed' end
    else 'good' end`;

const FROM = `consents k join contacts c using (contact_id) left join accounts a on a.account_id = c.account_id
  cross join lateral (select exists (select from opt_in_requests r where r.contact_id = k.contact_id and r.purpose = k.purpose and r.kind = 're_confirmation'
    and r.requested_at >= coalesce(k.confirmed_at, k.given_at, '-infinity')) as asked_again) again`;

function paramsOf({ purpose, everybodyConfirms, countriesWithout, input }: Asked, now: Date): unknown[] {
  return [purpose, everybodyConfirms, countriesWithout, input.expiringWithinDays, now];
}

/** How many people with a record for the purpose are of which class. One pass. */
export function countClasses(sql: Sql, asked: Asked, now: Date): Promise<{ class: ReConfirmationClass; people: number }[]> {
  return sql.many(
    'reConfirmation.countClasses',
    `select class, count(*)::integer as people from (select ${CLASS} as class from ${FROM} where k.purpose = $1 and k.channel = 'email') judged group by class order by people desc, class`,
    paramsOf(asked, now),
  );
}

/** The next people to ask after the given id; with ids, which of them still are. */
export function listToAsk(sql: Sql, asked: Asked, now: Date, after: number, limit: number, only: readonly number[] | null): Promise<{ contact_id: number; class: 'unconfirmed' | 'expiring'; valid_until: Date | null; country: string | null }[]> {
  return sql.many(
    'reConfirmation.listToAsk',
    `select contact_id, class, valid_until, country from (
       select k.contact_id, k.valid_until, c.country, ${CLASS} as class from ${FROM}
       where k.purpose = $1 and k.channel = 'email' and k.contact_id > $7 and ($9::bigint[] is null or k.contact_id = any($9))
     ) judged where class = any($6) order by contact_id limit $8`,
    [...paramsOf(asked, now), asked.input.who, after, limit, only],
  );
}
