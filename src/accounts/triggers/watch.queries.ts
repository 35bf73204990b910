import type { AccountTrigger } from '../../core/account/account-trigger.js';
import { compilePropertyFilter } from '../../core/rule/compile-value.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { EventCursor } from '../../platform/database/event-cursor.queries.js';
import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const WATCH_LOCK = 7_417_029;

/** Whether this transaction may read the events: one at a time, over all processes. */
export async function tryLockWatch(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('accountTriggers.tryLock', 'select pg_try_advisory_xact_lock($1) as locked', [WATCH_LOCK]);
  return locked;
}

export interface ActiveTrigger {
  trigger_id: number;
  key: string;
  name: string;
  definition: AccountTrigger;
  active_since: Date;
}

export function listActive(sql: Sql): Promise<ActiveTrigger[]> {
  return sql.many<ActiveTrigger & Record<string, unknown>>('accountTriggers.listActive', `select trigger_id, key, name, definition, active_since from account_triggers where state = 'active' order by trigger_id`);
}

export const CURSOR: EventCursor = { reader: 'accountTriggers', key: 'account_trigger_cursor' };

// What a machine did (a scanner that follows links) says nothing about a person.
const BY_A_HUMAN = `e.properties -> 'machine' is distinct from 'true'`;

/** Whose people did something of this name in events received from `from` (in) to `to` (out); what happened before `since` is history. */
export function listTouched(sql: Sql, names: readonly string[], { from, to }: { from: number; to: number }, since: Date): Promise<{ account_id: number; name: string }[]> {
  return sql.manyKept(
    'accountTriggers.listTouched',
    `select distinct c.account_id, e.name from events e join contacts c on c.contact_id = e.contact_id
      where e.name = any($1) and e.received_xid >= $2 and e.received_xid < $3 and e.occurred_at > $4 and c.account_id is not null and ${BY_A_HUMAN} order by 1, 2`,
    [names, from, to, since],
  );
}

/** Whether the buying group of any account changed since the last look. */
export async function isAnyAsked(sql: Sql): Promise<boolean> {
  return (await sql.one<{ asked: boolean }>('accountTriggers.isAnyAsked', 'select exists (select from account_trigger_asks) as asked')).asked;
}

/** The accounts whose buying group changed, each once; they are noted no more. What commits later is seen at the next look. */
export async function takeAsked(sql: Sql): Promise<number[]> {
  const rows = await sql.many<{ account_id: number }>('accountTriggers.takeAsked', 'with taken as (delete from account_trigger_asks returning account_id) select distinct account_id from taken order by 1');
  return rows.map((row) => row.account_id);
}

/** The last firing of each of these accounts. */
export function readStates(sql: Sql, triggerId: number, accountIds: readonly number[]): Promise<{ account_id: number; fired_at: Date; rearms_at: Date }[]> {
  return sql.many(
    'accountTriggers.readStates',
    'select distinct on (account_id) account_id, fired_at, rearms_at from account_trigger_firings where trigger_id = $1 and account_id = any($2) order by account_id, fired_at desc',
    [triggerId, accountIds],
  );
}

/** A stretch of time of an account: since (excluded) until (included). */
export interface Stretch {
  readonly accountId: number;
  readonly since: Date;
  readonly until: Date;
}

export interface VisitRow {
  /** Place in the list of stretches. */
  place: number;
  contact_id: number;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * What the people meant did of what is watched. Who is meant now counts, also for what he did before his part was known: it is his interest. By
 * the primary key of each of the account's people, whose events come in order of time.
 */
export function readVisits(sql: Sql, { events, of, roles }: AccountTrigger, stretches: readonly Stretch[], now: Date): Promise<VisitRow[]> {
  const params = new Parameters();
  const accounts = params.add(stretches.map(({ accountId }) => accountId), 'bigint[]');
  const since = params.add(stretches.map((one) => one.since.toISOString()), 'timestamptz[]');
  const until = params.add(stretches.map((one) => one.until.toISOString()), 'timestamptz[]');
  const earliest = params.add(new Date(Math.min(...stretches.map((one) => one.since.getTime()))), 'timestamptz');
  const tests = events.map(({ event, where }) => [`e.name = ${params.add(event, 'text')}`, ...where.map((filter) => `(${compilePropertyFilter(filter, 'e.properties', params)})`)].join(' and '));
  const moment = params.add(now, 'timestamptz');
  const inRole = roles.length === 0 ? '' : ` and m.role = any(${params.add(roles, 'text[]')})`;
  const member = `exists (select from buying_group_members m where m.contact_id = c.contact_id and m.account_id = c.account_id and m.valid_from <= ${moment} and (m.valid_to is null or m.valid_to > ${moment})${inRole})`;
  return sql.many<VisitRow & Record<string, unknown>>(
    'accountTriggers.readVisits',
    `select (s.place - 1)::int as place, c.contact_id, (extract(epoch from e.occurred_at) * 1000)::float8 as at
       from unnest(${accounts}, ${since}, ${until}) with ordinality s (account_id, since, until, place)
       join contacts c on c.account_id = s.account_id ${of === 'buying_group' ? `and ${member}` : ''}
       join events e on e.contact_id = c.contact_id and e.occurred_at > s.since and e.occurred_at <= s.until
      where e.occurred_at > ${earliest} and ${BY_A_HUMAN} and (${tests.map((test) => `(${test})`).join(' or ')})`,
    params.values,
  );
}

export interface NewFiring {
  readonly accountId: number;
  readonly firedAt: Date;
  readonly people: number;
  readonly rearmsAt: Date;
  readonly taskId: number | null;
}

export async function insertFirings(sql: Sql, triggerId: number, firings: readonly NewFiring[], now: Date): Promise<void> {
  await sql.exec(
    'accountTriggers.insertFirings',
    `insert into account_trigger_firings (trigger_id, account_id, fired_at, people, rearms_at, noticed_at, task_id)
     select $1, f.account_id, f.fired_at, f.people, f.rearms_at, $2, f.task_id
       from unnest($3::bigint[], $4::timestamptz[], $5::int[], $6::timestamptz[], $7::bigint[]) f (account_id, fired_at, people, rearms_at, task_id)
     on conflict (trigger_id, account_id, fired_at) do nothing`,
    [triggerId, now, firings.map((one) => one.accountId), firings.map((one) => one.firedAt.toISOString()), firings.map((one) => one.people), firings.map((one) => one.rearmsAt.toISOString()), firings.map((one) => one.taskId)],
  );
}

/** Until when they keep quiet, as it is known now. */
export async function updateQuiet(sql: Sql, triggerId: number, states: readonly { readonly accountId: number; readonly firedAt: Date; readonly rearmsAt: Date }[]): Promise<void> {
  await sql.exec(
    'accountTriggers.updateQuiet',
    `update account_trigger_firings f set rearms_at = u.rearms_at from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[]) u (account_id, fired_at, rearms_at)
      where f.trigger_id = $1 and f.account_id = u.account_id and f.fired_at = u.fired_at`,
    [triggerId, states.map((one) => one.accountId), states.map((one) => one.firedAt.toISOString()), states.map((one) => one.rearmsAt.toISOString())],
  );
}
