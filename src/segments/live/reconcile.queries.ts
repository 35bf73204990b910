import type { CompiledRule } from '../../core/rule/compile-rule.js';
import type { Dependency } from '../../core/rule/dependencies.js';
import type { Scope } from '../../core/rule/rule.js';
import type { Sql } from '../../platform/database/sql.js';
import { wayAlong } from './dirty.queries.js';
import { LIVE_TABLES } from './live-tables.js';

/** The live segment that was compared longest ago, if that is before `before`; taken by this statement, so that no other process does it too. */
export async function takeForReconciling(sql: Sql, before: Date, now: Date): Promise<number | undefined> {
  const row = await sql.maybe<{ segment_id: number }>(
    'live.takeForReconciling',
    `update segment_live set reconciled_at = $2 where segment_id = (
       select segment_id from segment_live where built is not null and built = wanted and reconciled_at < $1 order by reconciled_at limit 1 for update skip locked
     ) returning segment_id`,
    [before, now],
  );
  return row?.segment_id;
}

export async function countMarks(sql: Sql): Promise<number> {
  const { marks } = await sql.one<{ marks: number }>('live.countMarks', 'select (select count(*) from dirty_contacts) + (select count(*) from dirty_accounts) as marks');
  return marks;
}

export interface Compared {
  readonly id: number;
  readonly scope: Scope;
  readonly dependencies: readonly Dependency[];
}

export interface DifferenceRow {
  readonly id: number;
  readonly missing: boolean;
}

/**
 * Who is in and should not be, or should be and is not. One statement sees the facts, the members and the queue as of one moment, and a worker
 * commits members and marks together: whoever is marked, whose account is, who reads somebody marked (a parent, a subsidiary, people), or whose check is due
 * has simply not been asked yet, and is left out.
 */
export function listDifferences(sql: Sql, { id: segmentId, scope, dependencies }: Compared, compiled: CompiledRule, now: Date, among?: readonly number[]): Promise<DifferenceRow[]> {
  const { members, checks, id } = LIVE_TABLES[scope];
  const params = [...compiled.params];
  const add = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const segment = add(segmentId, 'integer');
  const few = among ? `and m.${id} = any(${add(among, 'bigint[]')})` : '';
  const ofAccounts = scope === 'contact' ? 'select c.contact_id from contacts c join marked_accounts using (account_id) union select contact_id from dirty_contacts' : 'select account_id from marked_accounts';
  return sql.many(
    'live.listDifferences',
    `with audience (id) as materialized (${compiled.text}),
          marked_accounts as (select account_id from dirty_accounts union select c.account_id from dirty_contacts join contacts c using (contact_id) where c.account_id is not null),
          unasked (id) as materialized (${[ofAccounts, ...readersOfMarked(dependencies)].join(' union ')} union select ${id} from ${checks} where segment_id = ${segment} and next_check_at <= ${add(now, 'timestamptz')}),
          difference as (
            select a.id, true as missing from audience a where not exists (select from ${members} m where m.${id} = a.id and m.segment_id = ${segment})
            union all
            select m.${id}, false from ${members} m where m.segment_id = ${segment} ${few} and not exists (select from audience a where a.id = m.${id})
          )
     select id, missing from difference d where not exists (select from unasked u where u.id = d.id)`,
    params,
  );
}

/** Who reads somebody marked, along each path of the rule: what followPath will mark when it comes to it. */
function readersOfMarked(dependencies: readonly Dependency[]): string[] {
  const selections = dependencies.filter(({ path }) => path.length > 0).map(({ on, path }) => {
    const { joins, reached } = wayAlong(on, path, `m.${LIVE_TABLES[on].id}`);
    return `select ${reached} from ${LIVE_TABLES[on].dirty} m ${joins}`;
  });
  return [...new Set(selections)];
}

/** Marks them, so that they are asked again like anybody else. */
export async function markForRepair(sql: Sql, scope: Scope, segmentId: number, ids: readonly number[]): Promise<void> {
  const { dirty, id } = LIVE_TABLES[scope];
  await sql.exec('live.markForRepair', `insert into ${dirty} (${id}, kind, name, segment_id) select id, 'derived', 'reconcile', $2 from unnest($1::bigint[]) id`, [ids, segmentId]);
}

export interface Reconciliation {
  readonly segmentId: number;
  readonly at: Date;
  readonly missing: number;
  readonly surplus: number;
  readonly tookMs: number;
}

export async function saveReconciliation(sql: Sql, { segmentId, at, missing, surplus, tookMs }: Reconciliation): Promise<void> {
  await sql.exec(
    'live.saveReconciliation',
    `insert into segment_reconciliations (segment_id, at, members, missing, surplus, took_ms)
     select $1, $2, coalesce((select sum(members) from segment_counts where segment_id = $1), 0), $3, $4, $5`,
    [segmentId, at, missing, surplus, tookMs],
  );
}
