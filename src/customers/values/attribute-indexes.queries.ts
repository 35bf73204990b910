import type { Sql } from '../../platform/database/sql.js';

/** Any number that no other advisory lock of this database begins with. */
const UPKEEP_LOCK = 7_417_010;

export interface IndexRow {
  scope: 'contact' | 'account';
  key: string;
  name: string;
  state: 'wanted' | 'building' | 'ready' | 'failed' | 'unwanted';
  error: string | null;
  requested_at: Date;
  finished_at: Date | null;
}

/**
 * Whether this transaction may build and drop indexes; one at a time, also over several processes. Without a parameter: a statement with one leaves
 * its portal open, and with it a snapshot, for which building an index would wait for ever.
 */
export async function tryLockUpkeep(sql: Sql): Promise<boolean> {
  const { locked } = await sql.one<{ locked: boolean }>('indexes.tryLock', `select pg_try_advisory_xact_lock(${UPKEEP_LOCK}, 0) as locked`);
  return locked;
}

export function findIndex(sql: Sql, scope: string, key: string): Promise<IndexRow | undefined> {
  return sql.maybe<IndexRow>('indexes.find', 'select * from attribute_indexes where scope = $1 and key = $2', [scope, key]);
}

/** Undefined when there are as many as there may be. */
export function wantIndex(sql: Sql, scope: string, key: string, name: string, most: number, now: Date): Promise<IndexRow | undefined> {
  return sql.maybe<IndexRow>(
    'indexes.want',
    `insert into attribute_indexes (scope, key, name, state, requested_at)
     select $1, $2, $3, 'wanted', $5 where (select count(*) from attribute_indexes where (scope, key) <> ($1, $2)) < $4
     on conflict (scope, key) do update set state = case when attribute_indexes.state in ('building', 'ready') then attribute_indexes.state else 'wanted' end, error = null returning *`,
    [scope, key, name, most, now],
  );
}

/** Builds it anew: what it is built on has changed. */
export async function wantAgain(sql: Sql, scope: string, key: string): Promise<void> {
  await sql.exec('indexes.wantAgain', `update attribute_indexes set state = 'wanted' where scope = $1 and key = $2 and state <> 'unwanted'`, [scope, key]);
}

export function unwantIndex(sql: Sql, scope: string, key: string): Promise<number> {
  return sql.exec('indexes.unwant', `update attribute_indexes set state = 'unwanted' where scope = $1 and key = $2`, [scope, key]);
}

/** What is to be done; an index whose building broke off is built again. */
export function listOpenIndexes(sql: Sql): Promise<IndexRow[]> {
  return sql.many<IndexRow>('indexes.listOpen', `select * from attribute_indexes where state in ('wanted', 'building', 'unwanted') order by requested_at`);
}

export async function noteIndex(sql: Sql, { scope, key }: Pick<IndexRow, 'scope' | 'key'>, state: IndexRow['state'], error: string | null, now: Date): Promise<void> {
  await sql.exec('indexes.note', `update attribute_indexes set state = $3, error = $4, finished_at = case when $3 in ('ready', 'failed') then $5::timestamptz end where scope = $1 and key = $2 and state <> 'unwanted'`, [scope, key, state, error, now]);
}

export async function forgetIndex(sql: Sql, scope: string, key: string): Promise<void> {
  await sql.exec('indexes.forget', `delete from attribute_indexes where scope = $1 and key = $2 and state = 'unwanted'`, [scope, key]);
}

/** Without a lock that keeps anybody from reading or writing; not inside a transaction. Name and expression are made by us from checked parts. */
export async function createIndex(sql: Sql, scope: 'contact' | 'account', name: string, { method, expression }: { method: 'btree' | 'gin'; expression: string }): Promise<void> {
  await sql.exec('indexes.create', `create index concurrently ${name} on ${scope}s using ${method} ((${expression})${method === 'btree' ? `, ${scope}_id` : ''})`);
  await sql.exec('indexes.analyze', `analyze ${scope}s`); // an expression has no statistics before
}

export async function dropIndex(sql: Sql, name: string): Promise<void> {
  await sql.exec('indexes.drop', `drop index concurrently if exists ${name}`);
}

/** How far the building has come, in percent; undefined when it is not at it. */
export async function readProgress(sql: Sql, scope: string): Promise<number | undefined> {
  const row = await sql.maybe<{ percent: number | null }>(
    'indexes.progress',
    `select round(100.0 * blocks_done / nullif(blocks_total, 0)) as percent from pg_stat_progress_create_index where relid = $1::regclass`,
    [`${scope}s`],
  );
  return row?.percent ?? undefined;
}
