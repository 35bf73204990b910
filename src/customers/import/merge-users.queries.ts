import type { Sql } from '../../platform/database/sql.js';
import type { Staging } from './staging.queries.js';

/** Colleagues by address: new ones are added, known ones get the name, manager and region that the file fills in. */
export function storeUsers(sql: Sql, staging: Staging, after: number, upTo: number, now: Date): Promise<{ inserted: number; updated: number; unchanged: number }> {
  return sql.one(
    'importUsers.store',
    `with rows as (
       select s.* from ${staging.rows} s where s.line > $1 and s.line <= $2 and not exists (select from ${staging.leftOut} o where o.line = s.line)
     ), stored as (
       insert into users as u (email, name, manager, region, created_at) select email, name, manager, region, $3 from rows order by email
       on conflict (email) do update set name = excluded.name, manager = coalesce(excluded.manager, u.manager), region = coalesce(excluded.region, u.region)
       where (u.name, u.manager, u.region) is distinct from (excluded.name, coalesce(excluded.manager, u.manager), coalesce(excluded.region, u.region))
       returning xmax = 0 as new
     )
     select (select count(*) from stored where new) as inserted, (select count(*) from stored where not new) as updated,
       (select count(*) from rows) - (select count(*) from stored) as unchanged`,
    [after, upTo, now],
  );
}
