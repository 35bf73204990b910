import { type ComputedAttribute, compileComputation, type ComputingMoment } from '../../core/attribute/compile-computation.js';
import type { Computation } from '../../core/attribute/computation.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const HISTORY_LOCK = 7_417_008;

export interface EventHistory {
  /** received_xid up to which events have been counted. */
  cursor_xid: number;
  time_zone: string;
  /** What happened before is closed: its events are gone, and nothing is added to it. */
  closed_before: Date;
}

/** Whether this transaction may work on the history; one at a time, also over several processes. */
export async function tryLockHistory(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('history.tryLock', 'select pg_try_advisory_xact_lock($1, 0) as locked', [HISTORY_LOCK]);
  return locked;
}

export async function waitForHistory(sql: Sql): Promise<void> {
  await sql.exec('history.wait', 'select pg_advisory_xact_lock($1, 0)', [HISTORY_LOCK]);
}

/** Until the transaction ends no event is moved or deleted by anybody who has not already said so. Lock first, read events after. */
export function lockHistory(sql: Sql): Promise<EventHistory> {
  return sql.one<EventHistory>('history.lock', 'select cursor_xid, time_zone, closed_before from event_history for update');
}

export function readHistory(sql: Sql): Promise<EventHistory> {
  return sql.one<EventHistory>('history.read', 'select cursor_xid, time_zone, closed_before from event_history');
}

/**
 * Whether there is anything to take in; asked every second, so that an idle installation writes nothing. The bounds are given as values: of a bound it
 * has to look up itself the planner expects a third of all events, and reads them one after the other to find that there is none.
 */
export async function anythingNew(sql: Sql, { cursor_xid: from }: EventHistory, to: number, now: Date): Promise<boolean> {
  const { any } = await sql.one<{ any: boolean }>(
    'history.anythingNew',
    'select exists (select from events where received_xid >= $1 and received_xid < $2) or exists (select from computed_due where due_at <= $3) as any',
    [from, to, now],
  );
  return any;
}

export async function beginDaysIn(sql: Sql, timeZone: string): Promise<void> {
  await sql.exec('history.beginDaysIn', 'update event_history set time_zone = $1', [timeZone]);
}

export async function advanceCursor(sql: Sql, cursor: number): Promise<void> {
  await sql.exec('history.advance', 'update event_history set cursor_xid = $1', [cursor]);
}

/** Where events received from `from` (in) to `to` (out) are looked for. A table of one's own (a partition about to go) may be named instead. */
export interface Received {
  readonly from: number;
  readonly to: number | undefined;
  readonly table?: string;
}

const RECEIVED = 'e.received_xid >= $1 and ($2::bigint is null or e.received_xid < $2)';

/**
 * Counts the events received in the stretch, each once, because the cursor moves on in the same transaction; kinds of events past the bound, which are not defined,
 * are counted nowhere. Gives how many (contact, event, day) changed. The empty text keeps the index of names out of it: of a month that the statistics do not know
 * yet all events of each kind would be read from there, and not the stretch.
 */
export async function rollUp(sql: Sql, { from, to, table = 'events' }: Received, { time_zone: zone, closed_before: closed }: EventHistory): Promise<number> {
  const { days } = await sql.one<{ days: number }>(
    'history.rollUp',
    `with changes as materialized (
       select e.contact_id, d.event_id, (e.occurred_at at time zone $3)::date as day, count(*)::integer as count
         from ${table} e join event_definitions d on d.name = (e.name || '') where ${RECEIVED} and e.occurred_at >= $4 group by 1, 2, 3
     ), added as (
       insert into event_days as e select contact_id, event_id, day, count from changes order by 1, 2, 3
       on conflict (contact_id, event_id, day) do update set count = e.count + excluded.count returning contact_id, event_id, day, xmax = 0 as first
     ), totals as (
       insert into event_totals as t select c.event_id, c.day, sum(c.count), count(*) filter (where a.first) from changes c join added a using (contact_id, event_id, day) group by 1, 2 order by 1, 2
       on conflict (event_id, day) do update set events = t.events + excluded.events, contacts = t.contacts + excluded.contacts
     )
     select count(*) as days from changes`,
    [from, to ?? null, zone, closed],
  );
  return days;
}

