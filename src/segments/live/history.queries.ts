import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { LIVE_TABLES } from './live-tables.js';

export interface StatusRow {
  readonly key: string;
  readonly state: 'live' | 'building' | 'broken' | 'list';
  readonly members: number;
  readonly problem: string | null;
  readonly building_since: Date | null;
  readonly live_since: Date | null;
  readonly reconciled_at: Date | null;
  readonly missing: number | null;
  readonly surplus: number | null;
}

/** How segments stand: members from the counters, and what the last comparison found. A rule saved a moment ago counts as building. */
export function listStatus(sql: Sql, keys: readonly string[]): Promise<StatusRow[]> {
  return sql.many(
    'live.listStatus',
    `select s.key, case when s.kind = 'list' then 'list' when l.problem is not null then 'broken' when l.built is not null and l.built = l.wanted then 'live' else 'building' end as state,
            coalesce((select sum(n.members) from segment_counts n where n.segment_id = s.segment_id), 0) as members,
            l.problem, coalesce(l.building_since, case when l.segment_id is null then s.updated_at end) as building_since, l.live_since, r.at as reconciled_at, r.missing, r.surplus
       from segments s left join segment_live l using (segment_id)
       left join lateral (select at, missing, surplus from segment_reconciliations r where r.segment_id = s.segment_id order by at desc limit 1) r on true
      where s.key = any($1::text[])`,
    [keys],
  );
}

export interface ChangeRow {
  readonly id: number;
  readonly name: string | null;
  readonly at: Date;
  readonly kind: 'entered' | 'left';
  readonly cause: string;
  readonly change_id: number;
}

export interface ChangeFilter {
  readonly kind: 'entered' | 'left' | null;
  readonly id: number | null;
}

/** Newest first, before the given moment and number. */
export function listChanges(sql: Sql, scope: Scope, segmentId: number, filter: ChangeFilter, before: readonly [Date, number] | null, limit: number): Promise<ChangeRow[]> {
  const { changes, id } = LIVE_TABLES[scope];
  const name = scope === 'contact' ? `coalesce(nullif(concat_ws(' ', who.first_name, who.last_name), ''), who.email)` : 'who.name';
  return sql.many(
    'live.listChanges',
    `select c.${id} as id, ${name} as name, c.at, c.kind, c.cause, c.change_id
       from (select * from ${changes}
              where segment_id = $1 and ($2::text is null or kind = $2) and ($3::bigint is null or ${id} = $3) and ($4::timestamptz is null or (at, change_id) < ($4, $5::bigint))
              order by at desc, change_id desc limit $6) c
       left join ${scope}s who using (${id}) order by c.at desc, c.change_id desc`,
    [segmentId, filter.kind, filter.id, before?.[0] ?? null, before?.[1] ?? null, limit],
  );
}

export interface DayRow {
  readonly day: string;
  readonly entered: number;
  readonly left: number;
  readonly members: number;
}

/** Day by day in the workspace's zone: who came, who left, and how many were in at its end, counted back from now. */
export function listDays(sql: Sql, scope: Scope, segmentId: number, from: string, to: string, timeZone: string): Promise<DayRow[]> {
  const { changes } = LIVE_TABLES[scope];
  return sql.many(
    'live.listDays',
    `with day as (select d::date as day, (d::date)::timestamp at time zone $4 as starts, (d::date + 1)::timestamp at time zone $4 as ends from generate_series($2::date::timestamp, $3::date::timestamp, '1 day') d),
          change as (
            select (at at time zone $4)::date as day, count(*) filter (where kind = 'entered') as entered, count(*) filter (where kind = 'left') as gone
              from ${changes} where segment_id = $1 and at >= (select min(starts) from day) group by 1
          )
     select to_char(d.day, 'YYYY-MM-DD') as day, coalesce(c.entered, 0) as entered, coalesce(c.gone, 0) as left,
            coalesce((select sum(n.members) from segment_counts n where n.segment_id = $1), 0) - coalesce((select sum(later.entered - later.gone) from change later where later.day > d.day), 0) as members
       from day d left join change c using (day) order by d.day`,
    [segmentId, from, to, timeZone],
  );
}

export interface MembershipRow {
  readonly key: string;
  readonly name: string;
  readonly entered_at: Date;
}

export function listSegmentsOf(sql: Sql, scope: Scope, id: number): Promise<MembershipRow[]> {
  const { members, id: column } = LIVE_TABLES[scope];
  return sql.many('live.listSegmentsOf', `select s.key, s.name, m.entered_at from ${members} m join segments s using (segment_id) where m.${column} = $1 order by s.key`, [id]);
}

export interface ChangeOfRow {
  readonly key: string;
  readonly at: Date;
  readonly kind: 'entered' | 'left';
  readonly cause: string;
}

/** The latest comings and goings of one contact or account. */
export function listChangesOf(sql: Sql, scope: Scope, id: number, limit: number): Promise<ChangeOfRow[]> {
  const { changes, id: column } = LIVE_TABLES[scope];
  return sql.many('live.listChangesOf', `select s.key, c.at, c.kind, c.cause from ${changes} c join segments s using (segment_id) where c.${column} = $1 order by c.at desc, c.change_id desc limit $2`, [id, limit]);
}
