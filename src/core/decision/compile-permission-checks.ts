import { BLOCKING_HOLDS, isBlocking } from '../account/holds.js';
import type { Parameters } from '../rule/parameters.js';
import { dateOf, type DayNumber, type Facts, oldestDayWithin } from './facts.js';
import type { PermissionTerms } from './permission.js';

const DAY = 86_400_000;

/** What the facts of a decision do not tell, because the gate asks only how it stands now. */
export interface PermissionDates {
  readonly birthDate: string | null;
  readonly suppressionEnds: Date | null;
  /** When the consent ends that covers data of GDPR art. 9. */
  readonly explicitConsentEnds: Date | null;
}

/** When the clock alone may first change whether this person may be mailed: never too late, and at that moment nothing need change yet. */
export function permissionUntil(facts: Facts, { policies }: Pick<PermissionTerms, 'policies'>, dates: PermissionDates, now: Date): Date | undefined {
  const purpose = facts.request?.purpose;
  if (!purpose) return undefined;
  const endOf = (day: DayNumber, days: number): number => (day + days + 1) * DAY;
  const moments = [
    facts.consent?.validUntil != null ? dateOf(facts.consent.validUntil).getTime() : undefined,
    purpose.validUntil !== null ? dateOf(purpose.validUntil).getTime() : undefined,
    dates.suppressionEnds?.getTime(),
    dates.explicitConsentEnds?.getTime(),
    ...(facts.holds ?? []).map(({ kind, until }) => (isBlocking(kind) && until !== null ? until * 1_000 : undefined)),
    facts.minor === true && dates.birthDate !== null ? birthday(dates.birthDate, policies.minorBelowAge) : undefined,
    facts.relationDay !== undefined ? endOf(facts.relationDay, purpose.retentionDays) : undefined,
    policies.softOptInDays !== null && facts.sale?.lastOn != null ? endOf(facts.sale.lastOn, policies.softOptInDays) : undefined,
  ].filter((moment) => moment !== undefined);
  // Whose retention is over may come back by anything he does: looked at once a day.
  if (facts.relationDay !== undefined && facts.relationDay < oldestDayWithin(purpose.retentionDays, now.getTime())) moments.push(nextDay(now));
  const coming = moments.filter((moment) => moment > now.getTime());
  return coming.length === 0 ? undefined : new Date(Math.min(...coming));
}

function nextDay(now: Date): number {
  return (Math.floor(now.getTime() / DAY) + 1) * DAY;
}

function birthday(birthDate: string, age: number): number {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number);
  return Date.UTC(year + age, month - 1, day);
}

/** The same for everybody at once: SELECTs of (id, at), where a person may have several. */
export function compilePermissionChecks({ request, policies }: PermissionTerms, now: Date, params: Parameters): string[] {
  const { purpose, purposeKey } = request;
  if (!purpose) return [];
  const key = params.add(purposeKey, 'text');
  const moment = params.add(now.toISOString(), 'timestamptz');
  const startOf = (day: string, days: number): string => `((${day} + ${params.add(days, 'integer')})::timestamp at time zone 'UTC')`;
  const dayOf = (column: string): string => `(${column} at time zone 'UTC')::date`;
  const retained = startOf(dayOf('greatest(c.created_at, c.source_at, k.given_at, k.confirmed_at)'), purpose.retentionDays + 1);
  return [
    `select contact_id as id, date_trunc('second', valid_until) as at from consents where purpose = ${key} and valid_until > ${moment}`,
    `select c.contact_id as id, s.ends_at as at from suppressions s join contacts c using (address_hash) where s.purpose in ('', ${key}) and s.ends_at > ${moment}`,
    `select contact_id as id, ends_at as at from contact_holds where kind = any(${params.add([...BLOCKING_HOLDS], 'text[]')}) and ends_at > ${moment}`,
    `select c.contact_id as id, h.ends_at as at from account_holds h join contacts c using (account_id) where h.kind = any(${params.add([...BLOCKING_HOLDS], 'text[]')}) and h.ends_at > ${moment}`,
    `select contact_id as id, ((birth_date + make_interval(years => ${params.add(policies.minorBelowAge, 'integer')})) at time zone 'UTC') as at from contacts where birth_date is not null`,
    // Whose retention seems over is asked daily: events, sales and words over other channels prolong it.
    `select c.contact_id as id, case when ${retained} > ${moment} then ${retained} else ${params.add(new Date(nextDay(now)).toISOString(), 'timestamptz')} end as at
       from contacts c left join consents k on k.contact_id = c.contact_id and k.purpose = ${key} and k.channel = ${params.add(request.channel, 'text')}`,
    ...(policies.softOptInDays === null ? [] : [`select c.contact_id as id, ${startOf('a.last_won_on', policies.softOptInDays + 1)} as at from contacts c join accounts a using (account_id) where a.last_won_on is not null`]),
    ...(purpose.validUntil === null ? [] : [`select contact_id as id, ${params.add(dateOf(purpose.validUntil).toISOString(), 'timestamptz')} as at from contacts`]),
  ];
}
