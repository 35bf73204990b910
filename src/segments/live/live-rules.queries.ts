import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { RULES_LOCK } from './live-tables.js';

export interface LiveRow {
  readonly segment_id: number;
  readonly wanted: string | null;
  readonly built: string | null;
}

export function listLive(sql: Sql): Promise<LiveRow[]> {
  return sql.manyKept('live.list', 'select segment_id, wanted, built from segment_live');
}

/** One at a time brings the tables up to date with the rules; whoever finds it locked leaves it to the other. */
export async function tryLockRules(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('live.tryLockRules', 'select pg_try_advisory_xact_lock($1, 0) as locked', [RULES_LOCK]);
  return locked;
}

export interface WantedSegment {
  readonly id: number;
  /** Null: the rule cannot be followed. */
  readonly fingerprint: string | null;
  readonly problem: string | null;
}

export async function saveWanted(sql: Sql, segments: readonly WantedSegment[], now: Date): Promise<void> {
  await sql.exec(
    'live.saveWanted',
    `insert into segment_live (segment_id, wanted, problem, building_since)
     select w.segment_id, w.wanted, w.problem, $4 from unnest($1::integer[], $2::text[], $3::text[]) w (segment_id, wanted, problem) join segments using (segment_id)
     on conflict (segment_id) do update set wanted = excluded.wanted, problem = excluded.problem, building_since = excluded.building_since
      where (segment_live.wanted, segment_live.problem) is distinct from (excluded.wanted, excluded.problem)`,
    [segments.map(({ id }) => id), segments.map(({ fingerprint }) => fingerprint), segments.map(({ problem }) => problem), now],
  );
}

/** What the triggers look for, exactly this from now on. */
export async function saveDependencies(sql: Sql, dependencies: readonly { readonly on: Scope; readonly kind: string; readonly name: string }[]): Promise<void> {
  await sql.exec(
    'live.saveDependencies',
    `with wanted as (select * from unnest($1::text[], $2::text[], $3::text[]) w (on_scope, kind, name)),
          gone as (delete from live_dependencies d where not exists (select from wanted w where (w.on_scope, w.kind, w.name) = (d.on_scope, d.kind, d.name)))
     insert into live_dependencies (on_scope, kind, name) select distinct on_scope, kind, name from wanted on conflict do nothing`,
    [dependencies.map(({ on }) => on), dependencies.map(({ kind }) => kind), dependencies.map(({ name }) => name)],
  );
}