/** When each contact last did anything, of any kind, as far as the stretch tells. Whoever reads it looks at the events behind the cursor too. */
export function noteLast(sql: Sql, { from, to, table = 'events' }: Received): Promise<number> {
  return sql.exec(
    'history.noteLast',
    `insert into contact_last_events as l select e.contact_id, max(e.occurred_at) from ${table} e where ${RECEIVED} group by 1 order by 1
     on conflict (contact_id) do update set last_at = excluded.last_at where l.last_at < excluded.last_at`,
    [from, to ?? null],
  );
}

/** Whose computed values the events of the stretch may change. */
export function markReceived(sql: Sql, { from, to }: Received): Promise<number> {
  return sql.exec(
    'history.markReceived',
    `insert into computed_dirty (contact_id, event)
     select distinct e.contact_id, e.name from events e where ${RECEIVED}
        and e.name in (select computation ->> 'event' from attribute_definitions where computation is not null and not removing)
      order by e.name, e.contact_id`,
    [from, to ?? null],
  );
}

/** Whose computed values the clock has changed. */
export function markDue(sql: Sql, now: Date, limit: number): Promise<number> {
  return sql.exec(
    'history.markDue',
    `with due as (
       delete from computed_due where (contact_id, key) in (select contact_id, key from computed_due where due_at <= $1 order by due_at limit $2) returning contact_id, key
     )
     insert into computed_dirty (contact_id, event)
     select distinct due.contact_id, d.computation ->> 'event' from due join attribute_definitions d on d.scope = 'contact' and d.key = due.key and d.computation is not null and not d.removing`,
    [now, limit],
  );
}

/**
 * The oldest marks, up to the last of them so that no plan reads the queue once for each; deleted first and the events read after, so that whatever is marked
 * meanwhile stays marked.
 */
export function takeDirty(sql: Sql, limit: number): Promise<{ event: string; contact_ids: number[] }[]> {
  return sql.many(
    'history.takeDirty',
    `with taken as (delete from computed_dirty where dirty_id <= (select max(dirty_id) from (select dirty_id from computed_dirty order by dirty_id limit $1) oldest) returning contact_id, event)
     select event, array_agg(distinct contact_id) as contact_ids from taken group by event order by event`,
    [limit],
  );
}

export async function anyDirty(sql: Sql): Promise<boolean> {
  const { any } = await sql.one<{ any: boolean }>('history.anyDirty', 'select exists (select from computed_dirty) as any');
  return any;
}

export function readComputed(sql: Sql): Promise<{ key: string; computation: Computation }[]> {
  return sql.many('history.readComputed', `select key, computation from attribute_definitions where scope = 'contact' and computation is not null and not removing order by key`);
}

/**
 * Computes values of people anew and writes those that differ: one statement for all attributes and people of a batch. Recomputed whole from a
 * person's events, not added to: whatever came late, twice, or in another order, and wherever a crash fell, the value is the one its events give.
 */
export function writeComputed(sql: Sql, attributes: readonly ComputedAttribute[], peopleOf: ReadonlyMap<string, readonly number[]>, moment: ComputingMoment): Promise<number> {
  const params = new Parameters();
  const selects = attributes.map((attribute) => {
    const people = params.add(peopleOf.get(attribute.computation.event) ?? [], 'bigint[]');
    return `select p.contact_id, ${params.add(attribute.key, 'text')}, x.value, x.due_at from unnest(${people}) p (contact_id)
              left join (${compileComputation(attribute, `= any(${people})`, moment, params)}) x on x.contact_id = p.contact_id`;
  });
  return sql.exec(
    'history.writeComputed',
    `with computed (contact_id, key, value, due_at) as materialized (${selects.join(' union all ')}),
       changed as (
         select contact_id, coalesce(jsonb_object_agg(key, value) filter (where value is not null), '{}') as present, coalesce(array_agg(key) filter (where value is null), '{}') as absent
           from computed group by contact_id
       ),
       later as (
         insert into computed_due select contact_id, key, due_at from computed where due_at is not null order by contact_id, key
         on conflict (contact_id, key) do update set due_at = excluded.due_at where computed_due.due_at <> excluded.due_at
       ),
       never as (delete from computed_due d using computed c where d.contact_id = c.contact_id and d.key = c.key and c.due_at is null)
     update contacts c set attributes = (c.attributes - v.absent) || v.present from changed v
      where c.contact_id = v.contact_id and ((c.attributes - v.absent) || v.present) is distinct from c.attributes`,
    params.values,
  );
}
