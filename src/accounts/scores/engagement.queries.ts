import { compileFresh, contribution, type EngagementStatement, inEpoch } from '../../core/account/compile-engagement.js';
import { Parameters } from '../../core/rule/parameters.js';
import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const SCORES_LOCK = 7_417_028;

/** Whether this transaction may score: one at a time, over all processes. */
export async function tryLockScores(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('scores.tryLock', 'select pg_try_advisory_xact_lock($1) as locked', [SCORES_LOCK]);
  return locked;
}

export interface ScoreState {
  cursor_xid: number;
  /** 'YYYY-MM-DD' */
  epoch: string;
  people_by: string | null;
  accounts_by: string | null;
  full_at: Date | null;
}

export function readState(sql: Sql): Promise<ScoreState> {
  return sql.one<ScoreState & Record<string, unknown>>('scores.readState', 'select cursor_xid, epoch, people_by, accounts_by, full_at from score_state');
}

export async function writeState(sql: Sql, state: ScoreState): Promise<void> {
  await sql.exec('scores.writeState', 'update score_state set cursor_xid = $1, epoch = $2, people_by = $3, accounts_by = $4, full_at = $5', [state.cursor_xid, state.epoch, state.people_by, state.accounts_by, state.full_at]);
}

/** Asked every few seconds, so that an idle installation writes nothing. Bounds as values: see history.anythingNew. */
export async function anythingNew(sql: Sql, from: number, to: number, now: Date): Promise<boolean> {
  const { any } = await sql.one<{ any: boolean }>(
    'scores.anythingNew',
    `select exists (select from events where received_xid >= $1 and received_xid < $2) or exists (select from account_score_queue)
         or exists (select from engagement_again where not_before is null) or exists (select from engagement_again where not_before <= $3)
         or exists (select from account_scores where next_look_at <= $3) as any`,
    [from, to, now],
  );
  return any;
}

type Statement = Omit<EngagementStatement, 'extent' | 'byName'>;

/**
 * Adds the events received in the stretch, in one statement: O(1) an event, in any order. A day's rows say how much of it counted before, so that the
 * bound of so many a day is kept without reading an event twice. The cursor moves on in the same transaction, so each counts once.
 * Days are put together with what is new of them by grouping: of either the planner expects a single row, and would join them by comparing each with each.
 */
export async function addEngagement(sql: Sql, { from, to }: { from: number; to: number }, statement: Statement): Promise<number> {
  const params = new Parameters();
  const extent = `e.received_xid >= ${params.add(from, 'bigint')} and e.received_xid < ${params.add(to, 'bigint')}`;
  const fresh = compileFresh({ ...statement, extent, byName: false }, params);
  const [perDay, epoch] = [params.add(statement.policy.perDay, 'integer'), params.add(statement.epoch, 'date')];
  const { people } = await sql.one<{ people: number }>(
    'scores.addEngagement',
    `with ${fresh},
       kept as (
         insert into engagement_days as d (contact_id, kind, day, count, mass) select contact_id, kind, day, count, mass from fresh order by contact_id, kind, day
         on conflict (contact_id, kind, day) do update set count = d.count + excluded.count, mass = d.mass + excluded.mass returning contact_id, kind, day, count, mass
       ), days as (
         select contact_id, kind, day, sum(count) as count, sum(mass) as mass, sum(fresh_count) as fresh_count, sum(fresh_mass) as fresh_mass
           from (select contact_id, kind, day, count, mass, 0 as fresh_count, 0 as fresh_mass from kept union all select contact_id, kind, day, 0, 0, count, mass from fresh) rows group by 1, 2, 3
       ), deltas as (
         select d.contact_id, k.half_life, sum(k.weight * ${inEpoch('d.day', epoch, 'k.half_life')} * (${contribution('d.count', 'd.mass', perDay)} - case when d.count = d.fresh_count then 0
                  else ${contribution('(d.count - d.fresh_count)', '(d.mass - d.fresh_mass)', perDay)} end)) as delta
           from days d join kinds k using (kind) group by 1, 2
       ), summed as (
         insert into contact_engagement as s (contact_id, half_life_days, sum) select contact_id, half_life, delta from deltas order by 1, 2
         on conflict (contact_id, half_life_days) do update set sum = s.sum + excluded.sum
       ), marked as (
         insert into account_score_queue (account_id) select distinct c.account_id from (select distinct contact_id from deltas) d join contacts c using (contact_id) where c.account_id is not null
       )
     select count(distinct contact_id) as people from deltas`,
    params.values,
  );
  return people;
}

