import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { LIVE_TABLES } from './live-tables.js';

export interface Membership {
  readonly id: number;
  readonly segment_id: number;
}

export function listMemberships(sql: Sql, scope: Scope, ids: readonly number[], segmentIds: readonly number[]): Promise<Membership[]> {
  const { members, id } = LIVE_TABLES[scope];
  return sql.manyKept('live.listMemberships', `select ${id} as id, segment_id from ${members} where ${id} = any($1::bigint[]) and segment_id = any($2::integer[])`, [ids, segmentIds]);
}

export function listChecks(sql: Sql, scope: Scope, ids: readonly number[], segmentIds: readonly number[]): Promise<(Membership & { next_check_at: Date })[]> {
  const { checks, id } = LIVE_TABLES[scope];
  return sql.manyKept('live.listChecks', `select ${id} as id, segment_id, next_check_at from ${checks} where ${id} = any($1::bigint[]) and segment_id = any($2::integer[])`, [ids, segmentIds]);
}

export interface Change {
  readonly id: number;
  readonly segmentId: number;
  readonly cause: string;
}

const changeArrays = (changes: readonly Change[]): unknown[] => [changes.map(({ id }) => id), changes.map(({ segmentId }) => segmentId), changes.map(({ cause }) => cause)];

/** Who is in already stays in since then, and makes no history. */
export async function enter(sql: Sql, scope: Scope, changes: readonly Change[], now: Date): Promise<void> {
  const { members, changes: history, id } = LIVE_TABLES[scope];
  await sql.execKept(
    'live.enter',
    `with asked as (select * from unnest($1::bigint[], $2::integer[], $3::text[]) a (id, segment_id, cause)),
          came as (insert into ${members} (${id}, segment_id, entered_at) select id, segment_id, $4 from asked order by id, segment_id on conflict do nothing returning ${id} as id, segment_id)
     insert into ${history} (${id}, segment_id, at, kind, cause) select id, segment_id, $4, 'entered', cause from came join asked using (id, segment_id)`,
    [...changeArrays(changes), now],
  );
}

export async function leave(sql: Sql, scope: Scope, changes: readonly Change[], now: Date): Promise<void> {
  const { members, changes: history, id } = LIVE_TABLES[scope];
  await sql.exec(
    'live.leave',
    `with gone as (delete from ${members} m using unnest($1::bigint[], $2::integer[], $3::text[]) a (id, segment_id, cause) where m.${id} = a.id and m.segment_id = a.segment_id returning a.id, a.segment_id, a.cause)
     insert into ${history} (${id}, segment_id, at, kind, cause) select id, segment_id, $4, 'left', cause from gone`,
    [...changeArrays(changes), now],
  );
}

export interface Check {
  readonly id: number;
  readonly segmentId: number;
  /** Undefined: the clock changes nothing any more. */
  readonly at: Date | undefined;
}

export async function saveChecks(sql: Sql, scope: Scope, checks: readonly Check[]): Promise<void> {
  const { checks: table, id } = LIVE_TABLES[scope];
  const coming = checks.filter(({ at }) => at !== undefined);
  const over = checks.filter(({ at }) => at === undefined);
  if (coming.length > 0) {
    await sql.execKept(
      'live.saveChecks',
      `insert into ${table} (${id}, segment_id, next_check_at) select * from unnest($1::bigint[], $2::integer[], $3::timestamptz[])
       on conflict (${id}, segment_id) do update set next_check_at = excluded.next_check_at`,
      [coming.map((check) => check.id), coming.map((check) => check.segmentId), coming.map((check) => check.at)],
    );
  }
  if (over.length > 0) {
    await sql.exec('live.dropChecks', `delete from ${table} c using unnest($1::bigint[], $2::integer[]) o (id, segment_id) where c.${id} = o.id and c.segment_id = o.segment_id`, [
      over.map((check) => check.id),
      over.map((check) => check.segmentId),
    ]);
  }
}
