import type { Workplace } from '../core/account/working-time.js';
import type { Sql } from '../platform/database/sql.js';

export interface StoredHandover {
  policy: unknown;
  workplace: Partial<Workplace> | null;
}

/** The workspace's own rules, and where it is (the restraint policies say that). */
export function readHandover(sql: Sql): Promise<StoredHandover> {
  return sql.one(
    'tasks.readHandover',
    `select (select value from settings where key = 'handover_policy') as policy, (select value -> 'workspace' from settings where key = 'policies') as workplace`,
  );
}
