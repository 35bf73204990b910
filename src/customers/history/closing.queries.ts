import { type ComputedAttribute, compileFacts, compileResidue } from '../../core/attribute/compile-computation.js';
import type { PortfolioPolicy } from '../../core/account/portfolio-policy.js';
import { compileOrders } from '../../core/insight/compile-orders.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';

/** Whoever waits longer than this for a table is in the way of everybody behind it: better tomorrow night. */
const PATIENCE = '10s';

/** Months of events that end at or before the moment, oldest first, as their tables. */
export async function listExpired(sql: Sql, before: Date): Promise<string[]> {
  const rows = await sql.many<{ name: string }>(
    'closing.listExpired',
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
        and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= $1
      order by c.relname`,
    [before],
  );
  return rows.map(({ name }) => name);
}

/** Waits for whoever writes to these tables; nobody writes to them from here on. */
export async function lockMonths(sql: Sql, tables: readonly string[]): Promise<void> {
  await sql.exec('closing.patience', `set local lock_timeout = '${PATIENCE}'`);
  for (const table of [...tables, 'events_default']) await sql.exec('closing.lockMonth', `lock table ${table} in access exclusive mode`);
}

/** What the events of the stretch give to a computed attribute is kept, together with what earlier ones gave. */
export async function keepResidues(sql: Sql, attribute: ComputedAttribute, from: Date, until: Date): Promise<void> {
  const params = new Parameters();
  const [begins, ends] = [params.add(from, 'timestamptz'), params.add(until, 'timestamptz')];
  const people = `in (select x.contact_id from events x where x.name = ${params.add(attribute.computation.event, 'text')} and x.occurred_at >= ${begins} and x.occurred_at < ${ends})`;
  await sql.exec(
    'closing.keepResidues',
    `insert into computed_residues (key, contact_id, slot, value, number, count, at, event_key)
     select ${params.add(attribute.key, 'text')}, residue.* from (${compileResidue(attribute, compileFacts(attribute, people, begins, ends, params))}) residue
     on conflict (contact_id, key, slot, origin) do update set value = excluded.value, number = excluded.number, count = excluded.count, at = excluded.at, event_key = excluded.event_key`,
    params.values,
  );
}

/** What an order is, as the portfolio's policy says; undefined where nobody changed it. */
export async function readOrderPolicy(sql: Sql): Promise<unknown> {
  const row = await sql.maybe<{ orders: unknown }>('closing.readOrderPolicy', `select value -> 'orders' as orders from settings where key = 'portfolio_policy'`);
  return row?.orders;
}

/** Orders of the stretch are added to those of the time before: nobody stops being a customer because his orders are long ago. */
export async function keepOrders(sql: Sql, policy: PortfolioPolicy['orders'], from: Date, until: Date): Promise<void> {
  const params = new Parameters();
  const stretch = `and e.occurred_at >= ${params.add(from, 'timestamptz')} and e.occurred_at < ${params.add(until, 'timestamptz')}`;
  await sql.exec(
    'closing.keepOrders',
    `insert into order_residues as r (contact_id, orders, value, first_at, last_at)
     select o.contact_id, count(*), round(sum(o.value), 2), min(o.occurred_at), max(o.occurred_at) from (${compileOrders(policy, params, stretch)}) o
      where o.contact_id < 0 or exists (select from contacts c where c.contact_id = o.contact_id) group by 1
     on conflict (contact_id, origin) do update set orders = r.orders + excluded.orders, value = r.value + excluded.value, first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)`,
    params.values,
  );
}

/** Live segments that ask about these events find out that they are gone, as the triggers on events say it of any other change: dropping a table fires none. */
export function markMembers(sql: Sql, before: Date): Promise<number> {
  return sql.exec(
    'closing.markMembers',
    `insert into dirty_contacts (contact_id, kind, name)
     select distinct contact_id, 'event', name from events where occurred_at < $1 and name in (select d.name from live_dependencies d where d.on_scope = 'contact' and d.kind = 'event')`,
    [before],
  );
}

export async function closeHistory(sql: Sql, before: Date): Promise<void> {
  await sql.exec('closing.close', 'update event_history set closed_before = $1', [before]);
}

export async function dropMonths(sql: Sql, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql.exec('closing.dropMonth', `drop table ${table}`);
}

/** Events of months that have no table any more; deleted past the trigger, which would take them out of the counts. */
export function deleteStragglers(sql: Sql, before: Date): Promise<number> {
  return sql.exec('closing.deleteStragglers', 'delete from events_default where occurred_at < $1', [before]);
}

export async function countBefore(sql: Sql, moment: Date): Promise<number> {
  return (await sql.one<{ count: number }>('closing.countBefore', 'select count(*) as count from events where occurred_at < $1', [moment])).count;
}

export async function anyBefore(sql: Sql, moment: Date): Promise<boolean> {
  const { any } = await sql.one<{ any: boolean }>('closing.anyBefore', 'select exists (select from events where occurred_at < $1) as any', [moment]);
  return any;
}

/** Tables for the months to come. Those that are there stay as they are. */
export async function createEventMonths(sql: Sql, from: Date, until: Date): Promise<void> {
  await sql.exec('closing.patience', `set local lock_timeout = '${PATIENCE}'`);
  await sql.exec('closing.createEventMonths', 'select create_event_partitions($1::date, $2::date)', [from, until]);
}

export async function createDecisionMonths(sql: Sql, from: Date, until: Date): Promise<void> {
  await sql.exec('closing.patience', `set local lock_timeout = '${PATIENCE}'`);
  await sql.exec('closing.createDecisionMonths', 'select create_decision_partitions($1::date, $2::date)', [from, until]);
}
