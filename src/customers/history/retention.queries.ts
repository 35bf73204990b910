import type { Sql } from '../../platform/database/sql.js';

/** An attribute whose values are taken out after some days. `column` is set for standard attributes and comes from a list of ours. */
export interface RetainedAttribute {
  readonly scope: 'contact' | 'account';
  readonly key: string;
  readonly retentionDays: number;
  readonly column: string | undefined;
}

export async function readRetained(sql: Sql): Promise<{ scope: 'contact' | 'account'; key: string; retention_days: number; standard: boolean }[]> {
  return sql.many('retention.read', 'select scope, key, retention_days, standard from attribute_definitions where retention_days is not null and computation is null and not removing order by scope, key');
}

/**
 * Notes since when each value has been what it is. A value seen for the first time, or another than last night, can not be younger than its row's last
 * change: what is kept too long is at most what nobody can know better.
 */
export async function noteValues(sql: Sql, { scope, key, column }: RetainedAttribute, now: Date): Promise<void> {
  const value = column === undefined ? 't.attributes -> $2::text' : `t.${column}`;
  const isSet = column === undefined ? `t.attributes ? $2 and t.attributes -> $2::text <> 'null'` : `t.${column} is not null`;
  await sql.exec(
    'retention.note',
    `insert into retained_values (scope, key, id, digest, set_at)
     select $1, $2, t.${scope}_id, md5((${value})::text), least(t.updated_at, $3::timestamptz) from ${scope}s t where ${isSet} order by t.${scope}_id
     on conflict (scope, key, id) do update set digest = excluded.digest, set_at = excluded.set_at where retained_values.digest <> excluded.digest`,
    [scope, key, now],
  );
  await sql.exec('retention.forget', `delete from retained_values r where r.scope = $1 and r.key = $2 and not exists (select from ${scope}s t where t.${scope}_id = r.id and ${isSet})`, [scope, key]);
}

/** Takes out values that are over their time; gives how many. A value that changed since it was noted stays. */
export async function clearValues(sql: Sql, { scope, key, column, retentionDays }: RetainedAttribute, now: Date): Promise<number> {
  const value = column === undefined ? 't.attributes -> $2::text' : `t.${column}`;
  const cleared = await sql.exec(
    'retention.clear',
    `update ${scope}s t set ${column === undefined ? 'attributes = t.attributes - $2' : `${column} = null`}, updated_at = $3::timestamptz
       from retained_values r
      where r.scope = $1 and r.key = $2 and r.id = t.${scope}_id and r.set_at + $4::integer * interval '24 hours' <= $3::timestamptz and md5((${value})::text) = r.digest`,
    [scope, key, now, retentionDays],
  );
  await sql.exec('retention.forgetCleared', `delete from retained_values where scope = $1 and key = $2 and set_at + $3::integer * interval '24 hours' <= $4::timestamptz`, [scope, key, retentionDays, now]);
  return cleared;
}

/** Values noted before and over their time by now, by attribute. */
export function countDueValues(sql: Sql, attributes: readonly RetainedAttribute[], now: Date): Promise<{ scope: string; key: string; retention_days: number; count: number }[]> {
  return sql.many(
    'retention.countDueValues',
    `select a.scope, a.key, a.retention_days, count(*) as count from unnest($1::text[], $2::text[], $3::integer[]) a (scope, key, retention_days)
       join retained_values r on r.scope = a.scope and r.key = a.key and r.set_at + a.retention_days * interval '24 hours' <= $4::timestamptz
      group by 1, 2, 3 order by 1, 2`,
    [attributes.map(({ scope }) => scope), attributes.map(({ key }) => key), attributes.map(({ retentionDays }) => retentionDays), now],
  );
}

/** What was noted of attributes that have no retention any more. */
export async function forgetUnretained(sql: Sql): Promise<void> {
  await sql.exec(
    'retention.forgetUnretained',
    'delete from retained_values r where not exists (select from attribute_definitions d where d.scope = r.scope and d.key = r.key and d.retention_days is not null)',
  );
}
