import type { CompiledRule } from '../../core/rule/compile-rule.js';
import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { LIVE_TABLES, SEGMENT_BUILD_LOCK } from './live-tables.js';

/** Keeps the segment for this transaction alone; waits for batches of questions that are on their way. */
export async function lockForBuilding(sql: Sql, segmentId: number): Promise<void> {
  await sql.exec('live.lockForBuilding', 'select pg_advisory_xact_lock($1, $2)', [SEGMENT_BUILD_LOCK, segmentId]);
}

/** A large set is sorted and hashed in memory; JIT compilation costs more than it saves here. */
export async function prepareBuilding(sql: Sql): Promise<void> {
  await sql.exec('live.prepareBuilding', `select set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`);
}

export interface Difference {
  readonly entered: number;
  readonly left: number;
}

/** Makes the members those whom the rule selects, in one statement, with a line of history for each who comes or goes. */
export function rebuild(sql: Sql, scope: Scope, segmentId: number, compiled: CompiledRule, cause: string, now: Date): Promise<Difference> {
  const { members, changes, id } = LIVE_TABLES[scope];
  const params = [...compiled.params];
  const add = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const [segment, why, moment] = [add(segmentId, 'integer'), add(cause, 'text'), add(now, 'timestamptz')];
  return sql.one(
    'live.rebuild',
    `with audience (id) as materialized (${compiled.text}),
          gone as (delete from ${members} m where m.segment_id = ${segment} and not exists (select from audience a where a.id = m.${id}) returning m.${id} as id),
          came as (insert into ${members} (${id}, segment_id, entered_at) select a.id, ${segment}, ${moment} from audience a order by a.id on conflict do nothing returning ${id} as id),
          told as (
            insert into ${changes} (${id}, segment_id, at, kind, cause)
            select id, ${segment}, ${moment}, 'left', ${why} from gone union all select id, ${segment}, ${moment}, 'entered', ${why} from came
          )
     select (select count(*) from came) as entered, (select count(*) from gone) as left`,
    params,
  );
}

/** When to ask whom again because time passes; replaces what was known. */
export async function rebuildChecks(sql: Sql, scope: Scope, segmentId: number, compiled: CompiledRule | undefined): Promise<void> {
  const { checks, id } = LIVE_TABLES[scope];
  await sql.exec('live.forgetChecks', `delete from ${checks} where segment_id = $1`, [segmentId]);
  if (!compiled) return;
  const params = [...compiled.params, segmentId];
  await sql.exec('live.rebuildChecks', `insert into ${checks} (${id}, segment_id, next_check_at) select moment.id, $${params.length}::integer, moment.at from (${compiled.text}) moment order by moment.id`, params);
}

export async function saveBuilt(sql: Sql, segmentId: number, fingerprint: string, now: Date): Promise<void> {
  await sql.exec('live.saveBuilt', 'update segment_live set wanted = $2, built = $2, problem = null, live_since = $3, reconciled_at = $3, building_since = null where segment_id = $1', [segmentId, fingerprint, now]);
}
