import type { Sql } from '../../platform/database/sql.js';
import type { Staging } from './staging.queries.js';

/** The column of import_chunk that says who a row is about; the rows of it (r) about whom something was written. */
export interface WrittenRows {
  readonly column: 'known' | 'contact_id';
  readonly where: 'true' | 'r.changed or r.adds_identity';
}

const PARTED = (staging: Staging, column: string): string => `r.${column} in (select m.survivor_id from contact_merges m where m.undone_at is not null) and exists (
         select from ${staging.rows} s join identities i on (i.kind, i.value) in (('external_id', s.external_id), ('user_id', s.user_id), ('email', s.email))
          where s.line = r.line and i.contact_id <> r.${column})`;

/**
 * How many of these rows are about somebody who is gone since they were looked up, or who was parted from another and gave back what names him in the file.
 * Asked after writing: what was written holds whom it is about, so that nobody can be merged away any more. To lock everybody first costs a tenth of an
 * import, and the merge lock for a chunk's seconds would make all tracking wait behind one merge.
 */
export async function countOvertaken(sql: Sql, staging: Staging, { column, where }: WrittenRows): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'import.countOvertaken',
    `select count(*) from import_chunk r where r.${column} is not null and (${where}) and (
       not exists (select from contacts c where c.contact_id = r.${column}) or ${PARTED(staging, column)})`,
  );
  return count;
}

/** Only those who were parted: events hold nobody, and those of somebody who was merged away meanwhile follow him by themselves. */
export async function countParted(sql: Sql, staging: Staging): Promise<number> {
  const { count } = await sql.one<{ count: number }>('import.countParted', `select count(*) from import_chunk r where ${PARTED(staging, 'contact_id')}`);
  return count;
}
