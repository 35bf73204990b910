import type { MessageClass } from '../core/consent/purpose.js';
import type { Sql } from '../platform/database/sql.js';

export interface FactorRow {
  contact_id: number;
  factor: number;
  factor_at: Date;
  cause: string;
}

/** Held until the transaction ends, in the order of people, so that two who adjust the same people wait for each other in one order. */
export function lockFactors(sql: Sql, contactIds: readonly number[]): Promise<FactorRow[]> {
  return sql.many<FactorRow & Record<string, unknown>>(
    'pressure.lockFactors',
    'select contact_id, factor, factor_at, cause from pressure_factors where contact_id = any($1) order by contact_id for update',
    [contactIds],
  );
}

export interface FactorToStore {
  readonly contactId: number;
  readonly factor: number;
  readonly at: Date;
  readonly cause: string;
  /** When six mails in a row were found unanswered: the next six are counted from there. */
  readonly unansweredAt: Date | null;
}

/** People who are gone meanwhile are left out. */
export async function storeFactors(sql: Sql, rows: readonly FactorToStore[]): Promise<void> {
  await sql.exec(
    'pressure.storeFactors',
    `insert into pressure_factors (contact_id, factor, factor_at, cause, unanswered_at)
     select u.* from unnest($1::bigint[], $2::real[], $3::timestamptz[], $4::text[], $5::timestamptz[]) u (contact_id, factor, factor_at, cause, unanswered_at)
       join contacts c on c.contact_id = u.contact_id
      order by u.contact_id
     on conflict (contact_id) do update set factor = excluded.factor, factor_at = excluded.factor_at, cause = excluded.cause,
       unanswered_at = coalesce(excluded.unanswered_at, pressure_factors.unanswered_at)`,
    [
      rows.map((row) => row.contactId), rows.map((row) => row.factor), rows.map((row) => row.at), rows.map((row) => row.cause), rows.map((row) => row.unansweredAt),
    ],
  );
}

/** The last person of the next stretch of so many; undefined when nobody is left. */
export async function stretchEnd(sql: Sql, after: number, people: number): Promise<number | undefined> {
  const row = await sql.one<{ last: number | null }>('pressure.stretchEnd', 'select max(contact_id) as last from (select contact_id from contacts where contact_id > $1 order by contact_id limit $2) stretch', [after, people]);
  return row.last ?? undefined;
}

/**
 * Who of a stretch got so many mails in a row without reacting. A reaction is anything that the person did: an event (not an opened mail,
 * which says little, nor what a machine did), an answer, a meeting. Mails are counted since the last reaction and the last time they were found
 * unanswered; per person one range of messages_contact, and only for those with enough mail the last event is looked up.
 */
export async function listUnanswered(
  sql: Sql,
  extent: { readonly after: number; readonly upTo: number },
  touches: number,
  classes: readonly MessageClass[],
  sent: { readonly after: Date; readonly until: Date },
  now: Date,
): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'pressure.listUnanswered',
    `with mailed as (
       select m.contact_id, array_agg(m.sent_at order by m.sent_at desc) as sent, f.unanswered_at, max(m.sent_at) filter (where m.state = 'replied') as replied_to
         from messages m left join pressure_factors f on f.contact_id = m.contact_id
        where m.contact_id > $1 and m.contact_id <= $2 and m.state in ('sent', 'complained', 'replied') and m.class = any($4)
          and coalesce(m.sent_at, 'infinity') > greatest($5, coalesce(f.unanswered_at, '-infinity')) and m.sent_at <= $7
        group by m.contact_id, f.unanswered_at
       having count(*) >= $3
     )
     select p.contact_id from mailed p join contacts c on c.contact_id = p.contact_id
      where p.sent[$3] > greatest(
        p.replied_to,
        (select max(e.occurred_at) from events e
          where e.contact_id = p.contact_id and e.occurred_at >= p.sent[$3] and e.occurred_at <= $6 and e.name <> 'Email Opened' and e.properties -> 'machine' is distinct from 'true'),
        (select max(h.touched_at) from human_touches h where h.contact_id = p.contact_id and h.kind = 'meeting' and h.touched_at >= p.sent[$3] and h.touched_at <= $6),
        '-infinity')
      order by p.contact_id`,
    [extent.after, extent.upTo, touches, classes, sent.after, now, sent.until],
  );
  return rows.map((row) => row.contact_id);
}

/** When everybody was last looked through. */
export async function readLookedAt(sql: Sql): Promise<Date | undefined> {
  const row = await sql.maybe<{ at: string }>('pressure.readLookedAt', `select value ->> 'at' as at from settings where key = 'pressure_unanswered'`);
  return row && new Date(row.at);
}

export async function writeLookedAt(sql: Sql, now: Date): Promise<void> {
  await sql.exec(
    'pressure.writeLookedAt',
    `insert into settings (key, value, updated_at) values ('pressure_unanswered', jsonb_build_object('at', $1::text), $2)
     on conflict (key) do update set value = excluded.value, version = settings.version + 1, updated_at = excluded.updated_at`,
    [now.toISOString(), now],
  );
}

/** Any number that no other lock has. */
const LOOK_LOCK = 7_417_014;

/** False while somebody else looks; held until the transaction ends. */
export async function tryLockLook(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('pressure.tryLockLook', 'select pg_try_advisory_xact_lock($1) as locked', [LOOK_LOCK]);
  return locked;
}
