import type { Sql } from '../../platform/database/sql.js';
import type { Staging } from './staging.queries.js';

/** The column of import_chunk that says who a row is about; the rows of it (r) about whom something is written. */
export interface HeldRows {
  readonly column: 'known' | 'contact_id';
  readonly where: 'true' | 'r.changed or r.adds_identity';
}

/**
 * Keeps the people of a chunk from being merged away, or erased, until it is stored. Row locks, not the merge lock: a chunk takes seconds, and one merge that
 * waits for it would make all tracking wait. In the order of ids, as merges lock.
 */
export async function holdPeople(sql: Sql, { column, where }: HeldRows): Promise<void> {
  await sql.exec(
    'import.holdPeople',
    `select from contacts where contact_id in (select r.${column} from import_chunk r where r.${column} is not null and (${where})) order by contact_id for key share`,
  );
}

/**
 * How many of these rows are about somebody who is gone since they were looked up, or who was parted from another and gave back what names him in the file.
 * Asked once the people are held: a statement's snapshot is older than the lock it waits for.
 */
export async function countOvertaken(sql: Sql, staging: Staging, { column, where }: HeldRows): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'import.countOvertaken',
    `select count(*) from import_chunk r where r.${column} is not null and (${where}) and (
       not exists (select from contacts c where c.contact_id = r.${column})
       or r.${column} in (select m.survivor_id from contact_merges m where m.undone_at is not null) and exists (
         select from ${staging.rows} s join identities i on (i.kind, i.value) in (('external_id', s.external_id), ('user_id', s.user_id), ('email', s.email))
          where s.line = r.line and i.contact_id <> r.${column}))`,
  );
  return count;
}
