import type { RetentionTerms } from '../../core/privacy/retention-terms.js';
import type { Sql } from '../../platform/database/sql.js';
import { ROW_CLASSES, type RowClass, type RowClassRule } from './row-classes.js';

export interface DuePerson {
  contact_id: number;
  data_class: 'prospect' | 'customer';
  /** The purpose that kept him longest; '' where he was collected for none that is known. */
  purpose: string;
  due_on: string;
}

/**
 * Whose time is over. It counts from the last sign of a relation, as the gate counts it: data came in, a yes, something done or bought, a human's touch.
 * It lasts as long as the longest of the purposes he is here for, and no longer than his class. A hold of law or dispute, an open request and a
 * restriction (GDPR art. 17(3), 18) keep him. Nobody whose own row is younger than the shortest of all terms is looked into: that is most people, and
 * what is asked of the others is a look-up each.
 */
const DUE = `
  select p.contact_id, p.data_class, p.purpose, (p.last_at + p.days * interval '24 hours')::date::text as due_on from (
    select c.contact_id, k.data_class, coalesce(longest.purpose, '') as purpose, least(k.days, coalesce(longest.retention_days, k.days)) as days,
      greatest(c.created_at, c.source_at, c.last_order_at, a.last_won_on::timestamp at time zone 'UTC', e.last_at, said.last_at, met.last_at) as last_at
    from contacts c
      left join accounts a on a.account_id = c.account_id
      left join contact_last_events e on e.contact_id = c.contact_id
      left join lateral (select max(greatest(given_at, confirmed_at)) as last_at from consents s where s.contact_id = c.contact_id) said on true
      left join lateral (select max(touched_at) as last_at from human_touches h where h.contact_id = c.contact_id) met on true
      left join lateral (
        select p.purpose, p.retention_days from purposes p
         where p.purpose = any(c.collected_for) or exists (select from consents s where s.contact_id = c.contact_id and s.purpose = p.purpose and s.state in ('given', 'confirmed'))
         order by p.retention_days desc, p.purpose limit 1) longest on true
      cross join lateral (select * from (values ('prospect', $2::integer), ('customer', $3::integer)) class (data_class, days)
        where class.data_class = case when c.last_order_at is not null or a.won_opportunities > 0 or c.lifecycle_stage in ('new_customer', 'loyal_customer', 'former_customer') then 'customer' else 'prospect' end) k
    where c.contact_id > $4 and c.restricted_at is null
      and greatest(c.created_at, c.source_at, c.last_order_at) <= $1::timestamptz - least($2::integer, $3::integer, (select min(retention_days) from purposes)) * interval '24 hours'
      and not exists (select from privacy_requests r where r.contact_id = c.contact_id and r.state not in ('done', 'refused', 'lapsed'))
      and not exists (select from contact_holds h where h.contact_id = c.contact_id and h.kind in ('legal', 'dispute') and (h.ends_at is null or h.ends_at > $1))
      and not exists (select from account_holds h where h.account_id = c.account_id and h.kind in ('legal', 'dispute') and (h.ends_at is null or h.ends_at > $1))
  ) p where p.last_at + p.days * interval '24 hours' <= $1`;

/** In order of id, after the given one. */
export function duePeople(sql: Sql, now: Date, terms: RetentionTerms, after: number, limit: number): Promise<DuePerson[]> {
  return sql.many<DuePerson & Record<string, unknown>>('retention.duePeople', `${DUE} order by p.contact_id limit $5`, [now, terms.prospect, terms.customer, after, limit]);
}

export function countDuePeople(sql: Sql, now: Date, terms: RetentionTerms): Promise<{ data_class: string; purpose: string; count: number }[]> {
  return sql.many('retention.countDuePeople', `select data_class, purpose, count(*) as count from (${DUE}) due group by 1, 2 order by 1, 2`, [now, terms.prospect, terms.customer, 0]);
}

export async function countOldRows(sql: Sql, name: RowClass, before: Date): Promise<number> {
  return (await sql.one<{ count: number }>(`retention.count.${name}`, `select count(*) as count from ${ROW_CLASSES[name].old}`, [before])).count;
}