/** Events that are dated ahead count from their own moment on. */
export function noteAhead(sql: Sql, { from, to }: { from: number; to: number }, names: readonly string[], now: Date): Promise<number> {
  return sql.exec(
    'scores.noteAhead',
    `insert into engagement_again (contact_id, not_before)
     select e.contact_id, e.occurred_at from events e join contacts c using (contact_id)
      where c.account_id is not null and e.name = any($3) and e.received_xid >= $1 and e.received_xid < $2 and e.occurred_at > $4`,
    [from, to, names, now],
  );
}

/** The oldest marks that are due; deleted first and the events read after, so that whatever is marked meanwhile stays marked. */
export async function takeAgain(sql: Sql, now: Date, limit: number): Promise<number[]> {
  const rows = await sql.many<{ contact_id: number }>(
    'scores.takeAgain',
    `with taken as (
       delete from engagement_again
        where (not_before is null and again_id <= (select max(again_id) from (select again_id from engagement_again where not_before is null order by again_id limit $2) oldest))
           or not_before <= (select max(not_before) from (select not_before from engagement_again where not_before <= $1 order by not_before limit $2) due)
       returning contact_id
     ) select distinct contact_id from taken order by contact_id`,
    [now, limit],
  );
  return rows.map((row) => row.contact_id);
}

/** These people anew, from the events that the cursor has passed: what came after is added by it. */
export async function rebuildEngagement(sql: Sql, contactIds: readonly number[], cursor: number, statement: Statement): Promise<void> {
  await sql.exec('scores.forgetDays', 'delete from engagement_days where contact_id = any($1)', [contactIds]);
  await sql.exec('scores.forgetSums', 'delete from contact_engagement where contact_id = any($1)', [contactIds]);
  const params = new Parameters();
  const extent = `e.contact_id = any(${params.add(contactIds, 'bigint[]')}) and e.received_xid < ${params.add(cursor, 'bigint')}`;
  const fresh = compileFresh({ ...statement, extent }, params);
  const [perDay, epoch] = [params.add(statement.policy.perDay, 'integer'), params.add(statement.epoch, 'date')];
  await sql.exec(
    'scores.rebuildEngagement',
    `with ${fresh},
       kept as (insert into engagement_days (contact_id, kind, day, count, mass) select contact_id, kind, day, count, mass from fresh order by contact_id, kind, day),
       summed as (
         insert into contact_engagement (contact_id, half_life_days, sum)
         select f.contact_id, k.half_life, sum(k.weight * ${inEpoch('f.day', epoch, 'k.half_life')} * ${contribution('f.count', 'f.mass', perDay)}) from fresh f join kinds k using (kind) group by 1, 2 order by 1, 2
       )
     insert into account_score_queue (account_id) select distinct account_id from contacts where contact_id = any(${params.add(contactIds, 'bigint[]')}) and account_id is not null`,
    params.values,
  );
}

/** Everybody of an account, and whoever has sums and is of none any more. */
export function markEverybody(sql: Sql): Promise<number> {
  return sql.exec('scores.markEverybody', 'insert into engagement_again (contact_id) select contact_id from (select contact_id from contacts where account_id is not null union select contact_id from contact_engagement) people order by contact_id');
}

/** Expresses every sum in a later epoch; what is next to nothing by then goes. */
export async function rebase(sql: Sql, from: string, to: string): Promise<void> {
  await sql.exec('scores.rebase', 'update contact_engagement set sum = sum * 2 ^ (($1::date - $2::date)::double precision / half_life_days)', [from, to]);
  await sql.exec('scores.dropNothing', 'delete from contact_engagement where abs(sum) < 1e-9');
}

/** Days that no event can join any more: those are not read either. */
export function dropOldDays(sql: Sql, keep: ReadonlyMap<string, number>, now: Date): Promise<number> {
  return sql.exec(
    'scores.dropOldDays',
    `delete from engagement_days d where not exists (select from unnest($1::text[], $2::integer[]) as k (kind, days) where k.kind = d.kind and d.day > ($3::timestamptz at time zone 'UTC')::date - k.days)`,
    [[...keep.keys()], [...keep.values()], now],
  );
}