/** One batch goes, or loses what was personal in it; gives how many. `seed`: of the numbers put in place of people. */
export function clearOldRows(sql: Sql, name: RowClass, before: Date, seed: string, limit: number): Promise<number> {
  const { old, becomes } = ROW_CLASSES[name] as RowClassRule;
  const table = old.split(' ')[0] ?? '';
  const act = becomes === undefined ? `delete from ${table} t using` : `update ${table} t set ${becomes} from`;
  const given = becomes?.includes('$3') === true ? [before, limit, seed] : [before, limit];
  return sql.exec(`retention.clear.${name}`, `${act} (select tableoid, ctid from ${old} limit $2) old where t.tableoid = old.tableoid and t.ctid = old.ctid`, given);
}

/** Months of decisions that are over as a whole: dropping one costs nothing, deleting its rows would cost the night. */
export function oldDecisionMonths(sql: Sql, before: Date): Promise<{ name: string }[]> {
  return sql.many(
    'retention.oldDecisionMonths',
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'decisions'::regclass and c.relname ~ '^decisions_\\d{4}_\\d{2}$'
        and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= $1 order by 1`,
    [before],
  );
}

/** The name comes from the catalogue, in the form asked for above. */
export async function dropDecisionMonth(sql: Sql, name: string): Promise<number> {
  const { count } = await sql.one<{ count: number }>('retention.countMonth', `select count(*) as count from ${name}`);
  await sql.exec('retention.dropMonth', `drop table ${name}`);
  return count;
}

export async function deleteUnusedBatches(sql: Sql, before: Date): Promise<number> {
  return sql.exec('retention.deleteBatches', 'delete from decision_batches where decided_at < $1', [before]);
}

export interface RunRow {
  run_id: number;
  started_at: Date;
  finished_at: Date | null;
}

export function lastRun(sql: Sql): Promise<RunRow | undefined> {
  return sql.maybe<RunRow & Record<string, unknown>>('retention.lastRun', 'select run_id, started_at, finished_at from retention_runs order by run_id desc limit 1');
}

export function insertRun(sql: Sql, now: Date): Promise<RunRow> {
  return sql.one<RunRow & Record<string, unknown>>('retention.insertRun', 'insert into retention_runs (started_at) values ($1) returning run_id, started_at, finished_at', [now]);
}

export async function finishRun(sql: Sql, runId: number, now: Date): Promise<void> {
  await sql.exec('retention.finishRun', 'update retention_runs set finished_at = $2 where run_id = $1', [runId, now]);
}

/** Adds to what went in a run, in the transaction in which it goes. */
export async function addResults(sql: Sql, runId: number, results: readonly { dataClass: string; purpose: string; count: number }[]): Promise<void> {
  await sql.exec(
    'retention.addResults',
    `insert into retention_results as r (run_id, data_class, purpose, count) select $1, data_class, purpose, sum(count) from unnest($2::text[], $3::text[], $4::bigint[]) as went (data_class, purpose, count) group by 2, 3
     on conflict (run_id, data_class, purpose) do update set count = r.count + excluded.count`,
    [runId, results.map(({ dataClass }) => dataClass), results.map(({ purpose }) => purpose), results.map(({ count }) => count)],
  );
}

export function listRuns(sql: Sql, before: number, limit: number): Promise<(RunRow & { results: { dataClass: string; purpose: string; count: number }[] })[]> {
  return sql.many(
    'retention.listRuns',
    `select run_id, started_at, finished_at, coalesce((select jsonb_agg(jsonb_build_object('dataClass', data_class, 'purpose', purpose, 'count', count) order by data_class, purpose) from retention_results x where x.run_id = r.run_id), '[]') as results
       from retention_runs r where run_id < $1 order by run_id desc limit $2`,
    [before, limit],
  );
}

const RETENTION_LOCK = 7_417_017;
/** Whether this transaction may do the work; one at a time over all processes. */
export async function tryLockRetention(sql: Sql): Promise<boolean> {
  return (await sql.one<{ locked: boolean }>('retention.tryLock', `select pg_try_advisory_xact_lock(${RETENTION_LOCK}, 0) as locked`)).locked;
}
